import {HOURS_PER_MONTH} from '../cost/period.ts'
import type {Interval, MemoryLine} from '../performance/types.ts'
import type {PlanDocument, PlanTarget, RejectedTarget} from '../planner/document.ts'
import {groupDigits} from '../units/format.ts'
import {acceleratorText} from './columns.ts'
import {type DocumentView, hoursText, priceAgeLines, tradeoffLines, understoodLines} from './document-lines.ts'
import {budgetLines, evidenceLines} from './explanation.ts'
import {age, convertMoney, exactFigure, figure, inFull, middle, percent, scaled, secondsUnit, significant, timeUnit, UNKNOWN} from './format.ts'
import {type Column, cut, displayWidth, fit, type Line, NARROWEST, paint, type Rich, wrap} from './layout.ts'
import {commandLines, entries, indented, joinSections, labelled, tableIndent} from './sections.ts'
import {BOTTLENECK, CONFIDENCE, configurationText, INELIGIBLE, purchaseText, REFUSAL, REFUSED_GLYPH, rigSiteText, serviceText, shellWord} from './words.ts'

export interface EstimateView extends DocumentView {
  /** The operators' time budget, what is known of the errors, and how each figure came about. */
  readonly explain: boolean
}

type Estimated = Omit<PlanTarget, 'rank'>

/** Targets in depth, one section each: time, memory, power, cost, with the lines each is made of. Ends in a line feed. */
export function renderEstimate(document: PlanDocument, view: EstimateView): string {
  const width = Math.max(NARROWEST, Math.floor(view.width))
  const fitted = {...view, width}
  const sections: Line[][] = [
    document.answer === '' ? [] : wrap([{text: convertMoney(document.answer, view.currency), style: 'bold'}], width),
    understoodLines(document, width, view.verbose || view.explain),
  ]
  for (const target of document.targets) sections.push(...targetSections(target, fitted))
  for (const rejected of document.rejected) sections.push(...rejectedSections(rejected, fitted))
  sections.push(footLines(document, fitted))
  return paint(joinSections(sections), view.color)
}

function heading(id: string, width: number): Line {
  const title = cut(id, width - 4)
  return [{text: '── ', style: 'dim'}, {text: title, style: 'bold'}, {text: ` ${'─'.repeat(Math.max(0, width - displayWidth(title) - 4))}`, style: 'dim'}]
}

function rejectedSections(rejected: RejectedTarget, view: EstimateView): Line[][] {
  const say = (text: string): string => convertMoney(text, view.currency)
  const lines = [
    heading(rejected.id, view.width),
    ...wrap([{text: `${REFUSED_GLYPH} ${REFUSAL[rejected.reason]}: `, style: 'red'}, {text: say(rejected.detail)}], view.width, {rest: '  '}),
    ...(rejected.nearest === null ? [] : wrap([{text: 'Would do: '}, {text: say(rejected.nearest)}], view.width, {first: '  '})),
  ]
  if (rejected.estimate === undefined) return [lines]
  const figures = rejected.estimate
  // Where the target left the place open, the figures are of one.
  lines.push(...wrap([{text: `What it would be all the same${figures.id === rejected.id ? '' : `, as ${figures.id}`}:`, style: 'dim'}], view.width, {first: '  '}))
  return [lines, ...figureSections(figures, view)]
}

function targetSections(target: PlanTarget, view: EstimateView): Line[][] {
  return [[heading(target.id, view.width), ...whatLines(target, view)], ...figureSections(target, view)]
}

/** The machine, how it runs there, how far to trust it. */
function whatLines(target: Estimated, view: EstimateView): Line[] {
  const {width} = view
  const region = target.region === null ? '' : `, ${target.region}${target.zone === null ? '' : `/${target.zone}`}`
  const nodes = target.nodes > 1 ? ` ×${target.nodes}` : ''
  const bought = target.purchase === null ? '' : `, ${purchaseText(target.purchase)}`
  const lines = labelled('Target', `${serviceText(target)} ${target.instanceType}${nodes}${bought}${region}: ${acceleratorText(target)}`, width)
  const configuration = configurationText(target.configuration, true)
  if (configuration !== '') lines.push(...labelled('Runs as', configuration, width))
  lines.push(...labelled('Basis', `${CONFIDENCE[target.confidence].glyph} ${CONFIDENCE[target.confidence].meaning}; limited by ${bottleneckText(target.bottleneck)}`, width))
  if (!target.eligible) lines.push(...entries('Cannot win', [target.ineligibleReason === null ? 'bare hardware: nobody offers it at a price' : INELIGIBLE[target.ineligibleReason].meaning], width))
  lines.push(...labelled('Price', priceText(target, view), width))
  if (target.rig !== undefined) lines.push(...labelled('Site', rigSiteText(target), width))
  return lines
}

