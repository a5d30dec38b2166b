import {Config} from '@oclif/core/config'
import packageJson from '../package.json' with {type: 'json'}

/** package.json as oclif reads it, with where the commands lie: src has them, dist has their manifest. */
export const OCLIF_PACKAGE = {...packageJson, oclif: {...packageJson.oclif, commands: {strategy: 'pattern' as const, target: './commands', globPatterns: ['**/*.ts']}}}

/** The manifest and the settings of oclif, whole: help and completion list every command from it. */
export function loadShell(root: string): Promise<Config> {
  return Config.load({root, pjson: OCLIF_PACKAGE as never, devPlugins: false, userPlugins: false})
}
