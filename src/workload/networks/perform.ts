import type {RuntimeSupport} from '../../catalog/software.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatCount, formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import type {NetworkDemand} from './demand.ts'
import {networkCertainty, networkFactors, NEURON, PLAIN, widthOf, type Program} from './factors.ts'
import {loadingLimits, narrowest, type LoadingLimits} from './loading.ts'
import {largestBatch, memoryOf} from './memory.ts'
import {sortOf} from './shape.ts'
import {lowerBoundSecondsPerSample, networkStep, printedRate, valueBytes, type NetworkStep, type StepSetting} from './step.ts'

/** Programs of data/software.csv whose speed is known here; others that run such networks are made for language models. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  pytorch: PLAIN, rocm: PLAIN, gaudi: {name: 'gaudi', style: 'compiled'}, neuron: NEURON,
}
/** Precisions that change nothing of the result to speak of; narrower ones have to be asked for. */
const USUAL_PRECISIONS = ['bf16', 'fp16', 'tf32', 'fp32'] as const
/** Samples that an accelerator takes at once, where nobody says how many: beyond it little is gained. Assumptions. */
const USUAL_BATCH = {image: {training: 128, running: 256}, volume: {training: 2, running: 4}, text: {training: 32, running: 64}} as const
/** Threads of the host that start kernels, and those that decode. */
const HOST_SHARE = 0.05

type No = PerformResult & {feasible: false}
const no = (refusal: Refusal): No => ({feasible: false, refusal})
const wholeOf = (target: Hardware): Hardware => socketsJoined(sliceOf(target))
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)

interface Choice {
  readonly runtime: string
  readonly precision: string
  readonly support: RuntimeSupport
}

/** Runtimes with the precision that is asked for, or the fastest of those that keep the result. */
function choicesFor(demand: NetworkDemand, {accelerator}: Hardware, {software}: Facts): readonly Choice[] {
  const {configuration} = demand
  return software.runtimesFor(demand.kind, accelerator.architecture).flatMap((support): Choice[] => {
    const {runtime, precisions} = support
    if (PROGRAMS[runtime] === undefined || (configuration.runtime ?? runtime) !== runtime) return []
    const able = (demand.precision === undefined ? USUAL_PRECISIONS : [demand.precision]).filter(precision => precisions.includes(precision) && printedRate(accelerator, precision) !== undefined && !(demand.training && widthOf(precision) === '8 bit' && precision !== 'fp8'))
    const [fastest] = able.toSorted((a, b) => (printedRate(accelerator, b) ?? 0) - (printedRate(accelerator, a) ?? 0) || USUAL_PRECISIONS.indexOf(a as 'bf16') - USUAL_PRECISIONS.indexOf(b as 'bf16'))
    return fastest === undefined ? [] : [{runtime, precision: fastest, support}]
  })
}

function softwareProblem(demand: NetworkDemand, hardware: Hardware, facts: Facts): Refusal {
  const {accelerator} = hardware
  const {runtime} = demand.configuration
  const known = facts.software.runtimesFor(demand.kind, accelerator.architecture).filter(each => PROGRAMS[each.runtime] !== undefined)
  if (runtime !== undefined && PROGRAMS[runtime] === undefined) return {reason: 'software', detail: `${runtime} is not among the programs whose speed on such networks is known`, nearest: `configuration.runtime: ${known.map(each => each.runtime).join(' or ') || 'pytorch'}`}
  if (known.length === 0) return {reason: 'software', detail: facts.software.whyNot(demand.kind, accelerator.architecture) ?? `no program is known to run such networks on ${accelerator.name}`, nearest: null}
  const able = [...new Set(known.flatMap(({precisions}) => precisions.filter(precision => printedRate(accelerator, precision) !== undefined)))]
  if (demand.precision !== undefined) return {reason: 'software', detail: `no program computes in ${demand.precision} on ${accelerator.name}`, nearest: able.length === 0 ? null : `precision ${able.join(' or ')}`}
  return {reason: 'software', detail: runtime === undefined ? `${accelerator.name} has no known rate in any of ${USUAL_PRECISIONS.join(', ')}` : `${runtime} does not run such networks on ${accelerator.name}`, nearest: runtime === undefined ? null : `configuration.runtime: ${known.map(each => each.runtime).join(' or ')}`}
}

