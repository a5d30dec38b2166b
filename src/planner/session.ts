import type {Rig} from '../catalog/rig.ts'
import type {Offer} from '../catalog/schema.ts'
import {applyOwnPrices, type OwnPriceRule} from '../cost/prices.ts'
import {isStale} from '../cost/age.ts'
import {checkBudget} from '../cost/estimate.ts'
import {HOURS_PER_MONTH, periodHours} from '../cost/period.ts'
import {termCheck} from '../cost/terms.ts'
import type {Schedule} from '../cost/types.ts'
import {RigorError} from '../errors.ts'
import type {Hardware, Performance, Refusal} from '../performance/types.ts'
import {moneyToUsd} from '../units/money.ts'
import type {CommonSpec} from '../workload/common.ts'
import type {AnyKind, Demand} from '../workload/contract.ts'
import type {ReadWorkload} from '../workload/read.ts'
import {refuseOffer} from './constraints.ts'
import type {IneligibleReason} from './document.ts'
import {createEvaluator, metricsOf, type Estimate, type Evaluator, type Way, type Work} from './evaluate.ts'
import type {PlanningFacts} from './facts.ts'
import type {Objective} from './objective.ts'
import {DEFAULT_MAXIMUM_NODES, type CloudPlace, type Place} from './places.ts'
import type {PriceBook} from './pricing.ts'
import {measureReference, withReference, type ReferenceFactor} from './reference.ts'
import {searchConfigurations, type SearchResult} from './search.ts'

/** What of the user's settings a plan depends on. */
export interface PlanOptions {
  /** Today, ISO. */
  readonly asOf: string
  /** Those that take part. */
  readonly rigs: readonly Rig[]
  /** Nobody named a rig: the built-in ones stand in, and the answer says so. */
  readonly rigsAssumed: boolean
  /** Providers the user has accounts with. */
  readonly have: readonly string[]
  readonly prices: readonly OwnPriceRule[]
  readonly skills: readonly string[] | undefined
  readonly allRegions: boolean
  readonly acceptStale: boolean
}

/** How a machine is bought, with every offer of that sort that the constraints let through, the best first. */
export interface OfferGroup {
  readonly service: string
  readonly purchase: string
  readonly offers: readonly Offer[]
}

/** One workload on its way through the planner. */
export interface Session {
  readonly kind: AnyKind
  readonly spec: CommonSpec
  /** As the user wrote it. */
  readonly raw: Readonly<Record<string, unknown>>
  readonly demand: Demand
  readonly work: Work
  readonly facts: PlanningFacts
  readonly book: PriceBook
  readonly options: PlanOptions
  readonly objective: Objective
  readonly evaluator: Evaluator
  readonly budgetUsd: number | undefined
  readonly reference: ReferenceFactor | undefined
  readonly enforceAssumedGoals: boolean
  /** Searched once per hardware. */
  search(place: Place, nodes: number): SearchResult
  candidatesSeen(): number
}

export interface SessionInput {
  readonly workload: ReadWorkload
  readonly facts: PlanningFacts
  readonly book: PriceBook
  readonly options: PlanOptions
  readonly objective: Objective
  /** `plan` ranks only what meets the goals it assumed; `estimate` answers what it is asked. */
  readonly enforceAssumedGoals?: boolean | undefined
  /** The hardware that `reference.on` names, resolved. */
  readonly referenceHardware?: Hardware | undefined
}

export function createSession(input: SessionInput): Session {
  const {workload, facts, book, options, objective} = input
  const {kind, spec} = workload
  const demand = kind.demand(spec as never, facts, input.referenceHardware)
  const schedule = scheduleOf(spec, demand)
  const site = options.rigs[0]?.site
  const work: Work = {
    demand,
    schedule,
    horizonMonths: spec.horizonMonths,
    data: spec.data,
    uplinkBytesPerSecond: site?.uplinkBytesPerSecond ?? DEFAULT_UPLINK_BYTES_PER_SECOND,
    asOf: options.asOf,
  }
  const reference = input.referenceHardware === undefined ? undefined : measureReference(kind, demand, spec, input.referenceHardware, facts)
  const found = new Map<string, SearchResult>()
  let candidates = 0
  const keepAll = objective.kind === 'expression'
  return {
    kind,
    spec,
    raw: workload.raw,
    demand,
    work,
    facts,
    book,
    options,
    objective,
    evaluator: createEvaluator(facts, book, work),
    budgetUsd: spec.constraints.budget === undefined ? undefined : moneyToUsd(spec.constraints.budget, facts.snapshot.exchangeRates),
    reference,
    enforceAssumedGoals: input.enforceAssumedGoals === true,
    search(place, nodes) {
      const key = place.hardwareKey(nodes)
      const known = found.get(key)
      if (known !== undefined) return known
      const hardware = place.hardware(nodes)
      let result = searchConfigurations(kind, demand, hardware, facts, keepAll)
      if (reference !== undefined) result = {...result, performances: result.performances.map(performance => withReference(performance, hardware, reference))}
      candidates += result.candidates
      found.set(key, result)
      return result
    },
    candidatesSeen: () => candidates,
  }
}

