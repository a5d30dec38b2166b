import path from 'node:path'
import {acceleratorOfDriver} from './accuracy/accelerator-label.ts'
import {resolveAccelerator} from './catalog/accelerator-names.ts'
import type {Accelerator} from './catalog/schema.ts'
import {hardwareFigures, HardwareMeasurement} from './config/hardware-measurement.ts'
import {Measurement} from './config/measurement.ts'
import {RigorError} from './errors.ts'
import type {Interval} from './performance/types.ts'
import {hardwareFactors, refuseImpossibleHardware, type HardwareFactors} from './planner/own-hardware.ts'
import {evidenceOf, figureWith, surprise, type Evidence} from './planner/own-measurements.ts'
import {resolveMeasurement} from './own-measurements.ts'
import {changeMeasurements, hardwareId, measurementId, parseStored, readMeasurements, type MeasurementStore, type StoredHardware, type StoredMeasurement} from './store/measurements.ts'
import {readDocuments} from './text/documents.ts'
import {findings, findingsError} from './text/issues.ts'
import {didYouMean} from './text/nearest.ts'
import {echo} from './text/safe.ts'
import type {ReadWorkload} from './workload/read.ts'
import type {Workspace} from './workspace.ts'

/** How adding ended: `stored` anew, there `already` (or with another date or remark), or only tried. */
export interface Added {
  readonly status: 'stored' | 'already' | 'dry-run'
  readonly file: string
}

export interface AddedMeasurement extends Added {
  readonly measurement: StoredMeasurement
  readonly evidence: Evidence
  /** The estimate with everything in use: this measurement, the others of the store and those of rigor.yaml. */
  readonly pulled: Interval | undefined
  readonly warnings: readonly string[]
}

export interface AddedHardware extends Added {
  readonly hardware: StoredHardware
  readonly factors: HardwareFactors
  readonly warnings: readonly string[]
}

export interface Figure {
  readonly on: string
  readonly throughput?: string | undefined
  readonly duration?: string | undefined
  readonly date: string
  readonly note?: string | undefined
}

/** Holds a measurement against its estimate and keeps it in the store. */
export function addMeasurement(workspace: Workspace, workload: ReadWorkload, figure: Figure, {dryRun, force}: {readonly dryRun: boolean; readonly force: boolean}): AddedMeasurement {
  const entry = present({workload: workload.raw as StoredMeasurement['workload'], ...figure})
  const parsed = Measurement.safeParse(entry)
  if (!parsed.success) {
    const found = findings(parsed.error.issues, Measurement, entry, 'a measurement')
    throw findingsError(found, ([first]) => flagOf(first, entry) ?? workload.where, AS_WRITTEN[String(found[0]?.path[0])])
  }
  const today = workspace.options.asOf
  if (figure.date > today) throw new RigorError('BAD_FIELD', `--date ${echo(figure.date, 40)} — that day is after today, ${today}.`, {hint: 'Give the day on which it was measured, or leave --date out for today.'})
  const id = measurementId(entry)
  const evidence = evidenceOf(resolveMeasurement(parsed.data, workspace, ([first]) => flagOf(first, entry) ?? workload.where, `${workload.where}, --on ${echo(figure.on, 120)}`), workspace.facts)
  const store = readMeasurements(workspace.loaded.paths)
  const known = store.measurements.find(other => other.id === id)
  const measurement = known ?? {id, ...entry}
  const others = (workspace.ownEvidence?.of(workload.kind.id) ?? []).filter(other => other.measurement.where !== id)
  const warning = surprise(evidence)
  const result = {measurement, evidence, file: store.file, pulled: figureWith(evidence, [...others, evidence], workspace.facts), warnings: warning === undefined ? [] : [`It is ${warning}: check unit, count and configuration.`]}
  if (known !== undefined) return {...result, status: 'already'}
  if (dryRun) return {...result, status: 'dry-run'}
  if (warning !== undefined && !force) {
    throw new RigorError('MEASUREMENT_SURPRISING', `${evidence.measurement.where} — that is ${warning}: more likely a slip than a measurement.`, {
      hint: 'Check unit (over all accelerators), count and target, and say how it ran: --set configuration.tp=2. If it is right, add --force.',
    })
  }
  changeMeasurements(workspace.loaded.paths, ({measurements, hardware}) => (measurements.some(other => other.id === id) ? undefined : {measurements: [...measurements, measurement], hardware}))
  return {...result, status: 'stored'}
}

