import {unaskedText} from './answer.ts'
import type {MemoryUse} from '../performance/types.ts'
import {periodHours} from '../cost/period.ts'
import {formatTargetId} from '../catalog/target.ts'
import type {Offer} from '../catalog/schema.ts'
import {unsaidOfSite} from './constraints.ts'
import type {PlanTarget} from './document.ts'
import {freeHours} from './break-even.ts'
import {metricsOf, type Estimate, type Way} from './evaluate.ts'
import {acceleratorsPerNode, ineligibleReasonOf, type Session} from './session.ts'
import {rigLineOf} from './rig-line.ts'
import {sayHours} from './say.ts'
import {tradeoffsOf} from './tradeoffs.ts'
import type {Place} from './places.ts'

export interface OtherRegions {
  readonly count: number
  readonly maxExtraPercent: number
}

/** Canonical id of an estimate's target. */
export function targetId(estimate: Pick<Estimate, 'way' | 'nodes'>): string {
  const {way, nodes} = estimate
  switch (way.place.kind) {
    case 'rig':
      return way.place.id(nodes)
    case 'bare':
      return `${way.place.accelerator.id}:${way.place.acceleratorsPerNode}${nodes > 1 ? `:x${nodes}` : ''}`
    case 'cloud':
      return offerId(way.offer as Offer, nodes)
    default:
      return way.place satisfies never
  }
}

export function offerId(offer: Pick<Offer, 'provider' | 'service' | 'instanceType' | 'region' | 'zone' | 'purchase'>, nodes: number): string {
  return formatTargetId({...offer, service: offer.service, purchase: offer.purchase, zone: offer.zone ?? null, nodes})
}

/** How many further regions sell it, and how much more the dearest of them asks. `offers` are of one machine and purchase. */
export function otherRegionsOf(offers: readonly Offer[], best: Offer): OtherRegions | null {
  const cheapest = new Map<string, number>()
  for (const offer of offers) cheapest.set(offer.region, Math.min(cheapest.get(offer.region) ?? Number.POSITIVE_INFINITY, offer.priceUsdPerHour))
  cheapest.delete(best.region)
  if (cheapest.size === 0) return null
  const dearest = Math.max(...cheapest.values())
  return {count: cheapest.size, maxExtraPercent: Math.max(0, Math.round((dearest / best.priceUsdPerHour - 1) * 100))}
}

/** The plan's entry for an estimate, but for its rank and its reasons. */
export function describeTarget(session: Session, estimate: Estimate, otherRegions: OtherRegions | null, detailed: boolean): Omit<PlanTarget, 'rank' | 'why'> {
  const {way, nodes, performance} = estimate
  const {place, offer} = way
  const ineligibleReason = offer === undefined ? null : ineligibleReasonOf(offer, session.options)
  const {throughput, memory} = performance
  const rig = rigLineOf(session, estimate)
  return {
    id: targetId(estimate),
    provider: place.provider,
    service: offer?.service ?? 'vm',
    instanceType: place.instanceType,
    region: offer?.region ?? null,
    zone: offer?.zone ?? null,
    otherRegions,
    purchase: offer?.purchase ?? (place.kind === 'rig' ? 'owned' : null),
    nodes,
    accelerator: place.accelerator.id,
    accelerators: performance.acceleratorsUsed,
    acceleratorsBilled: acceleratorsBilled(place, nodes),
    eligible: ineligibleReason === null,
    ineligibleReason,
    configuration: performance.configuration,
    throughput: {unit: throughput.unit, p10: throughput.value?.p10 ?? null, p50: throughput.value?.p50 ?? null, p90: throughput.value?.p90 ?? null},
    durationHours: performance.workSeconds === null && !performance.endless ? null : estimate.durationHours,
    workHours: performance.workSeconds === null && !performance.endless ? null : estimate.hours.work,
    latency: performance.latency,
    memoryGib: {needed: memory.neededGib, available: memory.availableGib, lines: memory.lines},
    powerWatts: {average: estimate.power.averageWatts, peak: estimate.power.peakWatts, accelerators: estimate.power.acceleratorWatts},
    energyKwh: estimate.energy.kwh,
    carbonKg: estimate.energy.carbonKg,
    cost: costOf(estimate),
    availability: availabilityOf(estimate.way),
    confidence: estimate.confidence,
    bottleneck: performance.bottleneck,
    tradeoffs: tradeoffsOf({
      place,
      service: offer?.service ?? 'vm',
      purchase: offer?.purchase ?? 'owned',
      marketplace: offer?.flags.includes('marketplace') === true || offer?.purchase === 'community',
      newestReleaseYear: newestReleaseYear(session),
      provisioningHours: place.kind === 'cloud' ? session.evaluator.provisioning(place).hours : null,
      skills: session.options.skills,
      nodes,
      layingCircuits: rig?.site?.reasons.some(({about, level}) => about === 'circuits' && (level === 'change' || level === 'no')) === true,
    }),
    warnings: [...new Set([...unaskedNote(estimate), ...tightNote(estimate), ...(place.kind === 'rig' ? [...unsaidOfSite(session.spec.constraints, place.rig.site), ...takenNote(session, estimate)] : []), ...performance.notes.filter(note => !IDLE.test(note)), ...estimate.notes, ...idleNote(estimate)])],
    ...(rig === undefined ? {} : {rig}),
    ...(detailed ? {operators: performance.operators, ...(performance.capacity === undefined ? {} : {capacity: performance.capacity})} : {}),
  }
}