/** A business line of 1 Gbit/s, as the built-in rigs have; an assumption where no rig says otherwise. */
const DEFAULT_UPLINK_BYTES_PER_SECOND = 125e6

/** Online serving has no end, so `once` makes no sense there and means always; all else runs once unless told otherwise. */
export function scheduleOf(spec: CommonSpec, demand: Demand): Schedule {
  const {schedule} = spec
  if (!demand.endless) return schedule ?? {kind: 'once'}
  if (schedule?.kind === 'runs-per-month' || schedule?.kind === 'once') {
    throw new RigorError('BAD_SCHEDULE', `Online serving has no end, so it has no runs to count (schedule: ${schedule.kind === 'once' ? 'once' : 'runsPerMonth'}).`, {
      hint: 'Write schedule: always, or {hoursPerMonth: 160}; a batch of requests is traffic: {mode: offline, requests: …}.',
    })
  }
  return schedule ?? {kind: 'always'}
}

/** Node counts worth trying, ascending. Serving needs the fewest that do, so every count; a run may halve its time by doubling. */
export function nodeCounts(session: Session, place: Place): number[] {
  const {demand, spec} = session
  const most = Math.min(place.maximumNodes, spec.constraints.maxNodes ?? DEFAULT_MAXIMUM_NODES)
  const counts: number[] = []
  for (let nodes = 1; nodes <= most; nodes = demand.endless && nodes < DENSE_NODES ? nodes + 1 : nodes * 2) counts.push(nodes)
  if (place.kind === 'rig' && counts.at(-1) !== most) counts.push(most)
  const perNodeGib = place.accelerator.memoryGib * acceleratorsPerNode(place)
  const enough = counts.filter(nodes => nodes * perNodeGib >= demand.minimumTotalMemoryGib)
  // Too small at any count: the first says by how much.
  return enough.length > 0 ? enough : counts.slice(0, 1)
}

/** Up to here every node count is tried for serving, beyond it doublings. */
const DENSE_NODES = 8

export function acceleratorsPerNode(place: Place): number {
  return place.kind === 'cloud' ? place.machine.acceleratorCount : place.acceleratorsPerNode
}

/** Why an offer may not win, if so. */
export function ineligibleReasonOf(offer: Offer, options: PlanOptions): IneligibleReason | null {
  if (!options.acceptStale && isStale(offer.purchase, offer.asOf, options.asOf)) return 'stale'
  if (offer.flags.includes('from-price')) return 'from-price'
  if (offer.flags.includes('marketplace')) return 'marketplace'
  if (offer.flags.includes('unverified') || offer.flags.includes('unit-price')) return 'unverified'
  return null
}

