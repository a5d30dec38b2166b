import {slug} from '../catalog/target.ts'
import type {Rig} from '../catalog/rig.ts'
import type {Offer} from '../catalog/schema.ts'
import type {Performance, Refusal} from '../performance/types.ts'
import {documentOf, targetOf} from './assemble.ts'
import {otherRegionsOf, scoredOf, type OtherRegions} from './describe.ts'
import type {PlanDocument} from './document.ts'
import type {Estimate} from './evaluate.ts'
import {fewestNodes} from './fewest-nodes.ts'
import {cloudPlaces, DEFAULT_MAXIMUM_ACCELERATORS, DEFAULT_MAXIMUM_NODES, rigPlaces, type CloudPlace, type Place, type RigPlace} from './places.ts'
import {compareScored, paretoFront, rankTargets, type Scored} from './rank.ts'
import {foldRefusals, type Refused} from './refusals.ts'
import {refuseMachine, refuseSite} from './constraints.ts'
import {judgeWholeRig} from './whole-rig.ts'
import {contenders, createSession, judge, nodeCounts, offerGroups, onDemandPrice, waysOf, type JudgedRefusal, type OfferGroup, type Session, type SessionInput} from './session.ts'

/** A feasible target on its way to the ranking. */
export interface Entry extends Scored {
  readonly estimate: Estimate
  readonly otherRegions: OtherRegions | null
}

export interface PlanRequest extends SessionInput {
  /** Targets to describe; absent = all of them. */
  readonly limit?: number | undefined
  /** Instead of `limit`: targets enough for so many lines, node counts of one machine and purchase sharing one. */
  readonly lines?: number | undefined
}

/**
 * Ranks where a workload should run: every machine the catalog knows and every rig that takes part, each at the node
 * counts and in the configurations worth trying, each way of buying it in its best region.
 */
export function planWorkload(request: PlanRequest): PlanDocument {
  const session = createSession({...request, refusesUnasked: true})
  const entries: Entry[] = []
  const refused: Refused[] = []
  for (const place of rigPlaces(session.options.rigs, session.facts)) considerRig(session, place, entries, refused)
  for (const rig of session.options.rigs) considerWholeRig(session, rig, entries)
  for (const place of cloudPlaces(session.facts, session.kind.runsOnProcessors === true)) considerCloud(session, place, entries, refused)
  return rankedDocument(session, entries, refused, request)
}

function considerRig(session: Session, place: RigPlace, entries: Entry[], refused: Refused[]): void {
  const {constraints} = session.spec
  const id = place.id(place.maximumNodes)
  const no = refuseMachine(constraints, 'rig', place.accelerator, place.acceleratorsPerNode) ?? refuseSite(constraints, place.rig.site)
  if (no !== null) {
    refused.push({id, provider: 'rig', refusal: no})
    return
  }
  const impossible = refuseHardware(session, place)
  if (impossible !== null) {
    refused.push({id, provider: 'rig', refusal: impossible})
    return
  }
  const {feasible, refusal} = atNodeCounts(session, place, nodes => judge(session, [{place}], nodes, session.search(place, nodes).performances, null))
  for (const {estimate, score} of undominated(feasible, session)) entries.push({...scoredOf(session, estimate, score), estimate, otherRegions: null})
  if (feasible.length === 0 && refusal !== undefined) refused.push({id, provider: 'rig', refusal})
}

/** The groups of a rig together, where the constraints refuse none of them. */
function considerWholeRig(session: Session, rig: Rig, entries: Entry[]): void {
  const {constraints} = session.spec
  if (refuseSite(constraints, rig.site) !== null) return
  if (rigPlaces([rig], session.facts).some(place => refuseMachine(constraints, 'rig', place.accelerator, place.acceleratorsPerNode) !== null)) return
  const judged = judgeWholeRig(session, rig)
  if (judged !== undefined && 'estimate' in judged) entries.push({...scoredOf(session, judged.estimate, judged.score), estimate: judged.estimate, otherRegions: null})
}

function considerCloud(session: Session, place: CloudPlace, entries: Entry[], refused: Refused[]): void {
  const {provider, instanceType} = place
  const refuse = (group: Pick<OfferGroup, 'service' | 'purchase'> | undefined, refusal: JudgedRefusal): void => {
    refused.push({id: group === undefined ? `${provider}:${slug(instanceType)}` : refusedId(place, group), provider, refusal})
  }
  const no = refuseMachine(session.spec.constraints, provider, place.accelerator, place.machine.acceleratorCount)
  if (no !== null) return refuse(undefined, no)
  // What the hardware cannot do, no offer can: most machines end here, before their offers are unfolded.
  const impossible = refuseHardware(session, place)
  if (impossible !== null) return refuse(undefined, impossible)
  const offers = session.facts.snapshot.offersOf(place.key)
  if (offers.length === 0) return refuse(undefined, {reason: 'price-unknown', detail: `no price of ${instanceType} is known`, nearest: null})
  const {groups, refused: ruledOut} = offerGroups(session, offers)
  for (const {service, purchase, refusal} of ruledOut) refuse({service, purchase}, refusal)
  const onDemand = onDemandPrice(session, place, offers)
  for (const group of groups) {
    const {feasible, refusal} = atNodeCounts(session, place, nodes => {
      const judged = judge(session, contenders(session, place, group, nodes), nodes, worthJudging(session, place, nodes), onDemand)
      if ('estimate' in judged) rememberChoice(session, place, nodes, judged.estimate.performance)
      return judged
    })
    if (feasible.length === 0 && refusal !== undefined) refuse(group, refusal)
    for (const {estimate, score} of undominated(feasible, session)) {
      entries.push(...(session.options.allRegions ? unfolded(session, place, group, estimate, score, onDemand) : [entryOf(session, place, group, estimate, score)]))
    }
  }
}

