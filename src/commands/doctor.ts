import fs from 'node:fs'
import path from 'node:path'
import {RigorCommand, type CommonFlags} from '../command.ts'
import {RigorError} from '../errors.ts'
import {age} from '../report/format.ts'
import {paint, wrap} from '../report/layout.ts'
import {userPaths} from '../store/paths.ts'

interface Check {
  readonly name: string
  readonly status: 'ok' | 'note' | 'problem'
  readonly detail: string
  readonly hint: string | null
}

/** Prices older than this are worth a word. */
const OLD_CATALOG_DAYS = 90

const STYLES = {note: 'yellow', problem: 'red'} as const

export default class Doctor extends RigorCommand {
  static override summary = 'Say what is set up and what is missing: program, catalog and its age, configuration, own measurements, folders.'
  static override description = 'Exits 1 if something does not work.'
  static override examples = [
    {description: 'Look at everything', command: '<%= config.bin %> doctor'},
    {description: 'For a script', command: '<%= config.bin %> doctor --json'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(Doctor)
    const configuration = await this.configuration(flags)
    const checks = [this.program(), ...configuration, ...(configuration.some(({status}) => status === 'problem') ? [] : [await this.catalog(flags, this.today(flags)), ...(await this.measurements(flags))]), ...this.folders()]
    const {columns, color} = this.terminal
    const widest = Math.max(...checks.map(({name}) => name.length))
    const lines = checks.flatMap(({name, status, detail, hint}) =>
      wrap([{text: hint === null ? detail : `${detail} — ${hint}`, ...(status !== 'ok' && {style: STYLES[status]})}], columns, {first: `${status.padEnd(7)}  ${name.padEnd(widest)}  `}))
    this.print(paint(lines, color))
    const ok = checks.every(({status}) => status !== 'problem')
    if (!ok) process.exitCode = 1
    return {ok, checks}
  }

  private program(): Check {
    return {name: 'program', status: 'ok', detail: `rigor ${this.config.version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`, hint: null}
  }

  private async catalog(flags: CommonFlags, today: string): Promise<Check> {
    const name = 'catalog'
    try {
      const snapshot = await this.openCatalog(flags)
      const dates = Object.values(snapshot.asOfByProvider).sort()
      const newest = dates.at(-1) ?? ''
      const detail = `${snapshot.offerCount} offers of ${dates.length} providers, the newest price of ${newest} (${age(newest, today) || 'the future'} old), hash ${snapshot.hash.slice(0, 12)}`
      const [broken] = snapshot.leftOut
      if (broken !== undefined) return {name, status: 'problem', detail: `${snapshot.leftOut.map(({provider}) => provider).join(', ')} left out: ${broken.reason}`, hint: 'rigor catalog verify lists every problem'}
      const days = (Date.parse(today) - Date.parse(newest)) / 86_400_000
      return days > OLD_CATALOG_DAYS ? {name, status: 'note', detail, hint: 'old prices rank after newer ones; a newer rigor has a newer catalog'} : {name, status: 'ok', detail, hint: null}
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      return {name, status: 'problem', detail: error.message, hint: error.hint ?? null}
    }
  }

  /** How many measurements of the user's own are in use, where there are any. */
  private async measurements(flags: CommonFlags): Promise<readonly Check[]> {
    const name = 'measurements'
    const {config, paths, locate} = await this.settings(flags)
    const configured = config.measurements?.length ?? 0
    try {
      const {measurements, hardware, file} = (await import('../store/measurements.ts')).readMeasurements(paths)
      const parts = [
        ...(configured === 0 ? [] : [`${configured} in ${locate(['measurements'])}`]),
        ...(measurements.length === 0 ? [] : [`${measurements.length} in ${file}`]),
        ...(hardware.length === 0 ? [] : [`figures of ${hardware.map(({acceleratorId}) => acceleratorId).filter((id, index, all) => all.indexOf(id) === index).join(', ')}`]),
      ]
      return parts.length === 0 ? [] : [{name, status: 'ok', detail: `of your own in use: ${parts.join(', ')}`, hint: 'rigor calibrate list holds them against the estimates'}]
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      return [{name, status: 'problem', detail: error.message, hint: error.hint ?? null}]
    }
  }

  /** Whether each folder, or the nearest one that exists above it, can be written. Nothing is created. */
  private folders(): readonly Check[] {
    return Object.entries(userPaths()).map(([name, folder]) => {
      let existing = folder
      while (!fs.existsSync(existing) && existing !== path.dirname(existing)) existing = path.dirname(existing)
      try {
        fs.accessSync(existing, fs.constants.W_OK)
        return {name, status: 'ok', detail: existing === folder ? folder : `${folder} (made when needed)`, hint: null}
      } catch {
        return {name, status: 'note', detail: `${folder} cannot be written`, hint: 'set RIGOR_HOME to a folder that can'}
      }
    })
  }

  /** Which files the settings come from, and variables that nothing reads. */
  private async configuration(flags: CommonFlags): Promise<readonly Check[]> {
    const name = 'configuration'
    try {
      const {projectFile, userFile, settings, unknownVariables} = await this.settings(flags)
      const files = [projectFile, userFile].filter((file) => file !== undefined)
      const detail = files.length === 0 ? 'no rigor.yaml and no config.yaml: all settings have their defaults' : `${settings.length} settings, files: ${files.join(' and ')}`
      const unread = unknownVariables.map((variable): Check => ({
        name: 'variable', status: 'note', detail: `nothing reads ${variable.name}`, hint: variable.near === undefined ? null : `did you mean ${variable.near}?`,
      }))
      return [{name, status: 'ok', detail, hint: null}, ...unread]
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      return [{name, status: 'problem', detail: error.message, hint: error.hint ?? null}]
    }
  }
}
