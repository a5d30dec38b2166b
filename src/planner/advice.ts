import type {Rig} from '../catalog/rig.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {isStale} from '../cost/age.ts'
import {HOURS_PER_JULIAN_YEAR} from '../cost/failures.ts'
import {HOURS_PER_MONTH, periodHours} from '../cost/period.ts'
import {termRule} from '../cost/terms.ts'
import {nameOf} from './answer.ts'
import {refuseMachine, refuseOffer, refuseSite} from './constraints.ts'
import {offerId} from './describe.ts'
import type {Advice} from './document.ts'
import type {Estimate} from './evaluate.ts'
import {createMisses} from './misses.ts'
import {barePlace, rigPlace, rigPlaces, type BarePlace, type RigPlace} from './places.ts'
import type {Entry} from './plan.ts'
import {sayHours, sayUsd} from './say.ts'
import {deadlineText, ineligibleReasonOf, judge, waysOf, type Session} from './session.ts'

/**
 * What would serve the user better than all that can be had as things stand: a card to buy, a longer term to sign, a
 * busy rig to wait for. Nothing is advised without a dated price behind it. Called last, since it searches further
 * hardware.
 */
export function adviseOn(session: Session, ranked: readonly Entry[]): Advice[] {
  const winner = ranked.find(entry => entry.eligible && entry.costUsd !== null)
  // A goal that money does not measure is no reason to spend it, unless nothing else does the work.
  if (ranked.length > 0 && (winner === undefined || session.objective.text !== 'cost')) return []
  return [buy(session, winner), commit(session, winner), wait(session, winner)].filter(advice => advice !== null)
}

/** Facility fact: the share of accelerators that fail for good in a year. */
const PERMANENT_FAILURE_KEY = 'h100_permanent_failure_rate'

/** A price at which cards really change hands; "list" and "estimate" are none. */
const STREET_PRICE = /^(?:new|used|retail)\b(?!.*estimate)/

interface Card {
  readonly accelerator: Accelerator
  readonly usd: number
  /** As old as it can be, where only its month is known. */
  readonly asOf: string
}

/** Cards that fit a desktop and whose street price was read somewhere and is not too old, the cheapest first. */
function cardsToBuy(session: Session): Card[] {
  const {snapshot} = session.facts
  const {options, demand} = session
  const cards: Card[] = []
  for (const accelerator of snapshot.accelerators) {
    const {price, formFactor, displayOutput, memoryGib} = accelerator
    if (price === undefined || formFactor !== 'pcie' || !displayOutput || !STREET_PRICE.test(price.kind) || memoryGib < demand.minimumTotalMemoryGib) continue
    if (snapshot.sources.find(({id}) => id === price.sourceId)?.standing !== 'read') continue
    const asOf = price.asOf.length === 7 ? `${price.asOf}-01` : price.asOf
    if (options.acceptStale || !isStale('on-demand', asOf, options.asOf)) cards.push({accelerator, usd: price.usd, asOf})
  }
  return cards.toSorted((a, b) => a.usd - b.usd || (a.accelerator.id < b.accelerator.id ? -1 : 1))
}

/** A workstation with a card in a slot: nothing can be put in place of what is soldered in. */
function takesCards({facts}: Session, {class: sort, nodes: [node]}: Rig): boolean {
  return sort === 'workstation' && node !== undefined && facts.accelerator(node.acceleratorId)?.formFactor === 'pcie'
}

interface Purchase {
  readonly card: Card
  readonly estimate: Estimate
  /** `null`: nobody's computer takes part, so what it would draw and where is not known. */
  readonly computer: Rig | null
  /** Price and use over the horizon. */
  readonly totalUsd: number
}

/** One card in the user's computer: where nothing does the work, or where it is cheaper over the horizon than the first of the plan. */
function buy(session: Session, winner: Entry | undefined): Advice | null {
  const {budgetUsd, options} = session
  const periods = session.work.schedule.kind === 'once' ? 1 : session.work.horizonMonths
  const computer = options.rigs.find(rig => takesCards(session, rig)) ?? null
  if (computer === null && winner !== undefined) return null
  const most = Math.min((winner?.costUsd ?? Number.POSITIVE_INFINITY) * periods, (budgetUsd ?? Number.POSITIVE_INFINITY) * periods)
  let best: Purchase | undefined
  for (const card of cardsToBuy(session)) {
    // Dearer by its price alone.
    if (card.usd >= (best?.totalUsd ?? most)) break
    const estimate = estimateWith(session, card, computer)
    if (estimate === null) continue
    const totalUsd = card.usd + (estimate.cost.usd?.p50 ?? 0) * periods
    if (totalUsd < (best?.totalUsd ?? most)) best = {card, estimate, computer, totalUsd}
  }
  return best === undefined ? null : adviceToBuy(session, best, winner)
}