/** The offers of a place by how they are bought; a refusal per way that the constraints rule out. */
export function offerGroups(session: Session, offers: readonly Offer[]): {groups: OfferGroup[]; refused: {service: string; purchase: string; refusal: Refusal}[]} {
  const {options, spec} = session
  const groups: OfferGroup[] = []
  const refused: {service: string; purchase: string; refusal: Refusal}[] = []
  for (const [, sorted] of Map.groupBy(offers, offer => `${offer.service} ${offer.purchase}`)) {
    const first = sorted[0]
    if (first === undefined) continue
    const {service, purchase} = first
    let refusal: Refusal | null = spotRefusal(session, purchase)
    const passed: Offer[] = []
    if (refusal === null) {
      for (const offer of sorted) {
        const no = refuseOffer(spec.constraints, offer)
        if (no === null) passed.push(offer)
        else refusal ??= no
      }
    }
    if (passed.length === 0) {
      if (refusal !== null) refused.push({service, purchase, refusal})
      continue
    }
    const rank = (offer: Offer): number => Number(ineligibleReasonOf(offer, options) !== null)
    passed.sort((a, b) => rank(a) - rank(b) || a.priceUsdPerHour - b.priceUsdPerHour || compareText(a.region, b.region) || compareText(a.zone ?? '', b.zone ?? ''))
    groups.push({service, purchase, offers: passed})
  }
  return {groups, refused}
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** A service with a latency goal on machines that can be taken away: only if the user says so. */
function spotRefusal(session: Session, purchase: string): Refusal | null {
  if (!session.demand.endless || (purchase !== 'spot' && purchase !== 'flex-start') || session.spec.constraints.tolerateInterruption === true) return null
  return {
    reason: 'spot-slo',
    detail: purchase === 'spot' ? 'a service must not be interrupted, and spot machines are taken away' : 'flex-start machines end after seven days, a service does not',
    nearest: 'constraints: {tolerateInterruption: true}',
  }
}

/** Of the offers of a group the ones whose place may matter to the objective: the cheapest, or the cheapest of each country where carbon counts. */
export function contenders(session: Session, group: OfferGroup): readonly Offer[] {
  const [best] = group.offers
  if (best === undefined) return []
  const {objective} = session
  if (objective.kind === 'plain' && objective.text !== 'carbon') return [best]
  const byCountry = new Map<string, Offer>()
  for (const offer of group.offers) {
    const country = offer.country ?? ''
    if (!byCountry.has(country)) byCountry.set(country, offer)
  }
  return [...byCountry.values()]
}

export interface Judged {
  readonly estimate: Estimate
  readonly score: number | null
}

/** The best of the performances at a place and price under the objective, or why none will do. */
export function judge(session: Session, ways: readonly Way[], nodes: number, performances: readonly Performance[], onDemandUsdPerHour: number | null): Judged | Refusal {
  let best: Judged | undefined
  let nearest: Miss | undefined
  for (const way of ways) {
    for (const performance of performances) {
      if (performance.missesAssumedGoal !== undefined && session.enforceAssumedGoals) {
        nearest ??= {refusal: performance.missesAssumedGoal, by: Number.POSITIVE_INFINITY}
        continue
      }
      const estimate = session.evaluator.estimate(way, nodes, performance)
      const miss = refuseEstimate(session, estimate, onDemandUsdPerHour)
      if (miss !== null) {
        if (nearest === undefined || miss.by < nearest.by) nearest = miss
        continue
      }
      const score = scoreOf(session, estimate)
      if (best === undefined || betterScore(score, estimate, best)) best = {estimate, score}
    }
  }
  return best ?? nearest?.refusal ?? {reason: 'constraint', detail: 'no configuration is left', nearest: null}
}

export function scoreOf(session: Session, estimate: Estimate): number | null {
  const {objective} = session
  const score = objective.kind === 'plain' ? objective.score(metricsOf(estimate)) : objective.score(estimate)
  return score === null || !Number.isFinite(score) ? null : score
}

function betterScore(score: number | null, estimate: Estimate, best: Judged): boolean {
  if (score === null) return best.score === null && (estimate.energy.kwh?.p50 ?? Infinity) < (best.estimate.energy.kwh?.p50 ?? Infinity)
  if (best.score === null || score < best.score) return true
  if (score > best.score) return false
  // Level: the one that draws less, then the one with more room.
  const [energy, bestEnergy] = [estimate.energy.kwh?.p50 ?? Infinity, best.estimate.energy.kwh?.p50 ?? Infinity]
  return energy < bestEnergy
}

/** A refusal that money, time or a longer use would lift, and by what ratio it misses. */
interface Miss {
  readonly refusal: Refusal
  readonly by: number
}

/** Deadline, budget and term. */
function refuseEstimate(session: Session, estimate: Estimate, onDemandUsdPerHour: number | null): Miss | null {
  const {spec, work, budgetUsd} = session
  const {deadlineSeconds} = spec.constraints
  if (deadlineSeconds !== undefined && !session.demand.endless && estimate.durationHours.p50 * 3600 > deadlineSeconds) {
    const hours = estimate.durationHours.p50
    const detail = `takes ${hoursText(hours)}, the deadline is ${hoursText(deadlineSeconds / 3600)}`
    return {refusal: {reason: 'deadline', detail, nearest: `raise the deadline to ${hoursText(hours, true)}`}, by: (hours * 3600) / deadlineSeconds}
  }
  if (estimate.way.offer !== undefined) {
    const {offer} = estimate.way
    const period = periodHours(estimate.hours, work.schedule)
    const needed = period.hours.p50 * (period.period === 'run' ? 1 : work.horizonMonths)
    const term = termCheck(offer.purchase, needed, offer.priceUsdPerHour, onDemandUsdPerHour, {
      runHours: session.demand.endless ? null : estimate.durationHours.p50,
      horizonMonths: work.schedule.kind === 'once' ? Math.max(1, needed / HOURS_PER_MONTH) : work.horizonMonths,
      prepaid: estimate.way.prepaid,
    })
    if (term !== null) return {refusal: term, by: Number.POSITIVE_INFINITY}
  }
  const overBudget = budgetUsd === undefined ? null : checkBudget(estimate.cost, budgetUsd)
  return overBudget === null ? null : {refusal: overBudget, by: (estimate.cost.usd?.p50 ?? Number.POSITIVE_INFINITY) / (budgetUsd ?? 1)}
}

/** "31 h", "4.2 h"; with `up` rounded so that the figure would do. */
function hoursText(hours: number, up = false): string {
  const step = hours >= 10 ? 1 : 0.1
  const rounded = (up ? Math.ceil(hours / step - 1e-9) : Math.round(hours / step)) * step
  return `${Number(rounded.toFixed(1))} h`
}

/** The ways to have a place: the contending offers of a group with the user's own prices applied. */
export function waysOf(session: Session, place: CloudPlace, offers: readonly Offer[], nodes: number): Way[] {
  const {prices, asOf} = session.options
  return offers.map(offer => {
    if (prices.length === 0) return {place, offer, prepaid: false, ownPrice: false}
    const own = applyOwnPrices(offer, prices, asOf, nodes)
    return {place, offer: own.offer, prepaid: own.prepaid, ownPrice: own.rule !== null}
  })
}
