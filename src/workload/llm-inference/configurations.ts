import type {Configuration, Hardware} from '../../performance/types.ts'
import type {RuntimeSupport} from '../../catalog/software.ts'
import type {Facts} from '../contract.ts'
import type {InferenceDemand} from './demand.ts'
import {formatOf} from './format.ts'
import {padsHeads, weightBytesIn} from './layout.ts'

/** Servers first, in the order a practitioner would try; those that are not named come after. Neuron's own before vLLM's plugin for it: its speed is measured. */
const RUNTIME_ORDER = ['neuron', 'vllm', 'tensorrt-llm', 'sglang', 'jetstream', 'gaudi', 'mlx', 'llama.cpp', 'pytorch']

/** Runtimes that split a model over accelerators by layers, not by heads. */
const LAYER_SPLIT: ReadonlySet<string> = new Set(['llama.cpp', 'mlx', 'pytorch'])

/** The most of the memory that weights may take for a layout to be worth a look; what runtimes and one sequence need besides is never less. Only a filter: `perform` counts every byte. */
const GPU_SHARE_FOR_WEIGHTS = 0.93
const FLOAT_FOUR_BIT: ReadonlySet<string> = new Set(['fp4', 'nvfp4', 'mxfp4'])

/** The runtime that would serve here: the user's, else the first in the usual order that the software table says yes to, else one that it calls partial. */
export function runtimeFor(demand: InferenceDemand, hardware: Hardware, facts: Facts): RuntimeSupport | undefined {
  const supported = facts.software.runtimesFor('llm-inference', hardware.accelerator.architecture)
  const wanted = demand.configuration.runtime
  if (wanted !== undefined) return supported.find(support => support.runtime === wanted)
  let usual = usualRuntimes.get(supported)
  if (usual === undefined) usualRuntimes.set(supported, (usual = supported.toSorted((a, b) => usualRank(a) - usualRank(b))[0] ?? null))
  return usual ?? undefined
}

/** By the rows of an architecture: asked for every machine. */
const usualRuntimes = new WeakMap<readonly RuntimeSupport[], RuntimeSupport | null>()

function usualRank({runtime, status}: RuntimeSupport): number {
  const place = RUNTIME_ORDER.indexOf(runtime)
  return (status === 'yes' ? 0 : 100) + (place < 0 ? 50 : place)
}

/** Whether a runtime serves a precision: listed, or a 4-bit float format that its 4-bit weight-only kernels unpack. */
export function servesPrecision(support: RuntimeSupport, precision: string): boolean {
  return support.precisions.includes(precision) || (FLOAT_FOUR_BIT.has(precision) && (support.precisions.includes('int4') || support.precisions.includes('nvfp4')))
}

/** 16-bit format that the runtime has here. */
const sixteenBit = (support: RuntimeSupport): string => (support.precisions.includes('bf16') ? 'bf16' : support.precisions.includes('fp16') ? 'fp16' : 'fp32')

/**
 * Formats to try: the checkpoint's own (16 bit where this hardware or runtime lacks it), fp8 where hardware and runtime multiply in it,
 * and int4 only where nothing else fits.
 */
export function precisionsFor(demand: InferenceDemand, hardware: Hardware, support: RuntimeSupport): {readonly usual: readonly string[]; readonly lastResort: string | undefined} {
  if (demand.precision !== undefined) return {usual: servesPrecision(support, demand.precision) ? [demand.precision] : [], lastResort: undefined}
  const native = demand.model.nativeDtype
  const own = native === 'bf16' || native === 'fp16' || native === 'fp32' || !servesPrecision(support, native) ? sixteenBit(support) : native
  const usual = [own]
  if (own !== 'fp8' && own !== 'mxfp4' && own !== 'int4' && support.precisions.includes('fp8') && hardware.accelerator.peakFlops.fp8 !== undefined) usual.push('fp8')
  return {usual, lastResort: own !== 'int4' && own !== 'mxfp4' && servesPrecision(support, 'int4') && support.precisions.includes('int4') ? 'int4' : undefined}
}

const powersOfTwoUpTo = (limit: number): number[] => {
  const powers: number[] = []
  for (let power = 1; power <= limit; power *= 2) powers.push(power)
  return powers
}

/**
 * Tensor-parallel degrees: powers of two inside a node that divide the heads (what the runtimes accept); the rest of the
 * accelerators serves further replicas or stays idle. Pipeline stages only where one node, or one group of linked cards, is too small.
 */
