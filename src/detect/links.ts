import {LATENCY_SECONDS} from '../catalog/hardware.ts'
import {pcieX16BytesPerSecond} from '../catalog/pcie.ts'
import type {Accelerator} from '../catalog/schema.ts'
import type {LinkLevel} from '../performance/types.ts'
import type {LinkMatrix, SeenAccelerator} from './machine.ts'

export interface SeenLevel extends LinkLevel {
  /** What it was read from, and what was assumed. */
  readonly how: string
}

export type SeenLevels = {readonly levels: readonly SeenLevel[]} | {readonly levels: undefined; readonly why: string}

const CARDS: ReadonlySet<string> = new Set(['pcie', 'nvl'])

/** Of one NVLink each way, bytes/s, by generation: 20 GB/s of the first, 25 of the three after it, 50 of the fifth (NVIDIA's architecture papers). */
const NVLINK_BYTES_PER_SECOND: Readonly<Record<number, number>> = {1: 20e9, 2: 25e9, 3: 25e9, 4: 25e9, 5: 50e9}

/** How many links the catalog's rate is made of; `undefined` = none, or links of another width (bridges of workstation cards). */
function linkCountOf({interconnect, linkBytesPerSecond}: Accelerator): number | undefined {
  const single = NVLINK_BYTES_PER_SECOND[Number(/NVLink (\d)/.exec(interconnect)?.[1])]
  const count = single === undefined || linkBytesPerSecond === undefined ? 0 : linkBytesPerSecond / single
  return Number.isInteger(count) && count > 0 ? count : undefined
}

const linksIn = (code: string): number => (code.startsWith('NV') ? Number(code.slice(2)) : code === 'XGMI' ? 1 : 0)

/** How far a PCIe link goes: over switches only, over the processor that both hang on, or to the other one. */
const REACHES: readonly (readonly string[])[] = [['PIX', 'PXB'], ['PHB'], ['NODE'], ['SYS', 'SOC']]
const REACH_WORDS = ['over PCIe switches', 'over one root of the processor', 'within one NUMA node', 'between the processors']

/** The groups in which everybody reaches everybody over `near` links, of any length. */
function componentsOf(count: number, near: (a: number, b: number) => boolean): readonly (readonly number[])[] {
  const group = Array.from({length: count}, (_, index) => index)
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      if (!near(a, b) || group[a] === group[b]) continue
      const [from, to] = [group[b], group[a]!]
      for (let index = 0; index < count; index++) if (group[index] === from) group[index] = to
    }
  }
  return [...new Set(group)].map((id) => group.flatMap((each, index) => (each === id ? [index] : [])))
}

const sizeOf = (groups: readonly (readonly number[])[]): number => Math.max(...groups.map((group) => group.length))

/**
 * Groups in which each accelerator has an NVLink (or XGMI) to each other one. Where links form another figure (the cube of eight V100), neighbours
 * by number are tried in fours and pairs: those are joined all to all there.
 */
function meshesOf(matrix: LinkMatrix): readonly (readonly number[])[] {
  const joined = (a: number, b: number): boolean => linksIn(matrix[a]![b]!) > 0
  const whole = (group: readonly number[]): boolean => group.every((a) => group.every((b) => a === b || joined(a, b)))
  const components = componentsOf(matrix.length, joined)
  if (components.every(whole)) return components
  for (const size of [4, 2]) {
    const blocks = Array.from({length: Math.ceil(matrix.length / size)}, (_, block) => Array.from({length: size}, (_, index) => block * size + index).filter((index) => index < matrix.length))
    if (blocks.every(whole)) return blocks
  }
  return []
}

/** Link levels of accelerators of one sort, from how they reach each other. Rates are the catalog's and those of the slots, never made up. */
export function levelsOf(matrix: LinkMatrix, seen: readonly SeenAccelerator[], accelerator: Accelerator | undefined): SeenLevels {
  const count = matrix.length
  if (count <= 1) return {levels: []}
  const levels: SeenLevel[] = []
  const meshes = meshesOf(matrix)
  const mesh = meshes.length === 0 ? 1 : sizeOf(meshes)
  const anyLink = matrix.some((row) => row.some((code) => linksIn(code) > 0))
  if (mesh > 1) {
    const level = acceleratorLevel(matrix, meshes, accelerator)
    if (level === undefined) return {levels: undefined, why: 'they have links of their own, whose rate the catalog does not have'}
    levels.push(level)
  } else if (anyLink) return {levels: undefined, why: 'their own links form no groups of equals that rigor can describe'}
  if (mesh >= count) return {levels}
  const slot = slotBytesPerSecond(seen, accelerator)
  if (slot === undefined) return {levels: undefined, why: 'the generation of their PCIe slots is not known'}
  return {levels: [...levels, ...pcieLevels(matrix, mesh, slot)]}
}

