import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {Accelerator, MediaModel} from '../../catalog/schema.ts'
import type {RuntimeSupport} from '../../catalog/software.ts'
import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import {divideBy, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import {sustainedFlops} from '../../performance/sustained.ts'
import type {Configuration, Hardware, Load, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {bitsOf, unitSeconds, type MediaDemand} from './demand.ts'
import {mediaCertainty, mediaFactors} from './factors.ts'
import {mediaMemory, offloadedBytes, type MediaLayout} from './memory.ts'
import {mediaLowerBoundSeconds, mediaTime, productPrecision, ulyssesOf, widePrecision, type MediaRun, type MediaTime, type Style} from './step.ts'

interface Program {
  readonly name: string
  readonly style: Style
  /** Lets several accelerators share one image or clip. */
  readonly shares: boolean
}

/** How each program of data/software.csv runs a denoiser. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  'diffusers': {name: 'Diffusers', style: 'eager', shares: false},
  'xdit': {name: 'xDiT', style: 'eager', shares: true},
  'tensorrt-llm': {name: 'TensorRT', style: 'fused', shares: false},
  'neuron': {name: 'Neuron', style: 'fused', shares: false},
  'gaudi': {name: 'Optimum for Gaudi', style: 'fused', shares: false},
  'mlx': {name: 'MLX', style: 'eager', shares: false},
}
/** TensorRT runs U-Nets and what has been exported to it; of transformers that is not known, so none is taken. */
const runs = (runtime: string, {core}: MediaModel): boolean => Object.hasOwn(PROGRAMS, runtime) && (runtime !== 'tensorrt-llm' || core === 'unet')

/** The host prepares prompts and launches kernels: one core of many. An assumption. */
const HOST_SHARE = 0.1
const GIB = 2 ** 30
/** Larger batches gain nothing once the accelerator is full, and nobody waits for them. */
const LARGEST_BATCH = 32

export const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)
const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})

/** Program and number format of each way to run it here, the most promising first. */
interface Way {
  readonly support: RuntimeSupport
  readonly precision: string
}

function waysFor({kind, model, precisions, configuration}: MediaDemand, {accelerator}: Hardware, {software}: Facts): readonly Way[] {
  const supports = software.runtimesFor(kind, accelerator.architecture).filter(({runtime}) => runs(runtime, model) && (configuration.runtime ?? runtime) === runtime)
  return supports.flatMap(support => {
    const precision = precisions.find(each => support.precisions.includes(each) && sustainedFlops(accelerator, productPrecision(accelerator, each)) !== undefined)
    return precision === undefined ? [] : [{support, precision}]
  })
}

/** Why no program runs it here; `undefined` = one does. */
function softwareProblem(demand: MediaDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {kind, model, precisions, configuration: {runtime}} = demand
  const {accelerator} = hardware
  if (waysFor(demand, hardware, facts).length > 0) return undefined
  const known = Object.keys(PROGRAMS).filter(id => runs(id, model))
  if (runtime !== undefined && !known.includes(runtime)) return {reason: 'software', detail: `${PROGRAMS[runtime]?.name ?? runtime} is no program of the catalog that runs ${model.id}`, nearest: `configuration.runtime: ${known.join(', ')}`}
  const here = facts.software.runtimesFor(kind, accelerator.architecture).filter(support => known.includes(support.runtime) && (runtime ?? support.runtime) === support.runtime)
  if (here.length === 0) return {reason: 'software', detail: facts.software.whyNot(kind, accelerator.architecture) ?? `no program for ${model.modality} models is known to run on ${accelerator.name}`, nearest: null}
  const others = [...new Set(here.flatMap(support => support.precisions))].filter(each => sustainedFlops(accelerator, productPrecision(accelerator, each)) !== undefined && !precisions.includes(each))
  return {reason: 'software', detail: `no program runs it in ${precisions.join(' or ')} on ${accelerator.name}`, nearest: others.length === 0 ? null : `precision ${others.join(' or ')}`}
}

