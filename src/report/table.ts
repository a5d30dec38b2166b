import type {Interval} from '../performance/types.ts'
import type {PlanDocument, PlansDocument, PlanTarget, RejectedTarget} from '../planner/document.ts'
import {reasonRank} from '../planner/refusals.ts'
import {age, convertMoney, type DisplayCurrency, figure, inFull, middle, scaled, seconds, spread, timeUnit, UNKNOWN} from './format.ts'
import {columnLines, type Column, cut, displayWidth, fitColumns, GLUE, type Line, NARROWEST, paint, type Rich, type Span, wrap} from './layout.ts'
import {CONFIDENCE, configurationText, INELIGIBLE, NEAR_TIE_GLYPH, REFUSAL, REFUSED_GLYPH, rigName, serviceText, shellWord, shortPurchase, TRADEOFF_SIGN} from './words.ts'

export interface PlanView {
  /** Columns of the terminal; no line is longer. */
  readonly width: number
  readonly color: boolean
  /** Table lines before "N of M". */
  readonly limit: number
  /** One line per region instead of one per machine and purchase. */
  readonly allRegions: boolean
  /** Providers the user has an account with: each has a line, whatever comes of it. */
  readonly have: readonly string[]
  readonly currency?: DisplayCurrency | undefined
  readonly verbose: boolean
  /** Today's date, to say how old prices are. */
  readonly today?: string | undefined
  /** What the user wrote as WORKLOAD, for the commands to type next. */
  readonly workloadArgument?: string | undefined
}

interface Row {
  readonly target: PlanTarget
  readonly nearTie: boolean
}

/** Below this the table folds region and purchase into the target's cell. */
const WIDE = 100
const UNDERSTOOD_LINES = 3
const LABEL_COLUMNS = 11
/** DESIGN: a near-tie is within 5 %. */
const NEAR_TIE_RATIO = 1.05

/** What a person sees of a plan: the answer first, then how it came about. Ends in a line feed. */
export function renderPlan(document: PlanDocument, view: PlanView): string {
  const width = Math.max(NARROWEST, Math.floor(view.width))
  const fitted = {...view, width}
  const sections: Line[][] = [
    wrap([{text: convertMoney(document.answer, view.currency), style: 'bold'}], width),
    understoodLines(document, width, view.verbose),
    document.targets.length === 0 ? missLines(document, fitted) : tableLines(document, fitted),
    reasonLines(document, fitted),
    footLines(document, fitted),
  ]
  return paint(joinSections(sections), view.color)
}

/** Several workloads, each under its name. */
export function renderPlans(document: PlansDocument, view: PlanView): string {
  return document.plans
    .map((plan, index) => {
      const name = typeof plan.workload['name'] === 'string' ? plan.workload['name'] : `workload ${index + 1}`
      const width = Math.max(NARROWEST, Math.floor(view.width))
      const title = cut(name, width - 4)
      const rule = '─'.repeat(Math.max(0, width - displayWidth(title) - 4))
      return `${paint([[{text: `── ${title} ${rule}`, style: 'dim'}], []], view.color)}${renderPlan(plan, view)}`
    })
    .join('\n')
}

function joinSections(sections: readonly Line[][]): Line[] {
  const lines: Line[] = []
  for (const section of sections) {
    if (section.length === 0) continue
    if (lines.length > 0) lines.push([])
    lines.push(...section)
  }
  return lines
}

function understoodLines(document: PlanDocument, width: number, verbose: boolean): Line[] {
  const {summary, assumptions} = document.understood
  const spans: Span[] = [{text: 'Understood as ', style: 'dim'}, {text: summary}]
  if (assumptions.length > 0) {
    spans.push({text: '; not given, so by default: ', style: 'dim'})
    spans.push({text: assumptions.map(({field, value}) => `${field}${GLUE}${value}`).join(', ')})
  }
  return wrap(spans, width, {rest: '  ', ...(verbose ? {} : {lines: UNDERSTOOD_LINES, more: '(--verbose)'})})
}