function acceleratorLevel(matrix: LinkMatrix, meshes: readonly (readonly number[])[], accelerator: Accelerator | undefined): SeenLevel | undefined {
  const rate = accelerator?.linkBytesPerSecond
  if (accelerator === undefined || rate === undefined) return undefined
  const groupSize = sizeOf(meshes)
  const largest = meshes.filter((group) => group.length === groupSize)
  if (accelerator.vendor !== 'nvidia') return {kind: 'infinity-fabric', groupSize, bytesPerSecond: rate, latencySeconds: LATENCY_SECONDS['infinity-fabric']!, how: `${accelerator.interconnect} to all, rate of the catalog`}
  const full = linkCountOf(accelerator)
  // A switch shows all links of an accelerator towards every peer; a mesh shares them out among the peers.
  const code = matrix[largest[0]![0]!]![largest[0]![1]!]!
  const switched = full !== undefined && groupSize > 2 && linksIn(code) >= full
  const used = Math.min(...largest.flatMap((group) => group.map((a) => group.reduce((sum, b) => sum + (a === b ? 0 : linksIn(matrix[a]![b]!)), 0))))
  const bytesPerSecond = full === undefined ? rate : (rate * Math.min(used, full)) / full
  const kind = CARDS.has(accelerator.formFactor) ? 'nvlink-bridge' : switched ? 'nvswitch' : 'nvlink'
  const part = bytesPerSecond < rate ? `, ${used} of ${full} links in use` : ''
  return {kind, groupSize, bytesPerSecond, latencySeconds: LATENCY_SECONDS[kind]!, how: `nvidia-smi: ${code}; rate of ${accelerator.id} in the catalog${part}`}
}

/** Bytes/s of the slowest slot in use. */
function slotBytesPerSecond(seen: readonly SeenAccelerator[], accelerator: Accelerator | undefined): number | undefined {
  const rates = seen.map(({pcieGeneration, pcieLanes}) => {
    const x16 = pcieX16BytesPerSecond(pcieGeneration ?? accelerator?.pcieGeneration)
    return x16 === undefined ? undefined : (x16 * Math.min(16, pcieLanes ?? 16)) / 16
  })
  return rates.includes(undefined) ? undefined : Math.min(...rates.map((rate) => rate ?? 0))
}

/**
 * Beyond their own links: cards behind one switch at the rate of their slots. Beyond that switch those that talk across at once, as many as the smaller
 * side has, share the slot that leads up from it. How many lead up cannot be seen: one is assumed, as in the built-in rigs. Without a switch each card has its slot to itself.
 */
function pcieLevels(matrix: LinkMatrix, inner: number, slot: number): readonly SeenLevel[] {
  const levels: SeenLevel[] = []
  const within = (reach: number): readonly (readonly number[])[] => {
    const codes = REACHES.slice(0, reach + 1).flat()
    return componentsOf(matrix.length, (a, b) => linksIn(matrix[a]![b]!) > 0 || codes.includes(matrix[a]![b]!))
  }
  const switched = matrix.some((row) => row.some((code) => REACHES[0]!.includes(code)))
  for (const [reach, words] of REACH_WORDS.entries()) {
    const groupSize = sizeOf(within(reach))
    if (groupSize <= Math.max(inner, levels.at(-1)?.groupSize ?? 1)) continue
    const sharing = reach === 0 || !switched ? 1 : Math.min(...within(reach - 1).map((group) => group.length))
    const bytesPerSecond = slot / sharing
    const how = `nvidia-smi: ${REACHES[reach]!.join(' or ').replace(' or SOC', '')}, ${words}; rate of the slots${sharing > 1 ? `, one of which ${sharing} cards share (assumed)` : ''}`
    if (levels.at(-1)?.bytesPerSecond === bytesPerSecond) levels.pop()
    levels.push({kind: 'pcie', groupSize, bytesPerSecond, latencySeconds: LATENCY_SECONDS['pcie']!, how})
  }
  return levels
}
