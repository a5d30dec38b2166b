import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {addHardware, addMeasurement, hardwareJson, isHardwareMeasurement, measurementJson, type Added, type AddedHardware, type AddedMeasurement} from '../../calibrate.ts'
import {RigorError} from '../../errors.ts'
import {PlanningCommand, workloadFlags} from '../../planning-command.ts'
import {measurementFigures} from '../../report/measurements.ts'
import {renderFacts, type Fact} from '../../report/list.ts'
import {significant} from '../../report/format.ts'
import {configurationText} from '../../report/words.ts'
import {loadWorkloads, readText, settingsOf} from '../../workspace.ts'

export default class CalibrateAdd extends PlanningCommand {
  static override summary = 'Take in a measurement of your own: estimates of related work and hardware are pulled towards it.'
  static override description = 'Either a workload with what it did on a target, or the JSON that bench/hardware/measure.py writes about an accelerator. Nothing is sent anywhere: both go into a file of yours. Adding the same twice changes nothing.'
  static override args = {file: Args.string({ignoreStdin: true, description: 'workload file, measurement of measure.py, or - for stdin'})}
  static override flags = {
    kind: workloadFlags.kind,
    model: workloadFlags.model,
    set: workloadFlags.set,
    on: Flags.string({summary: 'Target that it ran on.', helpValue: 'TARGET'}),
    throughput: Flags.string({summary: 'What it did there, over all accelerators.', helpValue: '"12300 tokens/s"', exclusive: ['duration']}),
    duration: Flags.string({summary: 'How long the work alone took.', helpValue: '3h'}),
    date: Flags.string({summary: 'Day of the measurement; today if left out.', helpValue: 'YYYY-MM-DD'}),
    note: Flags.string({summary: 'A remark to keep with it.', helpValue: 'TEXT'}),
    accelerator: Flags.string({summary: 'The accelerator that measure.py ran on, where its name does not say.', helpValue: 'NAME'}),
    force: Flags.boolean({summary: 'Keep it though it is far off the estimate.', default: false}),
    'dry-run': Flags.boolean({summary: 'Compare, and store nothing.', default: false}),
  }
  static override examples = [
    {description: 'Eight cards did 75,000 tokens/s', command: '<%= config.bin %> calibrate add examples/finetune-8b.yaml --on h100-sxm-80gb:8 --throughput "75000 tokens/s"'},
    {description: 'A run took three hours; look first, store nothing', command: '<%= config.bin %> calibrate add job.yaml --on rig:h100x10-pcie:8 --duration 3h --dry-run'},
    {description: 'What bench/hardware/measure.py found on your own card', command: '<%= config.bin %> calibrate add h100.json'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(CalibrateAdd)
    const workspace = await this.workspace(flags)
    const text = args.file === undefined ? undefined : readText(args.file)
    const dryRun = flags['dry-run']
    if (args.file !== undefined && text !== undefined && isHardwareMeasurement(text)) {
      const given = (['on', 'throughput', 'duration', 'date', 'kind', 'model', 'set'] as const).find(name => flags[name] !== undefined)
      if (given !== undefined) throw new RigorError('BAD_USAGE', `--${given} belongs to a workload; the measurement of an accelerator says all there is.`, {hint: `Leave --${given} out.`})
      return this.showHardware(addHardware(workspace, text, args.file === '-' ? 'stdin' : args.file, {accelerator: flags.accelerator, note: flags.note, dryRun}))
    }
    if (flags.accelerator !== undefined) throw new RigorError('BAD_USAGE', '--accelerator belongs to a measurement of measure.py; a workload ran on a target.', {hint: `Name it with --on, such as --on ${flags.accelerator}:8.`})
    const {on, throughput, duration, note} = flags
    if (on === undefined) throw new RigorError('MISSING_TARGET', 'No target is given.', {hint: 'Add --on TARGET, where it was measured: --on h100-sxm-80gb:8 or --on rig:h100x10-pcie.'})
    if (throughput === undefined && duration === undefined) throw new RigorError('BAD_USAGE', 'No figure is given.', {hint: 'Add --throughput "12300 tokens/s" or --duration 3h.'})
    const [workload, other] = await loadWorkloads(workspace, args.file, settingsOf(flags), text)
    if (workload === undefined || other !== undefined) throw new RigorError('SEVERAL_WORKLOADS', 'A measurement is of one workload, and there are several.', {hint: 'Name a file with one.'})
    this.wentThrough.add(workload.kind.id)
    return this.showMeasurement(addMeasurement(workspace, workload, {on, throughput, duration, note, date: flags.date ?? this.today(flags)}, {dryRun, force: flags.force}))
  }

  private showMeasurement(added: AddedMeasurement): unknown {
    const {measurement, evidence, pulled, warnings} = added
    const {measured, predicted, ratio, apart, pulledText} = measurementFigures(evidence, pulled)
    this.show(measurement.id, [
      ['on', measurement.on],
      ['taken to run as', configurationText(evidence.configuration, true)],
      ['measured', measured],
      ['plain estimate', predicted],
      ['measured ÷ estimate', `×${ratio} (${apart})`],
      ['estimate from now on', pulledText],
      ...warnings.map((warning): Fact => ['beware', warning]),
    ], added)
    return measurementJson(added)
  }

  private showHardware(added: AddedHardware): unknown {
    const {hardware, factors, warnings} = added
    const rates = Object.entries(hardware.matmulFlops).map(([precision, flops]) => `${precision} ${significant(flops / 1e12, 3)}`)
    this.show(hardware.id, [
      ['accelerator', `${hardware.acceleratorId} ("${hardware.device}", ${hardware.measuredOn})`],
      ['best matmul', rates.length === 0 ? undefined : `${rates.join(', ')} TFLOP/s, taken as ×${significant(factors.compute, 3)} of what was expected`],
      ['memory bandwidth', hardware.bandwidthBytesPerSecond === undefined ? undefined : `${significant(hardware.bandwidthBytesPerSecond / 1e12, 3)} TB/s, taken as ×${significant(factors.bandwidth, 3)} of what was expected`],
      ['power', [hardware.idleWatts === undefined ? [] : `${significant(hardware.idleWatts, 3)} W idle`, hardware.maximumWatts === undefined ? [] : `${significant(hardware.maximumWatts, 3)} W at most`].flat().join(', ')],
      ...warnings.map((warning): Fact => ['beware', warning]),
    ], added)
    return hardwareJson(added)
  }

  private show(id: string, facts: readonly Fact[], {status, file}: Added): void {
    const {columns, color} = this.terminal
    const where = {stored: `kept in ${file}`, already: `there already, in ${file}; nothing changed`, 'dry-run': 'not kept: --dry-run'}[status]
    this.print(renderFacts(`Measurement ${id}`, [...facts, ['', where]], columns, color))
  }
}