function entryOf(session: Session, place: CloudPlace, group: OfferGroup, estimate: Estimate, score: number | null): Entry {
  const {offer} = estimate.way
  const offers = session.options.prices.length === 0 ? group.offers : waysOf(session, place, group.offers, estimate.nodes).map(way => way.offer as Offer)
  return {...scoredOf(session, estimate, score), estimate, otherRegions: offer === undefined ? null : otherRegionsOf(offers, offer)}
}

/** `--all-regions`: an entry for each region, at the same nodes and configuration; the cheapest zone stands for its region. */
function unfolded(session: Session, place: CloudPlace, group: OfferGroup, best: Estimate, score: number | null, onDemand: number | null): Entry[] {
  const seen = new Set<string>()
  const entries: Entry[] = []
  for (const offer of group.offers) {
    if (seen.has(offer.region)) continue
    seen.add(offer.region)
    if (offer.region === best.way.offer?.region) {
      entries.push({...scoredOf(session, best, score), estimate: best, otherRegions: null})
      continue
    }
    const judged = judge(session, waysOf(session, place, [offer], best.nodes), best.nodes, [best.performance], onDemand)
    if ('estimate' in judged) entries.push({...scoredOf(session, judged.estimate, judged.score), estimate: judged.estimate, otherRegions: null})
  }
  return entries
}

/** "aws:p5.48xlarge:spot": a refusal holds in every region. */
function refusedId(place: CloudPlace, group: Pick<OfferGroup, 'service' | 'purchase'>): string {
  return `${place.provider}${group.service === 'vm' ? '' : `+${group.service}`}:${slug(place.instanceType)}:${group.purchase}`
}

/**
 * A service runs the same hours whatever its configuration, so which one is best does not depend on the price: what was
 * chosen for one offer of a provider's hardware is right for its others. (A budget could rule it out, `balanced` and
 * expressions weigh the price: then all are judged.)
 */
function choiceKey(session: Session, place: Place, nodes: number): string | null {
  const {objective, budgetUsd, demand, kind} = session
  if (!demand.endless || objective.kind !== 'plain' || objective.text === 'balanced' || budgetUsd !== undefined) return null
  return `${place.provider} ${place.hardwareKey(nodes, kind.readsHost === true)}`
}

function worthJudging(session: Session, place: Place, nodes: number): readonly Performance[] {
  const key = choiceKey(session, place, nodes)
  const chosen = key === null ? undefined : session.choices.get(key)
  return chosen === undefined ? session.search(place, nodes).performances : [chosen]
}

function rememberChoice(session: Session, place: Place, nodes: number, performance: Performance): void {
  const key = choiceKey(session, place, nodes)
  if (key !== null) session.choices.set(key, performance)
}

type Judgement = ReturnType<typeof judge>
type Feasible = Extract<Judgement, {estimate: Estimate}>

/** Judges the node counts of a place. Serving takes the fewest that do: more nodes cost more and bring nothing, unless an expression looks at latency. */
function atNodeCounts(session: Session, place: Place, judgeAt: (nodes: number) => Judgement): {feasible: Feasible[]; refusal: JudgedRefusal | undefined} {
  const feasible: Feasible[] = []
  let refusal: JudgedRefusal | undefined
  const consider = (nodes: number): Refusal | undefined => {
    const search = session.search(place, nodes)
    if (search.performances.length === 0) {
      refusal ??= search.refusal ?? undefined
      return search.refusal ?? undefined
    }
    const judged = judgeAt(nodes)
    if (!('estimate' in judged)) {
      refusal = nearerOf(refusal, judged)
      return judged
    }
    feasible.push(judged)
    return undefined
  }
  const fewest = session.demand.endless && session.objective.kind === 'plain'
  let short: number | undefined
  const counts = fewest ? [fewestNodes(session, place)].filter(nodes => nodes !== null) : nodeCounts(session, place)
  for (const nodes of counts) {
    const no = consider(nodes)
    // Counts double, so between one that is too few and one that does may lie fewer that do.
    if (no === undefined && short !== undefined) closeIn(short, nodes, consider)
    short = no !== undefined && (no.reason === 'memory' || no.reason === 'deadline') ? nodes : undefined
  }
  return {feasible, refusal}
}

