import {matchesGlob} from '../text/glob.ts'
import type {Accelerator, Machine} from './schema.ts'
import type {Processor} from './snapshot.ts'

/**
 * The processors of a machine without an accelerator, as the one device that they are to software: its cores, and the share of a socket's memory
 * bandwidth and arithmetic that goes with them (a machine may be lent more; nobody promises it). `undefined` = the catalog does not know them.
 */
export function processorOf({provider, instanceType, cpuModel, vcpus, memoryGib}: Machine, processors: readonly Processor[]): Accelerator | undefined {
  if (cpuModel === undefined || vcpus === undefined || memoryGib === undefined) return undefined
  const found = processors.find(each => each.provider === provider && each.cpuModel === cpuModel && matchesGlob(each.instances, instanceType))
  if (found === undefined) return undefined
  const {id, vendor, name, releaseYear, coresPerSocket, threadsPerCore, memoryGbPerSecond, fp32GflopsPerCore, sourceId, asOf, standing} = found
  const cores = vcpus / threadsPerCore
  const fp32 = cores * fp32GflopsPerCore * 1e9
  return {
    id, vendor, name, aliases: [], architecture: 'cpu', releaseYear, formFactor: 'cpu', partialSheet: true, memoryGib,
    memoryBandwidthBytesPerSecond: (cores / coresPerSocket) * memoryGbPerSecond * 1e9,
    peakFlops: {fp64: fp32 / 2, fp32},
    sustainedMatmulFlops: {}, interconnect: 'none', rayTracingCores: false, displayOutput: false, multiprocessors: cores, sourceId, asOf, standing,
  }
}
