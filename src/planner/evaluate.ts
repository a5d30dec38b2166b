import type {Rig} from '../catalog/rig.ts'
import {exactly, scale, shift, sum, weakest} from '../performance/interval.ts'
import {workOf} from '../performance/load.ts'
import {runHoursTotal, type RunHours} from '../performance/run-hours.ts'
import type {Interval, Confidence, Performance} from '../performance/types.ts'
import {estimateCost} from '../cost/estimate.ts'
import {estimateFailures, HARDWARE_FAILURE_KEY, isInterruptible} from '../cost/failures.ts'
import {estimateMovement} from '../cost/movement.ts'
import {HOURS_PER_MONTH} from '../cost/period.ts'
import {diskGbOf, ownedPricing, workAmount, type Setup} from '../cost/pricing.ts'
import type {Cost, DataMovement, Owned, Pricing, Schedule} from '../cost/types.ts'
import {addPower, estimateEnergy, estimatePower} from '../power/estimate.ts'
import {powerModelForCloud, powerModelForRig} from '../power/model.ts'
import type {Energy, Power, PowerModel} from '../power/types.ts'
import type {Offer} from '../catalog/schema.ts'
import type {Demand} from '../workload/contract.ts'
import type {PlanningFacts} from './facts.ts'
import type {Metrics} from './objective.ts'
import {basisOfStanding, type PriceBook} from './pricing.ts'
import type {BarePlace, CloudPlace, Place, RigPlace} from './places.ts'
import {sayHours} from './say.ts'

/** What of a workload every estimate needs, whatever its kind. */
export interface Work {
  readonly demand: Demand
  /** Catalog id of the model that is run, or its name where the catalog has none of that name; empty where none is. */
  readonly model: string
  readonly schedule: Schedule
  readonly horizonMonths: number
  readonly data: DataMovement
  /** Of the user's site: data that lies there leaves over it. */
  readonly uplinkBytesPerSecond: number
  readonly asOf: string
}

/** How a place is had: an offer of a cloud, the user's own, or bare hardware without a price. */
export type Way =
  | {readonly place: CloudPlace; readonly offer: Offer; readonly prepaid: boolean; readonly ownPrice: boolean}
  | {readonly place: RigPlace; readonly offer?: undefined}
  | {readonly place: BarePlace; readonly offer?: undefined}

/** A candidate with all its figures. */
export interface Estimate {
  readonly way: Way
  readonly nodes: number
  readonly performance: Performance
  readonly hours: RunHours
  /** Set-up to result of one run; the month's hours where there is no end. */
  readonly durationHours: Interval
  readonly power: Power
  readonly energy: Energy
  readonly cost: Cost
  /** Of the price; `null` = none is listed. */
  readonly priceAgeDays: number | null
  readonly confidence: Confidence
  readonly notes: readonly string[]
}

export interface Evaluator {
  estimate(way: Way, nodes: number, performance: Performance): Estimate
  estimateTogether(whole: RigPlace, parts: readonly RigPart[]): Estimate
  provisioning(place: Place): Setup
}

/** One group of like nodes of a rig with what it does alone. */
export interface RigPart {
  readonly place: RigPlace
  readonly performance: Performance
}

interface Assembly {
  readonly way: Way
  readonly nodes: number
  readonly performance: Performance
  readonly model: PowerModel
  readonly power: Power
  readonly pricing: Pricing
}

