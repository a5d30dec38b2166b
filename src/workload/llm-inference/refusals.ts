import type {Hardware, MemoryUse, PerformResult, RefusalReason} from '../../performance/types.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import type {Facts} from '../contract.ts'
import {runtimeFor, servesPrecision} from './configurations.ts'
import type {InferenceDemand} from './demand.ts'
import {weightBytesPerAccelerator} from './serving.ts'

type Refused = PerformResult & {feasible: false}

export function refused(reason: RefusalReason, detail: string, nearest: string | null, memory?: MemoryUse): Refused {
  return {feasible: false, refusal: {reason, detail, nearest, ...(memory === undefined ? {} : {memory})}}
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

/** Share of memory that weights may take where a cache and a reserve have to stand beside them. */
const WEIGHT_SHARE = 0.85

/** Weights do not fit: what would do — more nodes, more accelerators, a narrower format. */
export function weightsTooLarge(demand: InferenceDemand, hardware: Hardware, precision: string, runtime: string, facts: Facts, memory?: MemoryUse): Refused {
  const {model} = demand
  const {accelerator} = hardware
  const weightsIn = (format: string): number => weightBytesPerAccelerator(model, {tp: 1, pp: 1, ep: 1, precision: format, runtime}, accelerator) / GIB
  const needed = weightsIn(precision)
  const perNode = accelerator.memoryGib * hardware.acceleratorsPerNode
  const available = perNode * hardware.nodes
  const ways: string[] = []
  const nodes = Math.ceil(needed / (perNode * WEIGHT_SHARE))
  if (hardware.acceleratorsPerNode < 1) {
    const whole = Math.ceil(needed / (accelerator.memoryGib * WEIGHT_SHARE))
    ways.push(`on ${whole} whole accelerator${whole > 1 ? 's' : ''}`)
  } else if (nodes > hardware.nodes && nodes <= 64) {
    ways.push(hardware.acceleratorsPerNode === 1 ? `on ${nodes} of them` : `on ${nodes} nodes`)
  }
  const support = runtimeFor(demand, hardware, facts)
  if (support !== undefined) {
    for (const narrower of ['fp8', 'int4']) {
      if (!support.precisions.includes(narrower) || !servesPrecision(support, narrower) || narrower === precision) continue
      if (narrower === 'fp8' && accelerator.peakFlops.fp8 === undefined) continue
      if (weightsIn(narrower) < needed && weightsIn(narrower) <= available * WEIGHT_SHARE) {
        ways.push(`in ${narrower}`)
        break
      }
    }
  }
  const nearest = ways.length > 0 ? `fits ${ways.join(', or ')}` : `needs accelerators with ${gib(needed / WEIGHT_SHARE)} GiB together`
  return refused('memory', `${modelSize(model)} in ${precision} needs ${gib(needed)} GiB of weights, ${machineSize(hardware)} have ${gib(available)}`, nearest, memory)
}