const bottleneckText = (bottleneck: string): string => (Object.hasOwn(BOTTLENECK, bottleneck) ? BOTTLENECK[bottleneck as keyof typeof BOTTLENECK] : bottleneck)

function priceText({availability: {state, asOf}}: Estimated, view: EstimateView): string {
  switch (state) {
    case 'listed': {
      const old = asOf === null || view.today === undefined ? '' : age(asOf, view.today)
      return `as listed${asOf === null ? '' : ` on ${asOf}`}${old === '' ? '' : ` (${old})`}`
    }
    case 'owned': return 'owned: only what its use costs counts'
    case 'planned': return 'planned: the full cost counts'
    case 'none': return 'none: bare hardware'
    default: return state satisfies never
  }
}

function figureSections(target: Estimated, view: EstimateView): Line[][] {
  return [
    [...timeLines(target, view), ...throughputLines(target, view)],
    memoryLines(target, view),
    powerLines(target, view),
    costLines(target, view),
    view.explain ? budgetLines(target, view.width) : [],
    view.explain ? evidenceLines(target, view.width) : [],
    view.explain ? derivationLines(target, view) : [],
    [
      ...entries('Why', target.why.map(text => convertMoney(text, view.currency)), view.width),
      ...tradeoffLines(target, 'Tradeoffs', view),
      ...entries('Beware', target.warnings.map((text): Rich => [{text: convertMoney(text, view.currency), style: 'yellow'}]), view.width),
    ],
  ]
}

function durationText(hours: Interval | null): string {
  if (hours === null) return UNKNOWN
  const {unit, perHour} = timeUnit(hours.p50)
  return inFull(scaled(hours, perHour), unit)
}

const isAlwaysOn = ({cost, durationHours}: Estimated): boolean => cost.period === 'month' && durationHours?.p50 === HOURS_PER_MONTH

/** Whether its rig has to become free first. */
const isAwaited = ({cost}: Estimated): boolean => [...cost.lines, ...cost.notCosted].some(({item}) => item === 'waiting')

function timeLines(target: Estimated, view: EstimateView): Line[] {
  const {durationHours, workHours} = target
  if (isAlwaysOn(target)) return labelled('Time', `around the clock, ${HOURS_PER_MONTH} h per month`, view.width)
  const texts = [durationText(durationHours)]
  if (durationHours !== null && workHours !== null) {
    const rest = durationHours.p50 - workHours.p50
    const {unit, perHour} = timeUnit(rest)
    if (rest > durationHours.p50 * 1e-6) texts.push(`work ${durationText(workHours)}; ${isAwaited(target) ? 'waiting for the rig, ' : ''}set-up, data, loading and expected failures ${figure(rest * perHour)} ${unit}`)
  }
  return entries('Time', texts, view.width)
}

function throughputLines({throughput, capacity, latency}: Estimated, view: EstimateView): Line[] {
  const {unit, p10, p50, p90} = throughput
  const rate = p10 === null || p50 === null || p90 === null ? `${UNKNOWN} (${unit})` : inFull({p10, p50, p90}, unit)
  const lines = labelled('Throughput', rate, view.width)
  if (capacity !== undefined) lines.push(...entries('', [capacity.atGoal === null ? 'the goals are missed at any rate' : `as much as the goals allow, if requests come at random: ${inFull(capacity.atGoal, unit)}`, `everything queued at once: ${inFull(capacity.saturated, unit)}`], view.width, 2))
  if (latency === null) return lines
  const quantiles = (name: string, {median, p99}: {median: Interval; p99: Interval}): string => `${name}: median ${secondsInFull(median)}, 99th percentile ${secondsInFull(p99)}`
  lines.push(...entries('Latency', [quantiles('first token', latency.ttftSeconds), quantiles('each next token', latency.tpotSeconds)], view.width, 2))
  return lines
}

const secondsInFull = (interval: Interval): string => {
  const {unit, perSecond} = secondsUnit(interval.p50)
  return inFull(scaled(interval, perSecond), unit)
}

const BAR = '█'
const ROOM = '░'
/** All of the memory. */
const BAR_COLUMNS = 32

interface MemoryRow {
  readonly item: string
  readonly gib: number
  readonly share: number
  readonly free: boolean
}

