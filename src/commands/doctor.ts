import {RigorCommand} from '../command.ts'

export default class Doctor extends RigorCommand {
  static override summary = 'Say what is set up and what is missing.'
  async run(): Promise<unknown> {
    const {flags} = await this.parse(Doctor)
    this.print('ok')
    return {ok: true, today: this.today(flags)}
  }
}
