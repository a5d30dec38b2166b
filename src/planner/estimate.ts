import type {Offer} from '../catalog/schema.ts'
import {slug} from '../catalog/target.ts'
import type {Performance, Refusal} from '../performance/types.ts'
import {documentOf, targetOf} from './assemble.ts'
import {refuseMachine, refuseSite} from './constraints.ts'
import {describeTooSmall, offerId, otherRegionsOf, scoredOf, targetId} from './describe.ts'
import type {PlanDocument, PlanTarget, RejectedTarget} from './document.ts'
import type {Estimate, Way} from './evaluate.ts'
import {createMisses} from './misses.ts'
import type {CloudPlace, Place} from './places.ts'
import type {Entry} from './plan.ts'
import {rankTargets} from './rank.ts'
import type {Resolved} from './resolve.ts'
import {withReference} from './reference.ts'
import {searchConfigurations} from './search.ts'
import {estimateWholeRig, judgeWholeRig} from './whole-rig.ts'
import {contenders, createSession, isWithinReason, judge, offerGroups, hardwareAt, onDemandPrice, refuseEstimate, scoreOf, waysOf, type Session, type SessionInput} from './session.ts'

type Figures = Omit<PlanTarget, 'rank'>

/** What `estimate` says of one target: its figures, or why there are none (with what there is). */
export type TargetVerdict =
  | {readonly feasible: true; readonly entry: Entry}
  | {
      readonly feasible: false
      readonly id: string
      readonly provider: string
      readonly refusal: Refusal
      /** Those it would have all the same, worked out when asked for; `undefined` = it cannot run there. */
      figures(): Figures | undefined
    }

/** Several targets in depth, in `rigor.plan/1`: the misfits stand in `rejected`, with the figures they would have. */
export function estimateTargets(input: SessionInput, targets: readonly Resolved[]): PlanDocument {
  const session = createSession(input)
  const verdicts = targets.flatMap(target => verdictsOn(session, target))
  const entries = verdicts.flatMap(verdict => (verdict.feasible ? [verdict.entry] : []))
  const {ranked, displaced} = rankTargets(entries, session.options.have)
  return documentOf(session, {
    asked: 'estimate',
    ranked,
    displaced,
    targets: ranked.map((entry, index) => targetOf(session, entry, index + 1, ranked, true)),
    rejected: verdicts.flatMap(verdict => (verdict.feasible ? [] : [rejectedOf(verdict)])),
    considered: verdicts.length,
    notes: [],
  })
}

/** One verdict per sort of node that the target names (a rig may have several). */
export function verdictsOn(session: Session, target: Resolved): TargetVerdict[] {
  const {constraints} = session.spec
  switch (target.kind) {
    case 'rig':
      return [...wholeVerdict(session, target), ...target.places.map(place => {
        const asked = {place, nodes: target.nodes, ways: [{place}], id: place.id(target.nodes), bought: null}
        const no = refuseMachine(constraints, 'rig', place.accelerator, place.acceleratorsPerNode) ?? refuseSite(constraints, place.rig.site)
        return no === null ? verdictAt(session, asked) : refusedVerdict(session, asked, no)
      })]
    case 'bare':
      return [verdictAt(session, {place: target.place, nodes: target.nodes, ways: [{place: target.place}], id: targetId({way: {place: target.place}, nodes: target.nodes}), bought: null})]
    case 'offer':
      return [offerVerdict(session, target)]
    default:
      return target satisfies never
  }
}

/** A machine as it was asked about, and the ways to have it. */
interface Asked {
  readonly place: Place
  readonly nodes: number
  readonly ways: readonly Way[]
  readonly id: string
  readonly bought: Bought | null
}

interface Bought {
  readonly place: CloudPlace
  readonly offers: readonly Offer[]
  readonly onDemand: number | null
}

function offerVerdict(session: Session, {place, offers, purchase, service, nodes}: Resolved & {kind: 'offer'}): TargetVerdict {
  const [only] = offers
  // All offers of one place: the id says which.
  const open =
    only !== undefined && offers.every(offer => offer.region === only.region && offer.zone === only.zone)
      ? offerId(only, nodes)
      : `${place.provider}${service === 'vm' ? '' : `+${service}`}:${slug(place.instanceType)}:${purchase}${nodes > 1 ? `:x${nodes}` : ''}`
  if (only === undefined) {
    const refusal: Refusal = {reason: 'price-unknown', detail: `no ${purchase} price of ${place.instanceType} (${service}) is known there`, nearest: `rigor catalog show ${place.provider}:${place.instanceType}`}
    return {feasible: false, id: open, provider: place.provider, refusal, figures: () => undefined}
  }
  const {groups: [group], refused: [ruledOut]} = offerGroups(session, offers)
  const no = refuseMachine(session.spec.constraints, place.provider, place.accelerator, place.machine.acceleratorCount)
  // What may not be had is estimated at the cheapest of its prices.
  const byPrice = (): Offer[] => offers.toSorted((a, b) => a.priceUsdPerHour - b.priceUsdPerHour || (offerId(a, nodes) < offerId(b, nodes) ? -1 : 1))
  const candidates = group ?? {service, purchase, offers: byPrice()}
  // Terms are held against the machine's price on demand, wherever the target's text puts it.
  const bought = {place, offers: candidates.offers, onDemand: onDemandPrice(session, place, session.facts.snapshot.offersOf(place.key))}
  const asked = {place, nodes, ways: contenders(session, place, candidates, nodes), id: open, bought}
  if (group === undefined || no !== null) return refusedVerdict(session, asked, no ?? ruledOut?.refusal ?? {reason: 'constraint', detail: 'ruled out by the constraints', nearest: null})
  const [first] = group.offers
  return verdictAt(session, first === undefined ? asked : {...asked, id: offerId(first, nodes)})
}