interface Layout {
  readonly setting: StepSetting
  readonly memory: MemoryUse
}

/** How the samples of a step lie on so many accelerators, or why they cannot. */
function layoutOf(demand: NetworkDemand, hardware: Hardware, parts: number, {runtime, precision}: Pick<Choice, 'runtime' | 'precision'>): Layout | Refusal {
  const {model, size, training, optimizer, configuration: {batch, microBatch}} = demand
  const present = presentOn(hardware)
  if (parts > present) return {reason: 'topology', detail: `dp ${parts} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `dp ${present}`}
  const link = training ? unknownLink(hardware, parts) : undefined
  if (link !== undefined) return link
  const {memoryGib} = hardware.accelerator
  const common = {model, size, training, precision, optimizer}
  const most = largestBatch(common, memoryGib)
  if (most < 1) return {reason: 'memory', detail: `one sample needs ${formatGib(memoryOf({...common, batch: 1}, memoryGib).neededGib.p50)} GiB, ${hardware.accelerator.name} has ${formatGib(memoryGib)}`, nearest: largestSize(demand, memoryGib, precision), memory: memoryOf({...common, batch: 1}, memoryGib)}
  // A batch of training is that of the whole step, one of inference is an accelerator's.
  const wanted = training ? (microBatch ?? (batch === undefined ? undefined : Math.min(most, Math.ceil(batch / parts)))) : batch
  if (wanted !== undefined && wanted > most) return {reason: 'memory', detail: `${wanted} samples at once need ${formatGib(memoryOf({...common, batch: wanted}, memoryGib).neededGib.p50)} GiB, ${hardware.accelerator.name} has ${formatGib(memoryGib)}`, nearest: `${training ? 'microBatch' : 'batch'} ${most}`, memory: memoryOf({...common, batch: wanted}, memoryGib)}
  const usual = USUAL_BATCH[model.input][training ? 'training' : 'running']
  const own = Math.max(1, Math.min(wanted ?? Math.min(usual, 2 ** Math.floor(Math.log2(most))), Math.ceil(demand.samples / parts)))
  if (training && batch !== undefined && batch < parts) return {reason: 'topology', detail: `a batch of ${batch} leaves ${parts - batch} of ${parts} accelerators without a sample`, nearest: `dp ${batch}`}
  const accumulation = training && batch !== undefined ? Math.max(1, Math.ceil(batch / (own * parts))) : 1
  const program = PROGRAMS[runtime] ?? PLAIN
  return {setting: {...common, batch: own, accumulation, parts, program: demand.compiled && program.style === 'eager' ? {...program, style: 'compiled'} : program}, memory: memoryOf({...common, batch: own}, memoryGib)}
}

/** The largest size of the same shape of which one sample fits, for the way out. */
function largestSize({model, size, training, optimizer}: NetworkDemand, memoryGib: number, precision: string): string | null {
  let [low, high] = [0, 1]
  const scaled = (scale: number): readonly number[] => size.map(side => Math.max(model.patch ?? 1, Math.floor((side * scale) / 32) * 32 || Math.floor(side * scale)))
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2
    if (largestBatch({model, size: scaled(middle), training, precision, optimizer}, memoryGib) >= 1) low = middle
    else high = middle
  }
  const found = scaled(low)
  if (low === 0 || found.some(side => side < 1) || largestBatch({model, size: found, training, precision, optimizer}, memoryGib) < 1) return null
  return model.input === 'text' ? `sequenceLength ${found[0]!}` : `resolution ${found.join('x')}`
}

const isLayout = (found: Layout | Refusal): found is Layout => 'setting' in found

/** All accelerators, and halves of that down to one: fewer send less, and a host that decodes may feed no more. */
function partCounts(present: number): readonly number[] {
  const counts = [present]
  for (let half = Math.floor(present / 2); half >= 1; half = Math.floor(half / 2)) counts.push(half)
  return counts
}

export function networkConfigurations(demand: NetworkDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = wholeOf(target)
  const counts = demand.configuration.dp === undefined ? partCounts(presentOn(hardware)) : [demand.configuration.dp]
  return choicesFor(demand, hardware, facts).flatMap(choice => counts.flatMap((dp): Configuration[] => {
    const layout = layoutOf(demand, hardware, dp, choice)
    return isLayout(layout) ? [configurationOf(demand, choice, layout.setting)] : []
  }))
}

function configurationOf(demand: NetworkDemand, {runtime, precision}: Pick<Choice, 'runtime' | 'precision'>, {batch, parts, accumulation}: StepSetting): Configuration {
  return {...demand.configuration, runtime, precision, dp: parts, batch: demand.training ? batch * parts * accumulation : batch, ...(demand.training ? {microBatch: batch} : {})}
}

export function networkRefusal(demand: NetworkDemand, target: Hardware, facts: Facts): No {
  const hardware = wholeOf(target)
  const [choice] = choicesFor(demand, hardware, facts)
  if (choice === undefined) return no(softwareProblem(demand, hardware, facts))
  const counts = demand.configuration.dp === undefined ? partCounts(presentOn(hardware)) : [demand.configuration.dp]
  const problems = counts.flatMap(parts => {
    const found = layoutOf(demand, hardware, parts, choice)
    return isLayout(found) ? [] : [found]
  })
  return no(problems.find(({memory}) => memory !== undefined) ?? problems[0] ?? {reason: 'topology', detail: 'no way to divide the samples here', nearest: null})
}

function operatorsOf(step: NetworkStep, waitingSeconds: number, hardware: Hardware, parts: number): readonly Operator[] {
  const across = parts > hardware.acceleratorsPerNode ? 'network' : 'link'
  const all: Operator[] = [
    {name: 'convolutions and matmuls', seconds: step.computeSeconds, bound: 'compute', flops: step.flops},
    {name: 'activations and weights through memory', seconds: step.memorySeconds, bound: 'memory-bandwidth', bytes: step.bytes},
    {name: 'launches', seconds: step.kernelSeconds, bound: 'overhead'},
    {name: 'boxes', seconds: step.matchingSeconds, bound: 'overhead'},
    {name: 'optimizer', seconds: step.optimizerSeconds, bound: 'memory-bandwidth'},
    {name: 'gradients between accelerators', seconds: step.linkSeconds, bound: across},
    {name: 'waiting for the slowest', seconds: step.stragglingSeconds, bound: 'overhead'},
    {name: 'waiting for samples', seconds: waitingSeconds, bound: 'host'},
  ]
  return all.filter(({seconds}) => seconds > 0)
}

export function performNetwork(demand: NetworkDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = wholeOf(target)
  const {accelerator} = hardware
  const {model, size, training, samples} = demand
  const asked = {...demand, precision: configuration.precision ?? demand.precision, configuration: {...demand.configuration, ...configuration}}
  const [choice] = choicesFor(asked, hardware, facts)
  if (choice === undefined) return no(softwareProblem(asked, hardware, facts))
  const layout = layoutOf(asked, hardware, configuration.dp ?? presentOn(hardware), choice)
  if (!isLayout(layout)) return no(layout)
  const {setting, memory} = layout
  const {parts, batch, accumulation, precision} = setting
  const step = networkStep(setting, hardware, networkFactors(facts, {model, accelerator, precision, program: setting.program, training}))
  if (step === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: 'one accelerator'})
  const perStep = batch * parts * accumulation
  const limits = loadingLimits(demand.loading, model, size, hardware, parts)
  const stepSeconds = Math.max(step.seconds, perStep / narrowest(limits))
  const waitingSeconds = stepSeconds - step.seconds
  const steps = samples / perStep
  const rooflineSeconds = (lowerBoundSecondsPerSample(model, size, training, precision, accelerator) * samples) / parts
  const {distance, spread, metric, basis} = networkCertainty(facts.calibration, demand.kind, accelerator, model.id, parts)
  const workSeconds = timeWithSpread(stepSeconds * steps, timeSpread(spread), rooflineSeconds)
  const operators = operatorsOf(step, waitingSeconds, hardware, parts)
  const busy = 1 / stepSeconds
  const runtime = facts.runtime(choice.runtime)
  const weightBytes = model.parameters * (training ? 4 : valueBytes(precision))
  const decoding = limits.decoded === undefined ? 0 : perStep / stepSeconds / limits.decoded
  return {
    feasible: true,
    performance: {
      configuration: configurationOf(asked, choice, setting),
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(samples, workSeconds)},
      latency: null,
      memory,
      load: {
        computeShare: Math.min(1, step.computeSeconds * busy),
        memoryShare: Math.min(1, (step.memorySeconds + step.optimizerSeconds) * busy),
        linkShare: Math.min(1, step.linkSeconds * busy),
        hostShare: Math.min(1, HOST_SHARE + decoding),
        work: {
          activeShare: Math.min(1, (step.computeSeconds + step.memorySeconds + step.optimizerSeconds) * busy),
          flopsShare: Math.min(1, (step.flops * busy) / (printedRate(accelerator, precision) ?? Number.NaN)),
          bytesShare: Math.min(1, (step.bytes * busy) / accelerator.memoryBandwidthBytesPerSecond),
          cacheBytesShare: 0,
          unpackShare: 0,
        },
      },
      acceleratorsUsed: Math.min(parts, target.acceleratorsPerNode * target.nodes),
      loadSeconds: (runtime?.startupSeconds ?? 0) + weightBytes / (runtime?.weightLoadBytesPerSecond ?? Number.POSITIVE_INFINITY),
      checkpointBytes: training ? model.parameters * (4 + (setting.optimizer === 'sgd' ? 4 : 8)) : 0,
      ...(training ? {} : {weightBytes}),
      operators,
      bottleneck: bottleneckOf(operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, setting, limits, choice, distance),
    },
  }
}

function bottleneckOf(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((longest, each) => (longest === undefined || each.seconds > longest.seconds ? each : longest), undefined)?.bound ?? 'compute'
}

function notesOn(demand: NetworkDemand, hardware: Hardware, {parts, program, precision}: StepSetting, limits: LoadingLimits, {support}: Choice, distance: string): string[] {
  const notes: string[] = []
  const {model, loading} = demand
  const present = presentOn(hardware)
  if (parts < present) notes.push(`${present - parts} of ${present} accelerators stay idle.`)
  if (loading.place === 'host' && loading.secondsPerSample > 0 && limits.decoded === undefined) notes.push('How many processors the host has is not known: whether they decode fast enough is not checked.')
  if (limits.decoded !== undefined && narrowest(limits) === limits.decoded) notes.push(`The host's processors decode at most ${formatCount(limits.decoded, 3)} samples/s.`)
  if (loading.place === 'accelerator') notes.push('Decoding on the accelerator is taken to cost it nothing.')
  if (model.activations === undefined && model.input !== 'text') notes.push(`How much ${model.id} moves through memory is not published; it is taken from others of its family.`)
  if (!demand.training && program.style === 'eager' && demand.precision === undefined) notes.push('Run kernel by kernel; compiled (compiled: true) it takes less, in an engine for inference less still.')
  if (program.name === PLAIN.name && program.style === 'eager' && sortOf(model) === 'convolutions' && widthOf(precision) !== '32 bit') notes.push('Images are taken to lie with channels last (torch.channels_last); as PyTorch lays them out by itself, it takes longer.')
  if (program.name === PLAIN.name && precision === 'fp32' && sortOf(model) === 'convolutions' && hardware.accelerator.peakFlops.tf32 !== undefined) notes.push('In 32 bits throughout: PyTorch convolves in TF32 by itself (torch.backends.cudnn.allow_tf32), which precision tf32 stands for.')
  if (distance === 'none') notes.push('No accelerator of this family was measured with such networks.')
  if (support.status === 'partial' && support.note !== undefined) notes.push(`${support.runtime}: ${support.note}.`)
  return notes
}

/** No configuration beats all accelerators at the highest printed rate that a program may use. */
export function networkLowerBoundSeconds(demand: NetworkDemand, target: Hardware, facts: Facts): number {
  const hardware = wholeOf(target)
  const fastest = choicesFor(demand, hardware, facts).map(({precision}) => lowerBoundSecondsPerSample(demand.model, demand.size, demand.training, precision, hardware.accelerator))
  return (Math.min(...fastest, Number.POSITIVE_INFINITY) * demand.samples) / (demand.configuration.dp ?? presentOn(hardware))
}

/** What the kinds of networks do alike: everything after the demand. */
export const networkEstimator = {
  needsSoftware: true,
  readsHost: true,
  readsPartialSheets: true,
  configurations: networkConfigurations,
  perform: performNetwork,
  refuse: networkRefusal,
  lowerBoundSeconds: networkLowerBoundSeconds,
} as const
