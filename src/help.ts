import {Help} from '@oclif/core/help'
import {loadShell} from './shell.ts'

/** Prints the help of a command or topic (`catalog:show`), or of rigor as a whole. Loaded only when asked for. */
export async function showHelp(root: string, id: string | undefined): Promise<void> {
  const config = await loadShell(root)
  await new Help(config, config.pjson.oclif.helpOptions).showHelp(id === undefined ? [] : [id])
}
