import type {Measurement} from './config/measurement.ts'
import {RigorError} from './errors.ts'
import {resolveNames} from './planner/names.ts'
import {evidenceOf, MOST_MEASUREMENTS, type Evidence, type OwnEvidence, type OwnMeasurement} from './planner/own-measurements.ts'
import type {OwnHardware} from './planner/own-hardware.ts'
import {referenceHardware} from './planner/resolve.ts'
import {parseStored, readMeasurements, type MeasurementStore} from './store/measurements.ts'
import type {LoadedConfig} from './store/config.ts'
import {kinds} from './workload/index.ts'
import {parseWorkload} from './workload/read.ts'
import type {Workspace} from './workspace.ts'

/** The user's own measurements: of rigor.yaml (a mistake there is an error) and of the store (a mistake there is a note). */
export interface OwnFiles {
  readonly store: MeasurementStore
  /** Why the store could not be read. */
  readonly storeProblem: string | undefined
}

/** The store as plans see it: one that cannot be read costs itself, and the notes say so. */
export function readOwnFiles(loaded: LoadedConfig): OwnFiles {
  try {
    return {store: readMeasurements(loaded.paths), storeProblem: undefined}
  } catch (error) {
    if (!(error instanceof RigorError)) throw error
    return {store: {file: '', measurements: [], hardware: [], locate: () => ''}, storeProblem: error.message}
  }
}

/** Of each accelerator the newest measurement, of those of one day the last. */
export function ownHardwareOf({hardware}: MeasurementStore): readonly OwnHardware[] {
  const newest = new Map<string, OwnHardware>()
  for (const each of hardware) if ((newest.get(each.acceleratorId)?.measuredOn ?? '') <= each.measuredOn) newest.set(each.acceleratorId, each)
  return [...newest.values()]
}

/** Everything that a measurement names, resolved: its kind, its workload, its hardware. */
export function resolveMeasurement(entry: Measurement, workspace: Workspace, locate: (at: readonly PropertyKey[]) => string, where = locate([])): OwnMeasurement {
  const {snapshot, facts, knownRigs, options} = workspace
  const own = entry.workload['configuration']
  const raw = entry.configuration === undefined ? entry.workload : {...entry.workload, configuration: {...(isMapping(own) ? own : {}), ...entry.configuration}}
  const {kind, spec} = parseWorkload(raw, {kinds, locate: at => locate(['workload', ...at])})
  try {
    return {
      where,
      kind,
      spec: resolveNames(spec, snapshot, where),
      raw,
      on: entry.on,
      hardware: referenceHardware(entry.on, facts, knownRigs, options),
      throughput: entry.throughput,
      durationSeconds: entry.duration,
      measuredOn: entry.date,
    }
  } catch (error) {
    throw placed(error, locate(['on']))
  }
}

/** An error of a target or a name, with the place of the measurement that has it. */
function placed(error: unknown, where: string): unknown {
  if (!(error instanceof RigorError) || error.message.startsWith(where)) return error
  return new RigorError(error.code, `${where} — ${error.message}`, {...(error.hint === undefined ? {} : {hint: error.hint}), cause: error})
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> => value !== null && typeof value === 'object' && !Array.isArray(value)

/**
 * The workspace with the measurements in use. Those of rigor.yaml are held against the estimates at once, so that a mistake
 * is told whatever is planned; those of the store when a workload of their kind is, since there may be many.
 */
export function withOwnMeasurements(workspace: Workspace, {store, storeProblem}: OwnFiles): Workspace {
  const {loaded, facts} = workspace
  const notes = storeProblem === undefined ? [] : [`Your measurement store is not used: ${storeProblem}`]
  const configured = (loaded.config.measurements ?? []).map((entry, index): Evidence => {
    const locate = (at: readonly PropertyKey[]): string => loaded.locate(['measurements', index, ...at])
    const measurement = resolveMeasurement(entry, workspace, locate)
    try {
      return evidenceOf(measurement, facts)
    } catch (error) {
      throw placed(error, measurement.where)
    }
  })
  const known = new Map<string, readonly Evidence[]>()

  function of(kindId: string): readonly Evidence[] {
    const found = known.get(kindId)
    if (found !== undefined) return found
    // By the day as written: each costs an estimate, and a store may hold far more than are used.
    const newestFirst = [
      ...configured.flatMap(evidence => (evidence.measurement.kind.id === kindId ? [{date: evidence.measurement.measuredOn ?? '', evidence: () => evidence}] : [])),
      ...store.measurements.flatMap((entry, index) => (entry.workload.kind === kindId ? [{date: typeof entry.date === 'string' ? entry.date : '', evidence: () => storedEvidence(index)}] : [])),
    ].toSorted((a, b) => compare(b.date, a.date))
    const used: Evidence[] = []
    let tried = 0
    for (const {evidence} of newestFirst) {
      if (used.length === MOST_MEASUREMENTS) break
      tried++
      const found = evidence()
      if (found !== undefined) used.push(found)
    }
    if (tried < newestFirst.length) notes.push(`Of your ${newestFirst.length} measurements of this kind the newest ${used.length} are used.`)
    known.set(kindId, used)
    return used
  }

  function storedEvidence(index: number): Evidence | undefined {
    const id = store.measurements[index]?.id ?? ''
    try {
      return evidenceOf(resolveMeasurement(parseStored(store, index), workspace, at => store.locate(['measurements', index, ...at]), id), facts)
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      notes.push(`Your measurement ${id} is not used: ${error.message}`)
      return undefined
    }
  }

  const ownEvidence: OwnEvidence = {of, notes}
  return {...workspace, ownEvidence}
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