/** Bytes/s each way between an accelerator and its host. */
const slotOf = ({levels, accelerator}: Hardware): number | undefined => levels?.find(({kind}) => kind === 'pcie')?.bytesPerSecond ?? pcieX16BytesPerSecond(accelerator.pcieGeneration)

/** One way to lay the work on this hardware. */
interface Plan {
  readonly runtime: string
  readonly precision: string
  readonly sharing: number
  readonly groups: number
  readonly batch: number
  readonly sharded: boolean
  readonly offload: boolean
}

/** Pipelines of images run both guidance passes as one batch, those of clips one after the other (Diffusers: FluxPipeline, WanPipeline). */
const passesTogether = ({modality}: MediaDemand): boolean => modality === 'image'

function layoutOf(demand: MediaDemand, {precision, sharing, batch, sharded, offload}: Plan): MediaLayout {
  return {sequences: batch * (passesTogether(demand) ? demand.shape.guidancePasses : 1), sharing, shardedWeights: sharded, offload, weightBits: bitsOf(precision)}
}

const memoryOf = (demand: MediaDemand, hardware: Hardware, plan: Plan): MemoryUse => mediaMemory(demand.model, demand.shape, layoutOf(demand, plan), hardware.accelerator.memoryGib)

function runOf(demand: MediaDemand, hardware: Hardware, plan: Plan): MediaRun {
  return {
    batch: plan.batch, sharing: plan.sharing, ulysses: ulyssesOf(demand.model, plan.sharing), shardedWeights: plan.sharded, passesTogether: passesTogether(demand), precision: plan.precision, style: PROGRAMS[plan.runtime]!.style, kernels: PROGRAMS[plan.runtime]!.style === 'fused' ? 'native' : 'stock',
    offloadedBytes: plan.offload ? offloadedBytes(demand.model, bitsOf(plan.precision)) : 0, slotBytesPerSecond: slotOf(hardware),
  }
}

/** Why it cannot be laid out so; `undefined` = it can. */
function layoutProblem(demand: MediaDemand, hardware: Hardware, plan: Plan): Refusal | undefined {
  const {runtime, sharing, groups, offload, sharded} = plan
  const {model} = demand
  const present = presentOn(hardware)
  const used = sharing * groups
  if (used > present) return {reason: 'topology', detail: `dp ${groups} × cp ${sharing} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: sharing > present ? `cp ${present}` : `dp ${Math.floor(present / sharing)}`}
  if (sharing > 1 && !PROGRAMS[runtime]!.shares) return {reason: 'software', detail: `${PROGRAMS[runtime]!.name} lets no accelerators share one ${model.modality === 'image' ? 'image' : 'clip'}`, nearest: 'runtime xdit, or cp 1'}
  if (sharing > 1 && model.core === 'unet') return {reason: 'topology', detail: 'the convolutions of a U-Net are not cut among accelerators', nearest: 'cp 1, one image on each'}
  if (sharded && sharing === 1) return {reason: 'topology', detail: 'weights in parts need accelerators that share', nearest: 'cp 2 or more'}
  const link = unknownLink(hardware, sharing)
  if (link !== undefined) return link
  if (offload) {
    const needed = (offloadedBytes(model, bitsOf(plan.precision)) * Math.min(used, Math.max(1, Math.floor(hardware.acceleratorsPerNode)))) / GIB
    if (slotOf(hardware) === undefined) return {reason: 'link-unknown', detail: 'the rate between accelerator and host is not known', nearest: 'offload none'}
    if (hardware.host.memoryGib !== undefined && needed > hardware.host.memoryGib) return {reason: 'memory', detail: `what waits in the host's memory takes ${formatGib(needed)} GiB, it has ${formatGib(hardware.host.memoryGib)}`, nearest: 'fewer groups (dp), or offload none'}
  }
  const memory = memoryOf(demand, hardware, plan)
  if (memory.neededGib.p50 <= memory.availableGib) return undefined
  return {reason: 'memory', detail: `needs ${formatGib(memory.neededGib.p50)} GiB per accelerator, has ${formatGib(memory.availableGib)}`, nearest: nearestThatFits(demand, hardware, plan), memory}
}

