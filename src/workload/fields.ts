import * as z from 'zod'
import {$constructor} from 'zod/v4/core'
import {didYouMean} from '../text/nearest.ts'
import {echo, shown} from '../text/safe.ts'
import {readMoney, readMoneyPerHour, readTariff, type Money} from '../units/money.ts'
import {
  BANDWIDTH, BYTE_COUNT, COUNT, DATA, DURATION, expectation, FLOP_COUNT, FREQUENCY, LATENCY, MEMORY, POWER, readQuantity, SHARE, splitNumber, type Dimension,
} from '../units/quantity.ts'

/**
 * zod fields that take a number or what a person writes ("50k", "48h", "80 GiB") and give one plain number in one
 * unit. Each has bounds, so that no sum or product of parsed fields overflows.
 */

/** Nothing that is counted, timed or weighed here exceeds this; squares and products of three stay finite. */
const LARGEST = 1e30

/** What has to be above a bound is so by this at least: quotients stay finite, too. */
const SMALLEST = 1e-12

interface Bounds {
  readonly minimum?: number
  /** The value itself is not allowed: greater than this. */
  readonly above?: number
  readonly maximum?: number
  readonly whole?: boolean
}

function outside(value: number, {minimum, above, maximum, whole}: Bounds): string | undefined {
  if (whole === true && !Number.isSafeInteger(value)) return 'a whole number'
  if (above !== undefined && value <= above) return `more than ${above}`
  if (above !== undefined && value < above + SMALLEST) return `at least ${above + SMALLEST}`
  if (minimum !== undefined && value < minimum) return `at least ${minimum}`
  if (maximum !== undefined && value > maximum) return `at most ${maximum}`
  return undefined
}

/** 1.1 × 1e6 is 1100000.0000000002: what is whole but for rounding is whole. */
function settle(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value - rounded) <= 1e-9 * Math.abs(rounded) ? rounded : value
}

/**
 * A shape whose fields are built when an object of that shape is first parsed or looked into (zod spreads a shape then,
 * and not before). A process reads workloads of one kind, mostly, and building every schema of every kind took it 10 ms.
 */
export function lazyShape<S extends Readonly<Record<string, z.core.$ZodType>>>(make: () => S): S {
  let made: S | undefined
  const shape = (): S => (made ??= make())
  return new Proxy({} as S, {
    get: (_, key) => Reflect.get(shape(), key) as unknown,
    has: (_, key) => Reflect.has(shape(), key),
    ownKeys: () => Reflect.ownKeys(shape()),
    getOwnPropertyDescriptor: (_, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(shape(), key)
      return descriptor && {...descriptor, configurable: true}
    },
  })
}

/** Where a field puts what is wrong with its value. */
type Context = Pick<z.core.ParsePayload, 'issues'>

interface FieldDef extends z.core.$ZodTypeDef {
  readonly type: 'custom'
  readonly read: (input: unknown, context: Context) => unknown
  /** What JSON Schema says of what may be written. */
  readonly json: z.core.JSONSchema.BaseSchema
}

// Typed as what it is called for: as an assertion, it would have to be named in full.
const initialize: (schema: z.ZodType, def: z.core.$ZodTypeDef) => void = z.ZodType.init

/**
 * A sort of schema of our own: it reads its value in one step. Every process that reads a workload makes some hundred
 * fields, and a union of texts and numbers with a transform behind it would be five schemas each.
 */
const Field = $constructor<z.ZodType, FieldDef>('Field', (schema, def) => {
  initialize(schema, def)
  schema._zod.parse = (payload) => {
    payload.value = def.read(payload.value, payload)
    return payload
  }
  schema._zod.processJSONSchema = (_, json) => void Object.assign(json, def.json)
})

function field<I, O>(json: FieldDef['json'], read: (input: unknown, context: Context) => O): z.ZodType<O, I> {
  return new Field({type: 'custom', read, json}) as z.ZodType<O, I>
}

interface LaterDef extends z.core.$ZodTypeDef {
  readonly type: 'custom'
  readonly inner: () => z.ZodType
}

const Later = $constructor<z.ZodType, LaterDef>('Later', (schema, def) => {
  initialize(schema, def)
  schema._zod.parse = (payload, context) => def.inner()._zod.run(payload, context)
  schema._zod.processJSONSchema = (context, json) => {
    const {$schema: _, ...inner} = z.toJSONSchema(def.inner(), {io: context.io, unrepresentable: 'any'})
    Object.assign(json, inner)
  }
})

/**
 * A part of a spec that few specs have: built when a value for it is read. Unlike the shape of an object, or `z.lazy`, it
 * is passed over when zod looks through a schema for cycles before its first use; so it must hold none.
 */
