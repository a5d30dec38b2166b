import * as Flags from '@oclif/core/flags'
import {RigorCommand, type CommonFlags} from './command.ts'
import {rateOf} from './units/money.ts'
import {createWorkspace, type Workspace} from './workspace.ts'

/** How a workload is given on the command line, or changed. */
export const workloadFlags = {
  kind: Flags.string({summary: 'Kind of workload (rigor kinds list).', helpValue: 'KIND', helpGroup: 'WORKLOAD'}),
  model: Flags.string({summary: 'Model, by its name in the catalog.', helpValue: 'NAME', helpGroup: 'WORKLOAD'}),
  objective: Flags.string({summary: 'What to rank by: cost, time, energy, carbon, balanced, or an expression.', helpValue: 'OBJECTIVE', helpGroup: 'WORKLOAD'}),
  set: Flags.string({multiple: true, summary: 'Set a field of the workload, such as traffic.inputTokens=800.', helpValue: 'FIELD=VALUE', helpGroup: 'WORKLOAD'}),
  'accept-stale': Flags.boolean({summary: 'Let prices win that are past their age limit.', default: false}),
}

/** What `plan` and `estimate` share: the workspace and how to show it. */
export abstract class PlanningCommand extends RigorCommand {
  protected async workspace(flags: CommonFlags & {readonly 'accept-stale'?: boolean | undefined}, allRegions: boolean): Promise<Workspace> {
    const snapshot = await this.openCatalog(flags)
    return createWorkspace(snapshot, {
      asOf: this.today(flags),
      rigs: snapshot.rigs.filter(rig => rig.builtinDefault),
      rigsAssumed: true,
      have: [],
      prices: [],
      skills: undefined,
      allRegions,
      acceptStale: flags['accept-stale'] === true,
    })
  }

  /** Width, colours and currency of what is printed. */
  protected view(workspace: Workspace, flags: CommonFlags): {width: number; color: boolean; today: string; currency?: {code: string; perUsd: number; asOf: string}} {
    const {columns, color} = this.terminal
    const {exchangeRates} = workspace.snapshot
    const code = flags.currency?.toUpperCase()
    if (code === undefined || code === 'USD') return {width: columns, color, today: workspace.options.asOf}
    const perUsd = rateOf(code, exchangeRates)
    return {width: columns, color, today: workspace.options.asOf, currency: {code, perUsd, asOf: exchangeRates[code]?.asOf ?? ''}}
  }
}
