import {describe, expect, test} from 'vitest'
import {canonicalAcceleratorText, parseAcceleratorSelector, readAcceleratorSelector, selects} from '../../src/catalog/accelerator-selector.ts'
import type {Accelerator} from '../../src/catalog/schema.ts'
import {RigorError} from '../../src/errors.ts'

const part = (id: string, memoryGib: number, ...aliases: string[]): Accelerator => ({id, vendor: 'nvidia', name: id, aliases, memoryGib}) as unknown as Accelerator

// Memory as software sees it, GiB: 80 GB cards 79.65, 40 GB ones 39.4, 24 GB ones 22.5 (L4) to 23.6.
const ACCELERATORS = [part('h100-sxm-80gb', 79.65), part('h100-pcie-80gb', 79.65), part('a100-sxm-40gb', 39.4), part('l4-24gb', 22.5), part('rtx-4090-24gb', 23.6), part('h200-sxm-141gb', 140.4)]

/** The ids that a text selects on machines with `count` accelerators. */
function selected(text: string, count: number): readonly string[] {
  const selector = readAcceleratorSelector(text, ACCELERATORS, 'here')
  return ACCELERATORS.filter((accelerator) => selects(selector, accelerator, count)).map(({id}) => id)
}

describe('a selector of accelerators', () => {
  test.for<[text: string, count: number, ids: readonly string[]]>([
    ['h100-sxm-80gb', 1, ['h100-sxm-80gb']],
    ['H100-SXM', 8, ['h100-sxm-80gb']],
    ['H100-SXM:8', 8, ['h100-sxm-80gb']],
    ['H100-SXM:8', 4, []],
    ['rtx 4090 : 1..8', 4, ['rtx-4090-24gb']],
    ['h100-sxm-80gb:4..', 2, []],
    ['h100-*', 2, ['h100-sxm-80gb', 'h100-pcie-80gb']],
    ['H100-*:8', 2, []],
    ['24GB..80GB', 8, ['h100-sxm-80gb', 'h100-pcie-80gb', 'a100-sxm-40gb', 'l4-24gb', 'rtx-4090-24gb']],
    ['24..80GB', 8, ['h100-sxm-80gb', 'h100-pcie-80gb', 'a100-sxm-40gb', 'l4-24gb', 'rtx-4090-24gb']],
    ['80GB..', 8, ['h100-sxm-80gb', 'h100-pcie-80gb', 'h200-sxm-141gb']],
    ['80 GB', 8, ['h100-sxm-80gb', 'h100-pcie-80gb']],
    ['100 GiB..:8', 8, ['h200-sxm-141gb']],
    ['100 GiB..:8', 4, []],
    // A quarter of an 80 GB card holds 20 GB.
    ['..24GB', 0.25, ['h100-sxm-80gb', 'h100-pcie-80gb', 'a100-sxm-40gb', 'l4-24gb', 'rtx-4090-24gb']],
  ])('%s on machines with %d selects %j', ([text, count, ids]) => {
    expect(selected(text, count)).toEqual(ids)
  })

  test.for<[text: string, code: string, part: string]>([
    ['h100', 'AMBIGUOUS_ACCELERATOR', '"h100-sxm-80gb" or "h100-pcie-80gb"'],
    ['h100-sxn', 'UNKNOWN_ACCELERATOR', '"h100-sxm-80gb"'],
    ['h900-*', 'UNKNOWN_ACCELERATOR', 'rigor hardware list'],
    ['h100-sxm:many', 'BAD_RANGE', 'h100-sxm-80gb:8'],
    ['h100-sxm:8..4', 'BAD_RANGE', 'h100-sxm-80gb:8'],
    ['24..80', 'BAD_MEMORY', '24GB..80GB'],
    ['24GB..80', 'BAD_MEMORY', '24GB..80GB'],
    ['80GB..24GB', 'BAD_MEMORY', '24GB..80GB'],
  ])('%s is refused: %s', ([text, code, hint]) => {
    let thrown: unknown
    try {
      readAcceleratorSelector(text, ACCELERATORS, 'job.yaml:3')
    } catch (error) {
      thrown = error
    }

    expect(thrown).toBeInstanceOf(RigorError)
    expect(thrown).toMatchObject({code, message: expect.stringMatching(/^job\.yaml:3 — /), hint: expect.stringContaining(hint)})
  })

  test('keeps its meaning when its names are replaced by ids', () => {
    for (const text of ['H100-SXM:1..8', 'rtx 4090', 'h100-*:8', '24GB..80GB', '100 GiB..:8']) {
      const canonical = canonicalAcceleratorText(text, ACCELERATORS, 'here')

      expect(parseAcceleratorSelector(canonical)).toEqual(readAcceleratorSelector(text, ACCELERATORS, 'here'))
    }
  })
})
