import {MOST_ACCELERATORS, type LinkMatrix, type SeenAccelerator} from './machine.ts'
import {amountOf, jsonOf} from './sections.ts'

/** `rocm-smi --showproductname --showmeminfo vram --showmaxpower --showtopotype --json`. Versions differ in how they write the keys. */
export function readAmd(text: string): {readonly accelerators: readonly SeenAccelerator[]; readonly links: LinkMatrix | undefined} {
  // Warnings may stand before it.
  const document = jsonOf(text.slice(text.indexOf('{')))
  if (typeof document !== 'object' || document === null) return {accelerators: [], links: undefined}
  const cards = Object.entries(document).filter(([key]) => /^card\d+$/.test(key)).sort(([a], [b]) => Number(a.slice(4)) - Number(b.slice(4)))
  const accelerators = cards.map(([, card]): SeenAccelerator => {
    const field = valueIn(card)
    return {
      name: field('Card Series') ?? field('Card Model') ?? '',
      memoryBytes: amountOf(field('VRAM Total Memory (B)')),
      limitWatts: amountOf(field('Max Graphics Package Power (W)')),
      defaultLimitWatts: undefined,
      maximumLimitWatts: undefined,
      watts: undefined,
      busyShare: undefined,
      pcieGeneration: undefined,
      pcieLanes: undefined,
      mig: false,
    }
  })
  return {accelerators, links: linksOf((document as Readonly<Record<string, unknown>>)['system'], accelerators.length)}
}

function valueIn(card: unknown): (name: string) => string | undefined {
  const fields = new Map(typeof card === 'object' && card !== null ? Object.entries(card).map(([key, value]) => [key.toLowerCase(), String(value)] as const) : [])
  return (name) => fields.get(name.toLowerCase())
}

/** `(Topology) Link type between DRM devices 0 and 1`: XGMI or PCIE. */
function linksOf(system: unknown, count: number): LinkMatrix | undefined {
  if (count > MOST_ACCELERATORS) return undefined
  const field = valueIn(system)
  const between = (a: number, b: number): string | undefined => (a === b ? 'X' : field(`(Topology) Link type between DRM devices ${Math.min(a, b)} and ${Math.max(a, b)}`))
  const rows = Array.from({length: count}, (_, a) => Array.from({length: count}, (_, b) => between(a, b)))
  // Which switches a PCIe link passes is not said: as far as it can be.
  const known = rows.map((row) => row.flatMap((code) => (code === 'X' || code === 'XGMI' ? [code] : code === 'PCIE' ? ['SYS'] : [])))
  return known.every((row) => row.length === count) && count > 0 ? known : undefined
}
