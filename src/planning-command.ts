import * as Flags from '@oclif/core/flags'
import {existsSync} from 'node:fs'
import path from 'node:path'
import {currencyOf, RigorCommand, type CommonFlags} from './command.ts'
import type {LoadedConfig} from './store/config.ts'
import type {ReadWorkload} from './workload/read.ts'
import {createWorkspace, loadWorkloads, settingsOf, type Workspace} from './workspace.ts'

/** How a workload is given on the command line, or changed. */
export const workloadFlags = {
  kind: Flags.string({summary: 'Kind of workload (rigor kinds list).', helpValue: 'KIND', helpGroup: 'WORKLOAD'}),
  model: Flags.string({summary: 'Model, by its name in the catalog.', helpValue: 'NAME', helpGroup: 'WORKLOAD'}),
  objective: Flags.string({summary: 'What to rank by: cost, time, energy, carbon, balanced, or an expression.', helpValue: 'OBJECTIVE', helpGroup: 'WORKLOAD'}),
  set: Flags.string({multiple: true, summary: 'Set a field of the workload, such as traffic.inputTokens=800.', helpValue: 'FIELD=VALUE', helpGroup: 'WORKLOAD'}),
  'accept-stale': Flags.boolean({summary: 'Let prices win that are past their age limit.', default: false}),
}

/** Looked for at every start, so without opening anything. */
const hasOwnMeasurements = ({config, paths}: LoadedConfig): boolean => config.measurements !== undefined || existsSync(path.join(paths.data, 'measurements.json'))

type PlanningFlags = CommonFlags & {readonly 'accept-stale'?: boolean | undefined; readonly 'all-regions'?: boolean | undefined; readonly limit?: number | undefined}

/** What `plan` and `estimate` share: the workspace and how to show it. */
export abstract class PlanningCommand extends RigorCommand {
  /** Catalog, rigs and settings: flags over environment over rigor.yaml over the user's own file. */
  protected async workspace(flags: PlanningFlags): Promise<Workspace> {
    const loaded = await this.settings(flags, {acceptStale: flags['accept-stale'] || undefined, allRegions: flags['all-regions'] || undefined, limit: flags.limit})
    const {config} = loaded
    const {defaults} = config
    const snapshot = await this.openCatalog(flags)
    const providers = [...new Set(snapshot.machines.map(machine => machine.provider))]
    if (config.have !== undefined) (await import('./store/config.ts')).checkNames(config.have, providers, 'a provider of the catalog', loaded.locate(['have']))
    if (config.prices !== undefined) (await import('./cost/own-prices.ts')).checkOwnPrices(config.prices, snapshot, loaded.locate)
    // The schemas of rigs are built only for a configuration that has some.
    const {rigs, known, assumed} =
      config.rigs === undefined
        ? {rigs: snapshot.rigs.filter(rig => rig.builtinDefault), known: snapshot.rigs, assumed: true}
        : (await import('./config/rigs.ts')).resolveRigs(config.rigs, snapshot, loaded.locate)
    const own = hasOwnMeasurements(loaded) ? await import('./own-measurements.ts') : undefined
    const files = own?.readOwnFiles(loaded)
    const plain = createWorkspace(snapshot, loaded, known, {
      asOf: this.today(flags),
      rigs,
      rigsAssumed: assumed,
      have: config.have ?? [],
      prices: config.prices ?? [],
      skills: config.skills,
      allRegions: defaults.allRegions === true,
      acceptStale: defaults.acceptStale === true,
    }, files === undefined ? [] : own?.ownHardwareOf(files.store))
    const workspace = own === undefined || files === undefined ? plain : own.withOwnMeasurements(plain, files)
    const displacing = Object.values(config.rigs ?? {}).some(({displaced}) => displaced !== undefined && 'workload' in displaced)
    return displacing ? (await import('./displaced-work.ts')).withDisplacedWork(workspace) : workspace
  }

  /** The workloads of the argument, or of the flags; see `loadWorkloads`. */
  protected async workloads(workspace: Workspace, argument: string | undefined, flags: Parameters<typeof settingsOf>[0]): Promise<readonly ReadWorkload[]> {
    const workloads = await loadWorkloads(workspace, argument, settingsOf(flags))
    for (const {kind} of workloads) this.wentThrough.add(kind.id)
    return workloads
  }

  /** Width, colours and currency of what is printed. */
  protected view(workspace: Workspace): {width: number; color: boolean; today: string; currency?: {code: string; perUsd: number; asOf: string}} {
    const {columns: width, color} = this.terminal
    const {currency: code} = workspace.loaded.config.defaults
    const view = {width, color, today: workspace.options.asOf}
    if (code === undefined || code === 'USD') return view
    return {...view, currency: currencyOf(code, workspace.snapshot)}
  }
}
