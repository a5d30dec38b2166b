import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {resolveRig} from '../../catalog/rig-names.ts'
import {monthsFlag, readShare} from '../../flags.ts'
import {RigorError} from '../../errors.ts'
import {rigTco} from '../../planner/rig-tco.ts'
import {PlanningCommand} from '../../planning-command.ts'
import {rigPower} from '../../power/rig-power.ts'

export default class RigTco extends PlanningCommand {
  static override summary = 'Say what owning a rig costs by the month and by the useful hour, and what clouds ask for the same hours.'
  static override description = 'Loss of value, cost of capital, energy, cooling, room, upkeep and spares over the years it is kept, seen as cash that flows and as wear plus cost of capital (the two agree); by use; and the use from which it is cheaper than each cloud. Prices, financing, upkeep and taxes are those of the rig in rigor.yaml.'
  static override args = {rig: Args.string({ignoreStdin: true, description: 'Name of the rig (rigor rig list); yours, or the built-in one, if left out.'})}
  static override flags = {
    use: Flags.string({aliases: ['utilisation', 'utilization'], summary: 'Share of all hours in which the accelerators work.', helpValue: '50%', default: '50%'}),
    months: monthsFlag('How long it is kept; its service life if left out.'),
    limit: Flags.integer({summary: 'Show at most so many clouds (12 in the table, all under --json).', helpValue: 'N', min: 1}),
    'accept-stale': Flags.boolean({summary: 'Let prices win that are past their age limit.', default: false}),
  }
  static override examples = [
    {description: 'The rig of rigor.yaml, used half of the time', command: '<%= config.bin %> rig tco'},
    {description: 'A DGX H100 kept for three years and used four fifths of the time', command: '<%= config.bin %> rig tco dgx-h100 --use 80% --months 36'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RigTco)
    const workspace = await this.workspace(flags)
    const {snapshot, facts, options} = workspace
    const rig = resolveRig(args.rig, workspace.knownRigs, options.rigs)
    const power = rigPower({rig, snapshot, calibration: facts.calibration})
    if (power === undefined) throw new RigorError('UNKNOWN_POWER', `${rig.id} — the watts of its accelerators are not known.`, {hint: 'rigor hardware show ACCELERATOR says what is known of it.'})
    const drawn = (state: 'idle' | 'expected') => ({machineWatts: power.watts[state], siteWatts: power.siteWatts[state]})
    const utilisationShare = readShare(flags.use, '--use')
    const months = flags.months ?? Math.round(12 * rig.serviceLifeYears)
    const tco = rigTco({rig, idle: drawn('idle'), working: drawn('expected'), utilisationShare, months, snapshot, options})
    if (this.jsonEnabled()) {
      const {ownership: {lines, ...rest}, byUse, clouds} = tco
      return {schema: 'rigor.rig-tco/1', rig: rig.id, work: power.expectedWork, ...rest, lines, byUse: byUse.map(({utilisationShare: share, usdPerMonth, usdPerUsefulAcceleratorHour}) => ({utilisationShare: share, usdPerMonth, usdPerUsefulAcceleratorHour})), clouds: clouds.slice(0, flags.limit)}
    }
    const {renderRigTco} = await import('../../report/rig-tco.ts')
    const {columns: width, color} = this.terminal
    this.print(renderRigTco({rig, work: power.expectedWork, tco, limit: flags.limit}, {width, color, today: options.asOf, currency: await this.currency(flags, snapshot)}))
    return undefined
  }
}
