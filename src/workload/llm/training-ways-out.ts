import {bareHardware, mostPerMachine} from '../../catalog/hardware.ts'
import {sliceOf} from '../../performance/hardware.ts'
import type {Configuration, Hardware} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {LONG_SEQUENCE} from './training-demand.ts'
import {trainingFactors} from './training-factors.ts'
import {hostGibNeeded, hostHolds, trainingMemory} from './training-memory.ts'
import {isRefusal, resolveLayout} from './training-layout.ts'
import {performTraining} from './training-perform.ts'
import {chooseSoftware, isChoice, shapesOf, trainingConfigurations, type TrainingRequest, zeroStagesOf} from './training-search.ts'
import type {TrainingLayout, TrainingWork} from './training.ts'
import {adapterParameters, baseWeightBytes, optimizerStateBytes} from './training.ts'

/** What is asked, and of what. */
interface Attempt {
  readonly request: TrainingRequest
  readonly target: Hardware
}

/** A change that somebody could make: how to say it, and what it leads to. */
interface Change extends Attempt {
  readonly text: string
}

/**
 * The changes that make a refused run possible, each tried out, in the order in which a practitioner would: what the
 * user fixed himself, more of the same hardware, a leaner method, the host's memory. One of each sort; where no single
 * change is enough, two together; `null` where none helps (no runtime runs there at all).
 */
export function nearestChanges(request: TrainingRequest, target: Hardware, facts: Facts): string | null {
  const attempt = {request, target}
  if (!isChoice(chooseSoftware(request, sliceOf(target), facts))) return softwareChange(attempt, facts)
  const first = (changes: Iterable<Change>): readonly string[] => firstThatRuns(changes, facts)
  const found = [...first(reopened(attempt, facts)), ...first(moreHardware(attempt, facts)), ...first(leaner(attempt))]
  if (found.length === 0) found.push(...first(shorter(attempt)))
  if (found.length === 0) found.push(...first(together(attempt, facts)))
  found.push(...first(offloaded(attempt, facts)))
  if (found.length === 0) found.push(...first(otherHardware(attempt)))
  if (found.length === 0) for (const open of searched(attempt)) found.push(...first([...otherHardware(open)].map(second => joined(open, second))))
  return found.length === 0 ? null : `fits ${listed(found)}`
}

function firstThatRuns(changes: Iterable<Change>, facts: Facts): readonly string[] {
  for (const change of changes) if (runs(change, facts)) return [change.text]
  return []
}

/** "a", "a, or b", "a, b, or c". */
function listed(texts: readonly string[]): string {
  return texts.length === 1 ? texts.join('') : `${texts.slice(0, -1).join(', ')}, or ${texts.at(-1) ?? ''}`
}

/** Tried out: a layout of the search fits, and the estimator takes it. */
function runs(attempt: Attempt, facts: Facts): boolean {
  const layout = leanestFit(attempt, facts)
  return layout !== undefined && performTraining(attempt.request.work, attempt.target, layout, facts).feasible
}

/** The first shape whose leanest layout fits; `undefined` where none does, which is where the search finds nothing either. */
function leanestFit({request, target}: Attempt, facts: Facts): TrainingLayout | undefined {
  const hardware = sliceOf(target)
  const choice = chooseSoftware(request, hardware, facts)
  if (!isChoice(choice)) return undefined
  const {work, configuration: fixed} = request
  const {offload} = fixed
  const accelerators = Math.max(1, Math.floor(hardware.acceleratorsPerNode)) * hardware.nodes
  const mayHold = (offload ?? 'none') !== 'none' || leastGib(work, choice.precision) <= hardware.accelerator.memoryGib * accelerators
  const mayOffload = offload === undefined && hardware.host.memoryGib !== undefined
  if (!mayHold && !mayOffload) return undefined
  const factors = trainingFactors(facts.calibration, work.kind, hardware.accelerator, choice.runtime)
  const fits = (layout: TrainingLayout): boolean => trainingMemory(work, layout, factors).neededGib <= hardware.accelerator.memoryGib && hostHolds(work, layout, hardware)
  for (const shape of shapesOf(request, hardware, choice.runtime)) {
    const microBatch = fixed.microBatch ?? 1
    const microBatches = Math.max(1, Math.ceil(Math.ceil(work.globalBatch / shape.dp) / microBatch))
    const lean: TrainingLayout = {
      ...choice, ...shape, microBatch, microBatches, sequencesPerStep: shape.dp * microBatch * microBatches,
      checkpointing: fixed.checkpointing ?? 'full', zeroStage: zeroStagesOf(fixed, shape, choice.runtime).at(-1) ?? 0, offload: offload ?? 'none',
    }
    if (mayHold && fits(lean)) return lean
    if (!mayOffload || shape.tp * shape.pp * shape.cp > 1) continue
    const offloading: TrainingLayout = {...lean, zeroStage: fixed.zeroStage ?? (shape.dp > 1 ? 3 : 1), offload: 'all'}
    if (fits(offloading)) return offloading
  }
  return undefined
}