/** What the workload takes on the card, or `null` where it cannot run there within the constraints. */
function estimateWith(session: Session, card: Card, computer: Rig | null): Estimate | null {
  const {constraints} = session.spec
  if (refuseMachine(constraints, 'rig', card.accelerator, 1) !== null) return null
  if (computer !== null && refuseSite(constraints, computer.site) !== null) return null
  const place: RigPlace | BarePlace | undefined = computer === null ? barePlace(card.accelerator, 1) : placeOfCard(session, card, computer)
  if (place === undefined) return null
  // What it misses is no way out for the answer to name. Without a bill, the budget is held against the price by the caller.
  const apart = {...session, misses: createMisses(), ...(computer === null ? {budgetUsd: undefined} : {})}
  const judged = judge(apart, [place.kind === 'rig' ? {place} : {place}], 1, session.search(place, 1).performances, null)
  if (!('estimate' in judged)) return null
  const {durationHours} = judged.estimate
  return durationHours.p50 > session.work.horizonMonths * HOURS_PER_MONTH ? null : judged.estimate
}

/** The computer with the card in place of its own. Its other parts, its site and what its hours are worth stay; wear follows the card's price. */
function placeOfCard(session: Session, {accelerator, usd}: Card, computer: Rig): RigPlace | undefined {
  const [node] = computer.nodes
  if (node === undefined) return undefined
  const {[PERMANENT_FAILURE_KEY]: failuresPerYear = 0} = session.facts.snapshot.facility
  const changed = {...node, count: 1, acceleratorId: accelerator.id, acceleratorCount: 1, levels: []}
  const rig: Rig = {...computer, id: `${computer.id}+${accelerator.id}`, owned: true, nodes: [changed], wearUsdPerAcceleratorHour: (failuresPerYear * usd) / HOURS_PER_JULIAN_YEAR}
  return rigPlace(rig, changed, session.facts)
}

function adviceToBuy(session: Session, {card, estimate, computer}: Purchase, winner: Entry | undefined): Advice {
  const {accelerator, usd, asOf} = card
  const monthly = session.work.schedule.kind !== 'once'
  const running = estimate.cost.usd?.p50 ?? null
  const figures = [
    ...(session.demand.endless ? [] : [`${sayHours(estimate.durationHours.p50)}${monthly ? ' a run' : ''}`]),
    running === null ? 'its power is not counted' : `${sayUsd(running)}${monthly ? ' a month' : ''} of power and wear`,
  ]
  return {action: 'buy', accelerator: accelerator.id, usd, asOf, reason: `in ${computerText(session, card, computer)}: ${figures.join(', ')}; ${worthOf(winner, usd, running, monthly)}`}
}

function worthOf(winner: Entry | undefined, usd: number, running: number | null, monthly: boolean): string {
  if (winner === undefined || winner.costUsd === null || running === null) return 'nothing that is yours or can be rented does it'
  if (!monthly) return `${nameOf(winner)} takes ${sayUsd(winner.costUsd)}, more than the card and its first run`
  return `paid back after ${Number((usd / (winner.costUsd - running)).toPrecision(2))} months against ${nameOf(winner)}`
}

function computerText(session: Session, {accelerator}: Card, computer: Rig | null): string {
  const [node] = computer?.nodes ?? []
  if (computer === null || node === undefined) return 'a computer of your own'
  const name = `${computer.id.startsWith(computer.class) ? '' : `${computer.class} `}${computer.id}`
  const before = (session.facts.accelerator(node.acceleratorId)?.powerWatts ?? 0) * node.acceleratorCount
  const more = (accelerator.powerWatts ?? 0) - before
  return `${session.options.rigsAssumed ? 'a desktop such as' : 'your'} ${name}${more > 0 ? `, whose supply has to give ${Math.round(more)} W more` : ''}`
}

