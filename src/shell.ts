import {Config} from '@oclif/core/config'
import packageJson from '../package.json' with {type: 'json'}

/** The manifest and the settings of oclif, whole: help and completion list every command from it. */
export function loadShell(root: string): Promise<Config> {
  // dist has the manifest, src the commands themselves.
  const pjson = {...packageJson, oclif: {...packageJson.oclif, commands: {strategy: 'pattern' as const, target: './commands', globPatterns: ['**/*.{js,ts}']}}}
  return Config.load({root, pjson: pjson as never, devPlugins: false, userPlugins: false})
}
