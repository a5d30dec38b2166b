import * as Flags from '@oclif/core/flags'
import {randomBytes} from 'node:crypto'
import {RigorCommand} from '../../command.ts'
import {readCountry, readName, readPrice} from '../../detect/answers.ts'
import {readMachine} from '../../detect/read-machine.ts'
import {rigFileOf} from '../../detect/rig-file.ts'
import {readDestination} from '../../detect/ssh.ts'
import {RigorError} from '../../errors.ts'
import {createCalibrationByKind} from '../../performance/calibration.ts'
import {probe} from '../../probe.ts'
import {askRedfish, readBmc} from '../../redfish.ts'
import {renderDetection} from '../../report/rig-file.ts'
import {refuseTaken, writeNewFile} from '../../store/new-file.ts'

export default class RigDetect extends RigorCommand {
  static override summary = 'Write a rig file from a real machine: this one, or another over SSH.'
  static override description = 'Runs a script that asks nvidia-smi, rocm-smi, lscpu, lsblk, /sys and, where they may be asked, IPMI and DMI; with --redfish also its BMC. It never needs root and writes nothing there. What cannot be seen is modelled and marked as such, or left for you to fill in; both are listed. Serial numbers, UUIDs and addresses of network cards are not read.'
  static override flags = {
    ssh: Flags.string({summary: 'Machine to look at; this one if left out. Its host key has to be known.', helpValue: 'USER@HOST[:PORT]', helpGroup: 'SSH'}),
    'ssh-key': Flags.string({summary: 'Private key to log in with.', helpValue: 'FILE', helpGroup: 'SSH', dependsOn: ['ssh']}),
    'ssh-known-hosts': Flags.string({summary: "File with the machine's host key, in place of your own and the system's.", helpValue: 'FILE', helpGroup: 'SSH', dependsOn: ['ssh']}),
    redfish: Flags.string({summary: "Also ask the machine's BMC what it draws; user and password stand in RIGOR_REDFISH_USER and RIGOR_REDFISH_PASSWORD.", helpValue: 'https://BMC'}),
    name: Flags.string({summary: "Name of the rig; the machine's own if left out.", helpValue: 'NAME'}),
    price: Flags.string({summary: 'What it cost, which no machine knows.', helpValue: '"21000 EUR"'}),
    country: Flags.string({summary: 'Where it stands: two letters.', helpValue: 'CC'}),
    output: Flags.string({char: 'o', summary: 'Write the rig file there instead of to stdout.', helpValue: 'FILE'}),
    force: Flags.boolean({summary: 'Write over a file that is there.', default: false}),
  }
  static override examples = [
    {description: 'This machine', command: '<%= config.bin %> rig detect -o lab.yaml'},
    {description: 'A server, with what it cost and where it stands', command: '<%= config.bin %> rig detect --ssh ops@gpu-1.example.org --name lab --price "270000 USD" --country DE -o rigor.yaml'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(RigDetect)
    const {output: file, force} = flags
    const [name, price, country] = [readName(flags.name), readPrice(flags.price), readCountry(flags.country)]
    const ssh = flags.ssh === undefined ? undefined : {...readDestination(flags.ssh), ...(flags['ssh-key'] !== undefined && {keyFile: flags['ssh-key']}), ...(flags['ssh-known-hosts'] !== undefined && {knownHostsFile: flags['ssh-known-hosts']})}
    const bmc = flags.redfish === undefined ? undefined : readBmc(flags.redfish)
    if (bmc !== undefined && process.env['RIGOR_OFFLINE'] === '1') throw new RigorError('OFFLINE', '--redfish asks another machine, and RIGOR_OFFLINE is set.', {hint: 'Leave one of them out.'})
    if (file === '') throw new RigorError('BAD_FLAG', '--output is empty.', {hint: 'Name a file, or leave it out for stdout.'})
    if (file !== undefined) refuseTaken(file, force)
    const snapshot = await this.openCatalog(flags)
    const answer = await probe({ssh, nonce: randomBytes(16).toString('hex')})
    const machine = readMachine(answer, bmc === undefined ? undefined : await askRedfish({bmc}))
    const found = rigFileOf({machine, askedRedfish: bmc !== undefined, snapshot, calibration: createCalibrationByKind(kind => snapshot.calibrationOf(kind)), today: this.today(flags), name, price, country, ssh})
    if (file !== undefined) writeNewFile(file, found.yaml, force)
    const {columns: width, color} = this.terminal
    const report = renderDetection(found, file, {width, color})
    if (this.jsonEnabled()) return {schema: 'rigor.rig-detect/1', ...found}
    if (file === undefined) {
      this.print(found.yaml)
      this.note(flags, report)
    } else this.print(report)
    return undefined
  }
}