/** What weights, gradients and states take over all accelerators however they are spread: nothing that has less need be looked at. */
function leastGib(work: TrainingWork, precision: string): number {
  const states = optimizerStateBytes(work.optimizer, work.masterWeights) + (work.masterWeights && work.trains === 'all' ? 4 : 0)
  const trained = work.trains === 'all' ? work.model.parameters : adapterParameters(work)
  return ((work.model.parameters * baseWeightBytes(work, precision) + trained * (2 + states)) / 2 ** 30) * 0.98
}

/** Fields of a configuration in the order in which people let go of them: what costs little speed first, the host last. */
const LETTING_GO = ['checkpointing', 'microBatch', 'zeroStage', 'dp', 'tp', 'ep', 'cp', 'pp', 'offload'] as const

/** One fixed field set free, with the value nearest to the user's that works; then two of them, and more. */
function* reopened({request, target}: Attempt, facts: Facts): Generator<Change> {
  const {configuration} = request
  const fixed = LETTING_GO.filter(field => configuration[field] !== undefined)
  for (const fields of [...fixed.map(field => [field]), ...fixed.map((_, index) => fixed.slice(0, index + 1)).slice(1)]) {
    const open = {request: {...request, configuration: without(configuration, fields)}, target}
    if (!runs(open, facts)) continue
    const [layout] = nearestTo(configuration, fields, trainingConfigurations(open.request, target, facts))
    if (layout === undefined) continue
    const values = fields.filter(field => layout[field] !== configuration[field])
    yield {
      text: `with ${values.map(field => `${field} ${layout[field] ?? ''}`).join(' and ')}`,
      request: {...request, configuration: {...configuration, ...Object.fromEntries(values.map(field => [field, layout[field]]))}}, target,
    }
  }
}

type Field = (typeof LETTING_GO)[number]

const without = (configuration: Configuration, fields: readonly string[]): Configuration => Object.fromEntries(Object.entries(configuration).filter(([field]) => !fields.includes(field)))

/** Layouts, those first that are nearest to what was asked for. */
function nearestTo(asked: Configuration, fields: readonly Field[], layouts: readonly Configuration[]): readonly Configuration[] {
  const away = (layout: Configuration): number =>
    fields.reduce((sum, field) => {
      const [from, to] = [asked[field], layout[field]]
      return sum + (typeof from === 'number' && typeof to === 'number' ? Math.abs(Math.log((to + 1) / (from + 1))) : 0)
    }, 0)
  return layouts.toSorted((left, right) => away(left) - away(right))
}

/** Machines are built with so many accelerators; TPU slices are cut so. */
const MACHINE_SIZES = [1, 2, 4, 8, 16, 32, 64, 128] as const
const LARGEST_MACHINE = 256
/** Nobody goes to a hundred machines because one was too small. */
const MOST_NODES = 64