/** Named, so estimated; `plan` would not have offered it. */
function unaskedNote({performance: {refusedUnlessNamed: refusal}}: Estimate): string[] {
  return refusal === undefined ? [] : [`Estimated because it was named, but ${unaskedText(refusal)}${refusal.nearest === null ? '' : `; would do: ${refusal.nearest}`}.`]
}

/** The interval of the memory reaches over what there is: it should fit, and may not. */
function tightNote({performance}: Estimate): string[] {
  const {neededGib, availableGib} = performance.memory
  return neededGib.p90 > availableGib ? [`Memory is tight: up to ${Number(neededGib.p90.toPrecision(3))} GiB may be needed of ${Number(availableGib.toPrecision(3))}; have a smaller batch ready.`] : []
}

/** What can be said of a target whose memory is too small: what it would need there, and nothing that follows from running. */
export function describeTooSmall(session: Session, way: Way, nodes: number, memory: MemoryUse): Omit<PlanTarget, 'rank'> {
  const {place, offer} = way
  const accelerators = Math.floor(acceleratorsPerNode(place)) * nodes
  return {
    id: targetId({way, nodes}),
    provider: place.provider,
    service: offer?.service ?? 'vm',
    instanceType: place.instanceType,
    region: offer?.region ?? null,
    zone: offer?.zone ?? null,
    otherRegions: null,
    purchase: offer?.purchase ?? (place.kind === 'rig' ? 'owned' : null),
    nodes,
    accelerator: place.accelerator.id,
    accelerators,
    acceleratorsBilled: acceleratorsBilled(place, nodes),
    eligible: false,
    ineligibleReason: null,
    configuration: session.spec.configuration,
    throughput: {unit: session.demand.throughputUnit, p10: null, p50: null, p90: null},
    durationHours: null,
    workHours: null,
    latency: null,
    memoryGib: {needed: memory.neededGib, available: memory.availableGib, lines: memory.lines},
    powerWatts: {average: null, peak: null, accelerators: null},
    energyKwh: null,
    carbonKg: null,
    cost: {
      period: session.work.schedule.kind === 'once' ? 'run' : 'month',
      basis: place.kind === 'rig' ? (place.rig.owned ? 'marginal' : 'full') : 'rental',
      usd: null,
      alternative: null,
      perUnit: null,
      lines: [],
      notCosted: [{item: 'compute', reason: 'it does not run there', usd: null}],
    },
    availability: availabilityOf(way),
    confidence: 'computed',
    bottleneck: 'memory-capacity',
    tradeoffs: [],
    why: [],
    warnings: [],
  }
}

function acceleratorsBilled(place: Place, nodes: number): number {
  // A rig's node is powered and used up as a whole.
  const perNode = place.kind === 'rig' ? place.node.acceleratorCount : acceleratorsPerNode(place)
  return perNode * nodes
}

/** A kind may say the same in its own words, without knowing what is paid for. */
const IDLE = /^\d+ of \d+ accelerators stay idle/

function idleNote(estimate: Estimate): string[] {
  const billed = acceleratorsBilled(estimate.way.place, estimate.nodes)
  const {acceleratorsUsed} = estimate.performance
  const idle = billed - (acceleratorsUsed < 1 ? 1 : acceleratorsUsed)
  return idle >= 1 ? [`${idle} of ${billed} accelerators stay idle${estimate.way.place.kind === 'cloud' ? ' and are paid for' : ''}.`] : []
}

/** More of its time is asked for than the rig has. */
function takenNote({work}: Session, {hours, way: {place}}: Estimate): string[] {
  const {period, hours: asked} = periodHours(hours, work.schedule)
  const free = place.kind === 'rig' ? freeHours(place.rig) : Number.POSITIVE_INFINITY
  return period === 'month' && asked.p50 > free + 1e-9 ? [`Takes ${sayHours(asked.p50)} of the rig a month, of which ${sayHours(free)} are free.`] : []
}

function costOf(estimate: Estimate): PlanTarget['cost'] {
  const {period, basis, usd, alternative, perUnit, lines, notCosted} = estimate.cost
  return {period, basis, usd, alternative, perUnit, lines, notCosted}
}

function availabilityOf(way: Way): PlanTarget['availability'] {
  if (way.place.kind === 'rig') return {state: way.place.rig.owned ? 'owned' : 'planned', asOf: way.place.rig.sourceIds.length === 0 ? null : way.place.rig.asOf}
  return way.offer === undefined ? {state: 'none', asOf: null} : {state: 'listed', asOf: way.offer.asOf}
}

const newestYears = new WeakMap<object, number>()
function newestReleaseYear(session: Session): number {
  const {accelerators} = session.facts.snapshot
  const known = newestYears.get(accelerators)
  if (known !== undefined) return known
  // Of the accelerators that machines really have: an announced part is no yardstick.
  const rented = new Set(session.facts.snapshot.machines.map(machine => machine.acceleratorId))
  const newest = accelerators.reduce((year, accelerator) => (rented.has(accelerator.id) ? Math.max(year, accelerator.releaseYear ?? 0) : year), 0)
  newestYears.set(accelerators, newest)
  return newest
}

/** Sums of the figures the ranking and the Pareto front look at. */
export function scoredOf(session: Session, estimate: Estimate, score: number | null): {id: string; eligible: boolean; score: number | null; costUsd: number | null; hours: number | null; energyKwh: number | null; provider: string} {
  const {costUsd, hours, energyKwh} = metricsOf(estimate)
  const {place, offer} = estimate.way
  const eligible = offer === undefined || ineligibleReasonOf(offer, session.options) === null
  return {id: targetId(estimate), eligible, score, costUsd, hours: estimate.performance.workSeconds === null && !estimate.performance.endless ? null : hours, energyKwh, provider: place.provider}
}

