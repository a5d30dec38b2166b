import type {NetworkLink, Performance} from '../performance/types.ts'
import type {Place} from './places.ts'
import {acceleratorsPerNode, nodeCounts, type Session} from './session.ts'

/**
 * The fewest nodes of a place that serve; `null` = none of the counts worth trying does. What n nodes serve, n + 1 serve as
 * well (but for layouts that want a power of two), and so does a network that is no worse in anything (both are compared with trying every count of every place in
 * test/planner/fewest-nodes.test.ts). So the same machine with another network bounds the answer, and between the bounds
 * the accelerators that the largest count leaves at work say where to look first.
 */
export function fewestNodes(session: Session, place: Place): number | null {
  const known = session.fewest.get(place.key)
  if (known !== undefined) return known
  const fewest = findFewestNodes(session, place)
  session.fewest.set(place.key, fewest)
  return fewest
}

/** Machines that differ in nothing but their network, and the index of the count that each takes; `Infinity` = none does. */
export interface Kin {
  readonly network: NetworkLink
  readonly index: number
}

function findFewestNodes(session: Session, place: Place): number | null {
  const counts = nodeCounts(session, place)
  const last = counts.length - 1
  const served = (index: number): readonly Performance[] => session.search(place, counts[index] ?? 1).performances.filter(performance => acceptable(session, performance))
  const network = networkOf(place, counts)
  const kin = network === undefined ? [] : kinOf(session, place)
  let [failing, serving] = boundsOf(kin, network)
  const found = (index: number): number | null => {
    if (network !== undefined) kin.push({network, index})
    return counts[index] ?? null
  }
  if (failing === Number.POSITIVE_INFINITY) return found(failing)
  // One node, or as many as a better network takes, are the likeliest answer.
  if (serving - failing > 1 && (failing >= 0 || counts[0] === 1)) {
    if (served(failing + 1).length > 0) return found(failing + 1)
    failing += 1
  }
  if (failing === last) return found(Number.POSITIVE_INFINITY)
  let next = failing + 1
  if (serving > last) {
    const most = served(last)
    if (most.length === 0) return joinedOnly(session, place, counts) ?? found(Number.POSITIVE_INFINITY)
    serving = last
    const working = Math.min(...most.map(performance => Math.ceil(performance.acceleratorsUsed / acceleratorsPerNode(place))))
    next = Math.max(next, counts.findIndex(nodes => nodes >= working))
  }
  while (serving - failing > 1) {
    const index = Math.min(next, serving - 1)
    if (served(index).length > 0) {
      serving = index
      next = index - 1
    } else {
      failing = index
      next = (failing + serving) >> 1
    }
  }
  // Degrees of parallelism are powers of two: such a number of nodes may serve where a few more leave too many idle.
  for (let nodes = powerOfTwoBelow(counts[serving] ?? 1); nodes > 1; nodes = powerOfTwoBelow(nodes)) {
    const index = counts.indexOf(nodes)
    if (index < 0 || served(index).length === 0) break
    serving = index
  }
  return found(serving)
}

const powerOfTwoBelow = (nodes: number): number => 2 ** (Math.ceil(Math.log2(nodes)) - 1)

/** The link between nodes where it is the same at every count, so that machines can be compared by it. */
function networkOf(place: Place, counts: readonly number[]): NetworkLink | undefined {
  const [few, most] = [place.hardware(Math.max(2, counts[0] ?? 1)).network, place.hardware(counts.at(-1) ?? 1).network]
  return few?.kind === most?.kind ? most : undefined
}

function kinOf(session: Session, place: Place): Kin[] {
  const key = place.machineKey(session.kind.readsHost === true)
  let kin = session.kin.get(key)
  if (kin === undefined) session.kin.set(key, (kin = []))
  return kin
}

/** The largest index known to fail and the smallest known to serve; −1 and `Infinity` where nothing is known. */
function boundsOf(kin: readonly Kin[], network: NetworkLink | undefined): [failing: number, serving: number] {
  let [failing, serving] = [-1, Number.POSITIVE_INFINITY]
  if (network === undefined) return [failing, serving]
  for (const other of kin) {
    if (noWorse(other.network, network)) failing = Math.max(failing, other.index - 1)
    if (noWorse(network, other.network)) serving = Math.min(serving, other.index)
  }
  return [failing, serving]
}

const noWorse = (a: NetworkLink, b: NetworkLink): boolean => a.bytesPerSecondPerNode >= b.bytesPerSecondPerNode && a.latencySeconds <= b.latencySeconds

/** Nodes of one rack are joined by a link that more of them have not: those counts are tried one by one. */
function joinedOnly(session: Session, place: Place, counts: readonly number[]): number | null {
  if (place.hardware(counts.at(-1) ?? 1).network !== undefined) return null
  return counts.find(nodes => place.hardware(nodes).network !== undefined && session.search(place, nodes).performances.some(performance => acceptable(session, performance))) ?? null
}

const acceptable = (session: Session, performance: Performance): boolean => performance.refusedUnlessNamed === undefined || !session.refusesUnasked
