import type {Interval} from '../performance/types.ts'
import type {PlanTarget} from '../planner/document.ts'
import {countText, type DisplayCurrency, figure, middle, scaled, seconds, spread, timeUnit, UNKNOWN} from './format.ts'
import {type Column, displayWidth, GLUE} from './layout.ts'
import type {Row} from './rows.ts'
import {CONFIDENCE, configurationText, INELIGIBLE, NEAR_TIE_GLYPH, serviceText, shortPurchase} from './words.ts'

/** Below this the table folds region and purchase into the target's cell. */
export const WIDE = 100

/** The widest spread text of a column, so that the figures before it line up. */
function spreadColumn(intervals: readonly (Interval | null)[]): (interval: Interval | null) => string {
  const widest = Math.max(0, ...intervals.map(interval => (interval === null ? 0 : displayWidth(spread(interval)))))
  return interval => {
    if (widest === 0 || interval === null) return middle(interval)
    const around = spread(interval).replaceAll(' ', GLUE)
    return `${middle(interval)}${GLUE}${GLUE.repeat(widest - displayWidth(around))}${around}`
  }
}

/** The columns of the plan's table, those first that matter most when room is short. */
export function planColumns(rows: readonly Row[], view: {readonly width: number; readonly currency?: DisplayCurrency | undefined}, objective = 'cost'): Column<Row>[] {
  const targets = rows.map(row => row.target)
  const first = targets[0]
  const wide = view.width >= WIDE
  const rate = view.currency?.perUsd ?? 1
  const code = view.currency?.code ?? 'USD'
  const money = (interval: Interval | null): Interval | null => scaled(interval, rate)
  const costWithSpread = spreadColumn(targets.map(target => money(target.cost.usd)))
  const perMonth = first?.cost.period === 'month'
  const unit = targets.find(target => target.cost.perUnit !== null)?.cost.perUnit?.unit.replace(/^USD\//, '')
  const latency = isEndless(targets)
  const time = timeUnit(first?.durationHours?.p50 ?? 1)
  const hours = (target: PlanTarget): Interval | null => scaled(target.durationHours, time.perHour)
  const timeWithSpread = spreadColumn(targets.map(hours))
  const withUnit = (text: string, symbol: string): string => (text === UNKNOWN ? text : `${text}${GLUE}${symbol}`)

  const columns: Column<Row>[] = [
    {title: '#', align: 'right', priority: 0, cell: row => `${row.target.rank}${rankMark(row)}`, style: rowStyle},
    {title: 'target', align: 'left', priority: 1, shrinksTo: leastTargetWidth(view.width, latency), widest: wide ? 40 : 52, cell: ({target}, width) => targetText(target, width, !wide), style: rowStyle},
  ]
  if (wide) columns.push({title: 'region', align: 'left', priority: 5, shrinksTo: 21, widest: 34, cell: ({target}, width) => regionText(target, width), style: () => 'dim'})
  if (latency) {
    columns.push({title: 'p99 first/next token', align: 'right', priority: 4, cell: ({target}) => latencyText(target)})
    columns.push({title: throughputTitle(first), align: 'right', priority: wide ? 7 : 12, cell: ({target}) => figure(target.throughput.p50)})
  } else {
    columns.push({title: 'time', align: 'right', priority: 3, cell: ({target}) => (wide ? withTimeUnit(timeWithSpread(hours(target)), time.unit) : withUnit(middle(hours(target)), time.unit))})
  }
  columns.push({title: `${code} per ${perMonth ? 'month' : 'run'}`, align: 'right', priority: 2, cell: ({target}) => costWithSpread(money(target.cost.usd)), style: costStyle})
  if (unit !== undefined) columns.push({title: `${code}/${unit}`, align: 'right', priority: 6, cell: ({target}) => middle(money(target.cost.perUnit?.usd ?? null))})
  columns.push({title: 'power kW', align: 'right', priority: perMonth ? 7 : 9, cell: ({target}) => middle(scaled(target.powerWatts.average, 1e-3))})
  columns.push({title: 'energy kWh', align: 'right', priority: objective === 'energy' ? 2 : perMonth ? 11 : 7, cell: ({target}) => middle(target.energyKwh)})
  if (objective === 'carbon') columns.push({title: 'carbon kg CO2', align: 'right', priority: 2, cell: ({target}) => middle(target.carbonKg)})
  if (wide) {
    columns.push({title: 'accelerators', align: 'left', priority: 10, cell: ({target}) => acceleratorText(target)})
    columns.push({title: 'runs as', align: 'left', priority: 8, shrinksTo: 11, widest: 26, cell: ({target}, width) => leadingWords(configurationText(target.configuration), width)})
  }
  columns.push({title: '', align: 'left', priority: 4, gap: 1, cell: ({target}) => CONFIDENCE[target.confidence].glyph})
  return columns
}

/** Enough for provider, machine and region of most; the columns of least interest give way to it. */
const leastTargetWidth = (width: number, latency: boolean): number => (width >= WIDE ? 30 : Math.min(latency ? 32 : 36, Math.max(20, width - 44)))

/** "6.2 ±15 %" → "6.2 h ±15 %". */
function withTimeUnit(text: string, unit: string): string {
  if (text === UNKNOWN) return text
  const gap = text.indexOf(GLUE)
  return gap < 0 ? `${text}${GLUE}${unit}` : `${text.slice(0, gap)}${GLUE}${unit}${text.slice(gap)}`
}

/** Serving has no end: the hours are the same everywhere, and latency says more. */
export function isEndless(targets: readonly PlanTarget[]): boolean {
  const first = targets[0]?.durationHours?.p50
  return targets.some(target => target.latency !== null) && targets.every(target => target.durationHours?.p50 === first)
}

const throughputTitle = (target: PlanTarget | undefined): string => target?.throughput.unit ?? 'throughput'

function latencyText(target: PlanTarget): string {
  if (target.latency === null) return UNKNOWN
  const {ttftSeconds, tpotSeconds} = target.latency
  return `${seconds(ttftSeconds.p99.p50)}/${seconds(tpotSeconds.p99.p50)}`.replaceAll(' ', GLUE)
}

const rowStyle = ({target}: Row): 'bold' | 'dim' | undefined => {
  if (!target.eligible) return 'dim'
  return target.rank === 1 ? 'bold' : undefined
}
const costStyle = ({target}: Row): 'green' | 'dim' | undefined => {
  if (!target.eligible) return 'dim'
  return target.rank === 1 ? 'green' : undefined
}

function rankMark({target, nearTie}: Row): string {
  if (!target.eligible) return target.ineligibleReason === null ? '†' : INELIGIBLE[target.ineligibleReason].glyph
  return nearTie ? NEAR_TIE_GLYPH : GLUE
}

export const acceleratorText = (target: Pick<PlanTarget, 'accelerator' | 'accelerators' | 'acceleratorsBilled'>): string =>
  target.accelerators < target.acceleratorsBilled ? `${countText(target.accelerators)} of ${target.acceleratorsBilled} ${target.accelerator}` : `${countText(target.accelerators)}× ${target.accelerator}`

function otherRegionsText(target: PlanTarget, long: boolean): string {
  const others = target.otherRegions
  if (others === null || others.count === 0) return ''
  const extra = Math.round(others.maxExtraPercent)
  if (long) return `+${others.count} region${others.count === 1 ? '' : 's'}${extra > 0 ? `, up to +${extra}${GLUE}%` : ''}`
  return `+${others.count}${extra > 0 ? ` ≤+${extra}${GLUE}%` : ''}`
}

const placeText = (target: PlanTarget): string => (target.zone === null ? (target.region ?? '') : `${target.region ?? ''}/${target.zone}`)

/** The longest of the wordings that fits. */
export function longestFitting(wordings: readonly string[], width: number): string {
  return wordings.find(wording => displayWidth(wording) <= width) ?? wordings.at(-1) ?? ''
}

/** As many whole words from the front as fit. */
function leadingWords(text: string, width: number): string {
  let kept = text
  while (displayWidth(kept) > width && kept.includes(' ')) kept = kept.slice(0, kept.lastIndexOf(' '))
  return kept
}

function regionText(target: PlanTarget, width: number): string {
  const place = placeText(target)
  if (place === '') return ''
  const wordings = [`${place} ${otherRegionsText(target, true)}`.trimEnd(), `${place} ${otherRegionsText(target, false)}`.trimEnd(), place]
  return width === Infinity ? (wordings[1] ?? place) : longestFitting(wordings, width)
}

/** Provider and machine always; then, as room allows, how it is bought, where, and how many other regions there are. */
function targetText(target: PlanTarget, width: number, withRegion: boolean): string {
  const machine = `${serviceText(target)} ${target.instanceType}${target.nodes > 1 ? `${GLUE}×${target.nodes}` : ''}`
  const purchase = target.purchase === null ? '' : shortPurchase(target.purchase)
  const used = target.accelerators < target.acceleratorsBilled ? `${countText(target.accelerators)}${Number.isInteger(target.accelerators) ? '/' : `${GLUE}of${GLUE}`}${target.acceleratorsBilled}${GLUE}used` : ''
  const join = (...parts: readonly string[]): string => parts.filter(part => part !== '').join(' ')
  const bought = join(machine, purchase)
  const region = withRegion ? placeText(target) : ''
  return longestFitting(
    [
      ...(width === Infinity ? [] : [join(bought, region, withRegion ? otherRegionsText(target, true) : '', used)]),
      join(bought, region, withRegion ? otherRegionsText(target, false) : '', used),
      join(bought, region, withRegion ? otherRegionsText(target, false) : ''),
      join(bought, region),
      bought,
    ],
    width,
  )
}