/** More of the same: a whole accelerator instead of a slice, more of them in one machine, more machines; the fewest that do. */
function* moreHardware({request, target}: Attempt, facts: Facts): Generator<Change> {
  if (target.acceleratorsPerNode < 1) yield {text: 'on a whole accelerator', request, target: {...target, acceleratorsPerNode: 1, levels: []}}
  const {accelerator} = target
  const most = mostPerMachine(accelerator)
  const here = Math.max(1, target.acceleratorsPerNode) * target.nodes
  for (const count of [...MACHINE_SIZES.filter(size => size < most), Math.min(most, LARGEST_MACHINE)]) {
    // Bare hardware says nothing of its host, so offloading is not counted on.
    if (count > here) yield {text: `on ${count} accelerators (${accelerator.id}:${count})`, request, target: bareHardware(accelerator, count, 1)}
  }
  if (target.network === undefined || target.acceleratorsPerNode < 1) return
  const on = (nodes: number): Change => ({text: `on ${nodes} nodes`, request, target: {...target, nodes}})
  let short = target.nodes
  let enough = short * 2
  while (enough <= MOST_NODES && !runs(on(enough), facts)) [short, enough] = [enough, enough * 2]
  if (enough > MOST_NODES) return
  while (enough - short > 1) {
    const middle = Math.floor((short + enough) / 2)
    if (runs(on(middle), facts)) enough = middle
    else short = middle
  }
  yield on(enough)
}

/** The same result from less memory: leaner optimizer states, adapters instead of all weights, a 4-bit base. */
function* leaner({request, target}: Attempt): Generator<Change> {
  const {work} = request
  const change = (text: string, changed: Partial<typeof work>): Change => ({text, request: {...request, work: {...work, ...changed}}, target})
  if (work.trains === 'all') {
    if (work.optimizer === 'adamw') yield change('with optimizer adamw-8bit', {optimizer: 'adamw-8bit'})
    if (!work.tunes) return
    const adapters = {trains: 'adapters', rank: ADAPTER_RANK, referenceWeights: false, masterWeights: true} as const
    if (work.extraForwardPasses > 0) yield change(`with adapters (rank ${ADAPTER_RANK})`, adapters)
    else {
      yield change('with method lora', adapters)
      yield change('with method qlora', {...adapters, base: 'nf4'})
    }
  } else if (work.base === 'computed' && work.extraForwardPasses === 0) yield change('with method qlora', {base: 'nf4'})
}
/** The rank that `method: lora` takes unless told otherwise. */
const ADAPTER_RANK = 16

/** States and weights in the host's memory, where nobody says how much that is, or too little is there. */
function* offloaded({request, target}: Attempt, facts: Facts): Generator<Change> {
  const {work, configuration} = request
  if (configuration.offload === 'none') return
  const {memoryGib} = target.host
  for (const offload of configuration.offload === undefined ? (['optimizer', 'all'] as const) : [configuration.offload]) {
    const roomy = {...target, host: {...target.host, memoryGib: Number.POSITIVE_INFINITY}}
    const asked = {...request, configuration: {...configuration, offload}}
    if (!runs({request: asked, target: roomy}, facts)) continue
    const hardware = sliceOf(roomy)
    const needs = trainingConfigurations(asked, roomy, facts)
      .map(found => resolveLayout(work, hardware, found, found.runtime ?? '', found.precision ?? ''))
      .map(layout => (isRefusal(layout) ? Number.POSITIVE_INFINITY : hostGibNeeded(work, layout, hardware)))
    const hostGib = Math.ceil(Math.min(...needs))
    if (!Number.isFinite(hostGib)) continue
    const known = memoryGib === undefined ? ' (not known here)' : ''
    yield {text: `with offload ${offload} and ${formatGib(hostGib)} GiB of host memory${known}`, request: asked, target: {...target, host: {...target.host, memoryGib: hostGib}}}
  }
}

const SHORTEST = 128

function* shorter({request, target}: Attempt): Generator<Change> {
  const {work} = request
  for (let sequenceLength = work.sequenceLength >> 1; sequenceLength >= SHORTEST && work.rollout === undefined; sequenceLength >>= 1) {
    yield {text: `with sequenceLength ${sequenceLength}`, request: {...request, work: {...work, sequenceLength, chunkedLoss: sequenceLength > LONG_SEQUENCE}}, target}
  }
}

/** Two changes at once: a free configuration or a leaner method, and more hardware. */
function* together(attempt: Attempt, facts: Facts): Generator<Change> {
  for (const first of [...searched(attempt), ...leaner(attempt), ...shorter(attempt)]) {
    for (const second of [...moreHardware(first, facts), ...(first.text.startsWith('with method') ? [] : leaner(first))]) yield joined(first, second)
  }
}