/** Naming a rig without a node means all of it, where its groups can work together. */
function wholeVerdict(session: Session, target: Resolved & {kind: 'rig'}): TargetVerdict[] {
  const {constraints} = session.spec
  const rig = target.places[0]?.rig
  if (rig === undefined || target.places.length < 2 || target.places.some(place => place.acceleratorsPerNode < place.node.acceleratorCount)) return []
  // Each group says for itself what keeps it out.
  if (refuseSite(constraints, rig.site) !== null || target.places.some(place => refuseMachine(constraints, 'rig', place.accelerator, place.acceleratorsPerNode) !== null)) return []
  const judged = judgeWholeRig(session, rig)
  if (judged === undefined) return []
  const entryOf = (estimate: Estimate): Entry => ({...scoredOf(session, estimate, scoreOf(session, estimate)), estimate, otherRegions: null})
  if ('estimate' in judged) return [{feasible: true, entry: entryOf(judged.estimate)}]
  const figures = (): Figures | undefined => {
    const estimate = estimateWholeRig(session, rig)
    return estimate === undefined || !isWithinReason(estimate) ? undefined : figuresOf(session, entryOf(estimate))
  }
  return [{feasible: false, id: `rig:${rig.id}`, provider: 'rig', refusal: judged, figures}]
}

function verdictAt(session: Session, asked: Asked): TargetVerdict {
  const {place, nodes, ways, bought} = asked
  const {performances, refusal} = session.search(place, nodes)
  if (performances.length === 0) return refusedVerdict(session, asked, refusal ?? {reason: 'constraint', detail: 'no configuration is left', nearest: null})
  const judged = judge(session, ways, nodes, performances, bought?.onDemand ?? null)
  return 'estimate' in judged ? {feasible: true, entry: entryAt(session, asked, judged.estimate)} : refusedVerdict(session, asked, judged)
}

/** A refusal with the figures it would have: those of the machine where the workload runs there, its memory where that is too small. */
function refusedVerdict(session: Session, asked: Asked, refusal: Refusal): TargetVerdict {
  const {place, nodes, ways, id} = asked
  const figures = (): Figures | undefined => {
    const misfit = nearestMisfit(session, asked)
    if (misfit !== undefined) return figuresOf(session, entryAt(session, asked, misfit))
    const slow = refusal.reason === 'slo' ? withoutGoal(session, asked) : undefined
    if (slow !== undefined) return figuresOf(session, entryAt(session, asked, slow))
    const memory = refusal.memory ?? session.search(place, nodes).refusal?.memory
    const [way] = ways
    return way === undefined || memory === undefined ? undefined : describeTooSmall(session, way, nodes, memory)
  }
  return {feasible: false, id, provider: place.provider, refusal, figures}
}

/** Of all ways to run it there the one that misses the limits by least, as the refusal's own figures do; of those level the best. */
function nearestMisfit(session: Session, asked: Asked): Estimate | undefined {
  return nearestOf(session, asked, session.search(asked.place, asked.nodes).performances)
}

/** What it would do were it not too slow for the goal that the user has set. */
function withoutGoal(session: Session, asked: Asked): Estimate | undefined {
  const {kind, demand, facts, reference} = session
  const hardware = hardwareAt(session, asked.place, asked.nodes)
  const excused = kind.withoutGoal?.(demand)
  if (excused === undefined || 'reason' in hardware) return undefined
  const {performances} = searchConfigurations(kind, excused, hardware, facts)
  return nearestOf(session, asked, reference === undefined ? performances : performances.map(performance => withReference(performance, hardware, reference)))
}

function nearestOf(session: Session, {ways, nodes, bought}: Asked, performances: readonly Performance[]): Estimate | undefined {
  // Of what is refused already no budget and no deadline is a way out for the answer to name.
  const apart = {...session, misses: createMisses()}
  const usual = performances.filter(performance => performance.refusedUnlessNamed === undefined)
  let best: {readonly estimate: Estimate; readonly order: readonly number[]} | undefined
  for (const way of ways) {
    for (const performance of usual.length > 0 ? usual : performances) {
      const estimate = session.evaluator.estimate(way, nodes, performance)
      if (!isWithinReason(estimate)) continue
      const by = refuseEstimate(apart, estimate, bought?.onDemand ?? null)?.by ?? 0
      const order = [by, scoreOf(session, estimate) ?? Number.POSITIVE_INFINITY, estimate.durationHours.p50, estimate.energy.kwh?.p50 ?? Number.POSITIVE_INFINITY]
      if (best === undefined || comesBefore(order, best.order)) best = {estimate, order}
    }
  }
  return best?.estimate
}

/** By the first figure that differs. */
function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at])
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0)
}

function entryAt(session: Session, {bought}: Asked, estimate: Estimate): Entry {
  const {offer} = estimate.way
  const otherRegions = bought === null || offer === undefined ? null : otherRegionsOf(waysOf(session, bought.place, bought.offers, estimate.nodes).map(way => way.offer as Offer), offer)
  return {...scoredOf(session, estimate, scoreOf(session, estimate)), estimate, otherRegions}
}

function figuresOf(session: Session, entry: Entry): Figures {
  const {rank: _, ...figures} = targetOf(session, entry, 0, [], true)
  return figures
}

function rejectedOf({id, provider, refusal, figures}: TargetVerdict & {feasible: false}): RejectedTarget {
  const {reason, detail, nearest} = refusal
  const estimate = figures()
  return {id, provider, reason, detail, nearest, ...(estimate === undefined ? {} : {estimate})}
}