function layouts(demand: InferenceDemand, hardware: Hardware, precision: string, runtime: string): {tp: number; pp: number; ep: number}[] {
  const {model, configuration} = demand
  const perNode = Math.max(1, Math.floor(hardware.acceleratorsPerNode))
  const total = perNode * hardware.nodes
  const usual = powersOfTwoUpTo(perNode).filter(tp => model.heads % tp === 0 || padsHeads(runtime))
  const degrees = configuration.tp === undefined ? [...usual, ...(padsHeads(runtime) && !usual.includes(perNode) ? [perNode] : [])] : [configuration.tp]
  const format = formatOf(model, {precision, runtime}, hardware.accelerator)
  const roomBytes = hardware.accelerator.memoryGib * 2 ** 30 * Math.min(1, hardware.acceleratorsPerNode) * GPU_SHARE_FOR_WEIGHTS
  const fits = (tp: number, pp: number, ep: number): boolean => weightBytesIn(model, format, {tp, pp, ep, runtime}) <= roomBytes
  const found: {tp: number; pp: number; ep: number}[] = []
  const add = (tp: number, pp: number): void => {
    const ep = configuration.ep ?? (model.experts !== undefined && tp > 1 && model.experts % tp === 0 ? tp : 1)
    if (tp * pp <= total && pp <= model.layers && !found.some(other => other.tp === tp && other.pp === pp)) found.push({tp, pp, ep})
  }
  if (configuration.pp !== undefined) {
    for (const tp of degrees) if (configuration.tp !== undefined || fits(tp, configuration.pp, 1)) add(tp, configuration.pp)
    return found
  }
  if (configuration.tp !== undefined) {
    add(configuration.tp, 1)
    if (!fits(configuration.tp, 1, 1)) for (let pp = 2; pp * configuration.tp <= total && pp <= 64; pp++) if (fits(configuration.tp, pp, 1)) { add(configuration.tp, pp); break }
    return found
  }
  if (LAYER_SPLIT.has(runtime)) {
    for (let pp = 1; pp <= Math.min(perNode, model.layers); pp++) {
      if (!fits(1, pp, 1)) continue
      add(1, pp)
      // One more card where the first that fits leaves no room for a cache.
      if (found.length === 2) break
    }
    return found
  }
  const enough = degrees.filter(tp => fits(tp, 1, 1))
  // The smallest that fits serves most replicas, the largest answers fastest; one or two between them.
  const [smallest] = enough
  if (smallest !== undefined) {
    for (const tp of enough) if (tp === smallest || tp === smallest * 2 || tp === enough.at(-1)) add(tp, 1)
  }
  const linked = hardware.levels?.find(level => level.groupSize > 1 && level.groupSize < perNode)?.groupSize
  const widest = degrees.at(-1) ?? 1
  const stageWidths = smallest === undefined ? [widest, ...(linked !== undefined && linked < widest && model.heads % linked === 0 ? [linked] : [])] : linked !== undefined && smallest > linked && model.heads % linked === 0 ? [linked] : []
  for (const tp of stageWidths) {
    for (let pp = 2; tp * pp <= total && pp <= Math.min(64, model.layers); pp++) {
      if (!fits(tp, pp, 1)) continue
      add(tp, pp)
      // The fewest stages that hold the weights may leave no room for a cache; twice as many do.
      add(tp, Math.min(2 * pp, Math.floor(total / tp)))
      break
    }
  }
  // Attention by data parallelism, experts over all of them: the way large mixtures with a shared latent cache are served.
  if (model.experts !== undefined && configuration.ep === undefined && configuration.dp === undefined) {
    const span = powersOfTwoUpTo(perNode).at(-1) ?? 1
    if (span > 1 && model.experts % span === 0 && fits(1, 1, span) && (demand.replicas === 'auto' || demand.replicas % span === 0)) found.push({tp: 1, pp: 1, ep: span})
  }
  return found
}

/** What a practitioner would try here, most promising first. Replicas and batch follow from the load, so `perform` settles them unless the spec does. */
export function inferenceConfigurations(demand: InferenceDemand, hardware: Hardware, facts: Facts): readonly Configuration[] {
  const support = runtimeFor(demand, hardware, facts)
  if (support === undefined) return []
  const {usual, lastResort} = precisionsFor(demand, hardware, support)
  const {dp, batch, migProfile} = demand.configuration
  const fixed = {...(dp === undefined ? {} : {dp}), ...(batch === undefined ? {} : {batch}), ...(migProfile === undefined ? {} : {migProfile})}
  const configurations: Configuration[] = []
  const collect = (precision: string, {runtime} = support): void => {
    for (const layout of layouts(demand, hardware, precision, runtime)) configurations.push({runtime, precision, ...layout, ...fixed})
  }
  for (const precision of usual) collect(precision)
  // Nothing fits, or only across a whole node or several: then with little room left for a cache. However many nodes
  // there are: what few nodes can do, more of them can do as well.
  const perNode = Math.max(1, Math.floor(hardware.acceleratorsPerNode))
  const tight = configurations.every(({tp = 1, pp = 1}) => pp > 1 || (tp > 1 && tp * 2 > perNode))
  if (tight && lastResort !== undefined) collect(lastResort)
  const frugal = frugalRuntime(demand, hardware, support, facts)
  const [precision] = [lastResort, ...usual].filter(each => each !== undefined)
  if (frugal === undefined || precision === undefined || !servesPrecision(frugal, precision) || !configurations.every(({precision: tried = precision}) => leavesNoRoom(demand, hardware, tried, support.runtime, facts))) return configurations
  const hopeless = configurations.length
  collect(precision, frugal)
  return configurations.length > hopeless ? configurations.slice(hopeless) : configurations
}

/** Sets nothing aside for itself: on a laptop's card it runs what no server has room for. */
const FRUGAL_RUNTIME = 'llama.cpp'

/** What else runs on one accelerator, where nobody asked for a runtime. */
function frugalRuntime({configuration}: InferenceDemand, {accelerator, acceleratorsPerNode, nodes}: Hardware, usual: RuntimeSupport, {software}: Facts): RuntimeSupport | undefined {
  if (configuration.runtime !== undefined || usual.runtime === FRUGAL_RUNTIME || acceleratorsPerNode !== 1 || nodes !== 1) return undefined
  return software.runtimesFor('llm-inference', accelerator.architecture).find(({runtime, status}) => runtime === FRUGAL_RUNTIME && status === 'yes')
}

/** Beside weights and what the runtime sets aside one accelerator has no room. */
function leavesNoRoom({model}: InferenceDemand, {accelerator}: Hardware, precision: string, runtime: string, facts: Facts): boolean {
  const weights = weightBytesIn(model, formatOf(model, {precision, runtime}, accelerator), {tp: 1, pp: 1, ep: 1, runtime})
  const {memoryShareUsable = 1, memoryReserveGib = 0} = facts.runtime(runtime) ?? {}
  return weights > (accelerator.memoryGib * memoryShareUsable - memoryReserveGib) * 2 ** 30
}