export function later<T extends z.ZodType>(make: () => T): z.ZodType<z.output<T>, z.input<T>> {
  let made: T | undefined
  return new Later({type: 'custom', inner: () => (made ??= make())}) as z.ZodType<z.output<T>, z.input<T>>
}

/** Adds a complaint about a value of the wrong sort (`invalid_type`, as zod says of an absent one, too), or about the value itself. */
function complain(context: Context, input: unknown, message: string, code: 'invalid_type' | 'custom' = 'custom'): never {
  context.issues.push(code === 'custom' ? {code, input, message} : {code, expected: 'string', input, message})
  return z.NEVER
}

/** Numbers and texts, as quantities are written. */
type Written = number | string
const WRITTEN: z.core.JSONSchema.BaseSchema[] = [{type: 'number'}, {type: 'string'}]

const isWritten = (input: unknown): input is Written => typeof input === 'string' || (typeof input === 'number' && Number.isFinite(input))

function quantityField(dimension: Dimension, unitOfBounds: string, bounds: Bounds, clean: (text: string) => string = (text) => text) {
  const expected = expectation(dimension)
  const description = `${dimension.what[0]?.toUpperCase()}${dimension.what.slice(1)}: ${dimension.examples.join(', ')}.`
  return field<Written, number>({anyOf: WRITTEN, description}, (input, context) => {
    if (!isWritten(input)) return complain(context, input, `${shown(input)} is not ${dimension.what}: expected ${expected}`, 'invalid_type')
    const raw = readQuantity(typeof input === 'string' ? clean(input) : input, dimension)
    if (raw === undefined) {
      const bare = dimension.bareUnit === undefined && (typeof input === 'number' || splitNumber(input)?.rest === '')
      return complain(context, input, bare ? `${shown(input)} has no unit: expected ${expected}` : `${shown(input)} is not ${dimension.what}: expected ${expected}`)
    }
    const value = settle(raw)
    const wrong = outside(value, {maximum: LARGEST, ...bounds})
    if (wrong !== undefined) return complain(context, input, `${shown(input)} is out of range: expected ${wrong}${unitOfBounds === '' ? '' : ` ${unitOfBounds}`}`)
    return value
  })
}