function closeIn(short: number, enough: number, consider: (nodes: number) => Refusal | undefined): void {
  let [low, high] = [short, enough]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (consider(middle) === undefined) high = middle
    else low = middle
  }
}

/** Why no node count of a place can do the work, whatever it costs. The smallest count says most plainly what is missing. */
function refuseHardware(session: Session, place: Place): Refusal | null {
  const counts = nodeCounts(session, place)
  if (session.demand.endless ? fewestNodes(session, place) !== null : counts.some(nodes => session.search(place, nodes).performances.length > 0)) return null
  const {performances, refusal} = session.search(place, counts[0] ?? 1)
  return refusal ?? performances[0]?.refusedUnlessNamed ?? null
}

/** What money or time would lift says more than what it would not, and of two such misses the smaller one. */
function nearerOf(known: JudgedRefusal | undefined, next: JudgedRefusal): JudgedRefusal {
  const liftable = ({reason}: Refusal): boolean => reason === 'deadline' || reason === 'budget'
  if (known === undefined || !liftable(known)) return known === undefined || liftable(next) ? next : known
  return liftable(next) && (next.missedBy ?? Infinity) < (known.missedBy ?? Infinity) ? next : known
}

/** Node counts of one machine and purchase that no other beats in cost, time and energy, and the best under the objective. Of the counts between doublings only the ends are worth a line. */
function undominated(feasible: readonly Feasible[], session: Session): Feasible[] {
  if (feasible.length < 2) return [...feasible]
  const scored = feasible.map(({estimate, score}) => ({...scoredOf(session, estimate, score), eligible: true}))
  const front = new Set(paretoFront(scored))
  const best = scored.toSorted(compareScored)[0]?.id
  const fewest = Math.min(...feasible.map(({estimate}) => estimate.nodes))
  return feasible.filter(({estimate: {nodes}}, index) => {
    const id = scored[index]?.id ?? ''
    return id === best || (front.has(id) && (Number.isInteger(Math.log2(nodes)) || nodes === fewest))
  })
}

function rankedDocument(session: Session, entries: readonly Entry[], refused: readonly Refused[], {limit, lines}: Pick<PlanRequest, 'limit' | 'lines'>): PlanDocument {
  const {options, spec} = session
  const {ranked, displaced} = rankTargets(entries, options.have)
  const shown = limit === undefined && lines === undefined ? ranked : shownOf(ranked, limit ?? Number.POSITIVE_INFINITY, lines ?? Number.POSITIVE_INFINITY, options.have)
  const rankOf = new Map(ranked.map((entry, index) => [entry, index + 1]))
  return documentOf(session, {
    asked: 'plan',
    ranked,
    displaced,
    targets: shown.map(entry => {
      const rank = rankOf.get(entry) ?? 0
      return targetOf(session, entry, rank, ranked, rank === 1)
    }),
    rejected: foldRefusals(refused, new Set(entries.map(entry => entry.provider))),
    considered: entries.length + refused.length,
    notes: notesOf(session, spec.horizonMonths, ranked),
  })
}

/** The first `limit` (or those on the first `lines`), and what always has a line: the best of every rig and of every provider with an account. */
function shownOf(ranked: readonly Entry[], limit: number, lines: number, have: readonly string[]): Entry[] {
  const always = new Set<string>()
  const begun = new Set<string>()
  return ranked.filter((entry, index) => {
    const owner = entry.provider === 'rig' ? entry.id.split(':').slice(0, 2).join(':') : entry.provider
    const first = !always.has(owner) && (entry.provider === 'rig' || have.includes(entry.provider))
    always.add(owner)
    const {place, offer} = entry.estimate.way
    const line = `${place.key} ${offer?.service ?? ''} ${offer?.purchase ?? ''}`
    const within = index < limit && (begun.size < lines || begun.has(line))
    if (within) begun.add(line)
    return within || first
  })
}

/** Runs longer than this make people ask for more machines. */
const LONG_RUN_HOURS = 60 * 24

function notesOf(session: Session, horizonMonths: number, ranked: readonly Entry[]): string[] {
  const notes: string[] = []
  const {maxNodes, deadlineSeconds} = session.spec.constraints
  const tooLong = ranked[0] === undefined ? deadlineSeconds !== undefined : (ranked[0].hours ?? 0) > LONG_RUN_HOURS
  if (!session.demand.endless && maxNodes === undefined && tooLong) {
    notes.push(`At most ${DEFAULT_MAXIMUM_NODES} machines of a sort and ${DEFAULT_MAXIMUM_ACCELERATORS} accelerators were looked at; constraints: {maxNodes: ${4 * DEFAULT_MAXIMUM_NODES}} looks further.`)
  }
  if (session.options.rigsAssumed) notes.push('Assuming the built-in rigs are yours; `rigs: {}` in rigor.yaml leaves them out.')
  if (session.demand.endless && session.spec.constraints.deadlineSeconds !== undefined) notes.push('A service has no end, so its deadline is left aside.')
  if (session.work.schedule.kind !== 'once') notes.push(`Terms are held against ${horizonMonths} months of use.`)
  return notes
}

