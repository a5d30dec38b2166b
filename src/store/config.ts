import fs from 'node:fs'
import path from 'node:path'
import {Config, Defaults} from '../config/schema.ts'
import {RigorError} from '../errors.ts'
import {readDocuments, type LocatedDocument} from '../text/documents.ts'
import {findings, findingsError, jsonTypesAt} from '../text/issues.ts'
import {nearestNames} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {parseWorkload, readWorkloads, type Kinds, type ReadWorkload} from '../workload/read.ts'
import {homeFolder, userPaths, type Paths} from './paths.ts'
import {readTextFile} from './text-file.ts'

export const PROJECT_FILE = 'rigor.yaml'
export const USER_FILE = 'config.yaml'

/** Where a setting comes from; strongest first. */
export interface Origin {
  readonly level: 'flag' | 'environment' | 'project' | 'user' | 'default'
  /** `--currency`, `RIGOR_CURRENCY`, `/path/rigor.yaml:3`; empty for defaults. */
  readonly where: string
}

/** One line of `rigor config --origin`. */
export interface SettingOrigin {
  readonly key: string
  readonly value: unknown
  readonly origin: Origin
}

export interface LoadedConfig {
  readonly config: Config
  readonly settings: readonly SettingOrigin[]
  readonly projectFile: string | undefined
  readonly userFile: string | undefined
  readonly paths: Paths
  /** `file:line` of a place in the config, for errors found later. */
  locate(path: readonly PropertyKey[]): string
  /** `RIGOR_…` variables that mean nothing to rigor, each with what may have been meant. */
  readonly unknownVariables: readonly {readonly name: string; readonly near: string | undefined}[]
}

export interface LoadOptions {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home?: string
  /** `--config FILE`: stands in for the project's file. */
  readonly configFile?: string | undefined
  /** What flags said of `defaults`: `{currency: 'EUR'}`. Undefined entries were not given. */
  readonly flags?: Readonly<Record<string, string | number | boolean | undefined>>
}

interface Layer {
  readonly file: string
  readonly document: LocatedDocument
  /** As written, and as parsed. */
  readonly raw: Readonly<Record<string, unknown>>
  readonly config: Config
}

type Level = Origin['level']

/**
 * The settings in force: flags, then `RIGOR_*`, then the nearest rigor.yaml at or above the working directory (or
 * `--config`), then the user's config.yaml. A section (`have`, `rigs`, `prices`, …) comes whole from the strongest
 * file that has it; `defaults` come key by key.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const {cwd, environment, home = homeFolder()} = options
  const paths = userPaths(environment, home)
  const named = options.configFile ?? (environment['RIGOR_CONFIG'] || undefined)
  const projectFile = named === undefined ? findUpwards(cwd) : path.resolve(cwd, named)
  const userFile = path.join(paths.config, USER_FILE)
  const project = projectFile === undefined ? undefined : readLayer(projectFile, named ?? path.relative(cwd, projectFile))
  const user = fs.existsSync(userFile) ? readLayer(userFile, userFile) : undefined

  const settings: SettingOrigin[] = []
  const sections: Record<string, unknown> = {}
  for (const key of Object.keys(Config.shape)) {
    if (key === 'defaults') continue
    for (const [level, layer] of [['project', project], ['user', user]] as const) {
      if (layer === undefined || !Object.hasOwn(layer.raw, key)) continue
      sections[key] = layer.config[key as keyof Config]
      settings.push({key, value: layer.raw[key], origin: {level, where: layer.document.locate([key])}})
      break
    }
  }

  const {defaults, origins} = mergeDefaults({flags: options.flags ?? {}, environment, project, user})
  settings.push(...origins)

  const layerOf = (key: PropertyKey | undefined): Layer | undefined => [project, user].find((layer) => layer !== undefined && key !== undefined && Object.hasOwn(layer.raw, key))
  return {
    config: {...sections, defaults},
    settings,
    projectFile,
    userFile: user?.file,
    paths,
    locate: (at) => layerOf(at[0])?.document.locate(at) ?? (at.length === 0 ? 'configuration' : at.map(String).join('.')),
    unknownVariables: unknownVariables(environment),
  }
}

/** The nearest rigor.yaml at or above a folder. */
function findUpwards(from: string): string | undefined {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const file = path.join(folder, PROJECT_FILE)
    if (fs.statSync(file, {throwIfNoEntry: false})?.isFile() === true) return file
    if (folder === path.dirname(folder)) return undefined
  }
}