/** Purchases that a longer term may replace, and what a month of them is paid for: the hours on demand, every hour of a term. */
function paidHoursPerMonth(purchase: string, hoursPerMonth: number): number | null {
  if (purchase === 'on-demand') return hoursPerMonth
  return termRule(purchase).kind === 'whole' ? HOURS_PER_MONTH : null
}

/**
 * A longer term of the machine that won, where it pays off only beyond the horizon: after (hours of the term × its price)
 * ÷ (hours paid for in a month × the price now) months.
 */
function commit(session: Session, winner: Entry | undefined): Advice | null {
  const {work, facts, options, spec} = session
  const estimate = winner?.estimate
  if (estimate === undefined || work.schedule.kind === 'once' || estimate.way.offer === undefined) return null
  const {way, nodes, hours} = estimate
  const {place, offer} = way
  const hoursPerMonth = periodHours(hours, work.schedule).hours.p50
  const paidHours = paidHoursPerMonth(offer.purchase, hoursPerMonth)
  // A term's machine has no more hours than the month.
  if (place.kind !== 'cloud' || paidHours === null || hoursPerMonth > HOURS_PER_MONTH) return null
  const monthUsd = paidHours * offer.priceUsdPerHour * nodes
  let best: {readonly advice: Advice; readonly savedUsd: number} | null = null
  for (const {offer: term} of waysOf(session, place, facts.snapshot.offersOf(place.key), nodes)) {
    const rule = term === undefined ? undefined : termRule(term.purchase)
    if (term === undefined || rule?.kind !== 'whole' || term.service !== offer.service) continue
    if (refuseOffer(spec.constraints, term) !== null || ineligibleReasonOf(term, options) !== null) continue
    const termMonths = rule.hours / HOURS_PER_MONTH
    const termUsd = rule.hours * term.priceUsdPerHour * nodes
    const months = termUsd / monthUsd
    const savedUsd = monthUsd * termMonths - termUsd
    if (months <= work.horizonMonths || months >= termMonths || savedUsd <= (best?.savedUsd ?? 0)) continue
    const reason = `${offerId(term, nodes)} pays off if this goes on for more than ${Math.ceil(months - 1e-9)} months: all ${Math.round(termMonths)} are paid, against ${sayUsd(monthUsd)} a month now`
    best = {advice: {action: 'commit', accelerator: place.accelerator.id, usd: termUsd, asOf: term.asOf, reason}, savedUsd}
  }
  return best?.advice ?? null
}

/** A rig that is in time but for the wait until it is free, and cheaper than the first of the plan. */
function wait(session: Session, winner: Entry | undefined): Advice | null {
  const {spec, facts, options} = session
  const {deadlineSeconds} = spec.constraints
  if (winner === undefined || winner.costUsd === null || deadlineSeconds === undefined || session.demand.endless) return null
  const patient: Session = {...session, misses: createMisses(), spec: {...spec, constraints: {...spec.constraints, deadlineSeconds: Number.POSITIVE_INFINITY}}}
  let best: {readonly advice: Advice; readonly usd: number} | null = null
  for (const place of rigPlaces(options.rigs.filter(rig => (rig.freeInHours ?? 0) > 0), facts)) {
    if (refuseMachine(spec.constraints, 'rig', place.accelerator, place.acceleratorsPerNode) !== null || refuseSite(spec.constraints, place.rig.site) !== null) continue
    const judged = judge(patient, [{place}], place.maximumNodes, session.search(place, place.maximumNodes).performances, null)
    if (!('estimate' in judged)) continue
    const {estimate} = judged
    const [waitHours, hours, usd] = [place.rig.freeInHours ?? 0, estimate.durationHours.p50, estimate.cost.usd?.p50 ?? null]
    const deadlineHours = deadlineSeconds / 3600
    if (usd === null || usd >= Math.min(winner.costUsd, best?.usd ?? Number.POSITIVE_INFINITY) || hours <= deadlineHours || hours - waitHours > deadlineHours) continue
    const reason = `${nameOf({estimate})} is free in ${sayHours(waitHours)} and would be done in ${sayHours(hours)} for ${sayUsd(usd)}; a deadline of ${deadlineText(hours)} saves ${sayUsd(winner.costUsd - usd)}`
    best = {advice: {action: 'wait', accelerator: place.accelerator.id, usd, asOf: null, reason}, usd}
  }
  return best?.advice ?? null
}
