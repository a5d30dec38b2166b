import {exactly} from '../../performance/interval.ts'
import type {Hardware, MemoryUse, PerformResult, RefusalReason} from '../../performance/types.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import type {Facts} from '../contract.ts'
import {runtimeFor, servesPrecision} from './configurations.ts'
import type {InferenceDemand} from './demand.ts'
import {weightBytesPerAccelerator} from './layout.ts'

type Refused = PerformResult & {feasible: false}

export function refused(reason: RefusalReason, detail: string, nearest: string | null, memory?: MemoryUse): Refused {
  return {feasible: false, refusal: {reason, detail, nearest, ...(memory === undefined ? {} : {memory})}}
}

/** The same with its words found when they are read: most of the hundreds of refusals of a plan are counted and never shown. */
export function refusedFor(reason: RefusalReason, memory: MemoryUse, words: () => {readonly detail: string; readonly nearest: string | null}): Refused {
  let known: ReturnType<typeof words> | undefined
  const found = (): ReturnType<typeof words> => (known ??= words())
  return {feasible: false, refusal: {reason, memory, get detail() { return found().detail }, get nearest() { return found().nearest }}}
}

/** It runs, but too slowly: by what ratio. */
export function tooSlow(detail: string, nearest: string, missRatio: number): Refused {
  return {feasible: false, refusal: {reason: 'slo', detail, nearest, missRatio}}
}

const GIB = 2 ** 30

/** 405.9e9 → "405B", 8.03e9 → "8B", 6.74e9 → "6.7B": as models are named. */
export function modelSize(model: LanguageModel): string {
  const billions = model.parameters / 1e9
  return billions >= 10 ? `${Math.floor(billions)}B` : `${Number(billions.toFixed(1))}B`
}

/** "8×80 GB"; the marketed size where the id carries it, GiB otherwise. */
export function machineSize(hardware: Hardware): string {
  const {accelerator, acceleratorsPerNode, nodes} = hardware
  const marketed = /-(\d+)gb$/.exec(accelerator.id)?.[1]
  const size = marketed === undefined ? `${gib(accelerator.memoryGib)} GiB` : `${marketed} GB`
  const per = acceleratorsPerNode < 1 ? `${Number(acceleratorsPerNode.toFixed(3))} of ${size}` : `${acceleratorsPerNode}×${size}`
  return nodes > 1 ? `${nodes} nodes of ${per}` : per
}

export const gib = (value: number): string => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))))

/**
 * Share of memory that weights may take where nothing more is known of cache and reserve: vLLM's default leaves 10 % outside its budget, and half as
 * much again goes to buffers and a first sequence. An assumption, and only behind the way out that a refusal names.
 */
const WEIGHT_SHARE = 0.85
/** However much a cache needs, the way out counts on this much for weights: further accelerators take their share of the cache as well. An assumption. */
const LEAST_WEIGHT_SHARE = 0.3

/** Weights do not fit: what would do — more nodes, more accelerators, a narrower format. */
export function weightsTooLarge(demand: InferenceDemand, hardware: Hardware, precision: string, runtime: string, facts: Facts, memory?: MemoryUse): Refused {
  const {accelerator, acceleratorsPerNode, nodes} = hardware
  const alone = (): MemoryUse => weightsAlone(weightsGib(demand, hardware, precision, runtime) / Math.max(1, Math.floor(acceleratorsPerNode) * nodes), accelerator.memoryGib)
  return refusedFor('memory', memory ?? alone(), () => wordsOnWeights(demand, hardware, precision, runtime, facts, memory))
}

/** Of all accelerators together, spread over those of a node: what some runtimes fill up depends on how many there are. */
function weightsGib({model}: InferenceDemand, {accelerator, acceleratorsPerNode}: Hardware, precision: string, runtime: string): number {
  const tp = Math.max(1, Math.floor(acceleratorsPerNode))
  return (tp * weightBytesPerAccelerator(model, {tp, pp: 1, ep: 1, precision, runtime}, accelerator)) / GIB
}

function wordsOnWeights(demand: InferenceDemand, hardware: Hardware, precision: string, runtime: string, facts: Facts, memory: MemoryUse | undefined): {detail: string; nearest: string} {
  const {accelerator} = hardware
  const needed = weightsGib(demand, hardware, precision, runtime)
  const beside = memory?.lines.filter(({item}) => item !== 'weights').reduce((total, line) => total + line.gib, 0)
  // What one accelerator has for weights.
  const room = beside === undefined ? accelerator.memoryGib * WEIGHT_SHARE : Math.max(accelerator.memoryGib - beside, accelerator.memoryGib * LEAST_WEIGHT_SHARE)
  const perNode = hardware.acceleratorsPerNode
  const available = accelerator.memoryGib * perNode * hardware.nodes
  const accelerators = Math.ceil(needed / room)
  const ways: string[] = []
  if (perNode < 1) {
    ways.push(accelerators > 1 ? `on ${accelerators} whole accelerators` : 'on a whole accelerator')
  } else if (perNode === 1 && accelerators > hardware.nodes && accelerators <= 64) {
    ways.push(`on ${evenCount(accelerators)} of them`)
  } else if (accelerators > perNode * hardware.nodes && accelerators <= 8 && perNode < 8) {
    ways.push(`on ${evenCount(accelerators)} accelerators`)
  } else if (accelerators > perNode * hardware.nodes && accelerators <= perNode * 64) {
    ways.push(`on ${Math.ceil(accelerators / perNode)} nodes`)
  }
  const support = runtimeFor(demand, hardware, facts)
  if (support !== undefined) {
    for (const narrower of ['fp8', 'int4']) {
      if (!support.precisions.includes(narrower) || !servesPrecision(support, narrower) || narrower === precision) continue
      if (narrower === 'fp8' && accelerator.peakFlops.fp8 === undefined) continue
      const narrow = weightsGib(demand, hardware, narrower, runtime)
      if (narrow < needed && narrow <= room * perNode * hardware.nodes) {
        ways.push(`in ${narrower}`)
        break
      }
    }
  }
  const nearest = ways.length > 0 ? `fits ${ways.join(', or ')}` : `needs accelerators with ${gib(needed / WEIGHT_SHARE)} GiB together`
  const besides = beside === undefined ? ', and cache and reserve beside them' : ` and ${gib(beside * Math.max(1, perNode * hardware.nodes))} GiB of cache and reserve`
  const reserve = needed <= available ? besides : ''
  return {detail: `${modelSize(demand.model)} in ${precision} needs ${gib(needed)} GiB of weights${reserve}, ${machineSize(hardware)} have ${gib(available)}`, nearest}
}

/** Spread evenly over all there are, weights alone are too much: nothing else needs to be counted. */
function weightsAlone(gibPerAccelerator: number, availableGib: number): MemoryUse {
  return {neededGib: exactly(gibPerAccelerator), availableGib, lines: [{item: 'weights', gib: gibPerAccelerator}]}
}

/** Tensor parallelism takes powers of two. */
const evenCount = (accelerators: number): number => 2 ** Math.ceil(Math.log2(accelerators))
