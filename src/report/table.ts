import type {Interval} from '../performance/types.ts'
import type {Advice, PlanDocument, PlansDocument, PlanTarget, RejectedTarget} from '../planner/document.ts'
import {reasonRank} from '../planner/refusals.ts'
import {acceleratorText, isEndless, planColumns} from './columns.ts'
import {type DocumentView, hoursText, moneyText, priceAgeLines, tradeoffLines, understoodLines} from './document-lines.ts'
import {convertMoney, figure, inFull, scaled, UNKNOWN} from './format.ts'
import {columnLines, cut, displayWidth, fitColumns, type Line, NARROWEST, paint, type Rich, type Span, wrap} from './layout.ts'
import {chooseRows, type Row} from './rows.ts'
import {commandLines, entries, joinSections, labelled} from './sections.ts'
import {CONFIDENCE, configurationText, INELIGIBLE, NEAR_TIE_GLYPH, REFUSAL, REFUSED_GLYPH, rigName, rigSiteText, shellWord} from './words.ts'
import {groupDigits} from '../units/format.ts'

export interface PlanView extends DocumentView {
  /** Table lines before "N of M". */
  readonly limit: number
  /** One line per region instead of one per machine and purchase. */
  readonly allRegions: boolean
  /** Providers the user has an account with: each has a line, whatever comes of it. */
  readonly have: readonly string[]
}

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

function tableLines(document: PlanDocument, view: PlanView): Line[] {
  const {width} = view
  const {shown, pinned, refused, absent, total} = chooseRows(document, view)
  const rows = [...shown, ...pinned]
  const fitted = fitColumns(planColumns(rows, view, document.objective), rows, width)
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
  if (total < document.feasible) hints.push(`${figureCount(document.feasible)} with other node counts`)
  if (shown < total) hints.push('--limit N for more')
  if (!view.allRegions && document.targets.some(target => (target.otherRegions?.count ?? 0) > 0)) hints.push('--all-regions for each region')
  return wrap([{text: `${figureCount(shown)} of ${figureCount(total)}`, style: 'bold'}, {text: ` (${hints.join('; ')})`, style: 'dim'}], view.width, {first: '    ', rest: '    '})
}

const figureCount = (count: number): string => groupDigits(String(count))

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
function nearestMisses(rejected: readonly RejectedTarget[], limit: number): RejectedTarget[] {
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
  lines.push(...warningLines(best, rig === best ? undefined : rig, view))
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
  const endless = isEndless(document.targets)
  const fastest = endless ? undefined : least(target => target.durationHours?.p50)
  const thriftiest = least(target => target.energyKwh?.p50)
  const texts: string[] = []
  const told = (target: PlanTarget): string =>
    [target.id, ...(endless ? [] : [hoursText(target.durationHours)]), moneyText(target.cost.usd, view.currency), ...(target.energyKwh === null ? [] : [`${figure(target.energyKwh.p50)} kWh`])].join(', ')
  if (fastest !== undefined) texts.push(`${fastest === thriftiest ? 'faster and with less energy' : 'faster'}: ${told(fastest)}`)
  if (thriftiest !== undefined && thriftiest !== fastest) texts.push(`with less energy: ${told(thriftiest)}`)
  return entries('Instead', texts, view.width, 2)
}

/** What to beware of with the first and with the rig; the rest of a long list stands in `rigor estimate`. */
function warningLines(best: PlanTarget | undefined, rig: PlanTarget | undefined, view: PlanView): Line[] {
  const texts: Rich[] = []
  for (const [target, prefix] of [[best, ''], [rig, `${rig?.id}: `]] as const) {
    for (const warning of (target?.warnings ?? []).slice(0, view.verbose ? undefined : 3)) texts.push([{text: `${prefix}${convertMoney(warning, view.currency)}`, style: 'yellow'}])
  }
  return entries('Beware', texts, view.width, 2)
}

function rigCostLines(rig: PlanTarget, view: PlanView): Line[] {
  const {cost} = rig
  if (cost.alternative === null) return []
  const rate = view.currency?.perUsd ?? 1
  const code = `${view.currency?.code ?? 'USD'}/${cost.period}`
  const basis = {marginal: 'for energy, cooling and wear', full: 'with capital, upkeep and room', rental: 'as rented'}
  const of = (interval: Interval | null): string => (interval === null ? UNKNOWN : inFull(scaled(interval, rate), code))
  return [...labelled('Rig cost', `${of(cost.usd)} ${basis[cost.basis]} (the table's figure); ${of(cost.alternative.usd)} ${basis[cost.alternative.basis]}`, view.width), ...labelled('Rig site', rigSiteText(rig), view.width)]
}

function adviceLines(document: PlanDocument, view: PlanView): Line[] {
  const what: Readonly<Record<Advice['action'], string>> = {buy: 'buy', commit: 'commit to', wait: 'wait for'}
  const texts = document.advice.map(({action, accelerator, usd, asOf, reason}) =>
    convertMoney(`${what[action]} ${accelerator} (about ${figure(usd)} USD${asOf === null ? '' : `, ${asOf}`}): ${reason}`, view.currency))
  return entries('Advice', texts, view.width, 2)
}

/** Counts by reason, the most frequent first, then the nearest misses. */
function refusalLines(document: PlanDocument, view: PlanView): Line[] {
  const {rejected} = document
  if (rejected.length === 0) return []
  const counts = [...Map.groupBy(rejected, entry => entry.reason)].map(([reason, all]) => ({reason, count: all.length})).toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
  const summary = `${figureCount(rejected.length)}: ${counts.map(({reason, count}) => `${figureCount(count)} ${REFUSAL[reason]}`).join(', ')}`
  const misses = document.targets.length === 0 ? [] : nearestMisses(rejected, view.verbose ? Infinity : 2)
  return entries('Refused', [summary, ...misses.map((miss): Rich => [{text: 'for example: ', style: 'dim'}, ...(missText(miss, view) as readonly Span[])])], view.width)
}

/** What no line of the bills covers, with whom it concerns where that is not all. */
function notCostedLines(document: PlanDocument, view: PlanView): Line[] {
  const targets = chooseRows(document, view).shown.map(row => row.target)
  const byItem = Map.groupBy(targets.flatMap(target => target.cost.notCosted.map(entry => ({...entry, provider: target.provider}))), entry => entry.item)
  if (byItem.size === 0) return []
  const texts = [...byItem].map(([item, all]) => {
    const reasons = new Set(all.map(entry => entry.reason))
    const providers = new Set(all.map(entry => entry.provider))
    const [reason = ''] = reasons
    const whom = all.length === targets.length ? '' : `: ${[...providers].join(', ')}`
    return `${item}${reasons.size === 1 ? ` (${convertMoney(reason, view.currency)})` : ''}${whom}`
  })
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

function nextLines(document: PlanDocument, view: PlanView): Line[] {
  const workload = shellWord(view.workloadArgument ?? 'WORKLOAD')
  const best = document.targets[0]
  // A bare provider, whose offers all fail, is no target.
  const named = document.rejected.filter(({id}) => id.includes(':'))
  const on = best?.id ?? (nearestMisses(named, 1)[0] ?? named[0])?.id
  if (on === undefined) return []
  return commandLines('Next', ['rigor', 'estimate', workload, `--on ${shellWord(on)}`, '--explain'], view.width)
}
