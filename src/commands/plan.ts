import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {RigorError} from '../errors.ts'
import {planWorkload} from '../planner/plan.ts'
import type {PlanDocument} from '../planner/document.ts'
import {PlanningCommand, workloadFlags} from '../planning-command.ts'
import {reports} from '../report/index.ts'
import {sessionInput} from '../workspace.ts'

const DEFAULT_LINES = 10
const NOTHING_FEASIBLE = 3

export default class Plan extends PlanningCommand {
  static override summary = 'Rank where to run a workload: on the rig, or on which machine of which cloud.'
  static override description = 'WORKLOAD is a YAML or JSON file (it may hold several workloads), or - for stdin; without it, flags describe the workload. The table has ten lines; --json holds every feasible target.'
  static override args = {workload: Args.string({ignoreStdin: true, description: 'workload file, or - for stdin'})}
  static override flags = {
    ...workloadFlags,
    limit: Flags.integer({summary: `Show at most so many targets (${DEFAULT_LINES} in the table, all under --json).`, helpValue: 'N', min: 1}),
    'all-regions': Flags.boolean({summary: 'One line per region instead of the best one of each machine.', default: false}),
    output: Flags.string({char: 'o', summary: 'Also write the plan to a file, with its expiry and a digest.', helpValue: 'FILE'}),
    verbose: Flags.boolean({char: 'v', summary: 'Say more: every assumption, every refusal.', default: false}),
  }
  static override examples = [
    {description: 'Where to serve a 70B chat model', command: '<%= config.bin %> plan examples/chat-70b.yaml'},
    {description: 'The same from flags, fastest first', command: '<%= config.bin %> plan --kind llm-finetune --model Llama-3.1-8B --set method=lora --set tokens=100M --objective time'},
    {description: 'For a script', command: '<%= config.bin %> plan examples/qlora-70b.yaml --json --limit 5'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Plan)
    const workspace = await this.workspace(flags)
    const workloads = await this.workloads(workspace, args.workload, flags)
    const {limit} = workspace.loaded.config.defaults
    const lines = limit ?? DEFAULT_LINES
    const shown = this.jsonEnabled() || flags.output !== undefined ? {limit} : {lines}
    const plans: PlanDocument[] = []
    for (const workload of workloads) plans.push(planWorkload({...(await sessionInput(workspace, workload)), ...shown}))
    const document = plans.length === 1 && plans[0] !== undefined ? plans[0] : {schema: 'rigor.plans/1' as const, plans}
    if (flags.output !== undefined) await this.writePlanFile(flags.output, document, workspace.options.asOf)
    if (plans.some(plan => plan.targets.length === 0 && plan.advice.length === 0)) process.exitCode = NOTHING_FEASIBLE
    if (this.jsonEnabled()) {
      const {planJson, plansJson} = await reports.json()
      return document.schema === 'rigor.plan/1' ? planJson(document) : plansJson(document)
    }
    const {renderPlan, renderPlans} = await reports.table()
    const view = {...this.view(workspace), limit: lines, allRegions: workspace.options.allRegions, have: workspace.options.have, verbose: flags.verbose, workloadArgument: args.workload}
    this.print(document.schema === 'rigor.plan/1' ? renderPlan(document, view) : renderPlans(document, view))
    return undefined
  }

  private async writePlanFile(file: string, document: PlanDocument | {readonly schema: 'rigor.plans/1'}, asOf: string): Promise<void> {
    if (document.schema !== 'rigor.plan/1') throw new RigorError('SEVERAL_WORKLOADS', 'A plan file holds one workload.', {hint: 'Plan one workload at a time with -o.'})
    const {writePlanFile} = await import('../store/plan-file.ts')
    await writePlanFile(file, document, asOf)
  }
}
