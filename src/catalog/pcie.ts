/**
 * What a ×16 slot carries each way, bytes/s. Generations 4 and 5: `pcie4_x16_effective` and `pcie5_x16_effective` of data/facility.csv
 * (stas00/ml-engineering). Generation 3: 16 lanes × 8 GT/s × 128/130 ÷ 8, the rule behind those two. Generation 6 doubles 5.
 */
const X16_BYTES_PER_SECOND = {3: 15.75e9, 4: 31e9, 5: 63e9, 6: 126e9} as const

type Generation = keyof typeof X16_BYTES_PER_SECOND

/** `undefined` = the generation is not known, or has no rate. */
export function pcieX16BytesPerSecond(generation: Generation): number
export function pcieX16BytesPerSecond(generation: number | undefined): number | undefined
export function pcieX16BytesPerSecond(generation: number | undefined): number | undefined {
  return X16_BYTES_PER_SECOND[generation as Generation]
}
