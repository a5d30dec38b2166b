import type {Rig} from '../catalog/rig.ts'
import type {Offer} from '../catalog/schema.ts'
import type {MigProfile} from '../catalog/snapshot.ts'
import {isProfile, onSlice, profileOn, refusalOnSlice, sliceHardware} from './slices.ts'
import {applyOwnPrices, type OwnPriceRule} from '../cost/prices.ts'
import {isStale} from '../cost/age.ts'
import {checkBudget} from '../cost/estimate.ts'
import {isInterruptible} from '../cost/failures.ts'
import {HOURS_PER_MONTH, periodHours} from '../cost/period.ts'
import {termCheck, termRule} from '../cost/terms.ts'
import type {Schedule} from '../cost/types.ts'
import {RigorError} from '../errors.ts'
import type {Hardware, Performance, Refusal} from '../performance/types.ts'
import {moneyToUsd} from '../units/money.ts'
import type {CommonSpec} from '../workload/common.ts'
import type {AnyKind, Demand} from '../workload/contract.ts'
import type {ReadWorkload} from '../workload/read.ts'
import {refuseOffer} from './constraints.ts'
import type {IneligibleReason, PublishedError} from './document.ts'
import {createMisses, type Misses} from './misses.ts'
import {createEvaluator, metricsOf, type Estimate, type Evaluator, type Way, type Work} from './evaluate.ts'
import type {PlanningFacts} from './facts.ts'
import type {Kin} from './fewest-nodes.ts'
import {unstatedObjective, type Objective} from './objective.ts'
import {DEFAULT_MAXIMUM_ACCELERATORS, DEFAULT_MAXIMUM_NODES, type CloudPlace, type Place} from './places.ts'
import {pulledKind, type OwnEvidence} from './own-measurements.ts'
import type {PriceBook} from './pricing.ts'
import {atMeasuredSpeed, measureReference, withReference, type ReferenceFactor} from './reference.ts'
import {sayHours} from './say.ts'
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
  /** Said if it is neither what the user asked for nor plain cost. */
  readonly objectiveAssumption: readonly {readonly field: string; readonly value: string}[]
  readonly evaluator: Evaluator
  readonly budgetUsd: number | undefined
  readonly reference: ReferenceFactor | undefined
  readonly ownEvidence: OwnEvidence | undefined
  readonly refusesUnasked: boolean
  /** Estimates are to be explained; see `SessionInput`. */
  readonly publishedErrors: PublishedErrors | undefined
  /** What a longer deadline or a larger budget would let in. */
  readonly misses: Misses
  /** Sorts of places whose differences this workload feels; see `contenders`. */
  sortOfPlace(group: OfferGroup): ((offer: Offer) => string) | null
  /** The performance that was best on a provider's hardware, where that holds for all its offers. */
  readonly choices: Map<string, Performance>
  /** Nodes that serving takes, by place: asked once for the hardware and once for each way to buy it. */
  readonly fewest: Map<string, number | null>
  /** What is known of machines that differ in their network only, by what they have in common. */
  readonly kin: Map<string, Kin[]>
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
  /** Nobody said what to rank by: `objective` is the default. */
  readonly objectiveUnstated?: boolean | undefined
  /** `plan` refuses what nobody would want unasked (`Performance.refusedUnlessNamed`); `estimate` answers what it is asked. */
  readonly refusesUnasked?: boolean | undefined
  /** The hardware that `reference.on` names, resolved. */
  readonly referenceHardware?: Hardware | undefined
  /** What the user measured of this kind and others. */
  readonly ownEvidence?: OwnEvidence | undefined
  /** Estimates are to be explained: what is recorded of the error over all published results. */
  readonly publishedErrors?: PublishedErrors | undefined
}

/** By kind and metric of a spread of the calibration. */
export type PublishedErrors = (kind: string, metric: string) => PublishedError | undefined

