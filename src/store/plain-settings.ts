import fs from 'node:fs'
import path from 'node:path'
import {isDay} from '../text/day.ts'
import type {LoadedConfig, LoadOptions, SettingOrigin} from './config.ts'
import {homeFolder, userPaths} from './paths.ts'

/** Settings whose right form can be told without their schema; anything else is left to `loadConfig` and its messages. */
const PLAIN: Readonly<Record<string, {readonly variable: string; readonly flag: string; readonly read: (value: string | number | boolean) => unknown}>> = {
  currency: {variable: 'RIGOR_CURRENCY', flag: '--currency', read: (value) => (typeof value === 'string' && /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : undefined)},
  catalog: {variable: 'RIGOR_CATALOG', flag: '--catalog', read: (value) => (typeof value === 'string' && /^[\w./-]{1,200}$/.test(value) ? value : undefined)},
  asOf: {variable: 'RIGOR_AS_OF', flag: '--as-of', read: (value) => (typeof value === 'string' && isDay(value) ? value : undefined)},
  offline: {variable: 'RIGOR_OFFLINE', flag: '--offline', read: (value) => (value === '1' || value === true ? true : undefined)},
  acceptStale: {variable: 'RIGOR_ACCEPT_STALE', flag: '--accept-stale', read: (value) => (value === true ? true : undefined)},
  allRegions: {variable: 'RIGOR_ALL_REGIONS', flag: '--all-regions', read: (value) => (value === true ? true : undefined)},
  limit: {variable: 'RIGOR_LIMIT', flag: '--limit', read: (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1e6 ? value : undefined)},
}

const WITHOUT_EFFECT_HERE = new Set(['RIGOR_HOME'])

/**
 * The settings where there is no configuration file at all and flags and variables are of the simplest sort: what
 * `loadConfig` would return, without the 30 ms that its schemas cost. `undefined` = not so plain, ask `loadConfig`.
 */
export function plainSettings({cwd, environment, home = homeFolder(), configFile, flags = {}}: LoadOptions): LoadedConfig | undefined {
  const paths = userPaths(environment, home)
  if (configFile !== undefined || environment['RIGOR_CONFIG'] || fs.existsSync(path.join(paths.config, 'config.yaml')) || hasProjectFile(cwd)) return undefined
  const known = new Set(Object.values(PLAIN).map(({variable}) => variable))
  if (Object.keys(environment).some((name) => name.startsWith('RIGOR_') && !known.has(name) && !WITHOUT_EFFECT_HERE.has(name))) return undefined
  const settings: SettingOrigin[] = []
  const defaults: Record<string, unknown> = {}
  for (const [key, {variable, flag, read}] of Object.entries(PLAIN)) {
    const fromFlag = flags[key]
    const fromVariable = environment[variable] || undefined
    const value = fromFlag ?? fromVariable
    if (value === undefined) continue
    const plain = read(value)
    if (plain === undefined) return undefined
    defaults[key] = plain
    settings.push({key: `defaults.${key}`, value, origin: fromFlag === undefined ? {level: 'environment', where: variable} : {level: 'flag', where: flag}})
  }
  if (Object.keys(flags).some((key) => flags[key] !== undefined && !(key in PLAIN))) return undefined
  return {
    config: {defaults},
    settings,
    projectFile: undefined,
    userFile: undefined,
    paths,
    locate: (at) => (at.length === 0 ? 'configuration' : at.map(String).join('.')),
    unknownVariables: [],
  }
}

function hasProjectFile(from: string): boolean {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, 'rigor.yaml'))) return true
    if (folder === path.dirname(folder)) return false
  }
}