/** What would let it fit: what changes least first. */
function nearestThatFits(demand: MediaDemand, hardware: Hardware, plan: Plan): string | null {
  const fits = (change: Partial<Plan>): boolean => {
    const {neededGib, availableGib} = memoryOf(demand, hardware, {...plan, ...change})
    return neededGib.p50 <= availableGib
  }
  if (plan.batch > 1 && fits({batch: 1})) return 'batch 1'
  if (!plan.offload && fits({offload: true, batch: 1})) return 'offload all'
  for (const precision of ['fp8', 'int8', 'int4', 'nf4']) if (bitsOf(precision) < bitsOf(plan.precision) && fits({precision, offload: true, batch: 1})) return `precision ${precision} with offload all`
  for (const sharing of [2, 4, 8, 16]) if (demand.model.core !== 'unet' && sharing > plan.sharing && fits({sharing, sharded: true, batch: 1})) return `${sharing} accelerators that share weights and sequence (runtime xdit, cp ${sharing}, zeroStage 3)`
  return null
}

/** Groups that share one image or clip: none, and powers of two up to a machine, and up to all where there is less to make than that. */
function sharingsOf({configuration, items}: MediaDemand, hardware: Hardware): readonly number[] {
  if (configuration.cp !== undefined) return [configuration.cp]
  const perNode = Math.max(1, Math.floor(hardware.acceleratorsPerNode))
  const most = items < hardware.nodes ? presentOn(hardware) : perNode
  const sharings = [1]
  for (let next = 2; next <= most; next *= 2) sharings.push(next)
  if (!sharings.includes(perNode)) sharings.push(perNode)
  return sharings
}

function plansFor(demand: MediaDemand, hardware: Hardware, facts: Facts): readonly Plan[] {
  const {configuration, items} = demand
  const present = presentOn(hardware)
  const plans: Plan[] = []
  for (const {support: {runtime}, precision} of waysFor(demand, hardware, facts)) {
    for (const sharing of sharingsOf(demand, hardware)) {
      if (sharing > 1 && configuration.cp === undefined && (!PROGRAMS[runtime]!.shares || demand.model.core === 'unet')) continue
      const groups = configuration.dp ?? Math.min(Math.max(1, Math.floor(present / sharing)), Math.ceil(items))
      const shards = configuration.zeroStage === undefined ? (sharing > 1 ? [false, true] : [false]) : [configuration.zeroStage === 3]
      const offloads = configuration.offload === undefined ? [false, true] : [configuration.offload === 'all']
      const lays = shards.flatMap(sharded => offloads.map(offload => ({runtime, precision, sharing, groups, sharded, offload})))
      // What keeps everything where it is used is never slower: the others are for where that does not fit.
      for (const lay of lays) {
        const batches = demand.batch === undefined ? batchesFor(Math.ceil(items / groups)) : [demand.batch]
        const fitting = batches.map(batch => ({...lay, batch})).filter(plan => layoutProblem(demand, hardware, plan) === undefined)
        plans.push(...fitting)
        if (fitting.length > 0) break
      }
    }
  }
  return plans
}

/** One at a time, a few, and many: no more than a group has to make. */
const batchesFor = (most: number): readonly number[] => [...new Set([1, 4, LARGEST_BATCH].map(batch => Math.max(1, Math.min(batch, most))))]

const configurationOf = ({runtime, precision, sharing, groups, batch, sharded, offload}: Plan, demand: MediaDemand): Configuration => ({
  ...demand.configuration, runtime, precision, dp: groups, cp: sharing, batch, ...(sharded ? {zeroStage: 3 as const} : {}), ...(offload ? {offload: 'all' as const} : {}),
})

export function mediaConfigurations(demand: MediaDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = sliceOf(target)
  if (softwareProblem(demand, hardware, facts) !== undefined) return []
  return plansFor(demand, hardware, facts).map(plan => configurationOf(plan, demand))
}

