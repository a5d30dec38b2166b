import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type {Rig} from '../../catalog/rig.ts'
import {resolveRig} from '../../catalog/rig-names.ts'
import type {CommonFlags} from '../../command.ts'
import {RigorError} from '../../errors.ts'
import {monthsOf} from '../../cost/rig-month.ts'
import {startTimes} from '../../cost/tariff.ts'
import {PlanningCommand, workloadFlags} from '../../planning-command.ts'
import {rigPower} from '../../power/rig-power.ts'
import {verdictOn} from '../../power/rig-verdict.ts'
import {limitsOfRig} from '../../rig-limits.ts'
import {workedWatts} from '../../rig-work.ts'
import type {ReadWorkload} from '../../workload/read.ts'
import type {Workspace} from '../../workspace.ts'

/** One rig does the work, so there is nothing to rank. */
const {objective: _, ...describing} = workloadFlags

export default class RigPower extends PlanningCommand {
  static override summary = 'Say what a rig draws, which circuits and cooling that takes, and whether its site can carry it.'
  static override description = 'Watts by component at idle, at the expected work and at the peak; amps by circuit under the rule of the country; heat, air, noise, weight; what a month costs. Without a workload the expected work is heavy training.'
  static override args = {rig: Args.string({ignoreStdin: true, description: 'Name of the rig (rigor rig list); yours, or the built-in one, if left out.'})}
  static override flags = {
    ...describing,
    workload: Flags.string({summary: 'Expected work: a workload file, or - for stdin.', helpValue: 'FILE', helpGroup: 'WORKLOAD'}),
    limits: Flags.boolean({summary: 'What lower power limits of the boards make of the work: speed, watts, energy and cost per unit, and the best limit.', default: false}),
  }
  static override examples = [
    {description: 'The rig of rigor.yaml', command: '<%= config.bin %> rig power'},
    {description: 'A built-in one while it serves a chat model', command: '<%= config.bin %> rig power h100x10-pcie --workload examples/chat-70b.yaml'},
    {description: 'The power limit at which fine-tuning takes least energy, and at which it costs least', command: '<%= config.bin %> rig power h100x10-pcie --workload examples/finetune-8b.yaml --limits'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RigPower)
    const workspace = await this.workspace(flags)
    const {snapshot, facts} = workspace
    const rig = resolveRig(args.rig, workspace.knownRigs, workspace.options.rigs)
    const given = flags.workload !== undefined || flags.kind !== undefined || flags.model !== undefined || flags.set !== undefined
    const [workload, more] = given ? await this.workloads(workspace, flags.workload, flags) : []
    if (more !== undefined) throw new RigorError('AMBIGUOUS_SETTING', `${flags.workload ?? 'the workload'} holds several workloads; a rig does one of them at a time here.`, {hint: 'Name a file with one.'})
    if (flags.limits) return this.limits(flags, workspace, workload, rig)
    const expected = workload === undefined ? undefined : await workedWatts(workspace, workload, rig)
    const power = rigPower({rig, snapshot, calibration: facts.calibration, expected})
    if (power === undefined) throw new RigorError('UNKNOWN_POWER', `${rig.id} — the watts of its accelerators are not known.`, {hint: 'rigor hardware show ACCELERATOR says what is known of it.'})
    const judged = verdictOn(rig, power, snapshot.facility)
    const months = monthsOf(rig, power)
    const start = expected?.hours === undefined ? undefined : startTimes(rig.site, power.siteWatts.expected, expected.hours)
    if (this.jsonEnabled()) {
      const {watts: {idle, expected: average, peak}, ...rest} = power
      return unknownAsNull({schema: 'rigor.rig-power/1', rig: rig.id, site: rig.site, ...judged, idleWatts: idle, expectedWatts: average, peakWatts: peak, ...rest, months, start})
    }
    const {renderRigPower} = await import('../../report/rig.ts')
    const {columns: width, color} = this.terminal
    this.print(renderRigPower({rig, power, ...judged, months, start}, {width, color, currency: await this.currency(flags, snapshot)}))
    return undefined
  }

  private async limits(flags: CommonFlags, workspace: Workspace, workload: ReadWorkload | undefined, rig: Rig): Promise<unknown> {
    if (workload === undefined) {
      throw new RigorError('MISSING_WORKLOAD', 'What a power limit costs in speed depends on the work, and no workload is given.', {hint: `Name one: rigor rig power ${rig.id} --limits --workload examples/finetune-8b.yaml`})
    }
    const limits = await limitsOfRig(workspace, workload, rig)
    if (this.jsonEnabled()) return {schema: 'rigor.rig-limits/1', rig: rig.id, ...limits}
    const {renderRigLimits} = await import('../../report/rig-limits.ts')
    const {columns: width, color} = this.terminal
    this.print(renderRigLimits(rig, workload.name ?? workload.kind.id, limits, {width, color, currency: await this.currency(flags, workspace.snapshot)}))
    return undefined
  }
}

/** Absent is not a figure: what is unknown is null, at any depth. */
function unknownAsNull(value: unknown): unknown {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(each => unknownAsNull(each))
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unknownAsNull(each)])) : value
}
