import type {NetworkModel} from '../../catalog/snapshot.ts'
import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision, type AssumptionList, type CommonSpec} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import type {DataLoading} from './fields.ts'
import {leastStaticBytes} from './memory.ts'
import type {SampleSize} from './shape.ts'
import type {Optimizer} from './step.ts'

/** What there is to do before the network sees a sample. */
export interface Loading {
  readonly place: 'host' | 'accelerator' | 'none'
  /** Of one processor thread, for one sample. */
  readonly secondsPerSample: number
  readonly bytesPerSample: number | undefined
  readonly readBytesPerSecond: number | undefined
}

export interface NetworkDemand extends Demand {
  readonly model: NetworkModel
  readonly size: SampleSize
  readonly training: boolean
  /** Over all epochs. */
  readonly samples: number
  readonly optimizer: Optimizer
  readonly compiled: boolean
  readonly loading: Loading
  /** Absent = searched. */
  readonly precision: string | undefined
  readonly configuration: Configuration
}

/** What both sorts of work say. */
interface NetworkSpec extends CommonSpec {
  readonly model: string
  readonly compiled?: boolean | undefined
  readonly dataLoading?: DataLoading | undefined
  readonly epochs?: number | undefined
  readonly optimizer?: Optimizer | undefined
}

/** Fields of a configuration that a network which fits whole on each accelerator has no use for. */
const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'zeroStage', 'offload'] as const
const GIB = 2 ** 30

/**
 * Decoding a photograph of half a megapixel, cutting and turning it, on one thread with the usual libraries: some 140 a second. An assumption: it goes
 * with the size of the files and with the library.
 */
const IMAGE_SECONDS = 7e-3

function loadingOf(spec: NetworkSpec, model: NetworkModel, assumptions: AssumptionList): Loading {
  const {place: written, perSample, bytesPerSample, readRate} = spec.dataLoading ?? {}
  const place = assumptions.choose('dataLoading.place', written ?? (perSample === undefined ? undefined : 'host'), model.input === 'image' ? ('host' as const) : ('none' as const), model.input === 'image' ? 'host' : 'none: samples lie ready')
  const secondsPerSample = place === 'host' ? assumptions.choose('dataLoading.perSample', perSample, model.input === 'image' ? IMAGE_SECONDS : 0, model.input === 'image' ? '7 ms of one processor thread' : 'nothing') : 0
  return {place, secondsPerSample, bytesPerSample, readBytesPerSecond: readRate}
}

interface Asked {
  readonly kind: string
  readonly training: boolean
  readonly model: NetworkModel
  readonly size: SampleSize
  /** In one epoch. */
  readonly samples: number
  /** "images of 224 × 224", for the summary. */
  readonly what: string
}