const joined = (first: Change, second: Change): Change => ({...second, text: `${first.text} ${second.text.replace(/^with/, 'and')}`})

/** What the user fixed left to the search: his word about the host last, runtime and precision after that. */
function* searched({request, target}: Attempt): Generator<Change> {
  const {configuration} = request
  const fixed = [...LETTING_GO, 'runtime', 'precision'] as const
  let before = 0
  for (const last of ['pp', 'offload', 'precision'] as const) {
    const fields = fixed.slice(0, fixed.indexOf(last) + 1).filter(field => configuration[field] !== undefined || (field === 'precision' && request.precision !== undefined))
    if (fields.length === before) continue
    before = fields.length
    yield {text: `with ${fields.join(' and ')} searched`, request: {work: request.work, precision: fields.includes('precision') ? undefined : request.precision, configuration: without(configuration, fields)}, target}
  }
}

/** Sizes of accelerators that are sold, GiB as printed on them. */
const MEMORY_SIZES_GIB = [24, 32, 48, 80, 96, 141, 192, 288] as const
/** What large runs are done on. */
const LARGE_NODE = {accelerators: 8, memoryGib: 80} as const

/** Nothing here helps: how large the accelerators would have to be, or how many large ones it takes. */
function* otherHardware({request, target}: Attempt): Generator<Change> {
  const having = (memoryGib: number): Hardware => ({...target, acceleratorsPerNode: Math.max(1, target.acceleratorsPerNode), accelerator: {...target.accelerator, memoryGib}})
  for (const memoryGib of MEMORY_SIZES_GIB) if (memoryGib > target.accelerator.memoryGib) yield {text: `on accelerators with ${memoryGib} GiB`, request, target: having(memoryGib)}
  const {accelerators, memoryGib} = LARGE_NODE
  for (let nodes = 1; nodes <= MOST_NODES; nodes *= 2) {
    yield {
      text: `on ${nodes === 1 ? '' : `${nodes} nodes of `}${accelerators} accelerators with ${memoryGib} GiB`, request,
      target: {
        ...having(memoryGib), acceleratorsPerNode: accelerators, nodes, host: {},
        // Whether it fits does not depend on how fast they are.
        levels: [{kind: 'nvswitch', groupSize: accelerators, bytesPerSecond: 1e11, latencySeconds: 0}],
        network: {kind: 'infiniband', bytesPerSecondPerNode: 1e11, rdma: true, latencySeconds: 0},
      },
    }
  }
}

/** Another runtime, precision or method that runs there, alone or with one of the changes above. */
function softwareChange(attempt: Attempt, facts: Facts): string | null {
  for (const change of softwareChanges(attempt, facts)) {
    const seconds = (): Iterable<Change> => [...moreHardware(change, facts), ...leaner(change), ...offloaded(change, facts), ...shorter(change), ...otherHardware(change)].map(second => joined(change, second))
    const [text] = runs(change, facts) ? [change.text] : firstThatRuns(seconds(), facts)
    if (text !== undefined) return `runs ${text}`
  }
  return null
}

function* softwareChanges({request, target}: Attempt, facts: Facts): Generator<Change> {
  const {work, configuration} = request
  const {runtime: askedRuntime, precision: askedPrecision, ...others} = configuration
  const {accelerator} = target
  const supported = facts.software.runtimesFor(work.kind, accelerator.architecture)
  if (askedRuntime !== undefined) {
    for (const {runtime} of supported) if (runtime !== askedRuntime) yield {text: `with runtime ${runtime}`, request: {...request, configuration: {...configuration, runtime}}, target}
  }
  if ((askedPrecision ?? request.precision) !== undefined) {
    const open = {...request, precision: undefined, configuration: {...others, ...(askedRuntime === undefined ? {} : {runtime: askedRuntime})}}
    const choice = chooseSoftware(open, sliceOf(target), facts)
    if (isChoice(choice)) yield {text: `with precision ${choice.precision}`, request: {...open, precision: choice.precision}, target}
  }
  if (work.base === 'nf4') yield {text: 'with method lora', request: {...request, work: {...work, base: 'computed'}}, target}
  yield* searched({request, target})
}