/** What lies in the fullest accelerator's memory, with bars against all of it. */
function memoryLines({memoryGib}: Estimated, view: EstimateView): Line[] {
  const {needed, available, lines} = memoryGib
  const share = needed.p50 / available
  const over = share > 1
  const head = labelled(
    'Memory',
    [{text: `${inFull(needed, 'GiB')} of ${significant(available, 3)} GiB on the fullest accelerator, `}, {text: `${percent(share)}${over ? ': does not fit' : ''}`, style: over ? 'red' : undefined}],
    view.width,
  )
  const rows: MemoryRow[] = lines.map((line: MemoryLine) => ({item: line.item, gib: line.gib, share: line.gib / available, free: false}))
  if (!over) rows.push({item: 'free', gib: available - needed.p50, share: 1 - share, free: true})
  const columns: Column<MemoryRow>[] = [
    {title: '', align: 'left', priority: 0, shrinksTo: 12, widest: 44, cell: row => row.item, style: row => (row.free ? 'dim' : undefined)},
    {title: 'GiB', align: 'right', priority: 1, cell: row => significant(row.gib, row.gib >= 99.5 ? 4 : row.gib < 0.995 ? 2 : 3)},
    {title: '', align: 'left', priority: 2, shrinksTo: 8, cell: (row, width) => (width === Infinity ? BAR.repeat(BAR_COLUMNS) : bar(row, width)), style: row => (row.free ? 'dim' : undefined)},
  ]
  return [...head, ...indented(columns, rows, view.width)]
}

function bar({share, free}: MemoryRow, width: number): string {
  const cells = Math.min(width, Math.max(share > 0 ? 1 : 0, Math.round(share * width)))
  return (free ? ROOM : BAR).repeat(cells)
}

function powerLines({powerWatts, energyKwh, carbonKg}: Estimated, view: EstimateView): Line[] {
  const watts = (interval: Interval | null): string => (interval === null ? UNKNOWN : interval.p50 >= 10_000 ? inFull(scaled(interval, 1e-3), 'kW') : inFull(interval, 'W'))
  const parts = [`average ${watts(powerWatts.average)}`, `peak ${watts(powerWatts.peak)}`, `accelerators alone ${watts(powerWatts.accelerators)}`]
  return [
    ...labelled('Power', powerWatts.average === null && powerWatts.peak === null && powerWatts.accelerators === null ? UNKNOWN : parts.join('; '), view.width),
    ...labelled('Energy', energyKwh === null ? UNKNOWN : inFull(energyKwh, 'kWh'), view.width),
    ...labelled('Carbon', carbonKg === null ? UNKNOWN : `${inFull(carbonKg, 'kg CO2e')}, of use; making the hardware is not counted`, view.width),
  ]
}

const BASIS = {rental: 'rent and what comes with it', marginal: 'what using it costs, beyond what it costs anyway', full: 'with capital, upkeep and room'}

interface CostRow {
  readonly item: string
  readonly amount: string
  readonly how: string
}

function costLines({cost}: Estimated, view: EstimateView): Line[] {
  const {width, currency} = view
  const rate = currency?.perUsd ?? 1
  const code = currency?.code ?? 'USD'
  const money = (interval: Interval | null, unit: string): string => (interval === null ? UNKNOWN : inFull(scaled(interval, rate), unit))
  const lines = labelled('Cost', `${money(cost.usd, `${code} per ${cost.period}`)}: ${BASIS[cost.basis]}`, width)
  const rows: CostRow[] = cost.lines.map(line => ({item: line.item, amount: amountText(line.usd * rate), how: convertMoney(line.how, currency)}))
  if (rows.length > 1) rows.push({item: 'together', amount: amountText(cost.lines.reduce((sum, line) => sum + line.usd, 0) * rate), how: ''})
  lines.push(...costTable(rows, width))
  const further: string[] = []
  if (cost.perUnit !== null) further.push(money(cost.perUnit.usd, cost.perUnit.unit.replace(/^USD/, code)))
  if (cost.alternative !== null) further.push(`${money(cost.alternative.usd, `${code} per ${cost.period}`)} ${BASIS[cost.alternative.basis]}`)
  lines.push(...entries('', further, width, 2))
  if (cost.notCosted.length > 0) {
    lines.push(...entries('Not costed', cost.notCosted.map(({item, reason, usd}) => convertMoney(`${item}: ${reason}${usd === null ? '' : ` (about ${figure(usd)} USD)`}`, currency)), width, 2))
  }
  if (currency !== undefined && currency.code !== 'USD') lines.push(...labelled('Currency', `1 USD = ${currency.perUsd} ${currency.code} (${currency.asOf})`, width))
  return lines
}

