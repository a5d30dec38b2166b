import type {Config} from '@oclif/core/config'
import {Help} from '@oclif/core/help'

/** Prints the help of a command or topic (`catalog:show`), or of rigor as a whole. Loaded only when asked for. */
export async function showHelp(config: Config, id: string | undefined): Promise<void> {
  await new Help(config, config.pjson.oclif.helpOptions).showHelp(id === undefined ? [] : [id])
}