export function createSession(input: SessionInput): Session {
  const {workload, facts, book, options} = input
  const {spec} = workload
  const plain = workload.kind.demand(spec, facts, input.referenceHardware)
  const reference = input.referenceHardware === undefined ? undefined : measureReference(workload.kind, plain, spec, input.referenceHardware, facts)
  const demand = atMeasuredSpeed(workload.kind, plain, reference)
  // A reference in the workload itself wins over what was measured elsewhere.
  const kind = input.ownEvidence === undefined || spec.reference !== undefined ? workload.kind : pulledKind({kind: workload.kind, spec, raw: workload.raw, demand, facts}, input.ownEvidence.of(workload.kind.id))
  const schedule = scheduleOf(spec, demand)
  const objective = input.objectiveUnstated === true ? unstatedObjective(input.objective, schedule, demand.endless) : input.objective
  const site = options.rigs[0]?.site
  const work: Work = {
    demand,
    model: modelOf(workload, facts),
    schedule,
    horizonMonths: spec.horizonMonths,
    data: spec.data,
    uplinkBytesPerSecond: site?.uplinkBytesPerSecond ?? DEFAULT_UPLINK_BYTES_PER_SECOND,
    asOf: options.asOf,
  }
  const found = new Map<string, SearchResult>()
  let candidates = 0
  const keepAll = objective.kind === 'expression'
  const session: Session = {
    kind,
    spec,
    raw: workload.raw,
    demand,
    work,
    facts,
    book,
    options,
    objective,
    objectiveAssumption: objective === input.objective ? [] : [{field: 'objective', value: `${objective.text} (the hours are given, so machines differ in the work they do)`}],
    evaluator: createEvaluator(facts, book, work),
    budgetUsd: spec.constraints.budget === undefined ? undefined : moneyToUsd(spec.constraints.budget, facts.snapshot.exchangeRates),
    reference,
    ownEvidence: input.ownEvidence,
    refusesUnasked: input.refusesUnasked === true,
    publishedErrors: input.publishedErrors,
    misses: createMisses(),
    sortOfPlace: group => sortOfPlace({objective, work, book}, group),
    choices: new Map(),
    fewest: new Map(),
    kin: new Map(),
    search(place, nodes) {
      const key = place.hardwareKey(nodes, kind.readsHost === true)
      const known = found.get(key)
      if (known !== undefined) return known
      const hardware = hardwareAt(session, place, nodes)
      if ('reason' in hardware) {
        const none: SearchResult = {performances: [], refusal: hardware, candidates: 0}
        found.set(key, none)
        return none
      }
      let result = searchConfigurations(kind, demand, hardware, facts, keepAll)
      const {migProfile} = spec.configuration
      const profile = migProfile === undefined ? undefined : profileOn(place.accelerator, migProfile, facts.migProfiles)
      if (profile !== undefined && isProfile(profile)) {
        const whole = place.hardware(nodes)
        const runsOn = (larger: MigProfile | undefined): boolean => searchConfigurations(kind, demand, larger === undefined ? {...whole, acceleratorsPerNode: 1, nodes: 1, levels: []} : sliceHardware(whole, larger), facts).performances.length > 0
        result = {
          ...result,
          performances: result.performances.map(performance => onSlice(performance, profile, acceleratorsPerNode(place))),
          refusal: result.refusal === null ? null : refusalOnSlice(result.refusal, profile, facts.migProfiles(place.accelerator.id), runsOn),
        }
      }
      if (reference !== undefined) result = {...result, performances: result.performances.map(performance => withReference(performance, hardware, reference))}
      candidates += result.candidates
      found.set(key, result)
      return result
    },
    candidatesSeen: () => candidates,
  }
  return session
}

/** What a candidate runs on: the machines of a place, or the slice of one of their accelerators that the workload names; or why there is none. */
export function hardwareAt({spec, facts, demand}: Pick<Session, 'spec' | 'facts' | 'demand'>, place: Place, nodes: number): Hardware | Refusal {
  if (demand.atHand !== undefined && place.kind === 'cloud') return {reason: 'site', detail: demand.atHand.why, nearest: demand.atHand.elsewhere}
  const {migProfile} = spec.configuration
  if (migProfile === undefined) return place.hardware(nodes)
  if (acceleratorsPerNode(place) < 1) return {reason: 'topology', detail: `the machine holds a part of one ${place.accelerator.name}, which cannot be cut again`, nearest: null}
  if (nodes > 1) return {reason: 'topology', detail: 'a slice lies in one machine', nearest: 'one node'}
  const profile = profileOn(place.accelerator, migProfile, facts.migProfiles)
  return isProfile(profile) ? sliceHardware(place.hardware(nodes), profile) : profile
}