/** The objective's value, up to a constant factor; `null` where unknown or where the objective is an expression. */
function objectiveValue(target: PlanTarget, objective: string): number | null {
  const cost = target.cost.usd?.p50 ?? null
  const energy = target.energyKwh?.p50 ?? null
  switch (objective) {
    case 'cost': return cost
    case 'time': return target.durationHours?.p50 ?? null
    case 'energy': return energy
    case 'carbon': return target.carbonKg?.p50 ?? null
    case 'balanced': {
      const hours = target.workHours?.p50 ?? null
      return cost === null || energy === null || hours === null ? null : Math.cbrt(cost * hours * energy)
    }
    default: return null
  }
}

/** One row per machine and purchase (and region, if unfolded): the best of its node counts. */
export function foldRows(document: PlanDocument, allRegions: boolean): Row[] {
  const seen = new Set<string>()
  const best = document.targets[0]
  const reference = best === undefined || !best.eligible ? null : objectiveValue(best, document.objective)
  const rows: Row[] = []
  for (const target of document.targets) {
    const key = [target.provider, target.service, target.instanceType, target.purchase, ...(allRegions ? [target.region, target.zone] : [])].join('\n')
    if (seen.has(key)) continue
    seen.add(key)
    const value = objectiveValue(target, document.objective)
    const nearTie = target !== best && target.eligible && reference !== null && value !== null && value <= reference * NEAR_TIE_RATIO
    rows.push({target, nearTie})
  }
  return rows
}

/** The rows that get a line: the first `limit`, then what always has one (each rig, each account) and came later. */
export function chooseRows(document: PlanDocument, view: Pick<PlanView, 'limit' | 'allRegions' | 'have'>): {shown: Row[]; pinned: Row[]; refused: RejectedTarget[]; absent: string[]; total: number} {
  const rows = foldRows(document, view.allRegions)
  const shown = rows.slice(0, Math.max(0, view.limit))
  const groupOf = ({id, provider}: {id: string; provider: string}): string => {
    const rig = rigName(id)
    return rig === null ? provider : `rig:${rig}`
  }
  const present = new Set(shown.map(row => groupOf(row.target)))
  const wanted = (group: string): boolean => group.startsWith('rig:') || view.have.includes(group)
  const pinned: Row[] = []
  for (const row of rows.slice(shown.length)) {
    const group = groupOf(row.target)
    if (!wanted(group) || present.has(group)) continue
    present.add(group)
    pinned.push(row)
  }
  const refused: RejectedTarget[] = []
  for (const rejected of document.rejected) {
    const group = groupOf(rejected)
    if (!wanted(group) || present.has(group)) continue
    present.add(group)
    refused.push(rejected)
  }
  const absent = view.have.filter(provider => !present.has(provider))
  const total = document.targets.length < document.feasible ? document.feasible : rows.length
  return {shown, pinned, refused, absent, total}
}

function tableLines(document: PlanDocument, view: PlanView): Line[] {
  const {width} = view
  const {shown, pinned, refused, absent, total} = chooseRows(document, view)
  const rows = [...shown, ...pinned]
  const fitted = fitColumns(planColumns(rows, view), rows, width)
  const {header, body} = columnLines(fitted, rows)
  const lines = [...header, ...body.slice(0, shown.length)]
  const beyond = [...body.slice(shown.length), ...alwaysShownLines(refused, absent, view)]
  if (beyond.length > 0) lines.push([{text: cut(`    ${'·'.repeat(3)} further down or refused: your rigs and accounts`, width), style: 'dim'}], ...beyond)
  lines.push(...countLines(document, shown.length, total, view))
  lines.push(...legendLines(rows, fitted.length, view))
  return lines
}

function countLines(document: PlanDocument, shown: number, total: number, view: PlanView): Line[] {
  const hints = [`ranked by ${document.objective}`]
  if (shown < total) hints.push('--limit N for more')
  if (!view.allRegions && document.targets.some(target => (target.otherRegions?.count ?? 0) > 0)) hints.push('--all-regions for each region')
  return wrap([{text: `${figureCount(shown)} of ${figureCount(total)}`, style: 'bold'}, {text: ` (${hints.join('; ')})`, style: 'dim'}], view.width, {first: '    ', rest: '    '})
}

