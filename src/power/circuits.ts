/** Which circuits carry a rig's machines: amps by circuit and phase, and what is left when a circuit fails. */
import {continuousAmps, continuousWatts, cordVolts, isPaired, POWER_FACTOR, ruleOf, type Circuit, type CountryRule} from './circuit-rules.ts'

/** A machine, and the cords of its supplies. */
export interface CordedLoad {
  readonly id: string
  /** What its circuits are laid for. */
  readonly watts: number
  readonly cords: number
  /** Supplies that have to live for all of it to run; 0 = it may stop (a cooling machine, for as long as a circuit is out). */
  readonly needed: number
  /** Between the conductors of a cord; absent = any mains. */
  readonly inputVolts?: {readonly minimum: number; readonly maximum: number} | undefined
}

export interface LoadedCircuit {
  /** "230 V 16 A 2": the second of its kind. */
  readonly name: string
  readonly circuit: Circuit
  readonly watts: number
  /** Of the fullest line. */
  readonly amps: number
  /** Of each of its lines. */
  readonly lineAmps: readonly number[]
  /** What the rule of the country lets it carry for hours. */
  readonly limitAmps: number
  readonly limitWatts: number
  /** Cords by machine. */
  readonly cords: readonly {readonly id: string; readonly count: number}[]
  /** Whether everything still runs when this circuit is gone: enough supplies of each machine live, and the other circuits carry it. */
  readonly mayFail: boolean
}

export interface CircuitPlan {
  readonly circuits: readonly LoadedCircuit[]
  /** Watts of cords that found no place. */
  readonly unplacedWatts: number
  readonly fits: boolean
  /** Machines whose supplies take the volts of none of them. */
  readonly wrongVolts: readonly {readonly id: string; readonly minimum: number; readonly maximum: number}[]
  readonly rule: CountryRule
}

const titleOf = ({volts, phases, amps, socket}: Circuit, others: readonly Circuit[]): string => {
  const plain = `${volts} V${phases === 3 ? ' three-phase' : ''} ${amps} A`
  return others.some(other => other.volts === volts && other.phases === phases && other.amps === amps && other.socket !== socket) ? `${plain} ${socket}` : plain
}

/** One circuit and what hangs on it. It has one connection, or three: each line to neutral, or the pairs AB, BC and CA. */
interface Feed {
  readonly circuit: Circuit
  readonly paired: boolean
  /** What one line carries for hours, as watts at the volts of a cord. */
  readonly lineLimitWatts: number
  /** By connection. */
  readonly watts: number[]
  /** By connection: cords of each machine, by its place in the list of loads. */
  readonly cords: readonly Map<number, number>[]
}

/** Mains may be a twentieth above or below what they are called; supplies are made for it. */
const VOLTS_TOLERANCE = 1.05
const takes = ({inputVolts}: CordedLoad, circuit: Circuit): boolean => inputVolts === undefined || (cordVolts(circuit) * VOLTS_TOLERANCE >= inputVolts.minimum && cordVolts(circuit) <= inputVolts.maximum * VOLTS_TOLERANCE)

/** A sum that rounding put above its limit is not above it. */
const ROUNDING = 1 + 1e-9

function feedsOf(circuits: readonly Circuit[], rule: CountryRule): readonly Feed[] {
  return circuits.flatMap(circuit => Array.from({length: circuit.count}, (): Feed => ({
    circuit, paired: isPaired(circuit), lineLimitWatts: cordVolts(circuit) * continuousAmps(circuit, rule) * POWER_FACTOR,
    watts: Array.from({length: circuit.phases}, () => 0), cords: Array.from({length: circuit.phases}, () => new Map<number, number>()),
  })))
}

/**
 * What each line carries, as watts at the volts of a cord. A line of two pairs carries the difference of their currents, which lie 120° apart: for loads of
 * one power factor |I_AB − I_CA| = √(I_AB² + I_CA² + I_AB · I_CA), so √3 times the current of a pair where the pairs are alike.
 */
function lineWatts(watts: readonly number[], paired: boolean): readonly number[] {
  return paired ? watts.map((own, at) => pairedWatts(own, watts[(at + 1) % watts.length] ?? 0)) : watts
}
const pairedWatts = (one: number, other: number): number => Math.sqrt(one ** 2 + other ** 2 + one * other)

