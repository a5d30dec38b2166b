import type {Interval} from '../performance/types.ts'
import type {PlanDocument, PlanTarget} from '../planner/document.ts'
import {age, convertMoney, type DisplayCurrency, middle, scaled, timeUnit, UNKNOWN} from './format.ts'
import {GLUE, type Line, type Span, wrap} from './layout.ts'
import {entries, labelled} from './sections.ts'
import {TRADEOFF_SIGN} from './words.ts'

/** What the views of one document share. */
export interface DocumentView {
  /** Columns of the terminal; no line is longer. */
  readonly width: number
  readonly color: boolean
  readonly currency?: DisplayCurrency | undefined
  readonly verbose: boolean
  /** Today's date, to say how old prices are. */
  readonly today?: string | undefined
  /** What the user wrote as WORKLOAD, for the commands to type next. */
  readonly workloadArgument?: string | undefined
}

const UNDERSTOOD_LINES = 3
/** The workload in one clause and every default that was filled in, at most three lines. */
export function understoodLines(document: PlanDocument, width: number, verbose: boolean): Line[] {
  const {summary, assumptions} = document.understood
  const spans: Span[] = [{text: 'Understood as ', style: 'dim'}, {text: summary}]
  if (assumptions.length > 0) {
    spans.push({text: '; not given, so by default: ', style: 'dim'})
    spans.push({text: assumptions.map(({field, value}) => `${field}${GLUE}${value}`).join(', ')})
  }
  return wrap(spans, width, {rest: '  ', ...(verbose ? {} : {lines: UNDERSTOOD_LINES, more: '(--verbose)'})})
}

/** What speaks for a target and what against it. */
export function tradeoffLines(target: Pick<PlanTarget, 'tradeoffs'>, label: string, view: DocumentView): Line[] {
  const texts: string[] = []
  for (const sign of ['+', '-', '0'] as const) {
    const said = target.tradeoffs.filter(tradeoff => tradeoff.sign === sign).map(tradeoff => convertMoney(tradeoff.text, view.currency))
    if (said.length > 0 && (sign !== '0' || view.verbose)) texts.push(`${TRADEOFF_SIGN[sign]}${GLUE}${said.join('; ')}`)
  }
  return entries(label, texts, view.width, 2)
}

/** "as of 2026-11-09 (11 days): aws, gcp; 2026-07-20 (4 months): paperspace": every provider once, the freshest first. */
export function priceAgeLines(document: PlanDocument, view: DocumentView): Line[] {
  const byDate = [...Map.groupBy(Object.entries(document.catalog.asOf), ([, asOf]) => asOf)].toSorted(([a], [b]) => (a > b ? -1 : 1))
  const clauses = byDate.map(([asOf, entriesOfDate]) => {
    const old = view.today === undefined ? '' : age(asOf, view.today)
    return `${asOf}${old === '' ? '' : ` (${old})`}: ${entriesOfDate.map(([provider]) => provider).toSorted().join(', ')}`
  })
  return clauses.length === 0 ? [] : labelled('Prices', `as of ${clauses.join('; ')}`, view.width)
}

export function hoursText(interval: Interval | null): string {
  if (interval === null) return `${UNKNOWN} time`
  const {unit, perHour} = timeUnit(interval.p50)
  return `${middle(scaled(interval, perHour))} ${unit}`
}

export const moneyText = (usd: Interval | null, currency: DisplayCurrency | undefined): string => (usd === null ? `${UNKNOWN} cost` : `${middle(scaled(usd, currency?.perUsd ?? 1))} ${currency?.code ?? 'USD'}`)