const figureCount = (count: number): string => count.toString().replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** Refused rigs and accounts: one entry each, reason first. */
function alwaysShownLines(refused: readonly RejectedTarget[], absent: readonly string[], view: PlanView): Line[] {
  const lines: Line[] = []
  const entry = (who: string, what: string): void => {
    lines.push(...wrap([{text: who}, {text: `: ${what}`, style: 'dim'}], view.width, {first: `  ${REFUSED_GLYPH} `, rest: '      ', ...(view.verbose ? {} : {lines: 2})}))
  }
  for (const {id, reason, detail, nearest} of refused) entry(id, `${REFUSAL[reason]} — ${convertMoney(detail, view.currency)}${nearest === null ? '' : `; would do: ${convertMoney(nearest, view.currency)}`}`)
  for (const provider of absent) entry(provider, 'no offer in the catalog')
  return lines
}

function legendLines(rows: readonly Row[], columnCount: number, view: PlanView): Line[] {
  const notes: string[] = []
  const bases: string[] = []
  if (rows.some(row => row.nearTie)) notes.push(`${NEAR_TIE_GLYPH} within 5 % of the first`)
  for (const reason of ['stale', 'from-price', 'unverified', 'marketplace'] as const) {
    if (rows.some(({target}) => !target.eligible && target.ineligibleReason === reason)) notes.push(`${INELIGIBLE[reason].glyph} ${INELIGIBLE[reason].meaning}`)
  }
  for (const confidence of ['measured', 'calibrated', 'computed', 'assumed'] as const) {
    if (rows.some(({target}) => target.confidence === confidence)) bases.push(`${CONFIDENCE[confidence].glyph} ${CONFIDENCE[confidence].meaning}`)
  }
  if (columnCount > 2) bases.push('± 8 of 10 outcomes fall inside')
  if (rows.some(({target}) => target.otherRegions !== null && target.otherRegions.count > 0)) notes.push('+17 ≤+38 %: so many other regions, at most so much dearer')
  if (rows.some(({target}) => target.purchase === 'on-demand')) notes.push('on demand unless said')
  const currency = view.currency
  if (currency !== undefined && currency.code !== 'USD') notes.push(`1 USD = ${currency.perUsd} ${currency.code} (${currency.asOf})`)
  return [bases, notes].flatMap(legend => wrap([{text: legend.join(' · '), style: 'dim'}], view.width, {first: '    ', rest: '    '}))
}

/** The widest spread text of a column, so that the figures before it line up. */
function spreadColumn(intervals: readonly (Interval | null)[]): (interval: Interval | null) => string {
  const widest = Math.max(0, ...intervals.map(interval => (interval === null ? 0 : displayWidth(spread(interval)))))
  return interval => {
    if (widest === 0 || interval === null) return middle(interval)
    const around = spread(interval).replaceAll(' ', GLUE)
    return `${middle(interval)}${GLUE}${GLUE.repeat(widest - displayWidth(around))}${around}`
  }
}

