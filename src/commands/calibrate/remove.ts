import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {RigorCommand} from '../../command.ts'
import {bareName, removeMeasurement} from '../../calibrate.ts'

export default class CalibrateRemove extends RigorCommand {
  static override summary = 'Take a measurement out of your store.'
  static override description = 'Those that stand in rigor.yaml are taken out there.'
  static override args = {id: Args.string({ignoreStdin: true, description: 'Its id, as rigor calibrate list shows it.', required: true})}
  static override flags = {'dry-run': Flags.boolean({summary: 'Say what would go, and keep it.', default: false})}
  static override examples = [{description: 'One that was wrong', command: '<%= config.bin %> calibrate remove m-0123456789'}]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(CalibrateRemove)
    const dryRun = flags['dry-run']
    const {removed, file} = removeMeasurement({loaded: await this.settings(flags)}, args.id, dryRun)
    this.print(dryRun ? `${removed.id} would be taken out of ${file}.` : `${removed.id} is taken out of ${file}.`)
    return {schema: 'rigor.calibration/1', status: dryRun ? 'dry-run' : 'removed', file: bareName(file), removed}
  }
}
