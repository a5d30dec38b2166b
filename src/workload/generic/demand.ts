import {RigorError} from '../../errors.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Configuration, Hardware} from '../../performance/types.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {rateIn} from '../fields.ts'
import type {GenericSpec} from './schema.ts'

export interface GenericDemand extends Demand {
  readonly flops: number | undefined
  readonly bytes: number | undefined
  /** `undefined` = not given: whether it fits is not checked. */
  readonly memoryGib: number | undefined
  readonly precision: string
  /** Per doubling; `null` = the job stays on one accelerator. */
  readonly parallelEfficiency: number | null
  readonly reference: {readonly seconds: number; readonly hardware: Hardware; readonly accelerators: number; readonly name: string} | undefined
  readonly configuration: Configuration
}

/** Scaling of a job that ran on several accelerators and says nothing more: an assumption, marked as one. */
const ASSUMED_EFFICIENCY = 0.9

/**
 * What nobody says of a program that nobody knows, so two assumptions, marked as such: it starts within half a minute (imports, context of the
 * accelerator, reading of its input), and keeps a tenth of the host's processors busy while the accelerators work.
 */
export const START_SECONDS = 30
export const HOST_SHARE = 0.1

/** Fields of a configuration that a job nobody knows the inside of has no use for: a value there is a mistake, not a wish. */
const NOT_HERE = ['runtime', 'tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const

/** `referenceHardware` is what `reference.on` names, resolved by the caller. */
export function genericDemand(spec: GenericSpec, _facts: Facts, referenceHardware?: Hardware): GenericDemand {
  const assumptions = createAssumptions()
  const {configuration} = spec
  const given = onePrecision(spec)
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to a generic job.`, {hint: 'It takes precision and dp, the number of accelerators.'})
  }
  const reference = referenceOf(spec, referenceHardware)
  // A job that was timed ran in a format that the machine has.
  const usual = reference === undefined || peakFlops(reference.hardware.accelerator, 'fp32') !== undefined ? 'fp32' : 'bf16'
  const precision = assumptions.choose('precision', given, usual)
  if (reference !== undefined && peakFlops(reference.hardware.accelerator, precision) === undefined) {
    throw new RigorError('BAD_REFERENCE', `reference.on: ${reference.hardware.accelerator.name} has no ${precision} units, so the job cannot have run there in ${precision}.`, {hint: 'Give the precision it was timed in.'})
  }
  const {memoryGib} = spec
  if (memoryGib === undefined) assumptions.add('memoryGib', 'not given, so whether it fits is not checked')
  const several = (reference?.accelerators ?? 1) > 1 || (configuration.dp ?? 1) > 1
  const parallelEfficiency =
    spec.parallelEfficiency ?? (several ? assumptions.choose('parallelEfficiency', undefined, ASSUMED_EFFICIENCY) : assumptions.choose('parallelEfficiency', undefined, null, 'none: one accelerator'))
  assumptions.add('start-up', `${START_SECONDS} s`)
  assumptions.add('host', `${HOST_SHARE * 100} % busy`)
  const work = [spec.flops === undefined ? '' : `${spec.flops.toPrecision(3)} FLOP`, spec.bytes === undefined ? '' : `${(spec.bytes / 1e9).toPrecision(3)} GB moved`].filter(Boolean).join(', ')
  return {
    kind: 'generic',
    summary: [work, reference === undefined ? '' : `${(reference.seconds / 3600).toPrecision(3)} h on ${reference.name}`].filter(Boolean).join('; '),
    assumptions: assumptions.list,
    throughputUnit: 'runs/h',
    costUnit: {name: 'run', amount: 1},
    workUnits: 1,
    endless: false,
    minimumTotalMemoryGib: memoryGib ?? 0,
    flops: spec.flops,
    bytes: spec.bytes,
    memoryGib,
    precision,
    parallelEfficiency,
    reference,
    configuration,
  }
}

function referenceOf(spec: GenericSpec, hardware: Hardware | undefined): GenericDemand['reference'] {
  const {reference} = spec
  if (reference === undefined) return undefined
  if (hardware === undefined) {
    throw new RigorError('REFERENCE_UNRESOLVED', `reference.on: "${reference.on}" names no hardware that is known here.`, {hint: 'Write an accelerator and a count: reference: {on: "a100-sxm-80gb:1", duration: 3 h}'})
  }
  let seconds = reference.durationSeconds
  if (seconds === undefined && reference.throughput !== undefined) {
    const runsPerHour = rateIn(reference.throughput, 'runs/h')
    if (runsPerHour === undefined) {
      throw new RigorError('BAD_REFERENCE', 'reference.throughput of a generic job counts runs.', {hint: 'Write throughput: 3.2 runs/h, or duration: 20 min.'})
    }
    seconds = 3600 / runsPerHour
  }
  const present = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  return {seconds: seconds ?? Number.NaN, hardware, accelerators: Math.min(present, reference.configuration?.dp ?? present), name: reference.on}
}
