import * as Args from '@oclif/core/args'
import {RigorCommand} from '../command.ts'
import {completionScript, SHELLS, type CommandShape} from '../completion.ts'
import {RigorError} from '../errors.ts'
import {TOPICS} from '../glossary.ts'
import {didYouMean} from '../text/nearest.ts'

export default class Completion extends RigorCommand {
  static override summary = 'Print a script that completes commands and flags in bash, zsh or fish.'
  static override args = {shell: Args.string({ignoreStdin: true, description: 'bash, zsh or fish.', required: true})}
  static override examples = [
    {description: 'bash: in this shell, and in every new one', command: 'source <(<%= config.bin %> completion bash)\necho \'source <(<%= config.bin %> completion bash)\' >> ~/.bashrc'},
    {description: 'zsh: into a folder of $fpath', command: '<%= config.bin %> completion zsh > ~/.zfunc/_rigor'},
    {description: 'fish', command: '<%= config.bin %> completion fish > ~/.config/fish/completions/rigor.fish'},
  ]

  async run(): Promise<unknown> {
    const {args} = await this.parse(Completion)
    const shell = SHELLS.find((known) => known === args.shell)
    if (shell === undefined) throw new RigorError('UNKNOWN_SHELL', `"${args.shell}" is not a shell that rigor can complete for.`, {hint: didYouMean(args.shell, SHELLS) ?? `one of ${SHELLS.join(', ')}`})
    const script = completionScript(shell, await this.shapes())
    this.print(script)
    return {shell, script}
  }

  private async shapes(): Promise<readonly CommandShape[]> {
    const values: Readonly<Record<string, readonly string[]>> = {explain: TOPICS.map((topic) => topic.id), completion: SHELLS}
    const {loadShell} = await import('../shell.ts')
    const {commands} = await loadShell(this.config.root)
    return commands
      .filter((command) => !command.hidden)
      .map((command) => ({
        words: command.id.split(':'),
        summary: command.summary ?? '',
        values: values[command.id] ?? [],
        flags: Object.values(command.flags)
          .filter((flag) => !flag.hidden)
          .map((flag) => ({
            name: flag.name,
            char: flag.char,
            summary: flag.summary ?? flag.description ?? '',
            takesValue: flag.type === 'option',
            options: flag.type === 'option' ? (flag.options ?? []) : [],
          })),
      }))
  }
}