function planColumns(rows: readonly Row[], view: PlanView): Column<Row>[] {
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
    {title: 'target', align: 'left', priority: 1, shrinksTo: leastTargetWidth(view.width), widest: wide ? 40 : 52, cell: ({target}, width) => targetText(target, width, !wide), style: rowStyle},
  ]
  if (wide) columns.push({title: 'region', align: 'left', priority: 5, shrinksTo: 14, widest: 34, cell: ({target}, width) => regionText(target, width), style: () => 'dim'})
  if (latency) {
    columns.push({title: 'p99 first/next token', align: 'right', priority: 4, cell: ({target}) => latencyText(target)})
    columns.push({title: throughputTitle(first), align: 'right', priority: wide ? 7 : 12, cell: ({target}) => figure(target.throughput.p50)})
  } else {
    columns.push({title: 'time', align: 'right', priority: 3, cell: ({target}) => (wide ? withTimeUnit(timeWithSpread(hours(target)), time.unit) : withUnit(middle(hours(target)), time.unit))})
  }
  columns.push({title: `${code} per ${perMonth ? 'month' : 'run'}`, align: 'right', priority: 2, cell: ({target}) => costWithSpread(money(target.cost.usd)), style: costStyle})
  if (unit !== undefined) columns.push({title: `${code}/${unit}`, align: 'right', priority: 6, cell: ({target}) => middle(money(target.cost.perUnit?.usd ?? null))})
  columns.push({title: 'power kW', align: 'right', priority: perMonth ? 7 : 9, cell: ({target}) => middle(scaled(target.powerWatts.average, 1e-3))})
  columns.push({title: 'energy kWh', align: 'right', priority: perMonth ? 11 : 7, cell: ({target}) => middle(target.energyKwh)})
  if (wide) {
    columns.push({title: 'accelerators', align: 'left', priority: 10, cell: ({target}) => acceleratorText(target)})
    columns.push({title: 'runs as', align: 'left', priority: 8, shrinksTo: 11, widest: 26, cell: ({target}, width) => leadingWords(configurationText(target.configuration), width)})
  }
  columns.push({title: '', align: 'left', priority: 4, gap: 1, cell: ({target}) => CONFIDENCE[target.confidence].glyph})
  return columns
}

/** Enough for provider, machine and region of most; the columns of least interest give way to it. */
const leastTargetWidth = (width: number): number => (width >= WIDE ? 30 : Math.min(36, Math.max(20, width - 44)))

/** "6.2 ±15 %" → "6.2 h ±15 %". */
function withTimeUnit(text: string, unit: string): string {
  if (text === UNKNOWN) return text
  const gap = text.indexOf(GLUE)
  return gap < 0 ? `${text}${GLUE}${unit}` : `${text.slice(0, gap)}${GLUE}${unit}${text.slice(gap)}`
}

/** Serving has no end: the hours are the same everywhere, and latency says more. */
function isEndless(targets: readonly PlanTarget[]): boolean {
  const first = targets[0]?.durationHours?.p50
  return targets.some(target => target.latency !== null) && targets.every(target => target.durationHours?.p50 === first)
}

const throughputTitle = (target: PlanTarget | undefined): string => target?.throughput.unit ?? 'throughput'

