import * as z from 'zod'

const LARGEST_SIDE = 100_000
const read = (text: string): readonly number[] => text.toLowerCase().split(/\s*[x×]\s*/).map(Number)

/** 224, "800x1333", "128x128x128" → pixels or voxels of each dimension; one number stands for all of them. */
export const patternField = () =>
  z.union([z.number(), z.string().max(40)], {error: () => 'expected pixels such as 224, "800x1333" or "128x128x128"'}).transform((value, context): readonly number[] => {
    const sizes = typeof value === 'number' ? [value] : read(value.replace(/\s*(?:px|pixels?|voxels?)$/i, ''))
    if (sizes.length <= 3 && sizes.every(size => Number.isInteger(size) && size >= 1 && size <= LARGEST_SIDE)) return sizes
    context.addIssue({code: 'custom', message: `expected pixels such as 224, "800x1333" or "128x128x128", each from 1 to ${LARGEST_SIDE}`})
    return z.NEVER
  })
