import type {Interval} from '../performance/types.ts'
import type {PlanDocument, PlansDocument, PlanTarget, RejectedTarget} from '../planner/document.ts'

const POWERS_OF_TEN = Array.from({length: 20}, (_, exponent) => 10 ** exponent)

/**
 * Six significant digits: more than any estimate is worth, and the same bytes on every machine. Whole numbers stay as
 * they are. Dividing a whole number by a power of ten gives the double nearest to the decimal, as parsing it would.
 */
export function round6(value: number): number {
  if (Number.isInteger(value)) return value
  const digits = 5 - Math.floor(Math.log10(Math.abs(value)))
  const power = POWERS_OF_TEN[Math.abs(digits)]
  if (power === undefined) return Number(value.toPrecision(6))
  return digits > 0 ? Math.round(value * power) / power : Math.round(value / power) * power
}

/**
 * `String(round6(value))` without the division: the digits of the whole number, and a point between them. Finding the shortest text of a double is most of
 * what writing a figure costs.
 */
export function text6(value: number): string {
  const size = Math.abs(value)
  const places = 5 - Math.floor(Math.log10(size))
  const power = POWERS_OF_TEN[places]
  if (Number.isInteger(value) || size < 1e-6 || power === undefined) return String(round6(value))
  // Halves are rounded up, not away from 0.
  let digits = String(Math.abs(Math.round(value * power)))
  if (digits.length <= places) digits = digits.padStart(places + 1, '0')
  let end = digits.length
  while (end > digits.length - places && digits.charCodeAt(end - 1) === ZERO) end--
  const point = digits.length - places
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}${end > point ? `.${digits.slice(point, end)}` : ''}`
}
const ZERO = '0'.charCodeAt(0)

/** A figure that is the sum of the lines beside it → the key of a line's own figure. */
const PART_OF: Readonly<Record<string, 'usd' | 'gib'>> = {usd: 'usd', needed: 'gib'}

/** The sum of the lines as they are written, so that it holds for whoever adds them up; `undefined` where nothing is a sum. */
function totalOf(figure: string, lines: unknown): number | undefined {
  const key = PART_OF[figure]
  if (key === undefined || !Array.isArray(lines) || lines.length === 0) return undefined
  let total = 0
  for (const line of lines as readonly Readonly<Record<string, unknown>>[]) {
    const part = line[key]
    if (typeof part !== 'number') return undefined
    total += round6(part)
  }
  return Number(total.toPrecision(12))
}

/** An interval around a sum of rounded lines: its ends may have been rounded past it. */
function around({p10, p50, p90}: Interval, total: number): Interval {
  return {p10: p10 >= p50 ? total : Math.min(round6(p10), total), p50: total, p90: p90 <= p50 ? total : Math.max(round6(p90), total)}
}

type KeyOrder<T> = readonly (keyof T & string)[]

const PLAN_KEYS: KeyOrder<PlanDocument> = [
  'schema', 'workload', 'understood', 'objective', 'catalog', 'considered', 'answer', 'targets', 'feasible', 'rejected', 'advice', 'pareto', 'notes',
]
const TARGET_KEYS: KeyOrder<PlanTarget> = [
  'rank', 'id', 'provider', 'service', 'instanceType', 'region', 'zone', 'otherRegions', 'purchase', 'nodes', 'accelerator', 'accelerators', 'acceleratorsBilled',
  'eligible', 'ineligibleReason', 'configuration', 'throughput', 'capacity', 'durationHours', 'workHours', 'latency', 'memoryGib', 'powerWatts', 'energyKwh', 'carbonKg', 'cost',
  'availability', 'confidence', 'bottleneck', 'tradeoffs', 'why', 'warnings', 'rig', 'operators', 'explanation',
]
const REJECTED_KEYS: KeyOrder<RejectedTarget> = ['id', 'provider', 'reason', 'detail', 'nearest', 'estimate']
const CONFIGURATION_KEYS: KeyOrder<PlanTarget['configuration']> = [
  'runtime', 'precision', 'tp', 'pp', 'dp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload', 'migProfile',
]

/** Keys in the given order, further ones behind in theirs; absent ones stay absent. */
function ordered(value: object, keys: readonly string[]): Record<string, unknown> {
  const source = value as Readonly<Record<string, unknown>>
  const result: Record<string, unknown> = {}
  for (const key of keys) if (source[key] !== undefined) result[key] = source[key]
  for (const key of Object.keys(source)) if (!(key in result) && source[key] !== undefined) result[key] = source[key]
  return result
}

const byName = (value: Readonly<Record<string, unknown>>): Record<string, unknown> => ordered(value, Object.keys(value).toSorted())

function isInterval(value: unknown): value is Interval {
  return value !== null && typeof value === 'object' && 'p50' in value
}

function rounded(value: unknown, at: string): unknown {
  if (typeof value === 'number') {
    // JSON would turn it into null, which means "unknown": a wrong figure must not pass as a missing one.
    if (!Number.isFinite(value)) throw new TypeError(`${at} is ${value}`)
    return round6(value)
  }
  if (Array.isArray(value)) return value.map((entry, index) => rounded(entry, `${at}[${index}]`))
  if (value !== null && typeof value === 'object') {
    const result = Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined).map(([key, entry]) => [key, rounded(entry, `${at}.${key}`)]))
    for (const figure of Object.keys(PART_OF)) {
      const total = isInterval(result[figure]) ? totalOf(figure, (value as {lines?: unknown}).lines) : undefined
      if (total !== undefined) result[figure] = around(result[figure] as Interval, total)
    }
    return result
  }
  return value
}

function targetJson(target: object, at: string): unknown {
  const {configuration} = target as Partial<PlanTarget>
  const keyed = configuration === undefined ? target : {...target, configuration: ordered(configuration, CONFIGURATION_KEYS)}
  return rounded(ordered(keyed, TARGET_KEYS), at)
}

/**
 * The document as `--json` prints it: keys in the order of DESIGN, figures with six significant digits, providers of
 * the catalog by name; what is a sum of lines is the sum of the lines as written. The workload is the user's own and stays as it was given.
 */
export function planJson(document: PlanDocument): Record<string, unknown> {
  const {workload, targets, rejected, catalog, ...rest} = document
  return ordered(
    {
      ...(rounded(rest, 'plan') as object),
      workload,
      catalog: {...catalog, asOf: byName(catalog.asOf)},
      targets: targets.map((target, index) => targetJson(target, `targets[${index}]`)),
      rejected: rejected.map((entry, index) => {
        const {estimate, ...others} = entry
        return ordered(estimate === undefined ? others : {...others, estimate: targetJson(estimate, `rejected[${index}].estimate`)}, REJECTED_KEYS)
      }),
    },
    PLAN_KEYS,
  )
}

export function plansJson(document: PlansDocument): Record<string, unknown> {
  return {schema: document.schema, plans: document.plans.map(planJson)}
}

/** One target of `estimate --batch` as JSON text: written in one pass, since a batch has tens of thousands of them. */
export function estimateText(target: Omit<PlanTarget, 'rank'>): string {
  return textOf({...target, configuration: ordered(target.configuration, CONFIGURATION_KEYS)})
}

/** Text that JSON writes as it is. */
const PLAIN_TEXT = /^[\w .,:;+%/()=×-]*$/

/** What JSON.stringify of the rounded value gives, without building that value. */
function textOf(value: unknown): string {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`estimate holds ${value}`)
      return text6(value)
    case 'string':
      return PLAIN_TEXT.test(value) ? `"${value}"` : JSON.stringify(value)
    case 'object': {
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
      let text = ''
      const {lines} = value as {lines?: unknown}
      for (const key in value) {
        const entry = (value as Record<string, unknown>)[key]
        const total = lines === undefined || !isInterval(entry) ? undefined : totalOf(key, lines)
        if (total !== undefined) text += `${text === '' ? '' : ','}"${key}":${JSON.stringify(around(entry as Interval, total))}`
        else if (entry !== undefined) text += `${text === '' ? '' : ','}"${key}":${textOf(entry)}`
      }
      return `{${text}}`
    }
    default:
      return String(value)
  }
}