/** What a connection takes beside what it has; of a pair of lines the above solved for one current, where the fuller of its neighbours decides. */
function roomOf({watts, paired, lineLimitWatts}: Feed, at: number): number {
  const limit = lineLimitWatts * ROUNDING
  const own = watts[at] ?? 0
  if (!paired) return limit - own
  const beside = Math.max(...watts.filter((_, other) => other !== at))
  return (Math.sqrt(4 * limit ** 2 - 3 * beside ** 2) - beside) / 2 - own
}

interface Placement {
  readonly feeds: readonly Feed[]
  /** Of cords that found no room. */
  readonly unplacedWatts: number
}

/** All connections of all circuits in one row, as a site has thousands at most and every cord looks at each. */
interface Row {
  readonly feedOf: Uint32Array
  readonly roomWatts: Float64Array
  /** Cords of the machine whose turn it is. */
  readonly ownOfFeed: Uint32Array
  readonly own: Uint32Array
  /** 1 = its supplies take these volts. */
  readonly takes: Uint8Array
}

/**
 * The largest cord first. `spread`: a machine's own cords on circuits apart where there is room, then where most is left, so that a circuit may fail. `tight`: where least is
 * left, so that a large gap stays for who needs it. Neither finds every arrangement that there is (bin packing).
 */
function place(loads: readonly CordedLoad[], circuits: readonly Circuit[], rule: CountryRule, manner: 'spread' | 'tight'): Placement {
  const feeds = feedsOf(circuits, rule)
  const at = feeds.flatMap((feed, feedIndex) => feed.watts.map((_, connection) => ({feed, feedIndex, connection})))
  const row: Row = {
    feedOf: Uint32Array.from(at, ({feedIndex}) => feedIndex), roomWatts: Float64Array.from(at, ({feed, connection}) => roomOf(feed, connection)),
    ownOfFeed: new Uint32Array(feeds.length), own: new Uint32Array(at.length), takes: new Uint8Array(at.length),
  }
  const find = manner === 'spread' ? emptiest : fullest
  let unplacedWatts = 0
  for (const {watts, cords, load, whole} of loads.map((each, index) => ({watts: each.watts / each.cords, cords: each.cords, load: index, whole: each})).toSorted((a, b) => b.watts - a.watts)) {
    row.ownOfFeed.fill(0)
    row.own.fill(0)
    for (let index = 0; index < at.length; index++) row.takes[index] = takes(whole, at[index]!.feed.circuit) ? 1 : 0
    for (let cord = 0; cord < cords; cord++) {
      const index = find(row, watts)
      const found = at[index]
      if (found === undefined) {
        // Nor does another of the same machine find any.
        unplacedWatts += watts * (cords - cord)
        break
      }
      const {feed, feedIndex, connection} = found
      row.ownOfFeed[feedIndex] = (row.ownOfFeed[feedIndex] ?? 0) + 1
      row.own[index] = (row.own[index] ?? 0) + 1
      feed.watts[connection] = (feed.watts[connection] ?? 0) + watts
      feed.cords[connection]?.set(load, (feed.cords[connection].get(load) ?? 0) + 1)
      // Pairs of lines share these.
      for (let each = 0; each < feed.watts.length; each++) row.roomWatts[index - connection + each] = roomOf(feed, each)
    }
  }
  return {feeds, unplacedWatts}
}

/** Place of the connection with room whose circuit has the fewest cords of this machine, of those the one that has fewest itself, and of those the most room; −1 = none has room. */
function emptiest({feedOf, roomWatts, ownOfFeed, own, takes: taken}: Row, watts: number): number {
  let best = -1
  let fewestOfFeed = Number.POSITIVE_INFINITY
  let fewest = Number.POSITIVE_INFINITY
  let mostWatts = 0
  for (let index = 0; index < roomWatts.length; index++) {
    const room = roomWatts[index] as number
    if (room < watts || taken[index] === 0) continue
    const hasFeed = ownOfFeed[feedOf[index] as number] as number
    if (hasFeed > fewestOfFeed) continue
    const has = own[index] as number
    if (hasFeed === fewestOfFeed && (has > fewest || (has === fewest && room <= mostWatts))) continue
    best = index
    fewestOfFeed = hasFeed
    fewest = has
    mostWatts = room
  }
  return best
}

