import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import path from 'node:path'
import packageJson from '../package.json' with {type: 'json'}
import type {Snapshot} from './catalog/snapshot.ts'
import {RigorError} from './errors.ts'
import type {LoadedConfig, LoadOptions} from './store/config.ts'
import type {DisplayCurrency} from './report/format.ts'
import {plainSettings} from './store/plain-settings.ts'
import {terminalOf, type Terminal} from './terminal.ts'
import {isDay} from './text/day.ts'
import {rateOf} from './units/money.ts'

/** What every command knows beside its own flags. */
export interface CommonFlags {
  readonly json?: boolean | undefined
  readonly quiet: boolean
  readonly 'no-color': boolean
  readonly currency?: string | undefined
  readonly catalog?: string | undefined
  readonly config?: string | undefined
  readonly 'as-of'?: string | undefined
}

/**
 * What oclif's `Command` asks of its configuration while it runs. The whole of it, with the manifest of all commands, takes
 * as long to load as a small command to run, and only help and completion need it (`shell.ts`). `root` is dist or src.
 */
export function runtimeConfig(root: string): RigorCommand['config'] {
  const {version, oclif} = packageJson
  const used = {
    root,
    version,
    bin: oclif.bin,
    userAgent: `rigor/${version}`,
    runHook: () => Promise.resolve({successes: [], failures: []}),
    scopedEnvVar: () => undefined,
    scopedEnvVarKeys: () => [],
  }
  return used as unknown as RigorCommand['config']
}

/**
 * The base of all commands: the flags they share, and the rule that stdout carries the answer (one JSON document under
 * `--json`) while everything else goes to stderr. Errors are not printed here but in `main.ts`, once for all.
 */
export abstract class RigorCommand extends Command {
  static override enableJsonFlag = true

  static override baseFlags = {
    quiet: Flags.boolean({char: 'q', summary: 'Print the answer only: no notes on stderr.', helpGroup: 'GLOBAL', default: false}),
    'no-color': Flags.boolean({summary: 'Print no colours (NO_COLOR does the same).', helpGroup: 'GLOBAL', default: false}),
    currency: Flags.string({summary: 'Show money in this currency, such as EUR (or RIGOR_CURRENCY).', helpGroup: 'GLOBAL', helpValue: 'CODE'}),
    catalog: Flags.string({summary: 'Use this catalog instead of the bundled one (or RIGOR_CATALOG).', helpGroup: 'GLOBAL', helpValue: 'DIR|FILE'}),
    config: Flags.string({summary: 'Use this configuration instead of the nearest rigor.yaml (or RIGOR_CONFIG).', helpGroup: 'GLOBAL', helpValue: 'FILE'}),
    'as-of': Flags.string({summary: 'Take this day for today (or RIGOR_AS_OF).', helpGroup: 'GLOBAL', helpValue: 'YYYY-MM-DD'}),
  }

  /** The terminal that the answer is laid out for. */
  protected get terminal(): Terminal {
    return terminalOf(process.stdout, process.env)
  }

  /** The parts of rigor that this run went through beyond the command itself, such as the kinds of its workloads. */
  protected readonly wentThrough = new Set<string>()

  /** Runs the command to its end. Resolves to what it went through: its class, the flags it was given, `wentThrough`. */
  async execute(): Promise<readonly string[]> {
    const flags = this.argv.filter(argument => argument.startsWith('-')).map(argument => argument.replace(/=.*/s, ''))
    await this._run()
    return [this.constructor.name, ...flags, ...this.wentThrough]
  }

  /** oclif would look whether the command is deprecated, and load its help for that; no command of rigor is. */
  protected override async init(): Promise<void> {}

  private loaded: LoadedConfig | undefined

