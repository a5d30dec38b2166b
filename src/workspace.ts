import type {Rig} from './catalog/rig.ts'
import type {Snapshot} from './catalog/snapshot.ts'
import {RigorError} from './errors.ts'
import {createPlanningFacts, type PlanningFacts} from './planner/facts.ts'
import {resolveNames} from './planner/names.ts'
import type {OwnHardware} from './planner/own-hardware.ts'
import type {OwnEvidence} from './planner/own-measurements.ts'
import {prepareObjective} from './planner/objective.ts'
import {createPriceBook, type PriceBook} from './planner/pricing.ts'
import {referenceHardware} from './planner/resolve.ts'
import type {PlanOptions, SessionInput} from './planner/session.ts'
import type {LoadedConfig} from './store/config.ts'
import {readStandardInput, readTextFile} from './store/text-file.ts'
import {echo} from './text/safe.ts'
import {kinds} from './workload/index.ts'
import {applySettings, parseSetting, readWorkloads, workloadFromFlags, type ReadWorkload, type Setting} from './workload/read.ts'

/** The catalog opened and indexed, and the settings a plan depends on: made once per process. */
export interface Workspace {
  readonly loaded: LoadedConfig
  /** Every rig that may be named as a target. */
  readonly knownRigs: readonly Rig[]
  readonly snapshot: Snapshot
  readonly facts: PlanningFacts
  readonly book: PriceBook
  readonly options: PlanOptions
  /** What the user measured; absent where there is nothing of the sort. */
  readonly ownEvidence?: OwnEvidence | undefined
}

export function createWorkspace(snapshot: Snapshot, loaded: LoadedConfig, knownRigs: readonly Rig[], options: PlanOptions, ownHardware: readonly OwnHardware[] = []): Workspace {
  return {loaded, knownRigs, snapshot, facts: createPlanningFacts(snapshot, ownHardware), book: createPriceBook(snapshot), options}
}

/** A workload with everything the planner asks for beside it. */
export async function sessionInput(workspace: Workspace, workload: ReadWorkload): Promise<SessionInput> {
  const {facts, book, options, snapshot, knownRigs} = workspace
  const spec = resolveNames(workload.spec, snapshot, workload.where)
  const {reference} = spec
  // The schema fills in `cost`; the user's own default comes before that.
  const ownDefault = workspace.loaded.config.defaults.objective
  const unstated = workload.raw['objective'] === undefined
  const objective = unstated ? (ownDefault ?? spec.objective) : spec.objective
  return {
    workload: spec === workload.spec ? workload : {...workload, spec},
    facts,
    book,
    options,
    objective: await prepareObjective(objective, workload.kind.throughputUnit, snapshot.exchangeRates),
    objectiveUnstated: unstated && ownDefault === undefined,
    ownEvidence: workspace.ownEvidence,
    referenceHardware: reference === undefined ? undefined : referenceHardware(reference.on, facts, knownRigs, options),
  }
}

const STDIN = '-'

/** The workloads of a file, of stdin (`-`), of flags alone, or of rigor.yaml; `--set` lays values over a single one. `text`: that of the argument, where it was read already. */
export async function loadWorkloads(workspace: Workspace, argument: string | undefined, settings: readonly Setting[], text?: string): Promise<readonly ReadWorkload[]> {
  if (argument === undefined) {
    if (settings.length === 0) {
      const {configWorkloads} = await import('./store/config.ts')
      const configured = configWorkloads(workspace.loaded, kinds)
      if (configured.length > 0) return configured
      throw new RigorError('MISSING_WORKLOAD', 'No workload is given.', {hint: 'Name a file (examples/chat-70b.yaml), - for stdin, or give it by flags: --kind llm-inference --model Llama-3.1-70B --set traffic.concurrency=50'})
    }
    return [workloadFromFlags(settings, {kinds})]
  }
  const workloads = readWorkloads(text ?? readText(argument), {file: argument === STDIN ? 'stdin' : argument, kinds})
  if (settings.length === 0) return workloads
  const [workload] = workloads
  if (workload === undefined || workloads.length > 1) {
    throw new RigorError('AMBIGUOUS_SETTING', `--set changes one workload; ${echo(argument)} holds ${workloads.length}.`, {hint: 'Put the value into the file, or plan one workload at a time.'})
  }
  return [applySettings(workload.raw, settings, {kinds, locate: () => workload.where})]
}

/** A file's text, or that of stdin (`-`). */
export function readText(argument: string): string {
  if (argument !== STDIN) return readTextFile(argument)
  if (process.stdin.isTTY) throw new RigorError('NO_STDIN', 'The workload is to come from stdin, but nothing is piped in.', {hint: 'cat workload.yaml | rigor plan -'})
  return readStandardInput()
}

/** `--kind`, `--model` and `--set` in the order that lets the later win. */
export function settingsOf(flags: {readonly kind?: string | undefined; readonly model?: string | undefined; readonly set?: readonly string[] | undefined; readonly objective?: string | undefined}): Setting[] {
  const settings: Setting[] = []
  if (flags.kind !== undefined) settings.push({path: 'kind', text: flags.kind, flag: `--kind ${flags.kind}`})
  if (flags.model !== undefined) settings.push({path: 'model', text: flags.model, flag: `--model ${flags.model}`})
  if (flags.objective !== undefined) settings.push({path: 'objective', text: flags.objective, flag: `--objective ${flags.objective}`})
  return [...settings, ...(flags.set ?? []).map(parseSetting)]
}
