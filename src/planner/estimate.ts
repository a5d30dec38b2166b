import type {Offer} from '../catalog/schema.ts'
import {slug} from '../catalog/target.ts'
import type {Refusal} from '../performance/types.ts'
import {documentOf, targetOf} from './assemble.ts'
import {describeTooSmall, offerId, otherRegionsOf, scoredOf, targetId} from './describe.ts'
import type {PlanDocument, PlanTarget, RejectedTarget} from './document.ts'
import type {Estimate, Way} from './evaluate.ts'
import type {CloudPlace, Place} from './places.ts'
import type {Entry} from './plan.ts'
import {rankTargets} from './rank.ts'
import type {Resolved} from './resolve.ts'
import {judgeWholeRig} from './whole-rig.ts'
import {contenders, createSession, isWithinReason, judge, offerGroups, onDemandPrice, scoreOf, waysOf, type OfferGroup, type Session, type SessionInput} from './session.ts'

/** What `estimate` says of one target: its figures, or why there are none (with what there is). */
export type TargetVerdict =
  | {readonly feasible: true; readonly entry: Entry}
  | {readonly feasible: false; readonly id: string; readonly provider: string; readonly refusal: Refusal; readonly misfit: Entry | null; readonly tooSmall?: Omit<PlanTarget, 'rank'>}

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
    rejected: verdicts.flatMap(verdict => (verdict.feasible ? [] : [rejectedOf(session, verdict)])),
    considered: verdicts.length,
    notes: [],
  })
}

/** One verdict per sort of node that the target names (a rig may have several). */
export function verdictsOn(session: Session, target: Resolved): TargetVerdict[] {
  switch (target.kind) {
    case 'rig':
      return [...wholeVerdict(session, target), ...target.places.map(place => verdictAt(session, place, target.nodes, [{place}], place.id(target.nodes), null))]
    case 'bare':
      return [verdictAt(session, target.place, target.nodes, [{place: target.place}], targetId({way: {place: target.place}, nodes: target.nodes}), null)]
    case 'offer': {
      const {place, offers, purchase, service, nodes} = target
      const [only] = offers
      // All offers of one place: the id says which.
      const open =
        only !== undefined && offers.every(offer => offer.region === only.region && offer.zone === only.zone)
          ? offerId(only, nodes)
          : `${place.provider}${service === 'vm' ? '' : `+${service}`}:${slug(place.instanceType)}:${purchase}${nodes > 1 ? `:x${nodes}` : ''}`
      const refused = (refusal: Refusal): TargetVerdict[] => [{feasible: false, id: open, provider: place.provider, refusal, misfit: null}]
      if (offers.length === 0) return refused({reason: 'price-unknown', detail: `no ${purchase} price of ${place.instanceType} (${service}) is known there`, nearest: `rigor catalog show ${place.provider}:${place.instanceType}`})
      const {groups, refused: ruledOut} = offerGroups(session, offers)
      const [group] = groups
      if (group === undefined) return refused(ruledOut[0]?.refusal ?? {reason: 'constraint', detail: 'ruled out by the constraints', nearest: null})
      const ways = contenders(session, place, group, nodes)
      const first = group.offers[0]
      // Terms are held against the machine's price on demand, wherever the target's text puts it.
      const onDemand = onDemandPrice(session, place, session.facts.snapshot.offersOf(place.key))
      return [verdictAt(session, place, nodes, ways, first === undefined ? open : offerId(first, nodes), {place, group, onDemand})]
    }
    default:
      return target satisfies never
  }
}

/** Naming a rig without a node means all of it, where its groups can work together. */
function wholeVerdict(session: Session, target: Resolved & {kind: 'rig'}): TargetVerdict[] {
  const rig = target.places[0]?.rig
  if (rig === undefined || target.places.length < 2 || target.places.some(place => place.acceleratorsPerNode < place.node.acceleratorCount)) return []
  const judged = judgeWholeRig(session, rig)
  if (judged === undefined) return []
  if (!('estimate' in judged)) return [{feasible: false, id: `rig:${rig.id}`, provider: 'rig', refusal: judged, misfit: null}]
  return [{feasible: true, entry: {...scoredOf(session, judged.estimate, judged.score), estimate: judged.estimate, otherRegions: null}}]
}

interface Bought {
  readonly place: CloudPlace
  readonly group: OfferGroup
  readonly onDemand: number | null
}

function verdictAt(session: Session, place: Place, nodes: number, ways: readonly Way[], id: string, bought: Bought | null): TargetVerdict {
  const {provider} = place
  const entryOf = (estimate: Estimate, score: number | null): Entry => ({...scoredOf(session, estimate, score), estimate, otherRegions: bought === null ? null : otherRegionsAt(session, bought, estimate)})
  const searched = session.search(place, nodes)
  if (searched.performances.length === 0) {
    const refusal = searched.refusal ?? {reason: 'constraint', detail: 'no configuration is left', nearest: null}
    const [way] = ways
    const memory = way === undefined ? undefined : refusal.memory
    return {feasible: false, id, provider, refusal, misfit: null, ...(way === undefined || memory === undefined ? {} : {tooSmall: describeTooSmall(session, way, nodes, memory)})}
  }
  const judged = judge(session, ways, nodes, searched.performances, bought?.onDemand ?? null)
  if ('estimate' in judged) return {feasible: true, entry: entryOf(judged.estimate, judged.score)}
  // Too late or too dear: the figures are worth seeing all the same.
  const [performance] = searched.performances
  const [way] = ways
  if (performance === undefined || way === undefined) return {feasible: false, id, provider, refusal: judged, misfit: null}
  const estimate = session.evaluator.estimate(way, nodes, performance)
  return {feasible: false, id, provider, refusal: judged, misfit: isWithinReason(estimate) ? entryOf(estimate, scoreOf(session, estimate)) : null}
}

function otherRegionsAt(session: Session, {place, group}: Bought, estimate: Estimate): Entry['otherRegions'] {
  const {offer} = estimate.way
  return offer === undefined ? null : otherRegionsOf(waysOf(session, place, group.offers, estimate.nodes).map(way => way.offer as Offer), offer)
}

function rejectedOf(session: Session, verdict: TargetVerdict & {feasible: false}): RejectedTarget {
  const {id, provider, refusal, misfit} = verdict
  const base = {id, provider, reason: refusal.reason, detail: refusal.detail, nearest: refusal.nearest}
  if (misfit === null) return verdict.tooSmall === undefined ? base : {...base, estimate: verdict.tooSmall}
  const {rank: _, ...figures} = targetOf(session, misfit, 0, [], true)
  return {...base, estimate: figures}
}