/** What a configuration says, with what it leaves out as `configurations` would choose it. */
function planOf(demand: MediaDemand, hardware: Hardware, configuration: Configuration, facts: Facts): Plan {
  const ways = waysFor(demand, hardware, facts)
  const {support: {runtime}, precision} = ways.find(way => way.support.runtime === configuration.runtime) ?? ways[0]!
  const sharing = configuration.cp ?? 1
  const groups = configuration.dp ?? Math.min(Math.max(1, Math.floor(presentOn(hardware) / sharing)), Math.ceil(demand.items))
  return {runtime, precision: configuration.precision ?? precision, sharing, groups, batch: configuration.batch ?? demand.batch ?? 1, sharded: configuration.zeroStage === 3, offload: configuration.offload === 'all'}
}

export function mediaRefusal(demand: MediaDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = sliceOf(target)
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const problem = layoutProblem(demand, hardware, planOf(demand, hardware, demand.configuration, facts))
  return no(problem ?? {reason: 'topology', detail: 'no way to lay it out here', nearest: null})
}

export function performMedia(demand: MediaDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = sliceOf(target)
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const plan = planOf(demand, hardware, configuration, facts)
  const problem = layoutProblem(demand, hardware, plan)
  if (problem !== undefined) return no(problem)
  const {accelerator} = hardware
  const {model, shape, items} = demand
  const run = runOf(demand, hardware, plan)
  const time = mediaTime(model, shape, hardware, run, mediaFactors(facts, demand.kind, accelerator, plan.runtime))
  if (time === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: 'cp 1'})
  // A last batch that is not full takes as long as a full one.
  const rounds = Math.ceil(Math.ceil(items / plan.groups) / plan.batch)
  const used = plan.groups * plan.sharing
  const rooflineSeconds = items * mediaLowerBoundSeconds(model, shape, accelerator, plan.precision, used)
  const {distance, spread, metric, basis} = mediaCertainty(facts.calibration, demand.kind, accelerator, model.id, plan.sharing)
  const workSeconds = timeWithSpread(rounds * time.seconds, timeSpread(spread), rooflineSeconds)
  const operators = operatorsOf(time, hardware, plan.sharing)
  return {
    feasible: true,
    performance: {
      configuration: configurationOf(plan, demand),
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(items * unitSeconds(demand), workSeconds)},
      latency: null,
      memory: memoryOf(demand, hardware, plan),
      load: loadOf(time, accelerator, plan.precision),
      acceleratorsUsed: Math.min(used, target.acceleratorsPerNode * target.nodes),
      loadSeconds: loadSecondsOf(demand, hardware, plan, facts),
      checkpointBytes: 0,
      weightBytes: (model.coreParameters * bitsOf(plan.precision)) / 8 + model.auxiliaryParameters * 2,
      operators,
      bottleneck: operators.reduce((longest, each) => (each.seconds > longest.seconds ? each : longest)).bound,
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, plan, facts, distance),
    },
  }
}

/** Where the time of one batch goes. */
function operatorsOf(time: MediaTime, hardware: Hardware, sharing: number): readonly Operator[] {
  const operators: readonly Operator[] = [
    {name: 'products with weights', seconds: time.linearSeconds, bound: 'compute', flops: time.linearFlops},
    {name: 'attention', seconds: time.attentionSeconds, bound: 'compute', flops: time.attentionFlops},
    {name: 'values between them', seconds: time.trafficSeconds, bound: 'memory-bandwidth', bytes: time.trafficBytes},
    {name: 'exchange among those that share', seconds: time.exchangeSeconds, bound: sharing > hardware.acceleratorsPerNode ? 'network' : 'link', bytes: time.exchangedBytes},
    {name: 'launches', seconds: time.launchSeconds, bound: 'overhead'},
    {name: 'text encoders', seconds: time.textSeconds, bound: 'compute', flops: time.textFlops},
    {name: 'decoder', seconds: time.decodeSeconds, bound: 'compute', flops: time.decodeFlops},
    {name: 'weights from the host', seconds: time.offloadSeconds, bound: 'host'},
    {name: 'preparation', seconds: time.otherSeconds, bound: 'overhead'},
  ]
  return operators.filter(({seconds}) => seconds > 0)
}

