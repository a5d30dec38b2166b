import {enoughUsd} from '../cost/estimate.ts'
import {groupDigits} from '../units/format.ts'
import type {Refusal} from '../performance/types.ts'
import {NEAR_TIE_SHARE} from './rank.ts'
import type {Advice, RejectedTarget} from './document.ts'
import type {Entry} from './plan.ts'
import type {NearMiss} from './misses.ts'
import {deadlineText, type Session} from './session.ts'
import {reasonRank} from './refusals.ts'
import {sayFigure, sayHours, sayList, sayPercent, sayUsd} from './say.ts'

interface Found {
  readonly asked: 'plan' | 'estimate'
  readonly ranked: readonly Entry[]
  /** The best that an account of the user's displaced in a near-tie. */
  readonly displaced: Entry | null
  readonly rejected: readonly RejectedTarget[]
  readonly advice: readonly Advice[]
}

/** The answer as one sentence: the winner, and the best of the other camp beside it. */
export function answerOf(session: Session, {asked, ranked, displaced, rejected, advice}: Found): string {
  const winner = ranked[0]
  if (winner === undefined) return `${nothingFeasible(session, rejected)}${advice.map(({accelerator, usd}) => ` Or buy ${accelerator} for about ${sayUsd(usd)}.`).join('')}`
  if (asked === 'estimate') return estimateAnswer(session, ranked)
  if (!winner.eligible) {
    return `No offer may win: the best is ${nameOf(winner)} at ${figures(session, winner)}, but its price is ${winner.estimate.way.offer === undefined ? 'unknown' : 'not reliable'} (see the marks).`
  }
  const {place} = winner.estimate.way
  const yours = place.kind !== 'rig' || place.rig.class === 'server' ? 'the built-in rig is yours' : `such a ${place.rig.class} is yours`
  const assumed = winner.provider === 'rig' && session.options.rigsAssumed ? `, assuming ${yours} (\`rigs: {}\` leaves it out)` : ''
  if (winner.score === null) return `The objective ${session.objective.text} is unknown for every target, so nothing is ranked by it; cheapest is ${nameOf(winner)}: ${figures(session, winner)}.`
  const first = `Run it on ${nameOf(winner)}${assumed}: ${figures(session, winner)}`
  const rival = winner.provider === 'rig' ? ranked.find(entry => entry.eligible && entry.provider !== 'rig') : ranked.find(entry => entry.provider === 'rig')
  const beside =
    rival === undefined
      ? winner.provider === 'rig' ? '; no cloud offer qualifies' : ''
      : winner.provider === 'rig' ? `; the best cloud is ${nameOf(rival)}, ${figures(session, rival)}` : `; ${nameOf(rival)} would take ${figures(session, rival)}`
  return `${first}${beside}.${savedBy(session, winner, displaced)}`
}

/** Of targets the user named: what the only one takes, or which is the best of them. */
function estimateAnswer(session: Session, ranked: readonly Entry[]): string {
  const [winner, next] = ranked
  if (winner === undefined) return ''
  const missed = winner.estimate.performance.refusedUnlessNamed
  const subject = `${nameOf(winner)}: ${figures(session, winner)}.${missed === undefined ? '' : ` But ${unaskedText(missed)}.`}`
  return next === undefined ? (winner.provider === 'rig' ? capitalized(subject) : subject) : `Best of ${ranked.length} by ${session.objective.text}: ${subject}`
}

/** What keeps a named target out of plans although it runs there. */
export const unaskedText = ({reason, detail}: Refusal): string => (reason === 'slo' ? `it misses the assumed SLO: ${detail}` : `no plan offers it unasked: ${detail}`)

/** Ids of providers and accelerators stay as they are written. */
const capitalized = (text: string): string => text.replace(/^(your|the) /, word => word.charAt(0).toUpperCase() + word.slice(1))

/** An account that exists won a near-tie: what the best other would save. */
function savedBy(session: Session, winner: Entry, displaced: Entry | null): string {
  if (displaced === null) return ''
  const saved = winner.costUsd !== null && displaced.costUsd !== null ? winner.costUsd - displaced.costUsd : null
  const amount = saved !== null && saved > 0 ? `would save ${sayUsd(saved)}${perPeriod(session)}` : `is within ${sayPercent(NEAR_TIE_SHARE)}`
  return ` ${winner.provider === 'rig' ? 'It is yours' : 'You have an account there'}; ${nameOf(displaced)} ${amount}.`
}

/** The least change of budget or deadline that would let something in; else the most telling refusal. */
function nothingFeasible(session: Session, rejected: readonly RejectedTarget[]): string {
  const {misses} = session
  const [cheapest, fastest, both] = [misses.cheapest(), misses.fastest(), misses.both()]
  const on = (miss: NearMiss): string => ` (${nameOf(miss)})`
  const ways: string[] = []
  if (cheapest !== null) ways.push(`raise the budget to ${budgetText(cheapest)}${on(cheapest)}`)
  if (fastest !== null) ways.push(`${ways.length > 0 ? '' : 'raise '}the deadline to ${deadlineText(fastest.hours ?? 0)}${on(fastest)}`)
  if (ways.length === 0 && both !== null) ways.push(`raise the budget to ${budgetText(both)} and the deadline to ${deadlineText(both.hours ?? 0)}${on(both)}`)
  if (ways.length > 0) return `Nothing feasible. Nearest: ${ways.join(', or ')}.`
  const [miss] = rejected.toSorted((a, b) => Number(a.nearest === null) - Number(b.nearest === null) || reasonRank(a.reason) - reasonRank(b.reason))
  if (miss === undefined) return 'Nothing can run this: the catalog has no machine with an accelerator.'
  const wayOut = miss.nearest === null ? '' : `; nearest way out: ${miss.nearest}`
  return `Nothing feasible. ${miss.id}: ${miss.detail}${wayOut}.`
}

