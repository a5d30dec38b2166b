import {workOf} from '../performance/load.ts'
import type {AnyKind, Demand, Facts} from '../workload/contract.ts'
import type {Hardware, Performance, Refusal} from '../performance/types.ts'

/** What the search over configurations found on one hardware. */
export interface SearchResult {
  /** Feasible and not dominated: the best under any objective that grows with cost, time and energy is among them. */
  readonly performances: readonly Performance[]
  /** Why there is none; the memory refusal that came nearest where several configurations were refused. */
  readonly refusal: Refusal | null
  readonly candidates: number
}

/**
 * Evaluates every configuration a practitioner would try and keeps those that no other beats in time and in every
 * driver of power. Cost, time, energy and carbon grow with those drivers, so dropping the dominated ones never drops
 * the best (checked against brute force in test/planner/search.test.ts): set-up, data and loading draw idle watts whatever
 * the configuration, and accelerators never take more for the same work done faster. Fans and supplies' losses alone grow
 * faster than the work; what the machines' idle draw saves in shorter hours outweighs them in servers as they are built.
 * `keepAll` keeps every feasible one, for objectives that look at latency or throughput.
 */
export function searchConfigurations(kind: AnyKind, demand: Demand, hardware: Hardware, facts: Facts, keepAll = false): SearchResult {
  if (hardware.accelerator.partialSheet === true && kind.readsPartialSheets !== true) return {performances: [], refusal: unknownRates(hardware), candidates: 0}
  const configurations = kind.configurations(demand, hardware, facts)
  if (configurations.length === 0) {
    return {performances: [], refusal: kind.refuse(demand, hardware, facts).refusal, candidates: 0}
  }
  let kept: Candidate[] = []
  let refusal: Refusal | null = null
  for (const configuration of configurations) {
    const result = kind.perform(demand, hardware, configuration, facts)
    if (!result.feasible) {
      if (refusal === null || isNearer(result.refusal, refusal)) refusal = result.refusal
      continue
    }
    const candidate = {performance: result.performance, drivers: drivers(result.performance)}
    if (keepAll) kept.push(candidate)
    else if (!kept.some(other => dominates(other, candidate))) {
      kept = kept.filter(other => !dominates(candidate, other))
      kept.push(candidate)
    }
  }
  return {performances: kept.map(candidate => candidate.performance), refusal: kept.length > 0 ? null : refusal, candidates: configurations.length}
}

const ON_PROCESSORS: Refusal = {reason: 'software', detail: 'there is no accelerator, and this kind of work is not estimated on processors', nearest: 'a machine with an accelerator'}

/** Rates of matmul units, links and the like are unknown, not zero. */
const unknownRates = ({accelerator}: Hardware): Refusal => (accelerator.formFactor === 'cpu' ? ON_PROCESSORS : {
  reason: 'software', detail: `of the data sheet of ${accelerator.name} the catalog has memory, bandwidth and vector rates only, and this kind of work reads more`, nearest: null,
})

/**
 * Of two refusals the one that came nearer says what the hardware can do: what ran too slowly before what did not fit,
 * and of the same sort the one that misses by less.
 */
function isNearer(candidate: Refusal, best: Refusal): boolean {
  const sort = (refusal: Refusal): number => (refusal.missRatio !== undefined ? 0 : refusal.memory !== undefined ? 1 : 2)
  if (sort(candidate) !== sort(best)) return sort(candidate) < sort(best)
  return missOf(candidate) < missOf(best)
}

function missOf({missRatio, memory}: Refusal): number {
  return missRatio ?? (memory === undefined ? Number.POSITIVE_INFINITY : memory.neededGib.p50 - memory.availableGib)
}

/** Time, then what drives power: accelerators in use, the work each of them does over that time, and how busy the host is. */
function drivers(performance: Performance): readonly number[] {
  const {load} = performance
  const work = workOf(load)
  const seconds = performance.endless ? 1 : (performance.workSeconds?.p50 ?? Number.POSITIVE_INFINITY)
  const used = performance.acceleratorsUsed * seconds
  return [performance.endless ? 1 : seconds + performance.loadSeconds, used, used * work.activeShare, used * work.flopsShare, used * work.bytesShare, used * work.cacheBytesShare, used * work.unpackShare, seconds * load.hostShare]
}

interface Candidate {
  readonly performance: Performance
  readonly drivers: readonly number[]
}

function dominates(a: Candidate, b: Candidate): boolean {
  // One that nobody would want unasked never drives out one that anybody would.
  if (a.performance.refusedUnlessNamed !== undefined && b.performance.refusedUnlessNamed === undefined) return false
  let level = true
  for (let index = 0; index < a.drivers.length; index++) {
    const left = a.drivers[index] ?? 0
    const right = b.drivers[index] ?? 0
    if (left > right) return false
    if (left < right) level = false
  }
  // A tie goes to the one with room to spare, and then to the one that came first.
  return !level || (a.performance.saturationThroughput?.p50 ?? 0) >= (b.performance.saturationThroughput?.p50 ?? 0)
}