/** Place of the connection with the least room that suffices; −1 = none has room. */
function fullest({roomWatts, takes: taken}: Row, watts: number): number {
  let best = -1
  let leastWatts = Number.POSITIVE_INFINITY
  for (let index = 0; index < roomWatts.length; index++) {
    const room = roomWatts[index] as number
    if (room < watts || room >= leastWatts || taken[index] === 0) continue
    best = index
    leastWatts = room
  }
  return best
}

function bestPlacement(loads: readonly CordedLoad[], circuits: readonly Circuit[], rule: CountryRule): Placement {
  const spread = place(loads, circuits, rule, 'spread')
  if (spread.unplacedWatts === 0 || !mayFit(loads, circuits, rule)) return spread
  const tight = place(loads, circuits, rule, 'tight')
  return tight.unplacedWatts < spread.unplacedWatts ? tight : spread
}

const totalWatts = (loads: readonly CordedLoad[]): number => loads.reduce((sum, {watts}) => sum + watts, 0)

/** Whether it is no more than all the circuits together carry. */
export const mayFit = (loads: readonly CordedLoad[], circuits: readonly Circuit[], rule: CountryRule): boolean => totalWatts(loads) <= circuits.reduce((sum, circuit) => sum + circuit.count * continuousWatts(circuit, rule), 0) * ROUNDING

/** Where the cords of a machine are. */
interface Holding {
  readonly feed: Feed
  readonly at: number
  readonly count: number
}

function holdingsOf(feeds: readonly Feed[], loads: readonly CordedLoad[]): readonly (readonly Holding[])[] {
  const holdings = loads.map((): Holding[] => [])
  for (const feed of feeds) for (const [at, cords] of feed.cords.entries()) for (const [load, count] of cords) holdings[load]?.push({feed, at, count})
  return holdings
}

/** Whether all machines run on when a circuit is gone: the cords that are left take over, each as much as the others of its machine. */
function runsWithout(lost: Feed, loads: readonly CordedLoad[], holdings: readonly (readonly Holding[])[]): boolean {
  const after = new Map<Feed, number[]>()
  for (const index of new Set(lost.cords.flatMap(cords => [...cords.keys()]))) {
    const {watts = 0, cords = 1, needed = 0} = loads[index] ?? {}
    const held = holdings[index] ?? []
    let living = 0
    for (const {feed, count} of held) if (feed !== lost) living += count
    if (living < needed) return false
    for (const {feed, at, count} of held) {
      if (feed === lost) continue
      const now = after.get(feed) ?? [...feed.watts]
      now[at] = (now[at] ?? 0) + count * (watts / living - watts / cords)
      after.set(feed, now)
    }
  }
  return [...after].every(([{paired, lineLimitWatts}, watts]) => Math.max(...lineWatts(watts, paired)) <= lineLimitWatts * ROUNDING)
}

export function planCircuits(loads: readonly CordedLoad[], circuits: readonly Circuit[], country: string): CircuitPlan {
  const rule = ruleOf(country)
  const {feeds, unplacedWatts} = bestPlacement(loads, circuits, rule)
  const holdings = holdingsOf(feeds, loads)
  const names = circuits.flatMap(circuit => Array.from({length: circuit.count}, (_, at) => (circuit.count > 1 ? `${titleOf(circuit, circuits)} no. ${at + 1}` : titleOf(circuit, circuits))))
  return {
    rule, unplacedWatts, fits: unplacedWatts === 0,
    wrongVolts: loads.flatMap(load => (load.inputVolts === undefined || circuits.some(circuit => takes(load, circuit)) ? [] : [{id: load.id, ...load.inputVolts}])),
    circuits: feeds.map((feed, index): LoadedCircuit => {
      const {circuit, watts, paired} = feed
      const lineAmps = lineWatts(watts, paired).map(each => each / cordVolts(circuit) / POWER_FACTOR)
      const counts = new Map<number, number>()
      for (const cords of feed.cords) for (const [load, count] of cords) counts.set(load, (counts.get(load) ?? 0) + count)
      return {
        name: names[index] ?? '', circuit, watts: watts.reduce((sum, each) => sum + each, 0), amps: Math.max(...lineAmps), lineAmps,
        limitAmps: continuousAmps(circuit, rule), limitWatts: continuousWatts(circuit, rule),
        cords: [...counts].map(([load, count]) => ({id: loads[load]?.id ?? '', count})), mayFail: unplacedWatts === 0 && runsWithout(feed, loads, holdings),
      }
    }),
  }
}