  /** The settings in force: flags (`more`: those of the command's own), then `RIGOR_*`, then rigor.yaml, then the user's config.yaml. Read once. */
  protected async settings(flags: Partial<CommonFlags>, more: Readonly<Record<string, string | number | boolean | undefined>> = {}): Promise<LoadedConfig> {
    if (this.loaded !== undefined) return this.loaded
    const options: LoadOptions = {
      cwd: process.cwd(),
      environment: process.env,
      configFile: flags.config,
      flags: {currency: flags.currency, catalog: flags.catalog, asOf: flags['as-of'], ...more},
    }
    this.loaded = plainSettings(options) ?? (await import('./store/config.ts')).loadConfig(options)
    return this.loaded
  }

  /** Today's date as `YYYY-MM-DD`: `--as-of`, then `RIGOR_AS_OF`, then the configuration (once it is read), then the UTC date. */
  protected today(flags: Pick<CommonFlags, 'as-of'>): string {
    const [chosen, where] = [
      [flags['as-of'], '--as-of'] as const,
      [process.env['RIGOR_AS_OF'], 'RIGOR_AS_OF'] as const,
      [this.loaded?.config.defaults.asOf, 'asOf'] as const,
    ].find(([value]) => value !== undefined && value !== '') ?? [undefined, '']
    if (chosen === undefined) return new Date().toISOString().slice(0, 10)
    if (!isDay(chosen)) throw new RigorError('BAD_DATE', `${where} "${chosen}" is not a day.`, {hint: 'Write it like 2026-11-20.'})
    return chosen
  }

  /** Where package.json, dist/ and, in a clone, data/ lie. */
  protected get packageRoot(): string {
    return path.dirname(this.config.root)
  }

  /** The catalog of `--catalog`, `RIGOR_CATALOG` or the configuration; else the bundled one. */
  protected async openCatalog(flags: Partial<CommonFlags>): Promise<Snapshot> {
    const {openSnapshot} = await import('./store/snapshot.ts')
    return openSnapshot({packageRoot: this.packageRoot, catalog: await this.catalogPath(flags)})
  }

  /** The currency of `--currency`, `RIGOR_CURRENCY` or the configuration, at the dated rate of the catalog. */
  protected async currency(flags: Partial<CommonFlags>, snapshot: Snapshot): Promise<DisplayCurrency> {
    return currencyOf((await this.settings(flags)).config.defaults.currency ?? 'USD', snapshot)
  }

  /** A path in a file starts at the file's folder, one typed at the working directory. */
  protected async catalogPath(flags: Partial<CommonFlags>): Promise<string | undefined> {
    const {settings, config, projectFile, userFile} = await this.settings(flags)
    const chosen = config.defaults.catalog
    const level = settings.find(({key}) => key === 'defaults.catalog')?.origin.level
    const file = level === 'project' ? projectFile : level === 'user' ? userFile : undefined
    return chosen === undefined || file === undefined ? chosen : path.resolve(path.dirname(file), chosen)
  }

  /** The answer. Nothing under `--json`, where `run` returns it instead. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** A note beside the answer: stderr, unless `--quiet`. */
  protected note(flags: Pick<CommonFlags, 'quiet'>, text: string): void {
    if (!flags.quiet) process.stderr.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  override logJson(document: unknown): void {
    process.stdout.write(`${toJson(document)}\n`)
  }

  /** Left to `main.ts`, which knows the exit codes. */
  protected override async catch(error: Error): Promise<never> {
    throw error
  }
}

export function currencyOf(code: string, {exchangeRates}: Pick<Snapshot, 'exchangeRates'>): DisplayCurrency {
  return {code, perUsd: rateOf(code, exchangeRates), asOf: exchangeRates[code]?.asOf ?? ''}
}

/** JSON that cannot steer a terminal: what JSON itself leaves raw (DEL, C1, bidi overrides) is written as an escape. */
export function toJson(document: unknown): string {
  return escapeJson(JSON.stringify(document, undefined, 2))
}

const STEERING = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** The same for JSON text. Most has nothing to escape, so looking comes first. */
export function escapeJson(text: string): string {
  if (!STEERING.test(text)) return text
  return text.replaceAll(new RegExp(STEERING, 'g'), (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