export function loadOf(time: MediaTime, accelerator: Accelerator, precision: string): Load {
  const {seconds} = time
  const share = (part: number): number => Math.max(0, Math.min(1, part / seconds))
  const idle = time.launchSeconds + time.offloadSeconds + time.otherSeconds
  const peak = (each: string): number => peakFlops(accelerator, each) ?? Number.NaN
  const wide = peak(widePrecision(accelerator, precision))
  return {
    computeShare: share(time.linearSeconds + time.attentionSeconds + time.textSeconds + time.decodeSeconds),
    memoryShare: share(time.trafficSeconds),
    linkShare: share(time.exchangeSeconds),
    hostShare: HOST_SHARE,
    work: {
      activeShare: share(seconds - idle),
      flopsShare: share(time.linearFlops / peak(productPrecision(accelerator, precision)) + (time.attentionFlops + time.textFlops + time.decodeFlops) / wide),
      bytesShare: share(time.trafficBytes / accelerator.memoryBandwidthBytesPerSecond),
      cacheBytesShare: 0,
      unpackShare: 0,
    },
  }
}

const USUAL_START = {startupSeconds: 40, weightLoadBytesPerSecond: 1.5e9} as const

/** Every accelerator reads all weights; each machine reads them once from where they lie. */
function loadSecondsOf({model}: MediaDemand, _hardware: Hardware, {precision, runtime}: Plan, facts: Facts): number {
  const {startupSeconds, weightLoadBytesPerSecond} = facts.runtime(runtime) ?? USUAL_START
  return startupSeconds + ((model.coreParameters * bitsOf(precision)) / 8 + model.auxiliaryParameters * 2) / weightLoadBytesPerSecond
}

function notesOn({kind, model}: MediaDemand, hardware: Hardware, plan: Plan, facts: Facts, distance: string): string[] {
  const {accelerator} = hardware
  const notes: string[] = []
  const present = presentOn(hardware)
  const used = plan.groups * plan.sharing
  if (used < present) notes.push(`${present - used} of ${present} accelerators stay idle.`)
  if (plan.sharing > 1) notes.push(`${plan.sharing} accelerators share each ${model.modality === 'image' ? 'image' : 'clip'}.`)
  if (plan.offload) notes.push('Text encoders wait in the memory of the host and come over for each batch.')
  const program = PROGRAMS[plan.runtime]!
  if (program.style === 'eager') notes.push('Kernel by kernel, as the framework comes; compiled, a step of a small model is shorter.')
  if (bitsOf(plan.precision) < 16) notes.push('Whether images in fewer bits are good enough is for you to say.')
  if (distance === 'none') notes.push('No accelerator of this family was measured with such a model.')
  const support = facts.software.runtimesFor(kind, accelerator.architecture).find(each => each.runtime === plan.runtime)
  if (support?.status === 'partial' && support.note !== undefined) notes.push(`${program.name}: ${support.note}.`)
  return notes
}

/** No configuration beats all accelerators at printed rates, in the format that is multiplied fastest. */
export function mediaLowerBound(demand: MediaDemand, target: Hardware, facts: Facts): number {
  const hardware = sliceOf(target)
  const {configuration, items, model, shape} = demand
  const used = configuration.dp === undefined && configuration.cp === undefined ? presentOn(hardware) : Math.min(presentOn(hardware), (configuration.dp ?? presentOn(hardware)) * (configuration.cp ?? presentOn(hardware)))
  return Math.min(...waysFor(demand, hardware, facts).map(({precision}) => items * mediaLowerBoundSeconds(model, shape, hardware.accelerator, precision, used)))
}