/** Catalog id of the model that the workload names, or its name where the catalog has none of that name. */
function modelOf({raw}: ReadWorkload, facts: PlanningFacts): string {
  const {model} = raw
  if (typeof model !== 'string') return ''
  try {
    return facts.languageModel(model).id
  } catch (error) {
    // A kind may have models of its own; its evidence then bears their names.
    if (!(error instanceof RigorError)) throw error
    return model
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

/**
 * Node counts worth trying, ascending: every count for serving, which needs the fewest that do, and where time or energy
 * weigh in the objective, since the best lies anywhere; doublings where cost alone decides, since more nodes then only pay
 * where fewer do not fit or are too late (`atNodeCounts` closes in on those).
 */
export function nodeCounts(session: Session, place: Place): number[] {
  const {demand, spec} = session
  const {maxNodes} = spec.constraints
  const usual = Math.min(DEFAULT_MAXIMUM_NODES, Math.max(1, Math.floor(DEFAULT_MAXIMUM_ACCELERATORS / acceleratorsPerNode(place))))
  const most = Math.min(place.maximumNodes, maxNodes ?? usual)
  const dense = demand.endless ? DENSE_NODES : session.objective.text.startsWith('cost') ? 1 : DEFAULT_MAXIMUM_NODES
  const counts: number[] = []
  for (let nodes = 1; nodes <= most; nodes = nodes < dense ? nodes + 1 : nodes * 2) counts.push(nodes)
  // Where the nodes end because somebody said so (or owns no more), all of them are a choice, too.
  if ((place.kind === 'rig' || maxNodes !== undefined) && counts.at(-1) !== most) counts.push(most)
  const perNodeGib = place.accelerator.memoryGib * acceleratorsPerNode(place)
  const enough = counts.filter(nodes => nodes * perNodeGib >= demand.minimumTotalMemoryGib)
  // Too small at any count: the first says by how much.
  return enough.length > 0 ? enough : counts.slice(0, 1)
}

/** Up to here every node count is tried for serving, beyond it doublings. */
const DENSE_NODES = 16

export function acceleratorsPerNode(place: Place): number {
  return place.kind === 'cloud' ? place.machine.acceleratorCount : place.acceleratorsPerNode
}

/** Why an offer may not win, if so. */
export function ineligibleReasonOf(offer: Offer, options: Pick<PlanOptions, 'asOf' | 'acceptStale'>): IneligibleReason | null {
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
    let refusal: Refusal | null = interruptionRefusal(session, purchase)
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
    groups.push({service, purchase, offers: bestFirst(passed, offer => offer, options)})
  }
  return {groups, refused}
}

/** What may win before what may not, then the price, then the place's name, so that the order of offers changes nothing. */
function bestFirst<Had>(list: readonly Had[], offerOf: (had: Had) => Offer, options: PlanOptions): Had[] {
  const mayWin: Had[] = []
  const others: Had[] = []
  for (const had of list) (ineligibleReasonOf(offerOf(had), options) === null ? mayWin : others).push(had)
  const compare = (a: Had, b: Had): number => compareOffers(offerOf(a), offerOf(b))
  return [...mayWin.sort(compare), ...others.sort(compare)]
}

const compareOffers = (a: Offer, b: Offer): number => a.priceUsdPerHour - b.priceUsdPerHour || compareText(a.region, b.region) || compareText(a.zone ?? '', b.zone ?? '')

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** A service with a latency goal on machines that can be taken away: only if the user says so. Any other work: unless the user says no. */
function interruptionRefusal(session: Session, purchase: string): Refusal | null {
  const {tolerateInterruption} = session.spec.constraints
  if (tolerateInterruption === true) return null
  const refuse = (detail: string): Refusal => ({reason: 'spot-slo', detail, nearest: 'constraints: {tolerateInterruption: true}'})
  if (session.demand.endless) {
    if (purchase === 'spot') return refuse('a service must not be interrupted, and spot machines are taken away')
    if (purchase === 'flex-start') return refuse('flex-start machines end after seven days, a service does not')
  }
  if (tolerateInterruption === false && isInterruptible(purchase)) return refuse(`tolerateInterruption: false, and ${purchase} machines are taken away`)
  return null
}

/**
 * Of the offers of a group, with the user's own prices, those whose place may matter to the objective: the cheapest of
 * each sort of place, and only of those that may win if there are any. Where nothing but the price differs, that is one.
 */
export function contenders(session: Session, place: CloudPlace, group: OfferGroup, nodes: number): Way[] {
  const {options} = session
  const sortOf = session.sortOfPlace(group)
  const own = options.prices.length > 0
  const offered = waysOf(session, place, sortOf === null && !own ? group.offers.slice(0, 1) : group.offers, nodes)
  const ways = own ? bestFirst(offered, offerOf, options) : offered
  const best = ways[0]
  if (best === undefined || sortOf === null) return ways.slice(0, 1)
  const mayWin = ineligibleReasonOf(offerOf(best), options) === null
  const bySort = new Map<string, Way>()
  for (const way of ways) {
    if (mayWin && ineligibleReasonOf(offerOf(way), options) !== null) break
    const sort = sortOf(offerOf(way))
    if (!bySort.has(sort)) bySort.set(sort, way)
  }
  return [...bySort.values()]
}

const offerOf = (way: Way): Offer => way.offer as Offer

/** The ways to have a place: offers with the user's own prices applied. */
export function waysOf(session: Session, place: CloudPlace, offers: readonly Offer[], nodes: number): Way[] {
  const {prices, asOf} = session.options
  return offers.map(offer => {
    if (prices.length === 0) return {place, offer, prepaid: false, ownPrice: false}
    const own = applyOwnPrices(offer, prices, asOf, nodes)
    return {place, offer: own.offer, prepaid: own.prepaid, ownPrice: own.rule !== null}
  })
}

/** The cheapest price on demand of a machine where the workload may run; terms are held against it. `null` = none is known. */
export function onDemandPrice(session: Session, place: CloudPlace, offers: readonly Offer[]): number | null {
  const constraints = {...session.spec.constraints, purchase: undefined}
  const comparable = offers.filter(offer => offer.purchase === 'on-demand' && offer.service === 'vm' && refuseOffer(constraints, offer) === null)
  const ways = waysOf(session, place, comparable, 1).filter(way => ineligibleReasonOf(offerOf(way), session.options) === null)
  return ways.length === 0 ? null : ways.reduce((least, way) => Math.min(least, offerOf(way).priceUsdPerHour), Number.POSITIVE_INFINITY)
}

/**
 * By what the places of a group may differ beyond the price, as a key; `null` = by nothing that this workload feels.
 * Carbon depends on the country, the way of the data on the region it lies in, spot on the region's interruptions,
 * disk and storage on regional list prices; an expression may ask for anything.
 */
function sortOfPlace(session: {readonly objective: Objective; readonly work: Work; readonly book: PriceBook}, group: OfferGroup): ((offer: Offer) => string) | null {
  const {objective, work, book} = session
  if (objective.kind === 'expression') return offer => offer.region
  const parts: ((offer: Offer) => string)[] = []
  if (objective.text === 'carbon') parts.push(offer => offer.country ?? '')
  const {inputAt, inputGb} = work.data
  if (inputGb > 0 && inputAt?.includes('@') === true) parts.push(offer => String(`${offer.provider}@${offer.region}` === inputAt))
  const [first] = group.offers
  if (first !== undefined) {
    if (isInterruptible(group.purchase) && !work.demand.endless) {
      parts.push(({provider, instanceType, region}) => {
        const band = book.interruption(provider, instanceType, region)
        return band === null ? '' : `${band.lowShare} ${band.highShare}`
      })
    }
    if (book.extrasVary(first.provider)) parts.push(offer => book.extrasKey(offer.provider, offer.region))
  }
  return parts.length === 0 ? null : offer => parts.map(part => part(offer)).join('|')
}

export interface Judged {
  readonly estimate: Estimate
  readonly score: number | null
}

/** A factor that puts a miss behind all that are real. */
const BEYOND_REACH = 1e9

/** A refusal, and by what ratio a deadline or a budget was missed. */
export interface JudgedRefusal extends Refusal {
  readonly missedBy?: number
}

/** The best of the performances at a place and price under the objective, or why none will do. */
export function judge(session: Session, ways: readonly Way[], nodes: number, performances: readonly Performance[], onDemandUsdPerHour: number | null): Judged | JudgedRefusal {
  let best: Judged | undefined
  let nearest: Miss | undefined
  const worth = worthEstimating(session, ways, nodes, performances)
  if (worth.length === 0) nearest = unaskedMiss(performances)
  for (const way of ways) {
    for (const performance of worth) {
      const estimate = session.evaluator.estimate(way, nodes, performance)
      const miss = refuseEstimate(session, estimate, onDemandUsdPerHour)
      if (miss !== null) {
        // A price that may not win is no way out either.
        const by = estimate.way.offer !== undefined && ineligibleReasonOf(estimate.way.offer, session.options) !== null ? miss.by * BEYOND_REACH : miss.by
        if (nearest === undefined || by < nearest.by) nearest = {refusal: miss.refusal, by}
        continue
      }
      const score = scoreOf(session, estimate)
      if (best === undefined || betterScore(score, estimate, best)) best = {estimate, score}
    }
  }
  if (best !== undefined) return best
  return nearest === undefined ? {reason: 'constraint', detail: 'no configuration is left', nearest: null} : {...nearest.refusal, missedBy: nearest.by}
}

/**
 * What nobody would want unasked counts only where the target was named and nothing else runs there; and where a whole
 * node stays idle, fewer nodes do the same.
 */
function worthEstimating(session: Session, ways: readonly Way[], nodes: number, performances: readonly Performance[]): readonly Performance[] {
  const [way] = ways
  const usual = performances.filter(performance => performance.refusedUnlessNamed === undefined)
  if (usual.length === 0) return session.refusesUnasked ? [] : performances
  if (nodes === 1 || way === undefined) return usual
  const needed = (nodes - 1) * acceleratorsPerNode(way.place)
  const busy = usual.filter(performance => performance.acceleratorsUsed > needed)
  return busy.length > 0 || session.refusesUnasked ? busy : usual
}

function unaskedMiss(performances: readonly Performance[]): Miss | undefined {
  const refusal = performances[0]?.refusedUnlessNamed
  return refusal === undefined ? undefined : {refusal, by: Number.POSITIVE_INFINITY}
}

export function scoreOf(session: Session, estimate: Estimate): number | null {
  const {objective} = session
  const score = objective.kind === 'plain' ? objective.score(metricsOf(estimate)) : objective.score(estimate)
  return score === null || !Number.isFinite(score) ? null : score
}

function betterScore(score: number | null, estimate: Estimate, best: Judged): boolean {
  if (score !== best.score) return best.score === null || (score !== null && score < best.score)
  // Level (machines that are paid for all month cost the same whatever they do): the faster one, then the one that draws less.
  const hours = estimate.durationHours.p50
  const bestHours = best.estimate.durationHours.p50
  return hours === bestHours ? (estimate.energy.kwh?.p50 ?? Infinity) < (best.estimate.energy.kwh?.p50 ?? Infinity) : hours < bestHours
}

/** A refusal that money, time or a longer use would lift, and by what ratio it misses. */
interface Miss {
  readonly refusal: Refusal
  readonly by: number
}

/** Term, deadline and budget; what fails by time or money alone is remembered as a near miss. */
export function refuseEstimate(session: Session, estimate: Estimate, onDemandUsdPerHour: number | null): Miss | null {
  if (!isWithinReason(estimate)) return {refusal: {reason: 'deadline', detail: 'takes more than a thousand years', nearest: null}, by: Number.POSITIVE_INFINITY}
  const term = refuseTerm(session, estimate, onDemandUsdPerHour) ?? refuseCrowded(session, estimate) ?? refuseUplink(session, estimate)
  if (term !== null) return {refusal: term, by: Number.POSITIVE_INFINITY}
  const {deadlineSeconds} = session.spec.constraints
  const hours = estimate.durationHours.p50
  const late = deadlineSeconds !== undefined && !session.demand.endless && hours * 3600 > deadlineSeconds
  const {budgetUsd} = session
  const dear = budgetUsd === undefined ? null : checkBudget(estimate.cost, budgetUsd)
  noteMiss(session, estimate, late ? hours : null, dear !== null)
  if (!late) return dear === null ? null : {refusal: dear, by: (estimate.cost.usd?.p50 ?? Number.POSITIVE_INFINITY) / Math.max(budgetUsd ?? 1, 0.01)}
  const [taken, allowed] = [sayHours(hours), sayHours(deadlineSeconds / 3600)]
  const detail = taken === allowed ? `takes ${sayHours(hours - deadlineSeconds / 3600)} longer than the deadline of ${allowed}` : `takes ${taken}, the deadline is ${allowed}`
  const nearest = `raise the deadline to ${deadlineText(hours)}`
  const by = (hours * 3600) / deadlineSeconds
  if (dear === null) return {refusal: {reason: 'deadline', detail, nearest}, by}
  const nearestBoth = dear.nearest === null ? null : `${nearest} and ${dear.nearest.replace(/^raise /, '')}`
  return {refusal: {reason: 'deadline', detail: `${detail}, and ${dear.detail}`, nearest: nearestBoth}, by: (by * (estimate.cost.usd?.p50 ?? Number.POSITIVE_INFINITY)) / Math.max(budgetUsd ?? 1, 0.01)}
}

/** A thousand years and more is no estimate; beyond that failures alone make it endless, and figures overflow. */
const MOST_HOURS = 8.8e6
export const isWithinReason = (estimate: Estimate): boolean => estimate.durationHours.p90 <= MOST_HOURS

/** Only what may win shows a way out, and only a cost that is known a budget to name. */
function noteMiss(session: Session, estimate: Estimate, hours: number | null, dear: boolean): void {
  const {offer, place} = estimate.way
  const usd = estimate.cost.usd?.p50 ?? null
  if ((hours === null && !dear) || (dear && usd === null) || place.kind === 'bare') return
  if (offer !== undefined && ineligibleReasonOf(offer, session.options) !== null) return
  session.misses.note(estimate, hours, dear ? usd : null)
}

/** Answers to users outside go over the site's own line. */
function refuseUplink({demand, spec}: Session, {way: {place}, performance: {throughput}}: Estimate): Refusal | null {
  if (place.kind !== 'rig' || spec.constraints.access !== 'internet' || !demand.endless || demand.bytesToUserPerUnit === undefined || throughput.value === null) return null
  const needed = throughput.value.p50 * demand.bytesToUserPerUnit
  const {uplinkBytesPerSecond} = place.rig.site
  if (needed <= uplinkBytesPerSecond) return null
  const megabits = (bytesPerSecond: number): string => `${Number(((bytesPerSecond * 8) / 1e6).toPrecision(2))} Mbit/s`
  return {reason: 'site', detail: `answers to users outside take ${megabits(needed)} of a line that has ${megabits(uplinkBytesPerSecond)} upwards`, nearest: `site.uplink: ${megabits(needed * 1.05)}`}
}

/** A term is bought whole, a block has an end. */
function refuseTerm(session: Session, estimate: Estimate, onDemandUsdPerHour: number | null): Refusal | null {
  const {work, demand} = session
  if (estimate.way.offer === undefined) return null
  const {offer} = estimate.way
  const period = periodHours(estimate.hours, work.schedule)
  const needed = period.hours.p50 * (period.period === 'run' ? 1 : work.horizonMonths)
  return termCheck(offer.purchase, needed, offer.priceUsdPerHour, onDemandUsdPerHour, {
    runHours: demand.endless ? null : estimate.durationHours.p50,
    horizonMonths: work.schedule.kind === 'once' ? Math.max(1, needed / HOURS_PER_MONTH) : work.horizonMonths,
    prepaid: estimate.way.prepaid,
  })
}

/** A month has 730 hours: what is owned, or bought for a term, has no more of them; on demand a second machine starts beside the first. */
function refuseCrowded(session: Session, estimate: Estimate): Refusal | null {
  const {work} = session
  const {way, nodes} = estimate
  const bounded = way.place.kind === 'rig' || (way.offer !== undefined && (way.prepaid || termRule(way.offer.purchase).kind === 'whole'))
  if (work.schedule.kind !== 'runs-per-month' || !bounded) return null
  const beside = way.place.kind === 'rig' ? Math.max(1, Math.floor(way.place.maximumNodes / nodes)) : 1
  const hours = periodHours(estimate.hours, work.schedule).hours.p50
  const available = HOURS_PER_MONTH * beside
  if (hours <= available) return null
  const runs = Math.floor((available / hours) * work.schedule.runs * 100) / 100
  return {
    reason: 'deadline',
    detail: `${Number(work.schedule.runs.toPrecision(4))} runs of ${sayHours(estimate.durationHours.p50)} take ${sayHours(hours)}, a month has ${sayHours(available)}`,
    nearest: runs > 0 ? `at most ${runs} runs a month` : null,
  }
}

/** A deadline that is long enough, as one would write it: "31 h", "12 min", "4.2 days", "20 s". */
export function deadlineText(hours: number): string {
  const [amount, unit] = hours < 1 / 60 ? [hours * 3600, 's'] : hours < 1 ? [hours * 60, 'min'] : hours < 72 ? [hours, 'h'] : [hours / 24, 'days']
  const step = amount >= 10 ? 1 : 0.1
  return `${Number((Math.ceil(amount / step - 1e-9) * step).toFixed(1))} ${unit}`
}