/** With less than this beside the amounts, how they came about stands below each. */
const LEAST_ROOM_FOR_HOW = 16

/** Amounts in a column; how each came about beside it, broken over lines where it has to be. */
function costTable(rows: readonly CostRow[], width: number): Line[] {
  const indent = tableIndent(width)
  const widestItem = Math.min(Math.max(0, ...rows.map(row => displayWidth(row.item))), Math.max(8, Math.floor(width / 4)))
  const widestAmount = Math.max(0, ...rows.map(row => displayWidth(row.amount)))
  const room = width - indent - widestItem - widestAmount - 4
  return rows.flatMap(row => {
    const start = `${' '.repeat(indent)}${fit(row.item, widestItem, 'left')}  ${fit(row.amount, Math.min(widestAmount, width - indent - widestItem - 2), 'right')}`
    const how: Rich = [{text: row.how, style: 'dim'}]
    const beside = room < LEAST_ROOM_FOR_HOW ? [] : wrap(how, width, {first: `${start}  `})
    if (beside.length > 0) return beside
    return [[{text: start}], ...wrap(how, width, {first: ' '.repeat(indent + 2)})]
  })
}

/** Amounts below each other keep their places after the point, so that they can be added up. */
function amountText(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  if (value === 0) return '0.00'
  return Math.abs(value) < 0.005 ? significant(value, 1) : groupDigits(value.toFixed(2))
}

/** How the figures hang together, each from the ones before it: nothing here that cannot be recomputed from what is printed. */
function derivationLines(target: Estimated, view: EstimateView): Line[] {
  const {durationHours, energyKwh, carbonKg, powerWatts, throughput, cost, memoryGib, workHours} = target
  const texts: string[] = []
  if (target.operators !== undefined && target.operators.length > 0) {
    texts.push('Each operator: its FLOP, bytes or traffic over the achievable rate of what bounds it (achievable = peak × the calibrated share).')
  }
  if (workHours !== null && throughput.p50 !== null && !isAlwaysOn(target)) texts.push(`Work: ${hoursText(workHours)} at ${figure(throughput.p50)} ${throughput.unit}.`)
  texts.push(`Memory: the lines add up to ${significant(memoryGib.lines.reduce((sum, line) => sum + line.gib, 0), 3)} GiB.`)
  if (energyKwh !== null && powerWatts.average !== null && durationHours !== null) {
    const atTheWall = (powerWatts.average.p50 / 1000) * durationHours.p50
    const overhead = atTheWall < 1e-9 ? 1 : energyKwh.p50 / atTheWall
    const further = overhead > 1.005 ? `; × ${significant(overhead, 3)} for cooling and distribution = ${figure(energyKwh.p50)} kWh` : ''
    texts.push(`Energy: ${figure(powerWatts.average.p50)} W × ${middle(durationHours)} h = ${figure(atTheWall)} kWh${further}.`)
  }
  if (energyKwh !== null && carbonKg !== null && energyKwh.p50 > 0) texts.push(`Carbon: ${figure(energyKwh.p50)} kWh × ${figure((carbonKg.p50 / energyKwh.p50) * 1000)} g/kWh.`)
  if (cost.usd !== null && cost.perUnit !== null && cost.perUnit.usd.p50 > 0) {
    texts.push(convertMoney(`Per unit: ${exactFigure(cost.usd.p50)} USD ÷ ${figure(cost.usd.p50 / cost.perUnit.usd.p50)} × ${cost.perUnit.unit.replace(/^USD\//, '')}.`, view.currency))
  }
  if (cost.period === 'month') texts.push(`A month is ${HOURS_PER_MONTH} h.`)
  texts.push('± and the range are the 10th and the 90th percentile; ± is the larger side.')
  return entries('How', texts, view.width, 2)
}

function footLines(document: PlanDocument, view: EstimateView): Line[] {
  const lines = document.targets.some(target => target.availability.state === 'listed') ? priceAgeLines(document, view) : []
  if (document.notes.length > 0) lines.push(...entries('Notes', document.notes.map(note => convertMoney(note, view.currency)), view.width))
  const best = document.targets[0]
  if (!view.explain && best !== undefined) {
    lines.push(...commandLines('Next', ['rigor', 'estimate', shellWord(view.workloadArgument ?? 'WORKLOAD'), `--on ${shellWord(best.id)}`, '--explain'], view.width))
  }
  return lines
}