const budgetText = ({usd, estimate}: NearMiss): string => `${enoughUsd(usd ?? 0)} USD${estimate.cost.period === 'month' ? ' a month' : ''}`

/** "your rig h100x10-pcie", "lambda gpu_8x_h100_sxm5 ×2 (spot)". */
export function nameOf({estimate}: Pick<Entry, 'estimate'>): string {
  const {place, offer} = estimate.way
  const times = estimate.nodes > 1 ? ` ×${estimate.nodes}` : ''
  if (place.kind === 'rig') {
    const sort = place.rig.class === 'server' ? 'rig ' : place.instanceType.startsWith(place.rig.class) ? '' : `${place.rig.class} `
    return `${place.rig.owned ? 'your' : 'the planned'} ${sort}${place.instanceType}${times}`
  }
  const bought = offer === undefined || offer.purchase === 'on-demand' ? '' : ` (${offer.purchase})`
  if (place.kind === 'bare') return `${place.acceleratorsPerNode}× ${place.accelerator.id}${times}`
  return `${place.provider} ${place.instanceType}${times}${bought}`
}

function perPeriod(session: Session): string {
  return session.work.schedule.kind === 'once' ? '' : ' a month'
}

/** "41 USD of power and wear, 6.2 h" — the month's cost without hours where the work has no end. */
function figures(session: Session, entry: Entry): string {
  const {cost, durationHours} = entry.estimate
  const usd = cost.usd === null ? 'an unknown price' : `${sayUsd(cost.usd.p50)}${perPeriod(session)}${cost.basis === 'marginal' ? ` of ${sayList(['power', 'wear', ...['displaced work', 'waiting'].filter(item => cost.lines.some(line => line.item === item))])}` : ''}`
  const time = session.demand.endless ? '' : `, ${sayHours(durationHours.p50)}${session.work.schedule.kind === 'once' ? '' : ' a run'}`
  return `${usd}${time}${objectiveFigure(session, entry)}`
}

/** What was asked for, where it is neither the cost nor the time that stand there anyway. */
function objectiveFigure(session: Session, {estimate: {cost, energy}}: Entry): string {
  const per = session.demand.endless ? ' a month' : session.work.schedule.kind === 'once' ? '' : ' a run'
  switch (session.objective.text) {
    case 'energy':
      return `, ${energy.kwh === null ? 'unknown energy' : `${sayFigure(energy.kwh.p50)} kWh${per}`}`
    case 'carbon':
      return `, ${energy.carbonKg === null ? 'unknown carbon' : `${sayFigure(energy.carbonKg.p50)} kg CO2${per}`}`
    case 'cost.perUnit':
      return cost.perUnit === null ? '' : `, ${sayFigure(cost.perUnit.usd.p50)} ${cost.perUnit.unit}`
    default:
      return ''
  }
}

/** Why a target stands where it stands, one sentence each. */
export function whyOf(session: Session, entry: Entry, rank: number, ranked: readonly Entry[]): string[] {
  const reasons: string[] = []
  const best = ranked[0]
  const {performance} = entry.estimate
  if (rank === 1) {
    const next = ranked[1]
    const objective = session.objective.text
    if (entry.estimate.way.place.kind === 'bare') reasons.push('bare hardware: without a price it is not ranked')
    else if (!entry.eligible) reasons.push('no target of the list may win; this is the best of them')
    else if (next === undefined || !next.eligible) reasons.push('the only target that does it and may win')
    else reasons.push(`first of ${groupDigits(String(ranked.length))} by ${objective}: ${compared(session, entry, next)}`)
  } else if (best !== undefined) reasons.push(compared(session, entry, best))
  reasons.push(boundBy(performance.bottleneck))
  return reasons
}

function compared(session: Session, entry: Entry, other: Entry): string {
  const parts: string[] = []
  const ratio = (a: number | null, b: number | null): number | null => (a === null || b === null || b === 0 ? null : a / b)
  const cost = ratio(entry.costUsd, other.costUsd)
  if (cost !== null) parts.push(cost <= 1 ? `costs ${sayPercent(1 - cost)} less` : cost < 2 ? `costs ${sayPercent(cost - 1)} more` : `costs ${Number(cost.toPrecision(2))} times as much`)
  const time = session.demand.endless ? null : ratio(entry.hours, other.hours)
  if (time !== null && Math.abs(time - 1) >= 0.01) parts.push(time < 1 ? `takes ${sayPercent(1 - time)} less time` : time < 2 ? `takes ${sayPercent(time - 1)} more time` : `takes ${Number(time.toPrecision(2))} times as long`)
  return `${parts.length === 0 ? 'level' : parts.join(', ')} ${parts.length === 0 ? 'with' : 'than'} ${nameOf(other)}`.replace(/(times as (?:much|long)) than/, '$1 as')
}

const BOUND: Readonly<Record<string, string>> = {
  compute: 'limited by arithmetic',
  'memory-bandwidth': 'limited by memory bandwidth',
  'memory-capacity': 'limited by memory size',
  link: 'limited by the links between accelerators',
  network: 'limited by the network between nodes',
  storage: 'limited by what storage gives',
  host: 'limited by the host',
  overhead: 'limited by launch overheads',
  load: 'has room to spare: the load, not the hardware, sets the pace',
}

const boundBy = (bottleneck: string): string => BOUND[bottleneck] ?? `limited by ${bottleneck}`