function latencyText(target: PlanTarget): string {
  if (target.latency === null) return UNKNOWN
  const {ttftSeconds, tpotSeconds} = target.latency
  return `${seconds(ttftSeconds.p99.p50)} / ${seconds(tpotSeconds.p99.p50)}`.replaceAll(' ', GLUE)
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

export const acceleratorText = (target: PlanTarget): string =>
  target.accelerators < target.acceleratorsBilled ? `${target.accelerators} of ${target.acceleratorsBilled} ${target.accelerator}` : `${target.accelerators}× ${target.accelerator}`

function otherRegionsText(target: PlanTarget, long: boolean): string {
  const others = target.otherRegions
  if (others === null || others.count === 0) return ''
  const extra = Math.round(others.maxExtraPercent)
  if (long) return `+${others.count} region${others.count === 1 ? '' : 's'}${extra > 0 ? `, up to +${extra}${GLUE}%` : ''}`
  return `+${others.count}${extra > 0 ? ` ≤+${extra}${GLUE}%` : ''}`
}

const placeText = (target: PlanTarget): string => (target.zone === null ? (target.region ?? '') : `${target.region ?? ''}/${target.zone}`)

/** The longest of the wordings that fits. */
function longestFitting(wordings: readonly string[], width: number): string {
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
  const purchase = shortPurchase(target.purchase)
  const used = target.accelerators < target.acceleratorsBilled ? `${target.accelerators}/${target.acceleratorsBilled}${GLUE}used` : ''
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

/** Text beside its label, or below it where the terminal is narrow. */
function labelled(label: string, text: Rich, width: number, {hanging = 0, lines}: {hanging?: number; lines?: number | undefined} = {}): Line[] {
  const beside = width >= 60
  const indent = beside ? LABEL_COLUMNS : 2
  const body = wrap(text, width, {first: ' '.repeat(indent), rest: ' '.repeat(indent + hanging), ...(lines === undefined ? {} : {lines})})
  const [first, ...rest] = body
  if (label === '' || first === undefined) return body
  if (!beside) return [[{text: cut(label, width), style: 'bold'}], ...body]
  return [[{text: label, style: 'bold'}, {text: ' '.repeat(indent - label.length)}, ...first.slice(1)], ...rest]
}

/** A label, then one entry per line, all in one column; further lines of an entry hang by `hanging` columns. */
function entries(label: string, texts: readonly Rich[], width: number, hanging = 0): Line[] {
  return texts.flatMap((text, index) => labelled(index === 0 ? label : '', text, width, {hanging}))
}

/** Nothing can do it: what would, nearest first; then the rigs and accounts. */
function missLines(document: PlanDocument, view: PlanView): Line[] {
  const misses = nearestMisses(document.rejected, view.verbose ? Infinity : 5)
  const {refused, absent} = chooseRows(document, view)
  const lines = entries('Would do', misses.map(miss => missText(miss, view)), view.width)
  const always = alwaysShownLines(refused, absent, view)
  return always.length === 0 ? lines : [...lines, ...(lines.length === 0 ? [] : [[]]), [{text: cut('Your rigs and accounts', view.width), style: 'bold'}], ...always]
}

const missText = ({id, detail, nearest}: RejectedTarget, view: PlanView): Rich => [
  {text: convertMoney(nearest ?? '', view.currency)},
  {text: ` — ${id}: ${convertMoney(detail, view.currency)}`, style: 'dim'},
]

/** Refusals that name a way out, one per reason first and in the order in which a user can act on them, no way out twice. */
export function nearestMisses(rejected: readonly RejectedTarget[], limit: number): RejectedTarget[] {
  const seen = new Set<string>()
  const reasons = new Set<string>()
  const firsts: RejectedTarget[] = []
  const others: RejectedTarget[] = []
  for (const entry of rejected) {
    if (entry.nearest === null || entry.nearest === '' || seen.has(entry.nearest)) continue
    seen.add(entry.nearest)
    if (reasons.has(entry.reason)) others.push(entry)
    else {
      reasons.add(entry.reason)
      firsts.push(entry)
    }
  }
  firsts.sort((a, b) => reasonRank(a.reason) - reasonRank(b.reason))
  return [...firsts, ...others].slice(0, limit)
}

function reasonLines(document: PlanDocument, view: PlanView): Line[] {
  const {width} = view
  const say = (text: string): string => convertMoney(text, view.currency)
  const best = document.targets[0]
  const rig = document.targets.find(target => rigName(target.id) !== null)
  const lines: Line[] = []
  if (best !== undefined) {
    const configuration = configurationText(best.configuration, true)
    lines.push(...entries('Why', best.why.slice(0, view.verbose ? undefined : 4).map(say), width))
    if (configuration !== '') lines.push(...labelled('Runs as', `${acceleratorText(best)}, ${configuration}`, width))
    lines.push(...tradeoffLines(best, 'Tradeoffs', view))
  }
  if (rig !== undefined && rig !== best) lines.push(...tradeoffLines(rig, 'Your rig', view))
  lines.push(...insteadLines(document, view))
  if (rig !== undefined && rig.cost.alternative !== null) lines.push(...rigCostLines(rig, view))
  const warnings = [best, rig].filter((target, index, all) => target !== undefined && all.indexOf(target) === index).flatMap(target => (target?.warnings ?? []).map(warning => ({text: `${target === best ? '' : `${target?.id}: `}${say(warning)}`, style: 'yellow' as const})))
  if (warnings.length > 0) lines.push(...entries('Beware', warnings.map(span => [span]), width))
  lines.push(...adviceLines(document, view))
  lines.push(...refusalLines(document, view))
  lines.push(...notCostedLines(document, view))
  return lines
}

/** What would be fastest and what takes least energy, where that is not the first anyway. */
function insteadLines(document: PlanDocument, view: PlanView): Line[] {
  const best = document.targets[0]
  const front = new Set(document.pareto)
  const candidates = document.targets.filter(target => front.has(target.id))
  const least = (of: (target: PlanTarget) => number | undefined): PlanTarget | undefined => {
    let found: PlanTarget | undefined
    for (const target of candidates) {
      const value = of(target)
      if (value !== undefined && value < (found === undefined ? (best === undefined ? Infinity : (of(best) ?? Infinity)) : (of(found) ?? Infinity))) found = target
    }
    return found
  }
  const fastest = isEndless(document.targets) ? undefined : least(target => target.durationHours?.p50)
  const thriftiest = least(target => target.energyKwh?.p50)
  const texts: string[] = []
  const told = (target: PlanTarget): string => `${target.id}, ${hoursText(target.durationHours)}, ${moneyText(target.cost.usd, view.currency)}, ${figure(target.energyKwh?.p50)} kWh`
  if (fastest !== undefined) texts.push(`${fastest === thriftiest ? 'faster and with less energy' : 'faster'}: ${told(fastest)}`)
  if (thriftiest !== undefined && thriftiest !== fastest) texts.push(`with less energy: ${told(thriftiest)}`)
  return entries('Instead', texts, view.width, 2)
}

function hoursText(interval: Interval | null): string {
  if (interval === null) return `${UNKNOWN} time`
  const {unit, perHour} = timeUnit(interval.p50)
  return `${middle(scaled(interval, perHour))} ${unit}`
}

const moneyText = (usd: Interval | null, currency: DisplayCurrency | undefined): string => (usd === null ? `${UNKNOWN} cost` : `${middle(scaled(usd, currency?.perUsd ?? 1))} ${currency?.code ?? 'USD'}`)

function tradeoffLines(target: PlanTarget, label: string, view: PlanView): Line[] {
  const texts: string[] = []
  for (const sign of ['+', '-', '0'] as const) {
    const said = target.tradeoffs.filter(tradeoff => tradeoff.sign === sign).map(tradeoff => convertMoney(tradeoff.text, view.currency))
    if (said.length > 0 && (sign !== '0' || view.verbose)) texts.push(`${TRADEOFF_SIGN[sign]}${GLUE}${said.join('; ')}`)
  }
  return entries(label, texts, view.width, 2)
}

function rigCostLines(rig: PlanTarget, view: PlanView): Line[] {
  const {cost} = rig
  if (cost.alternative === null) return []
  const rate = view.currency?.perUsd ?? 1
  const code = `${view.currency?.code ?? 'USD'}/${cost.period}`
  const basis = {marginal: 'for energy, cooling, wear and displaced hours', full: 'with capital, upkeep and room', rental: 'as rented'}
  const of = (interval: Interval | null): string => (interval === null ? UNKNOWN : inFull(scaled(interval, rate), code))
  return labelled('Rig cost', `${of(cost.usd)} ${basis[cost.basis]} (the table's figure); ${of(cost.alternative.usd)} ${basis[cost.alternative.basis]}`, view.width)
}

function adviceLines(document: PlanDocument, view: PlanView): Line[] {
  const texts = document.advice.map(({action, accelerator, usd, asOf, reason}) => {
    const what = action === 'none' ? 'nothing to rent or buy' : `${action} ${accelerator ?? 'hardware'}`
    const price = usd === null ? '' : convertMoney(` (about ${figure(usd)} USD${asOf === null ? '' : `, ${asOf}`})`, view.currency)
    return `${what}${price}: ${convertMoney(reason, view.currency)}`
  })
  return texts.length === 0 ? [] : entries('Advice', texts, view.width)
}

/** Counts by reason, the most frequent first, then the nearest misses. */
function refusalLines(document: PlanDocument, view: PlanView): Line[] {
  const {rejected} = document
  if (rejected.length === 0) return []
  const counts = [...Map.groupBy(rejected, entry => entry.reason)].map(([reason, all]) => ({reason, count: all.length})).toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
  const summary = `${figureCount(rejected.length)}: ${counts.map(({reason, count}) => `${figureCount(count)} ${REFUSAL[reason]}`).join(', ')}`
  const misses = document.targets.length === 0 ? [] : nearestMisses(rejected, view.verbose ? Infinity : 2)
  return entries('Refused', [summary, ...misses.map((miss): Rich => [{text: 'nearest: ', style: 'dim'}, ...(missText(miss, view) as readonly Span[])])], view.width)
}

/** What no line of the bills covers, with whom it concerns where that is not all. */
function notCostedLines(document: PlanDocument, view: PlanView): Line[] {
  const targets = chooseRows(document, view).shown.map(row => row.target)
  const concerned = new Map<string, {text: string; providers: Set<string>; count: number}>()
  for (const target of targets) {
    for (const {item, reason, usd} of target.cost.notCosted) {
      const text = convertMoney(`${item} (${reason}${usd === null ? '' : `, about ${figure(usd)} USD`})`, view.currency)
      const entry = concerned.get(`${item}\n${reason}`) ?? {text, providers: new Set<string>(), count: 0}
      concerned.set(`${item}\n${reason}`, entry)
      entry.providers.add(target.provider)
      entry.count++
    }
  }
  if (concerned.size === 0) return []
  const texts = [...concerned.values()].map(({text, providers, count}) => (count === targets.length ? text : `${text}: ${[...providers].join(', ')}`))
  return labelled('Not costed', texts.join('; '), view.width, {lines: view.verbose ? undefined : 4})
}

function footLines(document: PlanDocument, view: PlanView): Line[] {
  const {width} = view
  const {offers, targets, candidates} = document.considered
  const lines: Line[] = []
  lines.push(...labelled('Looked at', `${figureCount(offers)} offers, ${figureCount(targets)} targets, ${figureCount(candidates)} candidates (targets × ways of running)`, width))
  lines.push(...priceAgeLines(document, view))
  if (document.notes.length > 0) lines.push(...entries('Notes', document.notes.map(note => convertMoney(note, view.currency)), width))
  lines.push(...nextLines(document, view))
  return lines
}

/** "as of 2026-11-09 (11 days): aws, gcp; 2026-07-20 (4 months): paperspace": every provider once, the freshest first. */
function priceAgeLines(document: PlanDocument, view: PlanView): Line[] {
  const byDate = [...Map.groupBy(Object.entries(document.catalog.asOf), ([, asOf]) => asOf)].toSorted(([a], [b]) => (a > b ? -1 : 1))
  const clauses = byDate.map(([asOf, entriesOfDate]) => {
    const old = view.today === undefined ? '' : age(asOf, view.today)
    return `${asOf}${old === '' ? '' : ` (${old})`}: ${entriesOfDate.map(([provider]) => provider).toSorted().join(', ')}`
  })
  return clauses.length === 0 ? [] : labelled('Prices', `as of ${clauses.join('; ')}`, view.width)
}

function nextLines(document: PlanDocument, view: PlanView): Line[] {
  const workload = shellWord(view.workloadArgument ?? 'WORKLOAD')
  const best = document.targets[0]
  const nearest = nearestMisses(document.rejected, 1)[0] ?? document.rejected[0]
  const on = best?.id ?? nearest?.id
  if (on === undefined) return []
  return commandLines('Next', ['rigor', 'estimate', workload, `--on ${shellWord(on)}`, '--explain'], view.width)
}

/** A command to copy: broken only between its words, and then with the shell's own continuation. */
export function commandLines(label: string, words: readonly string[], width: number): Line[] {
  const indent = width >= 60 ? LABEL_COLUMNS : 2
  const room = width - indent - 2
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && displayWidth(longer) > room) {
      lines.push(line)
      line = `  ${word}`
    } else line = longer
  }
  lines.push(line)
  const printed: Line[] = lines.map((text, index) => [
    {text: index === 0 && indent > label.length ? label : '', style: 'bold'},
    {text: ' '.repeat(index === 0 && indent > label.length ? indent - label.length : indent)},
    {text: `${cutKeepingSpace(text, room)}${index < lines.length - 1 ? ' \\' : ''}`},
  ])
  return indent > label.length ? printed : [[{text: label, style: 'bold'}], ...printed]
}

const cutKeepingSpace = (text: string, width: number): string => {
  const lead = /^ */.exec(text)?.[0] ?? ''
  return lead + cut(text.slice(lead.length), width - lead.length)
}