/** Power, energy and cost of a performance at a place; what is the same for many candidates is worked out once. */
export function createEvaluator(facts: PlanningFacts, book: PriceBook, work: Work): Evaluator {
  const {powerModels} = book
  const {snapshot} = facts
  const failuresPerAcceleratorYear = snapshot.facility[HARDWARE_FAILURE_KEY] ?? null

  function powerModel(way: Way, nodes: number): PowerModel {
    const {place} = way
    const country = way.offer?.country
    const at = `${place.key} ${place.kind === 'rig' ? place.acceleratorsPerNode : ''} ${nodes} ${country ?? ''} ${work.model}`
    const known = powerModels.get(at)
    if (known !== undefined) return known
    const made = makePowerModel(place, nodes, country)
    powerModels.set(at, made)
    return made
  }

  function makePowerModel(place: Place, nodes: number, country: string | undefined): PowerModel {
    const {calibration} = facts
    switch (place.kind) {
      case 'cloud':
        return powerModelForCloud({snapshot, calibration, accelerator: place.accelerator, model: work.model, acceleratorsPowered: place.machine.acceleratorCount * nodes, provider: place.provider, country})
      case 'rig':
        return powerModelForRig({snapshot, calibration, accelerator: place.accelerator, model: work.model, rig: place.rig, node: place.node, nodes})
      case 'bare':
        // Wall watts of the hardware alone: no building around it, so no PUE, and no country, so no carbon.
        return {...powerModelForCloud({snapshot, calibration, accelerator: place.accelerator, model: work.model, acceleratorsPowered: place.acceleratorsPerNode * nodes, provider: '', country: undefined}), pue: 1, notes: []}
      default:
        return place satisfies never
    }
  }

  function provisioning(place: Place): Setup {
    // A rig is set up once: what comes again every month finds it standing.
    if (place.kind === 'rig') return {hours: work.schedule.kind === 'once' ? place.rig.setupHours : 0, basis: 'computed'}
    if (place.kind === 'bare') return {hours: 0, basis: 'computed'}
    return book.provisioning(place.provider, place.machine.acceleratorCount)
  }

  function estimate(way: Way, nodes: number, performance: Performance): Estimate {
    const model = powerModel(way, nodes)
    const power = estimatePower(performance, model)
    return assemble({way, nodes, performance, model, power, pricing: pricingOf(way, nodes, performance, power)})
  }

  /** Unlike groups of a rig's nodes that share a run of independent work: their rates, watts and shares of the rig add. */
  function estimateTogether(whole: RigPlace, parts: readonly RigPart[]): Estimate {
    const powers = parts.map(({place, performance}) => estimatePower(performance, powerModel({place}, place.maximumNodes)))
    const owned = parts.map(({place, performance}, index) => pricingOf({place}, place.maximumNodes, performance, powers[index]!))
    const [first] = parts
    const [pricing] = owned
    if (first === undefined || pricing === undefined) throw new TypeError('a rig without nodes')
    const total = (read: (each: Owned) => number): number => owned.reduce((all, each) => all + (each.kind === 'owned' ? read(each) : 0), 0)
    return assemble({
      way: {place: whole},
      nodes: 1,
      performance: together(work.demand, parts),
      model: powerModel({place: first.place}, first.place.maximumNodes),
      power: addPower(powers),
      pricing:
        pricing.kind !== 'owned' || owned.some(each => each.kind !== 'owned')
          ? pricing
          : {...pricing, shareOfRig: total(each => each.shareOfRig), idleWatts: total(each => each.idleWatts), acceleratorCount: total(each => each.acceleratorCount), displacedUsdPerHour: total(each => each.displacedUsdPerHour)},
    })
  }

  function assemble({way, nodes, performance, model, power, pricing}: Assembly): Estimate {
    const {place} = way
    const {demand, data, schedule} = work
    const notes: string[] = []
    const share = runShare(schedule)
    const movement = estimateMovement({
      inputGb: data.inputGb * share,
      inputAt: data.inputAt,
      target: place.kind === 'cloud' ? {provider: place.provider, region: way.offer?.region ?? '', networkBytesPerSecond: place.machine.networkBytesPerSecond ?? null, nodes} : null,
      uplinkBytesPerSecond: place.kind === 'rig' ? place.rig.site.uplinkBytesPerSecond : work.uplinkBytesPerSecond,
    })
    if (movement.note !== null) notes.push(movement.note)
    const own = place.kind === 'cloud' ? undefined : facts.own(place.accelerator)
    if (own !== undefined) notes.push(own.note)
    const setup = provisioning(place).hours
    const load = performance.loadSeconds / 3600
    const workHours = workHoursOf(performance, schedule)
    const failures = estimateFailures({
      workHours,
      endless: demand.endless,
      nodes,
      accelerators: performance.acceleratorsUsed,
      checkpointBytes: performance.checkpointBytes,
      // A rig that stands is not set up again after a stop.
      restartHours: place.kind === 'rig' ? load : setup + load,
      purchase: way.offer?.purchase ?? 'owned',
      failuresPerAcceleratorYear,
      interruption: way.offer === undefined || !isInterruptible(way.offer.purchase) ? null : book.interruption(place.provider, place.instanceType, way.offer.region),
    })
    notes.push(...failures.notes)
    const hours: RunHours = {setup, data: movement.hours, load, work: workHours, failures: failures.hours}
    const waitingHours = place.kind === 'rig' ? (place.rig.freeInHours ?? 0) : 0
    if (waitingHours > 0) notes.push(waitingNote(waitingHours, demand.endless))
    const runHours = demand.endless && schedule.kind === 'always' ? exactly(HOURS_PER_MONTH) : runHoursTotal(hours)
    const durationHours = waitingHours === 0 || demand.endless ? runHours : shift(runHours, waitingHours)
    const energyHours = demand.endless && schedule.kind === 'always' ? {setup: 0, data: 0, load: 0, work: exactly(HOURS_PER_MONTH), failures: exactly(0)} : hours
    const energy = estimateEnergy(power, energyHours, model)
    const basis = weakest(performance.basis, basisOfStanding(place.accelerator.standing), failures.basis === 'assumed' ? 'assumed' : 'measured')
    const cost = estimateCost({
      pricing,
      nodes,
      hours,
      schedule,
      horizonMonths: work.horizonMonths,
      data,
      diskGb: diskGbOf({weightBytes: performance.weightBytes ?? 0, checkpointBytes: performance.checkpointBytes, inputGb: data.inputGb * share, outputGb: data.outputGb * share, nodes}),
      power,
      inputEgress: movement.paidAt === null ? null : {from: movement.paidAt, tiers: book.egress(movement.paidAt)},
      work: workAmount(demand.costUnit, demand.workUnits, performance.throughput),
      basis,
    })
    return {way, nodes, performance, hours, durationHours, power, energy, cost, priceAgeDays: pricing.kind === 'rented' ? pricing.priceAgeDays : null, confidence: weakest(basis, way.offer === undefined ? 'measured' : basisOfStanding(way.offer.standing)), notes}
  }

  function pricingOf(way: Way, nodes: number, performance: Performance, power: Power): Pricing {
    const {place} = way
    if (place.kind === 'rig') {
      return ownedPricing({rig: place.rig, node: place.node, nodes, idleWatts: power.idleWatts, acceleratorsUsed: performance.acceleratorsUsed, displacedUsdPerHour: displacedUsdPerHour(place.rig, performance.acceleratorsUsed)})
    }
    if (way.offer !== undefined && place.kind === 'cloud') return book.rented(way.offer, place, way.prepaid, work.asOf)
    return {kind: 'unpriced', reason: 'bare hardware has no price; name a machine of a provider or a rig'}
  }

  return {estimate, estimateTogether, provisioning}
}