function readLayer(file: string, shown: string): Layer {
  const text = readTextFile(file, shown)
  // A file of comments only is a config without settings.
  const documents = /^(\s*(#.*)?(\r?\n|$))*$/.test(text) ? [{value: {}, locate: () => `${echo(shown, 300)}:1`}] : readDocuments(text, shown)
  const [document] = documents
  if (document === undefined || documents.length > 1) throw new RigorError('BAD_FIELD', `${echo(shown, 300)} holds ${documents.length} documents; a config is one.`, {hint: 'Remove the "---" lines.'})
  refuseProto(document)
  const parsed = Config.safeParse(document.value)
  if (!parsed.success) throw findingsError(findings(parsed.error.issues, Config, document.value, PROJECT_FILE), (at) => document.locate(at), 'all fields: rigor config --schema')
  return {file, document, raw: document.value as Readonly<Record<string, unknown>>, config: parsed.data}
}

/** `__proto__` is no name of anything; a record would pass over it in silence. */
function refuseProto(document: LocatedDocument): void {
  const look = (value: unknown, at: readonly PropertyKey[]): void => {
    if (value === null || typeof value !== 'object') return
    for (const [key, entry] of Object.entries(value)) {
      const here = [...at, Array.isArray(value) ? Number(key) : key]
      if (key === '__proto__') throw new RigorError('UNKNOWN_FIELD', `${document.locate(here)} — "__proto__" is not a field of ${PROJECT_FILE}.`)
      look(entry, here)
    }
  }
  look(document.value, [])
}

// ---- defaults, key by key

const KEYS = Object.keys(Defaults.shape)

/** sshFrom → RIGOR_SSH_FROM */
export function variableOf(key: string): string {
  return `RIGOR_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** sshFrom → --ssh-from */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function mergeDefaults({flags, environment, project, user}: {
  readonly flags: Readonly<Record<string, string | number | boolean | undefined>>
  readonly environment: LoadOptions['environment']
  readonly project: Layer | undefined
  readonly user: Layer | undefined
}): {readonly defaults: Config['defaults']; readonly origins: readonly SettingOrigin[]} {
  const defaults: Record<string, unknown> = {}
  const origins: SettingOrigin[] = []
  for (const key of KEYS) {
    const choices: readonly (readonly [Level, string, unknown])[] = [
      ['flag', flagOf(key), flags[key]],
      ['environment', variableOf(key), environment[variableOf(key)] === '' ? undefined : environment[variableOf(key)]],
    ]
    const said = choices.find(([, , value]) => value !== undefined)
    if (said !== undefined) {
      const [level, where, value] = said
      defaults[key] = parseSetting(key, value, where)
      origins.push({key: `defaults.${key}`, value, origin: {level, where}})
      continue
    }
    for (const [level, layer] of [['project', project], ['user', user]] as const) {
      const raw = layer?.raw['defaults'] as Readonly<Record<string, unknown>> | undefined
      if (layer === undefined || raw === undefined || raw === null || !Object.hasOwn(raw, key)) continue
      defaults[key] = layer.config.defaults[key as keyof Defaults]
      origins.push({key: `defaults.${key}`, value: raw[key], origin: {level, where: layer.document.locate(['defaults', key])}})
      break
    }
  }
  return {defaults, origins}
}

/** Text of a flag or a variable → the setting, typed and checked by the schema. */
function parseSetting(key: string, value: unknown, where: string): unknown {
  let typed = value
  if (typeof value === 'string' && jsonTypesAt(Defaults, [key]).has('boolean')) {
    if (/^(1|true|yes|on)$/i.test(value)) typed = true
    else if (/^(0|false|no|off)$/i.test(value)) typed = false
  }
  const parsed = Defaults.safeParse({[key]: typed})
  if (parsed.success) return parsed.data[key as keyof Defaults]
  throw findingsError(findings(parsed.error.issues, Defaults, {[key]: typed}, 'the settings'), () => `${where}=${echo(String(value), 60)}`, 'settings and their forms: rigor config --schema')
}

/** Variables that other parts of rigor read. */
const OTHER_VARIABLES = ['RIGOR_HOME', 'RIGOR_CONFIG', 'RIGOR_POLL_MS', 'RIGOR_GCP_TOKEN', 'RIGOR_AZURE_TOKEN', 'RIGOR_REDFISH_USER', 'RIGOR_REDFISH_PASSWORD']

function unknownVariables(environment: LoadOptions['environment']): LoadedConfig['unknownVariables'] {
  const known = [...KEYS.map((key) => variableOf(key)), ...OTHER_VARIABLES]
  return Object.keys(environment)
    .filter((name) => name.startsWith('RIGOR_') && !name.startsWith('RIGOR_ENDPOINT_') && !known.includes(name))
    .sort()
    .map((name) => ({name: echo(name, 80), near: nearestNames(name, known, 1)[0]}))
}

// ---- workloads of the config

/** The workloads that rigor.yaml lists: inline, by file, by glob (in the order of their paths). Paths start at the file's folder. */
export function configWorkloads(loaded: LoadedConfig, kinds: Kinds): readonly ReadWorkload[] {
  const entries = loaded.config.workloads ?? []
  const folder = path.dirname(loaded.config.workloads === undefined ? '.' : (fileOf(loaded, 'workloads') ?? '.'))
  const found = entries.flatMap((entry, index) => {
    const locate = (at: readonly PropertyKey[]): string => loaded.locate(['workloads', index, ...at])
    if (isPlace(entry, 'file')) return readWorkloads(readTextFile(path.resolve(folder, entry.file), entry.file), {file: entry.file, kinds})
    if (isPlace(entry, 'glob')) {
      const files = fs.globSync(entry.glob, {cwd: folder}).map((file) => file.split(path.sep).join('/')).sort()
      if (files.length === 0) throw new RigorError('FILE_NOT_FOUND', `${locate(['glob'])} — no file matches "${echo(entry.glob, 120)}".`, {hint: 'The pattern starts at the folder of the config file.'})
      return files.flatMap((file) => readWorkloads(readTextFile(path.resolve(folder, file), file), {file, kinds}))
    }
    return [parseWorkload(entry, {kinds, locate})]
  })
  const seen = new Map<string, string>()
  return found.map((workload) => {
    const other = seen.get(workload.name)
    if (other !== undefined && workload.spec.name !== undefined) throw new RigorError('DUPLICATE_NAME', `${workload.where} — a workload named "${echo(workload.name)}" stands at ${other} already.`, {hint: 'Give each workload a name of its own.'})
    let name = workload.name
    for (let count = 2; seen.has(name); count++) name = `${workload.name}-${count}`
    seen.set(name, workload.where)
    return name === workload.name ? workload : {...workload, name}
  })
}

/** The work that a rig of the config would do otherwise, where `rigs.NAME.displaced` names one. */
export function displacedWorkload(loaded: LoadedConfig, rig: string, kinds: Kinds): ReadWorkload | undefined {
  const displaced = loaded.config.rigs?.[rig]?.displaced
  if (displaced === undefined || !('workload' in displaced)) return undefined
  const {workload} = displaced
  const locate = (at: readonly PropertyKey[]): string => loaded.locate(['rigs', rig, 'displaced', 'workload', ...at])
  if (typeof workload !== 'string') return parseWorkload(workload, {kinds, locate})
  const file = path.resolve(path.dirname(fileOf(loaded, 'rigs') ?? '.'), workload)
  const [only, other] = readWorkloads(readTextFile(file, workload), {file: workload, kinds})
  if (only === undefined || other !== undefined) throw new RigorError('SEVERAL_WORKLOADS', `${locate([])} — ${echo(workload, 120)} holds ${other === undefined ? 'no workload' : 'several workloads'}; displaced work is one.`, {hint: 'Name a file with one workload, or write it inline.'})
  return only
}

/** The file that a section stands in. */
function fileOf(loaded: LoadedConfig, key: 'workloads' | 'rigs'): string | undefined {
  const origin = loaded.settings.find((setting) => setting.key === key)?.origin
  return origin?.level === 'user' ? loaded.userFile : loaded.projectFile
}

function isPlace<K extends 'file' | 'glob'>(entry: NonNullable<Config['workloads']>[number], key: K): entry is {[P in K]: string} & typeof entry {
  return !Object.hasOwn(entry, 'kind') && Object.hasOwn(entry, key)
}

/** Providers, policies and so on that the config names, checked against what there is: mistakes here would pass in silence. */
export function checkNames(names: readonly string[], known: readonly string[], what: string, where: string): void {
  for (const name of names) {
    if (known.includes(name)) continue
    const near = nearestNames(name, known)
    throw new RigorError('UNKNOWN_NAME', `${where} — "${echo(name, 60)}" is not ${what}.`, {hint: near.length > 0 ? `did you mean ${near.map((each) => `"${each}"`).join(' or ')}?` : `known: ${known.join(', ')}`})
  }
}
