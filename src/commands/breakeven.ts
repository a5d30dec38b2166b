import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {breakEvenQuestion} from '../break-even-question.ts'
import {resolveRig} from '../catalog/rig-names.ts'
import {RigorError} from '../errors.ts'
import {monthsFlag, readShare} from '../flags.ts'
import {breakEven, cheapestByWay, type RentalVerdict} from '../planner/break-even.ts'
import {oddsOf} from '../planner/break-even-odds.ts'
import {PlanningCommand, workloadFlags} from '../planning-command.ts'
import {linesOfBreakEven} from '../report/break-even-plot.ts'

const NOTHING_TO_RENT = 3

export default class Breakeven extends PlanningCommand {
  static override summary = 'Say from how much work on a rig is cheaper than each cloud, whether to buy, rent, keep or sell, and how sure that is.'
  static override description = 'A planned rig counts from its price; one that is owned from what it would sell for today (boughtOn in rigor.yaml), since what was paid is gone either way. What is not known (prices, tariff, amount of work, resale, failures, errors of the estimates) is drawn ten thousand times. A file of several workloads is a mix that is done every month, one after the other.'
  static override args = {workload: Args.string({ignoreStdin: true, description: 'workload file, or - for stdin'})}
  static override flags = {
    ...workloadFlags,
    rig: Flags.string({summary: 'Name of the rig (rigor rig list); yours, or the built-in one, if left out.', helpValue: 'NAME'}),
    mix: Flags.string({summary: 'File of several workloads with their schedules, in place of WORKLOAD.', helpValue: 'FILE'}),
    use: Flags.string({summary: 'Share of all hours that the rig works, instead of what the schedule says.', helpValue: '40%'}),
    months: monthsFlag('How long is looked at; the rig’s service life if left out.'),
    samples: Flags.integer({summary: 'Draws of what is not known.', helpValue: 'N', min: 100, max: 1_000_000, default: 10_000}),
    seed: Flags.integer({summary: 'The same seed draws the same.', helpValue: 'N', min: 0, default: 1}),
    plot: Flags.string({summary: 'Also write the costs over the amount of work as a picture (SVG).', helpValue: 'FILE'}),
    limit: Flags.integer({summary: 'Show at most so many ways to rent (10 in the table, all under --json).', helpValue: 'N', min: 1}),
  }
  static override examples = [
    {description: 'Fine-tuning four times a month on the rig of rigor.yaml', command: '<%= config.bin %> breakeven examples/finetune-8b.yaml'},
    {description: 'Whether to buy a DGX H100 for a chat model', command: '<%= config.bin %> breakeven examples/chat-70b.yaml --rig dgx-h100 --months 36 --plot chat.svg'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Breakeven)
    if (args.workload !== undefined && flags.mix !== undefined) throw new RigorError('BAD_FLAG', '--mix takes the place of WORKLOAD.', {hint: 'Give one of them.'})
    const workspace = await this.workspace(flags)
    const {snapshot, options} = workspace
    const rig = resolveRig(flags.rig, workspace.knownRigs, options.rigs)
    const workloads = await this.workloads(workspace, flags.mix ?? args.workload, flags)
    const months = flags.months ?? Math.round(12 * rig.serviceLifeYears)
    const {assumed, ...question} = await breakEvenQuestion(workspace, {rig, workloads, months, use: flags.use === undefined ? undefined : readShare(flags.use, '--use')})
    const answer = breakEven(question)
    const odds = oddsOf(question, answer.rentals.filter(({ineligibleReason}) => ineligibleReason === null), cheapestByWay(answer.rentals), flags)
    const plot = linesOfBreakEven(question, answer)
    if (answer.best === null) process.exitCode = NOTHING_TO_RENT
    if (flags.plot !== undefined) await this.writePlot(flags.plot, plot, rig.id)
    const title = workloads.map(({name}) => name).join(', ')
    if (this.jsonEnabled()) {
      const withOdds = (rental: RentalVerdict) => ({...rental, probabilityRigWins: odds?.against.get(rental.id) ?? null})
      const {rentals, best, ...rest} = answer
      return {schema: 'rigor.breakeven/1', workload: title, rig: rig.id, owned: rig.owned, assumed, ...rest, best: best === null ? null : withOdds(best), rentals: rentals.slice(0, flags.limit).map(withOdds), odds: odds === null ? null : {...odds, against: undefined}, plot}
    }
    const {renderBreakEven} = await import('../report/break-even.ts')
    const {columns: width, color} = this.terminal
    this.print(await renderBreakEven({title, rig, answer, odds, plot, assumed, asOf: options.asOf, limit: flags.limit}, {width, color, currency: await this.currency(flags, snapshot)}))
    return undefined
  }

  private async writePlot(file: string, plot: ReturnType<typeof linesOfBreakEven>, rigId: string): Promise<void> {
    const {breakEvenSvg} = await import('../report/break-even-plot.ts')
    const {writeTextFile} = await import('../store/text-file.ts')
    await writeTextFile(file, breakEvenSvg(plot, rigId))
  }
}