/** Independent work spread over the parts in proportion to their rates: all end together after units ÷ Σ rates. */
function together(demand: Demand, parts: readonly RigPart[]): Performance {
  const main = parts.reduce((most, part) => (part.performance.acceleratorsUsed > most.performance.acceleratorsUsed ? part : most))
  const performances = parts.map(part => part.performance)
  const used = performances.reduce((total, each) => total + each.acceleratorsUsed, 0)
  const weighted = (read: (each: Performance) => number): number => performances.reduce((total, each) => total + read(each) * each.acceleratorsUsed, 0) / used
  const work = new Map(performances.map(each => [each, workOf(each.load)]))
  const seconds = (end: 'p10' | 'p50' | 'p90'): number => 1 / performances.reduce((rate, each) => rate + 1 / (each.workSeconds?.[end] ?? Number.POSITIVE_INFINITY), 0)
  const workSeconds: Interval = {p10: seconds('p10'), p50: seconds('p50'), p90: seconds('p90')}
  const rates = performances.map(each => each.throughput.value).filter(value => value !== null)
  return {
    ...main.performance,
    workSeconds,
    throughput: {unit: demand.throughputUnit, value: rates.length === parts.length ? sum(rates) : null},
    load: {
      computeShare: weighted(each => each.load.computeShare),
      memoryShare: weighted(each => each.load.memoryShare),
      linkShare: weighted(each => each.load.linkShare),
      hostShare: weighted(each => each.load.hostShare),
      work: {
        activeShare: weighted(each => work.get(each)!.activeShare),
        flopsShare: weighted(each => work.get(each)!.flopsShare),
        bytesShare: weighted(each => work.get(each)!.bytesShare),
        cacheBytesShare: weighted(each => work.get(each)!.cacheBytesShare),
        unpackShare: weighted(each => work.get(each)!.unpackShare),
      },
    },
    acceleratorsUsed: used,
    loadSeconds: Math.max(...performances.map(each => each.loadSeconds)),
    rooflineSeconds: 1 / performances.reduce((rate, each) => rate + 1 / each.rooflineSeconds, 0),
    basis: weakest(...performances.map(each => each.basis)),
    notes: [...main.performance.notes, `The work is spread over ${parts.map(part => `${part.performance.acceleratorsUsed}× ${part.place.accelerator.id}`).join(' and ')}; configuration and memory are those of the former.`],
  }
}

/** Data is given for the period that is paid for, as the budget is: of a month's data each run takes its part. */
function runShare(schedule: Schedule): number {
  return schedule.kind === 'runs-per-month' ? 1 / schedule.runs : 1
}

/** The accelerators in use displace their part of what an hour of the rig is worth. */
export function displacedUsdPerHour(rig: Rig, acceleratorsUsed: number): number {
  const all = rig.nodes.reduce((total, node) => total + node.acceleratorCount * node.count, 0)
  return (rig.displacedUsdPerHour ?? 0) * (all === 0 ? 1 : Math.min(1, acceleratorsUsed / all))
}

/** Until others are done nothing is drawn or worn, but the result comes later. */
const waitingNote = (hours: number, endless: boolean): string => `The rig is free in ${sayHours(hours)}${endless ? ': the service cannot start before' : ', which is in the time'}.`

/** Hours of the work alone: of one run, or of the month where it has no end. */
function workHoursOf(performance: Performance, schedule: Schedule): Interval {
  if (performance.endless || performance.workSeconds === null) return exactly(schedule.kind === 'hours-per-month' ? schedule.hours : HOURS_PER_MONTH)
  return scale(performance.workSeconds, 1 / 3600)
}

export function metricsOf(estimate: Estimate): Metrics {
  return {
    costUsd: estimate.cost.usd?.p50 ?? null,
    hours: estimate.durationHours.p50,
    workHours: estimate.hours.work.p50,
    energyKwh: estimate.energy.kwh?.p50 ?? null,
    carbonKg: estimate.energy.carbonKg?.p50 ?? null,
    perUnitUsd: estimate.cost.perUnit?.usd.p50 ?? null,
  }
}
