import {matchAccelerator} from '../../accuracy/accelerator-label.ts'
import {bareHardware} from '../../catalog/hardware.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Hardware, NetworkLink} from '../../performance/types.ts'

/** Where something was measured, in the words of the source. */
export interface MeasuredPlace {
  readonly accelerator: string
  readonly accelerators: number
  readonly nodes: number | undefined
  /** Parts of a TPU run that only a data-centre network joins. */
  readonly slices: number | undefined
  readonly interconnect: string
}

/** Labels of parts that the catalog lists under another name; what differs is applied below. */
const SAME_PART: readonly (readonly [RegExp, string])[] = [
  [/^H800/, 'h100-sxm-80gb'],
  [/^A800/, 'a100-sxm-80gb'],
  [/^H100 SXM 9[46]GB/, 'h100-sxm-80gb'],
  [/^A100 80GB$/, 'a100-sxm-80gb'],
  [/^A100(?: 40GB| \(size.*)?$/, 'a100-sxm-40gb'],
  [/^H100(?: 80GB)?$/, 'h100-sxm-80gb'],
  // 192 GB are on the board, 180 are given.
  [/^B200(?: SXM)? 192GB$/, 'b200-sxm-180gb'],
]

/** The part a result was measured on. Export variants have slower links; a capped part runs at a lower clock (power ∝ frequency³). */
export function measuredAccelerator(written: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  const label = written.replace(/\b(Gaudi|Trainium|Inferentia) (\d)/i, '$1$2').replace(/\b([VP]100) SXM\b/i, '$1 SXM2')
  const other = SAME_PART.find(([pattern]) => pattern.test(label))?.[1]
  const found = other === undefined ? matchAccelerator(label, accelerators) : accelerators.find(accelerator => accelerator.id === other)
  if (found === undefined) return undefined
  if (/^[HA]800/.test(label)) return {...found, linkBytesPerSecond: 200e9}
  const cap = Number(/(\d{3,4}) ?W\b/.exec(label)?.[1] ?? Number.NaN)
  if (Number.isNaN(cap) || found.powerWatts === undefined || cap >= found.powerWatts) return found
  const clock = Math.cbrt(cap / found.powerWatts)
  const {bf16, fp8} = found.sustainedMatmulFlops
  return {
    ...found,
    ...(/96GB HBM2e/.test(label) ? {memoryGib: 94.5, memoryBandwidthBytesPerSecond: 2.4e12} : {}),
    sustainedMatmulFlops: {...(bf16 === undefined ? {} : {bf16: bf16 * clock}), ...(fp8 === undefined ? {} : {fp8: fp8 * clock})},
  }
}

/** Data-centre network per chip between TPU slices, bytes/s: what the hosts' cards give divided by their chips (assumed; no slice's rate is published). */
const SLICE_NETWORK_BYTES_PER_CHIP = 3.1e9
/** Chips of the largest slice (Google's pages of the generations). */
const LARGEST_SLICE: Readonly<Record<string, number>> = {'tpu-v2': 512, 'tpu-v3': 1024, 'tpu-v4': 4096, 'tpu-v5e': 256, 'tpu-v5p': 8960, 'tpu-v6e': 256, 'tpu-v7': 9216}
/** Trainium 1 and 2 servers hold 16 chips. */
const CHIPS_PER_NEURON_NODE = 16
/** Of the 72 accelerators of a rack, runs over several in powers of two use 64. */
const RACK = 72
const USED_OF_RACK = 64
const BYTES_PER_GIGABIT = 1e9 / 8

export function measuredHardware(place: MeasuredPlace, accelerator: Accelerator): Hardware {
  const {accelerators} = place
  const {formFactor} = accelerator
  if (formFactor === 'tpu') return sliceHardware(place, accelerator)
  const rack = accelerator.interconnect.includes('72-GPU domain')
  const board = rack ? (accelerators <= RACK ? RACK : USED_OF_RACK) : formFactor === 'asic' ? CHIPS_PER_NEURON_NODE : formFactor === 'pcie' || formFactor === 'nvl' ? 10 : 8
  // A source that gives no nodes, or one for all, had as many as the boards hold.
  const stated = place.nodes === undefined || rack ? board : accelerators / place.nodes
  const perNode = Math.max(1, Math.floor(Math.min(stated, board, accelerators)))
  const hardware = bareHardware(accelerator, perNode, Math.max(1, Math.round(accelerators / perNode)))
  const network = networkNamed(place.interconnect, perNode)
  if (network !== undefined && hardware.network?.kind !== 'nvlink-rack') return {...hardware, network}
  // Trn1 nodes carry 800 Gb/s of EFA for 16 chips.
  return formFactor === 'asic' && hardware.network === undefined ? {...hardware, network: {kind: 'efa', bytesPerSecondPerNode: 100e9, rdma: true, latencySeconds: 15e-6}} : hardware
}

function sliceHardware({accelerators, slices}: MeasuredPlace, accelerator: Accelerator): Hardware {
  const count = slices ?? Math.ceil(accelerators / (LARGEST_SLICE[accelerator.architecture] ?? accelerators))
  const perSlice = Math.max(1, Math.floor(accelerators / count))
  return {...bareHardware(accelerator, perSlice, count), network: {kind: 'ethernet', bytesPerSecondPerNode: SLICE_NETWORK_BYTES_PER_CHIP * perSlice, rdma: true, latencySeconds: 30e-6}}
}

/** "4x HDR InfiniBand 200 Gb/s per node", "1600 Gbps RoCE between nodes", "400/800 Gb/s InfiniBand per GPU" → a network. `undefined` = none is named with a rate. */
export function networkNamed(interconnect: string, perNode: number): NetworkLink | undefined {
  for (const part of interconnect.split(/[+;]/)) {
    const kind = /infiniband|\bIB\b|omni-?path/i.test(part) ? 'infiniband' : /roce|rdma/i.test(part) ? 'roce' : /\bEFA\b/.test(part) ? 'efa' : undefined
    const rate = /(?<low>\d+)(?:\/\d+)? ?Gb(?:ps|\/s)/i.exec(part)?.groups
    if (kind === undefined || rate === undefined) continue
    // Where a source gives several rates, the lower one is what all its machines have.
    const gigabits = Number(rate['low'])
    const ports = Number(/(\d+) ?x\b/i.exec(part)?.[1] ?? (/per (?:GPU|accelerator|card|chip)/i.test(part) ? perNode : 1))
    return {kind, bytesPerSecondPerNode: gigabits * ports * BYTES_PER_GIGABIT, rdma: true, latencySeconds: kind === 'efa' ? 15e-6 : 5e-6}
  }
  return undefined
}
