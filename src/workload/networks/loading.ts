import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {Hardware} from '../../performance/types.ts'
import type {Loading} from './demand.ts'
import type {SampleSize} from './shape.ts'
import type {NetworkModel} from '../../catalog/snapshot.ts'

/** Samples a second that get as far as the accelerators; absent = nothing holds them up, or nobody says how much. */
export interface LoadingLimits {
  /** Decoded by the host's processors. */
  readonly decoded?: number
  /** Read from storage. */
  readonly read?: number
  /** Over the slots of the accelerators in use. */
  readonly copied?: number
}

/** Bytes of a sample as it is copied: three colours of 8 bits, voxels of 32, tokens of 64. */
function copiedBytes({input}: NetworkModel, size: SampleSize): number {
  const points = size.reduce((product, side) => product * side, 1)
  return points * {image: 3, volume: 4, text: 8}[input]
}

/** One for each thread of the machine's processors; a program of its own for each accelerator keeps a thread. */
const usableThreads = (vcpus: number, accelerators: number): number => Math.max(1, vcpus - accelerators)

export function loadingLimits({place, secondsPerSample, bytesPerSample, readBytesPerSecond}: Loading, model: NetworkModel, size: SampleSize, hardware: Hardware, parts: number): LoadingLimits {
  const {host: {vcpus}, levels, accelerator, acceleratorsPerNode} = hardware
  const perNode = Math.max(1, Math.floor(acceleratorsPerNode))
  const nodes = Math.ceil(parts / perNode)
  const slot = accelerator.formFactor === 'cpu' ? undefined : (levels?.find(({kind}) => kind === 'pcie')?.bytesPerSecond ?? pcieX16BytesPerSecond(accelerator.pcieGeneration))
  const decodes = place === 'host' && secondsPerSample > 0 && vcpus !== undefined
  return {
    ...(decodes ? {decoded: (usableThreads(vcpus, Math.min(parts, perNode)) * nodes) / secondsPerSample} : {}),
    ...(bytesPerSample === undefined || readBytesPerSecond === undefined ? {} : {read: (readBytesPerSecond * nodes) / bytesPerSample}),
    ...(slot === undefined ? {} : {copied: (slot * parts) / copiedBytes(model, size)}),
  }
}

/** The narrowest of them. */
export const narrowest = (limits: LoadingLimits): number => Math.min(...(Object.values(limits) as number[]), Number.POSITIVE_INFINITY)