function demandOf(spec: NetworkSpec, {kind, training, model, size, samples, what}: Asked, assumptions: AssumptionList): NetworkDemand {
  const {configuration} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to ${model.id}.`, {hint: 'It takes runtime, precision, dp, batch, microBatch and migProfile: each accelerator holds the whole network.'})
  }
  if (configuration.checkpointing !== undefined && configuration.checkpointing !== 'none') throw new RigorError('BAD_CONFIGURATION', 'configuration.checkpointing is not estimated for networks of this kind.', {hint: 'Leave it out.'})
  if (!training && configuration.microBatch !== undefined) throw new RigorError('BAD_CONFIGURATION', 'configuration.microBatch belongs to training.', {hint: 'batch is the number of samples that one accelerator takes at once.'})
  const epochs = training ? assumptions.choose('epochs', spec.epochs, 1) : 1
  const usual: Optimizer = model.input === 'text' || model.family.endsWith('transformer') ? 'adamw' : 'sgd'
  const optimizer = training ? assumptions.choose('optimizer', spec.optimizer, usual) : 'sgd'
  const compiled = assumptions.choose('compiled', spec.compiled, false, 'no')
  const loading = loadingOf(spec, model, assumptions)
  const total = samples * epochs
  return {
    kind,
    summary: `${training ? 'train' : 'run'} ${model.id} (${formatCount(model.parameters, 3)} parameters) on ${formatCount(samples, 3)} ${what}${epochs === 1 ? '' : `, ${formatCount(epochs, 3)} epochs`}`,
    assumptions: assumptions.list,
    throughputUnit: 'samples/s',
    costUnit: {name: '1M samples', amount: 1e6},
    workUnits: total,
    endless: false,
    minimumTotalMemoryGib: leastStaticBytes(model, training, optimizer) / GIB,
    model, size, training, samples: total, optimizer, compiled, loading,
    precision: onePrecision(spec),
    configuration,
  }
}

const WORDS = {image: 'images', volume: 'volumes', text: 'texts'} as const

function modelFor(name: string, sees: boolean, facts: Facts): NetworkModel {
  const model = facts.network(name)
  if ((model.input !== 'text') === sees) return model
  throw new RigorError('BAD_MODEL', `${model.id} ${sees ? 'reads texts' : `sees ${WORDS[model.input]}`}.`, {hint: `Take a kind of work for ${WORDS[model.input]}, or another network (data/network-models.csv).`})
}

interface VisionWork extends NetworkSpec {
  readonly samples?: number | undefined
  readonly frames?: number | undefined
  readonly volumes?: number | undefined
  readonly resolution?: readonly number[] | undefined
}

export function visionDemand(spec: VisionWork, facts: Facts, kind: string, training: boolean): NetworkDemand {
  const model = modelFor(spec.model, true, facts)
  const dimensions = model.reference.length
  if (spec.volumes !== undefined && model.input === 'image') throw new RigorError('BAD_MODEL', `${model.id} sees images, not volumes.`, {hint: 'samples or frames: the slices of the volumes; or a network for volumes, such as nnunet_3d.'})
  if (spec.volumes === undefined && model.input === 'volume') throw new RigorError('BAD_MODEL', `${model.id} sees volumes, not images.`, {hint: 'volumes: how many volumes (or patches of them) of the given resolution.'})
  const assumptions = createAssumptions()
  const written = assumptions.choose('resolution', spec.resolution, model.reference, model.reference.join(' × '))
  const size = written.length === 1 ? Array.from({length: dimensions}, () => written[0]!) : written
  if (size.length !== dimensions) throw new RigorError('BAD_FIELD', `resolution ${written.join('x')} has ${written.length} dimensions, what ${model.id} sees has ${dimensions}.`, {hint: `resolution: ${model.reference.join('x')}`})
  if (model.patch !== undefined && size.some(side => side < model.patch!)) throw new RigorError('BAD_FIELD', `resolution ${size.join('x')} is smaller than one patch of ${model.id} (${model.patch}).`, {hint: `resolution: ${model.reference.join('x')}`})
  const samples = spec.samples ?? spec.frames ?? spec.volumes ?? 0
  const what = `${spec.frames === undefined ? WORDS[model.input] : 'frames'} of ${size.join(' × ')}`
  return demandOf(spec, {kind, training, model, size, samples, what}, assumptions)
}

interface TextWork extends NetworkSpec {
  readonly samples: number
  readonly sequenceLength?: number | undefined
  readonly targetLength?: number | undefined
  readonly meanLength?: number | undefined
  readonly padding?: 'full' | 'bins' | 'none' | undefined
}

/** Texts of like length in a batch: padding that is left. An assumption; bins of 64 tokens of a text of some hundred leave as much. */
const BIN_PADDING = 1.12

export function textDemand(spec: TextWork, facts: Facts, kind: string, training: boolean): NetworkDemand {
  const model = modelFor(spec.model, false, facts)
  const writes = model.family === 'encoder-decoder' || model.family === 'recurrent'
  if (spec.targetLength !== undefined && !writes) throw new RigorError('BAD_FIELD', `targetLength belongs to networks that read one text and write another; ${model.id} does not.`, {hint: 'Leave it out.'})
  const assumptions = createAssumptions()
  const longest = assumptions.choose('sequenceLength', spec.sequenceLength, model.reference[0]!)
  const {meanLength = longest} = spec
  if (meanLength > longest) throw new RigorError('BAD_FIELD', `meanLength is ${meanLength}, sequenceLength ${longest}.`, {hint: 'The longest text has at least as many tokens as one on average.'})
  if (spec.padding !== undefined && spec.padding !== 'full' && spec.meanLength === undefined) throw new RigorError('BAD_FIELD', `padding: ${spec.padding} says nothing without meanLength.`, {hint: 'meanLength: tokens of a text on average.'})
  const padding = assumptions.choose('padding', spec.padding, spec.meanLength === undefined ? ('full' as const) : ('bins' as const))
  const readAs = (length: number, mean: number): number => (padding === 'full' ? length : padding === 'none' ? mean : Math.min(length, mean * BIN_PADDING))
  const source = readAs(longest, meanLength)
  const target = writes ? assumptions.choose('targetLength', spec.targetLength, longest) : undefined
  const size = target === undefined ? [source] : [source, readAs(target, (target * meanLength) / longest)]
  return demandOf(spec, {kind, training, model, size, samples: spec.samples, what: `texts of ${formatCount(source, 3)} tokens${padding === 'full' ? '' : ' on average'}`}, assumptions)
}