/** Of each figure what to do about a mistake in it. */
const AS_WRITTEN: Readonly<Record<string, string>> = {
  throughput: 'Give what it did over all accelerators, above zero: --throughput "12300 tokens/s".',
  duration: 'Give how long the work alone took, above zero: --duration 3h.',
  date: 'Give the day of the measurement as --date 2026-11-01, or leave it out for today.',
  on: 'Name the target that it ran on, as in --on h100-sxm-80gb:8.',
  note: 'Write the remark as one short line of plain text.',
}

const flagOf = (field: PropertyKey | undefined, entry: Readonly<Record<string, unknown>>): string | undefined =>
  field === 'on' || field === 'throughput' || field === 'duration' || field === 'date' || field === 'note' ? `--${field} ${echo(String(entry[field]), 120)}` : undefined

function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}

// ---- what measure.py wrote

/** Whether a text is meant to be one, so that a mistake in it is told as such. */
export const isHardwareMeasurement = (text: string): boolean => /^\s*\{/.test(text) && /"schema"\s*:\s*"rigor\.measurement\//.test(text.slice(0, 10_000))

/** Takes in the figures of an accelerator from bench/hardware/measure.py. */
export function addHardware(workspace: Workspace, text: string, file: string, options: {readonly accelerator?: string | undefined; readonly note?: string | undefined; readonly dryRun: boolean}): AddedHardware {
  const shown = echo(file, 300)
  const [document] = readDocuments(text, file)
  const parsed = HardwareMeasurement.safeParse(document?.value)
  if (!parsed.success) throw findingsError(findings(parsed.error.issues, HardwareMeasurement, document?.value, 'a measurement of bench/hardware/measure.py'), at => document?.locate(at) ?? shown)
  const {device, measuredAt, complete} = parsed.data
  if (device.kind === 'cpu') throw new RigorError('NO_ACCELERATOR', `${shown} was measured on a processor (measure.py --cpu), to try the script out.`, {hint: 'Run it where PyTorch sees the GPU, without --cpu.'})
  const accelerator = options.accelerator === undefined ? acceleratorOf(device, workspace.snapshot.accelerators, shown) : resolveAccelerator(options.accelerator, workspace.snapshot.accelerators)
  const figures = hardwareFigures(parsed.data)
  if (Object.keys(figures).length === 1 && Object.keys(figures.matmulFlops).length === 0) {
    throw new RigorError('MEASUREMENT_UNUSABLE', `${shown} holds no large matmul, no large copy and no power.`, {hint: 'Run measure.py without --only, or with --only matmul,bandwidth,power.'})
  }
  const entry = present({acceleratorId: accelerator.id, device: echo(device.name, 200), measuredOn: measuredAt.slice(0, 10), ...figures, note: options.note})
  const hardware = {id: hardwareId(entry), ...entry}
  refuseImpossibleHardware(hardware, accelerator, shown)
  const store = readMeasurements(workspace.loaded.paths)
  const warnings = [
    ...(complete ? [] : ['The measurement was interrupted: what it has is used.']),
    ...(workspace.options.rigs.some(rig => rig.nodes.some(node => node.acceleratorId === accelerator.id)) ? [] : [`No rig that takes part has ${accelerator.id}: the figures count for bare hardware (--on ${accelerator.id}:1) until rigs: in rigor.yaml has one.`]),
    ...store.hardware.filter(other => other.acceleratorId === accelerator.id && other.id !== hardware.id).map(other => (other.measuredOn > hardware.measuredOn ? `The newer ${other.id} of ${other.measuredOn} stays in use.` : `It takes the place of ${other.id} of ${other.measuredOn}.`)),
  ]
  const result = {hardware, factors: hardwareFactors(hardware, accelerator), file: store.file, warnings}
  const known = store.hardware.find(other => other.id === hardware.id)
  if (known !== undefined) return {...result, hardware: known, status: 'already'}
  if (options.dryRun) return {...result, status: 'dry-run'}
  changeMeasurements(workspace.loaded.paths, now => (now.hardware.some(other => other.id === hardware.id) ? undefined : {measurements: now.measurements, hardware: [...now.hardware, hardware]}))
  return {...result, status: 'stored'}
}

const GIB = 2 ** 30

function acceleratorOf({name, memoryBytes}: HardwareMeasurement['device'], accelerators: readonly Accelerator[], file: string): Accelerator {
  const found = acceleratorOfDriver(name, memoryBytes ?? undefined, accelerators)
  if (found !== undefined) return found
  const size = memoryBytes === undefined || memoryBytes === null ? '' : ` with ${Number((memoryBytes / GIB).toPrecision(3))} GiB`
  throw new RigorError('UNKNOWN_ACCELERATOR', `${file}, device.name — "${echo(name, 100)}"${size} is no accelerator of the catalog, or may be several.`, {
    hint: `${didYouMean(name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), accelerators.map(({id}) => id)) ?? 'rigor hardware list has them all'}  Name it: --accelerator ID`,
  })
}

// ---- what there is

export interface ListedMeasurement {
  /** Of the store; `null` for those of rigor.yaml. */
  readonly id: string | null
  /** `rigor.yaml:12`, or the store's file and line. */
  readonly where: string
  readonly date: string | null
  readonly kind: string
  readonly on: string
  readonly note: string | null
  /** `undefined` = cannot be used; `problem` says why. */
  readonly evidence: Evidence | undefined
  readonly problem: string | null
}

/** All measurements, each with how it compares to its estimate or why it does not. */
export function listMeasurements(workspace: Workspace): {readonly measurements: readonly ListedMeasurement[]; readonly store: MeasurementStore} {
  const {loaded} = workspace
  const store = readMeasurements(loaded.paths)
  const listed = (id: string | null, where: string, kind: string, on: string, {date, note}: {readonly date?: string | undefined; readonly note?: string | undefined}, evidence: () => Evidence): ListedMeasurement => {
    const entry = {id, where, date: date ?? null, kind, on, note: note ?? null}
    try {
      return {...entry, evidence: evidence(), problem: null}
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      return {...entry, evidence: undefined, problem: error.message}
    }
  }
  const configured = (loaded.config.measurements ?? []).map((entry, index) => {
    const locate = (at: readonly PropertyKey[]): string => loaded.locate(['measurements', index, ...at])
    return listed(null, locate([]), entry.workload.kind, entry.on, entry, () => evidenceOf(resolveMeasurement(entry, workspace, locate), workspace.facts))
  })
  const stored = store.measurements.map((entry, index) => {
    const locate = (at: readonly PropertyKey[]): string => store.locate(['measurements', index, ...at])
    return listed(entry.id, locate([]), echo(entry.workload.kind, 60), echo(entry.on, 200), {date: text(entry.date), note: text(entry.note)}, () => evidenceOf(resolveMeasurement(parseStored(store, index), workspace, locate, entry.id), workspace.facts))
  })
  return {measurements: [...configured, ...stored], store}
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? echo(value, 500) : undefined)

/** Takes one out of the store. */
export function removeMeasurement(workspace: Pick<Workspace, 'loaded'>, id: string, dryRun: boolean): {readonly removed: StoredMeasurement | StoredHardware; readonly file: string} {
  const store = readMeasurements(workspace.loaded.paths)
  const removed = [...store.measurements, ...store.hardware].find(entry => entry.id === id)
  if (removed === undefined) {
    const ids = [...store.measurements, ...store.hardware].map(entry => entry.id)
    throw new RigorError('UNKNOWN_MEASUREMENT', `"${echo(id, 60)}" is no measurement of ${echo(store.file, 300)}.`, {
      hint: ids.length === 0 ? 'The store is empty; those of rigor.yaml are taken out there.' : (didYouMean(id, ids) ?? 'rigor calibrate list has their ids'),
    })
  }
  if (!dryRun) changeMeasurements(workspace.loaded.paths, now => ({measurements: now.measurements.filter(entry => entry.id !== id), hardware: now.hardware.filter(entry => entry.id !== id)}))
  return {removed, file: store.file}
}

// ---- as JSON: rigor.calibration/1

const SCHEMA = 'rigor.calibration/1'

/** JSON is passed on: the folder of the store, which has the user's name in it, stays here. */
export const bareName = (file: string): string => path.basename(file)

/** How a measurement compares to its estimate. */
export function comparisonJson({figure, offset, sigmaLog, configuration}: Evidence) {
  return {unit: figure.unit, measured: figure.measured, predicted: figure.predicted, ratio: figure.measured / figure.predicted.p50, standardDeviations: Math.abs(offset) / sigmaLog, configuration}
}

export function measurementJson({status, file, measurement, evidence, pulled, warnings}: AddedMeasurement) {
  return {schema: SCHEMA, status, file: bareName(file), measurement, comparison: comparisonJson(evidence), estimate: pulled ?? null, warnings}
}

export function hardwareJson({status, file, hardware, factors, warnings}: AddedHardware) {
  return {schema: SCHEMA, status, file: bareName(file), hardware, factors, warnings}
}

export function listJson({measurements, store}: ReturnType<typeof listMeasurements>) {
  const bare = (text: string): string => text.replaceAll(store.file, bareName(store.file)).replaceAll(echo(store.file, 300), bareName(store.file))
  return {
    schema: SCHEMA,
    file: bareName(store.file),
    measurements: measurements.map(({evidence, where, problem, ...rest}) => ({...rest, where: bareName(where), problem: problem === null ? null : bare(problem), comparison: evidence === undefined ? null : comparisonJson(evidence)})),
    hardware: store.hardware,
  }
}