/** A count above zero: 50000, "50k", "2 million", "15T". May be broken where it is an average; see `whole`. */
export const count = (bounds: Bounds = {}) => quantityField(COUNT, '', {above: 0, ...bounds})
/** A whole number from 1: 8, "64k". */
export const whole = (bounds: Bounds = {}) => quantityField(COUNT, '', {minimum: 1, maximum: 1e15, whole: true, ...bounds})
/** Tokens: "15T", "2 million tokens". */
export const tokens = (bounds: Bounds = {}) => quantityField({...COUNT, what: 'a number of tokens', examples: ['800', '15T', '2 million tokens']}, 'tokens', {above: 0, maximum: 1e18, ...bounds}, (text) => text.replace(/\s*(?:tok|tokens?)\s*$/i, ''))
/** Seconds, from text with a unit: "48h", "3 days", "1h30m". A bare number is refused, since hours and seconds look alike. */
export const durationSeconds = (bounds: Bounds = {}) => quantityField(DURATION, 'seconds', {above: 0, maximum: 3.2e9, ...bounds})
/** Seconds, where a bare number means seconds: "500 ms", 0.5. For latencies. */
export const latencySeconds = (bounds: Bounds = {}) => quantityField(LATENCY, 'seconds', {above: 0, maximum: 1e6, ...bounds})
/** GiB: "80 GiB", "80 GB" (= 74.5 GiB), 80. */
export const memoryGib = (bounds: Bounds = {}) => quantityField(MEMORY, 'GiB', {above: 0, maximum: 1e9, ...bounds})
/** GB of 1e9 bytes: "2 TB", 500. */
export const dataGb = (bounds: Bounds = {}) => quantityField(DATA, 'GB', {minimum: 0, maximum: 1e12, ...bounds})
/** Bytes: "2 TB", 3.5e12. */
export const byteCount = (bounds: Bounds = {}) => quantityField(BYTE_COUNT, 'bytes', {above: 0, maximum: 1e24, ...bounds})
/** Floating-point operations: 1.2e18, "3 PFLOP". */
export const flopCount = (bounds: Bounds = {}) => quantityField(FLOP_COUNT, 'FLOP', {above: 0, maximum: 1e30, ...bounds})
/** A share from 0 to 1: 0.3 or "30%". */
export const share = (bounds: Bounds = {}) => quantityField(SHARE, '', {minimum: 0, maximum: 1, ...bounds})
export const powerWatts = (bounds: Bounds = {}) => quantityField(POWER, 'W', {minimum: 0, maximum: 1e9, ...bounds})
/** Bytes per second from "10 Gbit/s" or "1.2 GB/s". */
export const bandwidthBytesPerSecond = (bounds: Bounds = {}) => quantityField(BANDWIDTH, 'bytes/s', {above: 0, maximum: 1e15, ...bounds})
/** Events per second: 5, "5/s", "300/min". */
export const perSecond = (bounds: Bounds = {}) => quantityField(FREQUENCY, '/s', {above: 0, maximum: 1e9, ...bounds}, (text) => text.replace(/\s*(?:requests?|req|steps?|samples?|frames?)\s*\//i, ' /'))
/** A ratio without unit, above zero: 1.5. */
export const ratio = (bounds: Bounds = {}) => quantityField({...COUNT, what: 'a ratio', examples: ['1', '2.5'], units: {'': 1}}, '', {above: 0, maximum: 1e9, ...bounds})

function moneyField(expected: string, read: (input: string | number) => Money | undefined, {zero = true}: {zero?: boolean} = {}) {
  return field<Written, Money>({anyOf: WRITTEN, description: `${expected[0]?.toUpperCase()}${expected.slice(1)}.`}, (input, context) => {
    if (!isWritten(input)) return complain(context, input, `${shown(input)} is not an amount of money: expected ${expected}`, 'invalid_type')
    const money = typeof input === 'string' && input.length > 60 ? undefined : read(input)
    if (money === undefined) return complain(context, input, `${shown(input)} is not ${expected.startsWith('a tariff') ? 'a tariff' : 'an amount of money'}: expected ${expected}`)
    if (!(money.amount <= 1e15) || money.amount < 0 || (!zero && money.amount === 0)) return complain(context, input, `${shown(input)} is out of range: expected ${zero ? 'at least' : 'more than'} 0 and at most 1e15`)
    return money
  })
}

/** "200 USD", "41 EUR", 200 (= USD). Stays in its currency until the edge: `moneyToUsd`. */
export const money = (options: {zero?: boolean} = {}) => moneyField('an amount such as "200 USD", "41 EUR" or 200 (= USD)', readMoney, options)
/** "40 USD/h", 40 (= USD/h). */
export const moneyPerHour = () => moneyField('an hourly price such as "40 USD/h" or 40 (= USD/h)', readMoneyPerHour)
/** "0.31 EUR/kWh": money per kWh; the currency has to be written. */
export const tariff = () => moneyField('a tariff such as "0.31 EUR/kWh"', (input) => (typeof input === 'string' ? readTariff(input) : undefined))

/** A rate in its own words: 12300, "12,300 tokens/s", "3.2 runs/h". */
export interface Rate {
  readonly amount: number
  /** What is counted, lower case ("tokens"); `null` where only a number was written. */
  readonly noun: string | null
  /** Seconds of the unit of time written after the slash; `null` where none was. */
  readonly perSeconds: number | null
}

const PERIOD_SECONDS: Readonly<Record<string, number>> = {s: 1, sec: 1, second: 1, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600, d: 86_400, day: 86_400}

/** `undefined` where the text is no rate. */
export function readRate(input: string | number): Rate | undefined {
  if (typeof input === 'number') return Number.isFinite(input) ? {amount: input, noun: null, perSeconds: null} : undefined
  const head = splitNumber(input)
  if (head === undefined) return undefined
  if (head.rest === '') return {amount: head.amount, noun: null, perSeconds: null}
  const match = /^([kKMGBT](?=\s|\/))?\s*([A-Za-z][A-Za-z ×-]{0,40}?)?\s*(?:\/\s*([A-Za-z]{1,6}))?$/.exec(head.rest)
  const factor = match?.[1] === undefined ? 1 : {K: 1e3, k: 1e3, M: 1e6, G: 1e9, B: 1e9, T: 1e12}[match[1]] ?? 1
  const perSeconds = match?.[3] === undefined ? null : PERIOD_SECONDS[match[3].toLowerCase()]
  if (match === null || perSeconds === undefined) return undefined
  return {amount: head.amount * factor, noun: match[2]?.trim().toLowerCase() ?? null, perSeconds}
}

/** The unit of a rate as it was read: "tokns/s". */
export function unitOfRate({noun, perSeconds}: Rate): string {
  const period = Object.entries(PERIOD_SECONDS).find(([, seconds]) => seconds === perSeconds)?.[0]
  return `${noun ?? ''}${period === undefined ? '' : `/${period}`}`
}

/** The rate in a kind's throughput unit ("output tokens/s", "runs/h"); `undefined` where its noun or its form does not fit. */
export function rateIn(rate: Rate, throughputUnit: string): number | undefined {
  const own = readRate(`1 ${throughputUnit}`)
  if (own === undefined || rate.noun === null) return rate.perSeconds === null || own === undefined ? rate.amount : (rate.amount / rate.perSeconds) * (own.perSeconds ?? 1)
  const nouns = (own.noun ?? '').split(' ')
  if (!rate.noun.split(' ').every((word) => nouns.some((known) => known === word || known === `${word}s` || `${known}s` === word))) return undefined
  if (rate.perSeconds === null || own.perSeconds === null) return rate.perSeconds === own.perSeconds ? rate.amount : undefined
  return (rate.amount / rate.perSeconds) * own.perSeconds
}

/** "12,300 tokens/s" or 12300. */
export const rate = () =>
  field<Written, Rate>({anyOf: WRITTEN, description: 'A rate: "12,300 tokens/s", or a number in the unit of the kind.'}, (input, context) => {
    const expected = 'expected text such as "12,300 tokens/s" or a number'
    if (!isWritten(input)) return complain(context, input, `${shown(input)} is not a rate: ${expected}`, 'invalid_type')
    const value = readRate(input)
    if (value === undefined || !(value.amount > 0) || value.amount > LARGEST) return complain(context, input, `${shown(input)} is not a rate above zero: ${expected}`)
    return value
  })

/** What keeps a text from being a label; `undefined` where nothing does. */
function wrongLabel(text: string, longest: number): string | undefined {
  if (text === '') return 'the text is empty'
  if (text.length > longest) return `the text is longer than ${longest} characters`
  return echo(text, longest + 1) === text ? undefined : `${shown(text)} holds control or invisible characters`
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** "mon-fri", "sat, sun", "all" → days from 0 = Monday, each once. */
export const daysOfWeek = () =>
  field<string, number[]>({type: 'string', description: 'Days: "mon-fri", "sat, sun" or "all".'}, (input, context) => {
    const expected = 'expected "mon-fri", "sat, sun" or "all"'
    if (typeof input !== 'string') return complain(context, input, `${shown(input)} is not text: ${expected}`, 'invalid_type')
    return readDays(input) ?? complain(context, input, `${shown(input)} names no days: ${expected}`)
  })

function readDays(text: string): number[] | undefined {
  if (text.length > 60) return undefined
  if (text.trim().toLowerCase() === 'all') return DAYS.map((_, day) => day)
  const days = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const [first, last = first, ...more] = part.split('-').map((name) => DAYS.indexOf(name.trim().slice(0, 3)))
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) return undefined
    for (let day = first; ; day = (day + 1) % DAYS.length) {
      days.add(day)
      if (day === last) break
    }
  }
  return [...days].sort((a, b) => a - b)
}

/** "22:00" → 22: prices change on the hour. */
export const hourOfDay = () =>
  field<string, number>({type: 'string', description: 'A full hour: "22:00".'}, (input, context) => {
    const expected = 'expected a full hour such as "22:00"'
    if (typeof input !== 'string') return complain(context, input, `${shown(input)} is not text: ${expected}`, 'invalid_type')
    const hour = /^(\d{1,2}):00$/.exec(input.trim())?.[1]
    return hour === undefined || Number(hour) > 24 ? complain(context, input, `${shown(input)} is no hour of a day: ${expected}`) : Number(hour)
  })

export const yesOrNo = () => z.boolean({error: () => 'expected true or false'})

/** A short name or label: one line, no control characters. */
export const label = (longest = 120) =>
  field<string, string>({type: 'string', minLength: 1, maxLength: longest}, (input, context) => {
    if (typeof input !== 'string') return complain(context, input, `${shown(input)} is not text: expected text`, 'invalid_type')
    const wrong = wrongLabel(input, longest)
    return wrong === undefined ? input : complain(context, input, wrong)
  })

const MOST_LABELS = 500

/** One label or a list of them; always a list afterwards. */
export const labels = (longest = 120) => {
  const text = {type: 'string', minLength: 1, maxLength: longest} as const
  return field<string | readonly string[], string[]>({anyOf: [text, {type: 'array', minItems: 1, maxItems: MOST_LABELS, items: text}]}, (input, context) => {
    const list: unknown[] = Array.isArray(input) ? input : [input]
    if (!list.every((entry) => typeof entry === 'string')) return complain(context, input, `${shown(input)} is neither text nor a list of texts`, 'invalid_type')
    if (list.length === 0) return complain(context, input, 'the list is empty')
    if (list.length > MOST_LABELS) return complain(context, input, `the list is longer than ${MOST_LABELS} entries`)
    for (const entry of list) {
      const wrong = wrongLabel(entry, longest)
      if (wrong !== undefined) return complain(context, input, wrong)
    }
    return list
  })
}

/** Width and height in pixels. */
export interface Pixels {
  readonly width: number
  readonly height: number
}

const LONGEST_EDGE = 65_536
const EDGE: z.core.JSONSchema.BaseSchema = {type: 'integer', minimum: 1, maximum: LONGEST_EDGE}
const EDGES: z.core.JSONSchema.BaseSchema = {type: 'object', properties: {width: EDGE, height: EDGE}, required: ['width', 'height'], additionalProperties: false}

/** "1280x720", or {width: 1280, height: 720}. */
export const pixels = () =>
  field<string | Pixels, Pixels>({anyOf: [{type: 'string'}, EDGES], description: 'Width and height in pixels: "1280x720".'}, (input, context) => {
    const expected = 'expected text such as "1280x720"'
    const edges = typeof input === 'string' ? edgesIn(input) : typeof input === 'object' && input !== null ? edgesOf(input) : undefined
    if (edges === undefined) return complain(context, input, `${shown(input)} is no width and height: ${expected}`, typeof input === 'string' ? 'custom' : 'invalid_type')
    const {width, height} = edges
    if (![width, height].every(edge => Number.isSafeInteger(edge) && edge >= 1 && edge <= LONGEST_EDGE)) return complain(context, input, `${shown(input)} is out of range: expected edges of 1 to ${LONGEST_EDGE} pixels`)
    return edges
  })

function edgesIn(text: string): Pixels | undefined {
  const [, width, height] = (text.length > 30 ? null : /^\s*(\d+) ?[x×*] ?(\d+)\s*$/i.exec(text)) ?? []
  return width === undefined || height === undefined ? undefined : {width: Number(width), height: Number(height)}
}

function edgesOf(value: object): Pixels | undefined {
  const {width, height, ...more} = value as Record<string, unknown>
  return typeof width === 'number' && typeof height === 'number' && Object.keys(more).length === 0 ? {width, height} : undefined
}

/** One of several words, in any case, with other spellings. */
export function word<const W extends string>(words: readonly W[], spellings: Readonly<Record<string, W>> = {}) {
  const expected = words.join(', ')
  return field<string, W>({type: 'string', enum: [...words], description: `One of ${expected}.`}, (input, context) => {
    if (typeof input !== 'string') return complain(context, input, `${shown(input)} is none of ${expected}`, 'invalid_type')
    const written = input.trim().toLowerCase()
    const value = words.find((known) => known.toLowerCase() === written) ?? Object.entries(spellings).find(([known]) => known.toLowerCase() === written)?.[1]
    if (value !== undefined) return value
    const near = didYouMean(input, words, 1)
    return complain(context, input, `${shown(input)} is none of ${expected}${near === undefined ? '' : ` — ${near}`}`)
  })
}

const NAMED_RESOLUTIONS: Readonly<Record<string, readonly [number, number]>> = {'720p': [1280, 720], '1080p': [1920, 1080], '1440p': [2560, 1440], '2160p': [3840, 2160], '4k': [3840, 2160], '8k': [7680, 4320]}
const LONGEST_SIDE = 65_536

/** Pixels: "3840x2160", "1024", "4k". */
export const resolution = () =>
  field<Written, {readonly width: number; readonly height: number}>({anyOf: WRITTEN, description: 'Width and height in pixels: "3840x2160", "1440p", "4k", or one number for a square.'}, (input, context) => {
    const expected = 'expected "3840x2160", "1440p", "4k" or one number'
    if (!isWritten(input)) return complain(context, input, `${shown(input)} is not a resolution: ${expected}`, 'invalid_type')
    const text = String(input).trim().toLowerCase()
    const [, first, second = first] = /^(\d{1,6})(?:\s*[x×]\s*(\d{1,6}))?$/.exec(text) ?? []
    const [width, height] = (Object.hasOwn(NAMED_RESOLUTIONS, text) ? NAMED_RESOLUTIONS[text] : first === undefined ? undefined : [Number(first), Number(second)]) ?? []
    if (width === undefined || height === undefined) return complain(context, input, `${shown(input)} is not a resolution: ${expected}`)
    if (Math.min(width, height) < 1 || Math.max(width, height) > LONGEST_SIDE) return complain(context, input, `${shown(input)} is out of range: expected 1 to ${LONGEST_SIDE} pixels a side`)
    return {width, height}
  })
