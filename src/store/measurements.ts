import {createHash, randomBytes} from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import * as z from 'zod'
import {Measurement} from '../config/measurement.ts'
import {RigorError} from '../errors.ts'
import {canonicalJson} from '../text/canonical-json.ts'
import {readDocuments, type LocatedDocument} from '../text/documents.ts'
import {findings, findingsError} from '../text/issues.ts'
import {echo} from '../text/safe.ts'
import {label} from '../workload/fields.ts'
import type {Paths} from './paths.ts'
import {MAXIMUM_BYTES, readTextFile} from './text-file.ts'

/** The user's own measurement store: one file in the data folder, written by `rigor calibrate`. */
export const MEASUREMENTS_FILE = 'measurements.json'

const Id = z.string().regex(/^[mh]-[0-9a-f]{10}$/, {error: () => 'an id looks like "m-0123456789"'})
const positive = () => z.number().positive().max(1e30)

/** Figures of one accelerator, from bench/hardware/measure.py. */
export const StoredHardware = z.strictObject({
  id: Id,
  acceleratorId: label(120),
  /** The name that the driver gives it. */
  device: label(200),
  measuredOn: z.iso.date(),
  matmulFlops: z.record(label(20), positive()),
  bandwidthBytesPerSecond: positive().optional(),
  idleWatts: positive().optional(),
  maximumWatts: positive().optional(),
  note: label(500).optional(),
})
export type StoredHardware = z.infer<typeof StoredHardware>

/** As written: quantities stay text, so that they are read by the rules of the day. */
export interface StoredMeasurement {
  readonly id: string
  readonly workload: Readonly<Record<string, unknown>> & {readonly kind: string}
  readonly on: string
  readonly throughput?: string | number | undefined
  readonly duration?: string | number | undefined
  readonly configuration?: Readonly<Record<string, unknown>> | undefined
  readonly date?: string | undefined
  readonly note?: string | undefined
}

const StoreFile = z.strictObject({
  schema: z.literal('rigor.measurements/1'),
  // The rest of an entry is checked when it is used: one that is wrong costs itself.
  measurements: z.array(z.looseObject({id: Id, workload: z.looseObject({kind: z.string()}), on: z.string()})).max(100_000),
  hardware: z.array(StoredHardware).max(10_000),
})

export interface MeasurementStore {
  readonly file: string
  readonly measurements: readonly StoredMeasurement[]
  readonly hardware: readonly StoredHardware[]
  /** `file:line` of a place in it. */
  locate(at: readonly PropertyKey[]): string
}

export const measurementsFile = (paths: Pick<Paths, 'data'>): string => path.join(paths.data, MEASUREMENTS_FILE)

/** The store; empty where there is no file. */
export function readMeasurements(paths: Pick<Paths, 'data'>): MeasurementStore {
  const file = measurementsFile(paths)
  if (!fs.existsSync(file)) return {file, measurements: [], hardware: [], locate: () => file}
  const [document] = readDocuments(readTextFile(file), file) as readonly [LocatedDocument]
  const parsed = StoreFile.safeParse(document.value)
  if (!parsed.success) throw findingsError(findings(parsed.error.issues, StoreFile, document.value, MEASUREMENTS_FILE), at => document.locate(at), `Move ${echo(file, 300)} away to begin anew.`)
  return {file, measurements: parsed.data.measurements, hardware: parsed.data.hardware, locate: at => document.locate(at)}
}

/** One entry, checked as in rigor.yaml. */
export function parseStored(store: MeasurementStore, index: number): Measurement {
  const {id: _, ...entry} = store.measurements[index] as StoredMeasurement
  const parsed = Measurement.safeParse(entry)
  if (!parsed.success) throw findingsError(findings(parsed.error.issues, Measurement, entry, 'a measurement'), at => store.locate(['measurements', index, ...at]), 'rigor calibrate remove ID takes it out')
  return parsed.data
}

/** Equal content, equal id: what was measured where. When and with what remark changes nothing about it. */
export function measurementId({workload, on, throughput, duration, configuration}: Omit<StoredMeasurement, 'id'>): string {
  return `m-${digest({workload, on, throughput, duration, configuration})}`
}

export function hardwareId(hardware: Omit<StoredHardware, 'id'>): string {
  const {note: _, ...figures} = hardware
  return `h-${digest(figures)}`
}

const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 10)

/** A lock older than this was left behind: a change takes milliseconds. */
const STALE_LOCK_MILLISECONDS = 10_000
const LOCK_TRIES = 200
const LOCK_PAUSE_MILLISECONDS = 20

/**
 * Changes the store: reads it, writes the whole of it beside the old one and puts it in its place, so that a reader sees one or the
 * other. Several at a time wait for each other. `change` gives what the store is to hold, or `undefined` to leave it.
 */
export function changeMeasurements(paths: Pick<Paths, 'data'>, change: (store: MeasurementStore) => Pick<MeasurementStore, 'measurements' | 'hardware'> | undefined): void {
  const file = measurementsFile(paths)
  const lock = `${file}.lock`
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  const token = randomBytes(8).toString('hex')
  try {
    fs.mkdirSync(path.dirname(file), {recursive: true})
    takeLock(lock, token)
    const changed = change(readMeasurements(paths))
    if (changed === undefined) return
    // Compact: with an indentation, what is left of a store that can be read may be more than can be read.
    const text = `${JSON.stringify({schema: 'rigor.measurements/1', ...changed})}\n`
    if (Buffer.byteLength(text) > MAXIMUM_BYTES) throw new RigorError('TOO_LARGE', `${echo(file, 300)} would be larger than 10 MB; it stays as it is.`, {hint: 'Take older measurements out first: rigor calibrate list, rigor calibrate remove ID.'})
    fs.writeFileSync(temporary, text, {mode: 0o600})
    if (!holds(lock, token)) throw new RigorError('NOT_WRITABLE', `${echo(file, 300)} was taken over by another process while this one was held up; it stays as that left it.`, {hint: 'Run the command once more.'})
    fs.renameSync(temporary, file)
  } catch (cause) {
    fs.rmSync(temporary, {force: true})
    if (cause instanceof RigorError) throw cause
    throw new RigorError('NOT_WRITABLE', `${echo(file, 300)} cannot be written (${echo(String((cause as NodeJS.ErrnoException).code ?? cause))}).`, {hint: 'Set RIGOR_HOME to a folder that can be written, or check the permissions.', cause})
  } finally {
    if (holds(lock, token)) fs.rmSync(lock, {force: true})
  }
}

function takeLock(lock: string, token: string): void {
  for (let tries = 0; ; tries++) {
    try {
      fs.writeFileSync(lock, token, {flag: 'wx'})
      return
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || tries >= LOCK_TRIES) throw cause
      if (isStale(lock)) clearStale(lock, `${lock}.${token}`)
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MILLISECONDS)
    }
  }
}

const isStale = (lock: string): boolean => Date.now() - (fs.statSync(lock, {throwIfNoEntry: false})?.mtimeMs ?? Date.now()) > STALE_LOCK_MILLISECONDS

/** Several may have seen the same stale lock: one of them moves it aside, and who moved the lock of the next holder instead puts it back. */
function clearStale(lock: string, aside: string): void {
  try {
    fs.renameSync(lock, aside)
    if (!isStale(aside)) fs.linkSync(aside, lock)
  } catch (cause) {
    if (!['ENOENT', 'EEXIST'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause
  } finally {
    fs.rmSync(aside, {force: true})
  }
}

function holds(lock: string, token: string): boolean {
  try {
    return fs.readFileSync(lock, 'utf8') === token
  } catch {
    return false
  }
}
