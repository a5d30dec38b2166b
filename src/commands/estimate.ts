import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {RigorError} from '../errors.ts'
import {estimateTargets} from '../planner/estimate.ts'
import {resolveTarget} from '../planner/resolve.ts'
import {PlanningCommand, workloadFlags} from '../planning-command.ts'
import {reports} from '../report/index.ts'
import type {PlanDocument} from '../planner/document.ts'
import {sessionInput} from '../workspace.ts'

const NOTHING_FEASIBLE = 3

export default class Estimate extends PlanningCommand {
  static override summary = 'Estimate a workload on one or several targets in depth: time, memory, power and cost, line by line.'
  static override description = 'A target is provider:machine[@region][:purchase][:xNODES], rig:NAME[/NODE][:COUNT], or bare hardware such as h100-sxm-80gb:8.'
  static override args = {workload: Args.string({ignoreStdin: true, description: 'workload file, or - for stdin'})}
  static override flags = {
    ...workloadFlags,
    on: Flags.string({multiple: true, summary: 'Target; may be repeated.', helpValue: 'TARGET'}),
    explain: Flags.boolean({summary: 'Show where the time goes by operator, how far that is from the hardware limit, what was measured near it, and how every figure came about.', default: false}),
    batch: Flags.string({summary: 'Answer a file of JSON lines ({"id", "workload", "on", "configuration"?}), one line each; - for stdin.', helpValue: 'FILE', exclusive: ['on', 'explain']}),
    verbose: Flags.boolean({char: 'v', summary: 'Say more.', default: false}),
  }
  static override examples = [
    {description: 'Two targets side by side', command: '<%= config.bin %> estimate examples/chat-70b.yaml --on rig:h100x10-pcie --on lambda:gpu_8x_h100_sxm5'},
    {description: 'Where the time goes', command: '<%= config.bin %> estimate examples/finetune-8b.yaml --on h100-sxm-80gb:8 --explain'},
    {description: 'Many at once, as JSON lines', command: '<%= config.bin %> estimate --batch questions.jsonl'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Estimate)
    const workspace = await this.workspace(flags)
    if (flags.batch !== undefined) {
      const {answerBatch} = await import('../batch.ts')
      await answerBatch(flags.batch, workspace)
      // The lines are the answer, with or without --json.
      this.answered = true
      return undefined
    }
    if (flags.on === undefined) throw new RigorError('MISSING_TARGET', 'No target is given.', {hint: 'Add --on TARGET, for example --on rig:h100x10-pcie or --on h100-sxm-80gb:8.'})
    const targets = flags.on.map(text => resolveTarget(text, workspace.facts, workspace.knownRigs, workspace.options))
    const workloads = await this.workloads(workspace, args.workload, flags)
    const publishedErrors = flags.explain ? (await import('../published-errors.ts')).openPublishedErrors(this.packageRoot) : undefined
    const plans: PlanDocument[] = []
    for (const workload of workloads) plans.push(estimateTargets({...(await sessionInput(workspace, workload)), publishedErrors}, targets))
    if (plans.some(plan => plan.targets.length === 0)) process.exitCode = NOTHING_FEASIBLE
    if (this.jsonEnabled()) {
      const {planJson, plansJson} = await reports.json()
      return plans.length === 1 && plans[0] !== undefined ? planJson(plans[0]) : plansJson({schema: 'rigor.plans/1', plans})
    }
    const {renderEstimate} = await reports.estimate()
    const view = {...this.view(workspace), explain: flags.explain, verbose: flags.verbose, workloadArgument: args.workload}
    this.print(plans.map(plan => renderEstimate(plan, view)).join('\n'))
    return undefined
  }

  private answered = false

  override logJson(document: unknown): void {
    if (!this.answered) super.logJson(document)
  }
}
