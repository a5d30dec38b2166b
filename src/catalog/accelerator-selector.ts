import {RigorError} from '../errors.ts'
import {matchesGlob} from '../text/glob.ts'
import {echo} from '../text/safe.ts'
import {MEMORY, readQuantity, readRange, splitNumber, type Dimension, type QuantityRange} from '../units/quantity.ts'
import {resolveAccelerator} from './accelerator-names.ts'
import type {Accelerator} from './schema.ts'

/** Accelerators as people choose them: `h100-sxm-80gb`, `h100-*`, `H100-SXM:8`, `a100-sxm-80gb:4..8`, `24GB..80GB`. */
export interface AcceleratorSelector {
  /** An id, or a pattern of ids; absent = any. */
  readonly name?: string
  /** Of one accelerator. */
  readonly memoryGib?: QuantityRange
  /** Accelerators of one machine. */
  readonly count?: QuantityRange
}

const ACCELERATORS: Dimension = {what: 'a number of accelerators', examples: ['8', '1..8'], units: {'': 1}, bareUnit: ''}
const FORMS = 'Write a name (h100-sxm-80gb, h100-*), a name with a number (h100-sxm-80gb:8, h100-sxm-80gb:1..8) or a range of memory (24GB..80GB).'

/**
 * Text → selector, names resolved to ids. A name that may be several accelerators is an error that lists them, as is one
 * that none bears. `where` begins every message: `--accelerator`, `job.yaml:1, constraints.accelerators`.
 */
export function readAcceleratorSelector(text: string, accelerators: readonly Accelerator[], where: string): AcceleratorSelector {
  const {subject, count} = takeCount(text, where)
  if (isMemory(subject)) return {memoryGib: readAcceleratorMemory(subject, where), ...count}
  return {name: nameOf(subject, accelerators, where), ...count}
}

/** The selector as text that `parseAcceleratorSelector` reads back: `h100-sxm-80gb:8`. Memory stays as it was written. */
export function canonicalAcceleratorText(text: string, accelerators: readonly Accelerator[], where: string): string {
  const {name} = readAcceleratorSelector(text, accelerators, where)
  const colon = text.lastIndexOf(':')
  return name === undefined ? text.trim() : `${name}${colon < 0 ? '' : `:${text.slice(colon + 1).trim()}`}`
}

/** As `readAcceleratorSelector`, for text whose names are ids already. */
export function parseAcceleratorSelector(text: string): AcceleratorSelector {
  const {subject, count} = takeCount(text, text)
  return isMemory(subject) ? {memoryGib: readAcceleratorMemory(subject, text), ...count} : {name: subject, ...count}
}

/** Whether a machine with `count` of an accelerator is meant. A machine may hold a slice of one: it has that share of its memory. */
export function selects(selector: AcceleratorSelector, accelerator: Pick<Accelerator, 'id' | 'memoryGib'>, count: number): boolean {
  const {name, memoryGib, count: counts} = selector
  return (
    (name === undefined || name === accelerator.id || matchesGlob(name, accelerator.id)) &&
    within(counts, count) &&
    (memoryGib === undefined || within(memoryGib, accelerator.memoryGib * Math.min(1, count)))
  )
}

const within = (range: QuantityRange | undefined, value: number): boolean =>
  range === undefined || (value >= (range.minimum ?? 0) && value <= (range.maximum ?? Infinity))

/** `H100-SXM:8` → the name, and the number behind its last colon. */
function takeCount(text: string, where: string): {readonly subject: string; readonly count: {readonly count?: QuantityRange}} {
  const colon = text.lastIndexOf(':')
  if (colon < 0) return {subject: text.trim(), count: {}}
  const written = text.slice(colon + 1)
  const range = readRange(written, ACCELERATORS)
  if (range === undefined) throw new RigorError('BAD_RANGE', `${where} — "${echo(written, 60)}" in "${echo(text, 80)}" is not a number of accelerators.`, {hint: FORMS})
  return {subject: text.slice(0, colon).trim(), count: {count: range}}
}

/** Whether text speaks of memory, well or badly: it has a range, or is an amount with a unit. */
function isMemory(text: string): boolean {
  return text.includes('..') || (splitNumber(text)?.rest !== '' && readQuantity(text, MEMORY) !== undefined)
}

function nameOf(text: string, accelerators: readonly Accelerator[], where: string): string {
  if (text.includes('*')) {
    if (accelerators.some(({id}) => matchesGlob(text, id))) return text
    throw new RigorError('UNKNOWN_ACCELERATOR', `${where} — no accelerator is called "${echo(text, 60)}".`, {hint: 'All of them: rigor hardware list'})
  }
  try {
    return resolveAccelerator(text, accelerators).id
  } catch (error) {
    if (!(error instanceof RigorError)) throw error
    throw new RigorError(error.code, `${where} — ${error.message}`, {...(error.hint !== undefined && {hint: error.hint}), exit: error.exit, cause: error})
  }
}

/**
 * "24GB..80GB" → the GiB between which an accelerator's memory lies. What is sold as 80 GB may be seen by software as
 * 74.5 GiB, 79.65 GiB or 80 GiB, so the range is wide enough to hold all of them.
 */
export function readAcceleratorMemory(text: string, where: string): QuantityRange {
  const range = readRange(text, MEMORY)
  // "24..80" may mean memory as well as a number of accelerators.
  if (range === undefined || !/[a-z]/i.test(text)) {
    throw new RigorError('BAD_MEMORY', `${where} — "${echo(text, 60)}" is not an amount of memory.`, {hint: 'Write it like "80GB", "24GB..80GB" or "80GB..".'})
  }
  const sold = /\dGB\s*$|\dTB\s*$/i.test(text.replaceAll(' ', '')) ? 2 ** 30 / 1e9 : 1.01
  return {...(range.minimum !== undefined && {minimum: range.minimum * 0.99}), ...(range.maximum !== undefined && {maximum: range.maximum * sold})}
}
