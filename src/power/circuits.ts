/** Which circuits carry a rig's machines: amps by circuit and phase under the rule of the country, and what is left when a circuit fails. */

export interface Circuit {
  /** Between line and neutral where there is one phase, between lines where there are three. */
  readonly volts: number
  readonly phases: 1 | 3
  /** Of the breaker. */
  readonly amps: number
  readonly count: number
  /** A household socket (Schuko, BS 1363, NEMA 5) is not made to carry its breaker's current for hours. */
  readonly socket: 'household' | 'industrial'
}

/** A machine, and the cords of its supplies. */
export interface CordedLoad {
  readonly id: string
  /** The most it draws at the wall. */
  readonly watts: number
  readonly cords: number
  /** Supplies that have to live for all of it to run; 0 = it may stop (a cooling machine, for as long as a circuit is out). */
  readonly needed: number
}

export interface LoadedCircuit {
  /** "230 V 16 A 2": the second of its kind. */
  readonly name: string
  readonly circuit: Circuit
  readonly watts: number
  /** Of the fullest phase. */
  readonly amps: number
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
  readonly rule: CountryRule
}

export interface CountryRule {
  /** Share of the breaker's current that may flow for three hours and more. */
  readonly continuousShare: number
  /** What a household socket carries for hours, amps; `null` = as any other. */
  readonly householdAmps: number | null
  readonly name: string
  /** Nobody looked the country's own rule up. */
  readonly assumed: boolean
}

const NEC: ReadonlySet<string> = new Set(['US', 'CA', 'MX', 'PR'])
const IEC_EUROPE: ReadonlySet<string> = new Set(['AT', 'BE', 'BG', 'CH', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IS', 'IT', 'LI', 'LT', 'LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK', 'GB'])

/**
 * North America: NEC 210.20(A), a breaker carries 80 % of its rating continuously. Europe (IEC 60364, VDE 0100): the whole rating of a dedicated circuit, but a
 * household socket ten amps (data/facility.csv: eu_230v_16a_schuko_continuous, uk_230v_13a_continuous). Elsewhere the stricter of the two.
 */
export function ruleOf(country: string): CountryRule {
  if (NEC.has(country)) return {continuousShare: 0.8, householdAmps: null, name: 'NEC: 80 % of the breaker for continuous loads', assumed: false}
  if (IEC_EUROPE.has(country)) return {continuousShare: 1, householdAmps: 10, name: 'IEC 60364 / VDE 0100: the breaker’s rating; 10 A from a household socket', assumed: false}
  return {continuousShare: 0.8, householdAmps: 10, name: 'the stricter of the North American and the European rule (assumed)', assumed: true}
}

/** Supplies with active correction under load. An assumption; 80 PLUS asks for 0.95 at least. */
const POWER_FACTOR = 0.98

export function continuousAmps({amps, socket}: Pick<Circuit, 'amps' | 'socket'>, {continuousShare, householdAmps}: CountryRule): number {
  const allowed = amps * continuousShare
  return socket === 'household' && householdAmps !== null ? Math.min(allowed, householdAmps) : allowed
}

/** Volts that a cord on one phase gets: three phases of `volts` between lines are three circuits of volts ÷ √3. */
const phaseVolts = ({volts, phases}: Pick<Circuit, 'volts' | 'phases'>): number => (phases === 3 ? volts / Math.sqrt(3) : volts)

/** Watts of machines that a circuit carries for hours: phases · phase volts · amps · power factor. */
export const continuousWatts = (circuit: Omit<Circuit, 'count'>, rule: CountryRule): number => circuit.phases * phaseVolts(circuit) * continuousAmps(circuit, rule) * POWER_FACTOR

const titleOf = ({volts, phases, amps}: Circuit): string => `${volts} V${phases === 3 ? ' three-phase' : ''} ${amps} A`

interface Phase {
  readonly circuit: number
  readonly limitWatts: number
  watts: number
  readonly cords: Map<string, number>
}

interface Cord {
  readonly id: string
  readonly watts: number
}

/** One circuit after the other by its own name, three phases of one as three. */
function phasesOf(circuits: readonly Circuit[], rule: CountryRule): Phase[] {
  let index = -1
  return circuits.flatMap(circuit => Array.from({length: circuit.count}, () => {
    index++
    const limitWatts = continuousWatts(circuit, rule) / circuit.phases
    return Array.from({length: circuit.phases}, (): Phase => ({circuit: index, limitWatts, watts: 0, cords: new Map()}))
  }).flat())
}

/** The largest cord first, each where most is left: machines spread over the circuits, so that one may fail. Watts that found no room. */
function place(cords: readonly Cord[], phases: readonly Phase[]): number {
  let unplaced = 0
  for (const {id, watts} of cords.toSorted((a, b) => b.watts - a.watts)) {
    // A machine's own cords go apart where there is room.
    const best = phases.filter(phase => phase.watts + watts <= phase.limitWatts * (1 + 1e-9)).toSorted((a, b) => (a.cords.get(id) ?? 0) - (b.cords.get(id) ?? 0) || b.limitWatts - b.watts - (a.limitWatts - a.watts) || a.circuit - b.circuit)[0]
    if (best === undefined) {
      unplaced += watts
      continue
    }
    best.watts += watts
    best.cords.set(id, (best.cords.get(id) ?? 0) + 1)
  }
  return unplaced
}

/** Supplies share a machine's load evenly. */
const cordsOf = (loads: readonly CordedLoad[]): Cord[] => loads.flatMap(({id, watts, cords}) => Array.from({length: cords}, () => ({id, watts: watts / cords})))

/** Whether all machines run on when a circuit is gone: the cords that are left take over, each as much as the others of its machine. */
function runsWithout(lost: number, phases: readonly Phase[], loads: readonly CordedLoad[]): boolean {
  const left = phases.filter(({circuit}) => circuit !== lost)
  const living = (id: string): number => left.reduce((sum, {cords}) => sum + (cords.get(id) ?? 0), 0)
  if (loads.some(({id, needed}) => living(id) < needed)) return false
  return left.every(({cords, limitWatts}) => loads.reduce((sum, {id, watts}) => sum + (cords.has(id) ? ((cords.get(id) ?? 0) * watts) / living(id) : 0), 0) <= limitWatts * (1 + 1e-9))
}

export function planCircuits(loads: readonly CordedLoad[], circuits: readonly Circuit[], country: string): CircuitPlan {
  const rule = ruleOf(country)
  const phases = phasesOf(circuits, rule)
  const unplacedWatts = place(cordsOf(loads), phases)
  const each = circuits.flatMap(circuit => Array.from({length: circuit.count}, (_, at) => ({circuit, name: circuit.count > 1 ? `${titleOf(circuit)} no. ${at + 1}` : titleOf(circuit)})))
  return {
    rule, unplacedWatts, fits: unplacedWatts === 0,
    circuits: each.map(({circuit, name}, index): LoadedCircuit => {
      const own = phases.filter(phase => phase.circuit === index)
      const fullest = Math.max(...own.map(({watts}) => watts))
      const counts = new Map<string, number>()
      for (const {cords} of own) for (const [id, count] of cords) counts.set(id, (counts.get(id) ?? 0) + count)
      return {
        name, circuit, watts: own.reduce((sum, {watts}) => sum + watts, 0), amps: fullest / phaseVolts(circuit) / POWER_FACTOR, limitAmps: continuousAmps(circuit, rule), limitWatts: continuousWatts(circuit, rule),
        cords: [...counts].map(([id, count]) => ({id, count})), mayFail: unplacedWatts === 0 && runsWithout(index, phases, loads),
      }
    }),
  }
}

/** Circuits that electricians lay, with the sockets at their ends. */
interface CommonCircuit extends Omit<Circuit, 'count'> {
  readonly plug: string
}

const COMMON: Readonly<Record<'america' | 'europe' | 'britain', readonly CommonCircuit[]>> = {
  america: [
    {volts: 120, phases: 1, amps: 20, socket: 'household', plug: 'NEMA 5-20'},
    {volts: 240, phases: 1, amps: 20, socket: 'industrial', plug: 'NEMA L6-20'},
    {volts: 240, phases: 1, amps: 30, socket: 'industrial', plug: 'NEMA L6-30'},
    {volts: 240, phases: 1, amps: 50, socket: 'industrial', plug: 'NEMA 6-50'},
    {volts: 208, phases: 3, amps: 30, socket: 'industrial', plug: 'NEMA L21-30'},
    {volts: 208, phases: 3, amps: 60, socket: 'industrial', plug: 'IEC 60309 60 A'},
  ],
  europe: [
    {volts: 230, phases: 1, amps: 16, socket: 'household', plug: 'Schuko'},
    {volts: 230, phases: 1, amps: 16, socket: 'industrial', plug: 'CEE 16 A blue'},
    {volts: 230, phases: 1, amps: 32, socket: 'industrial', plug: 'CEE 32 A blue'},
    {volts: 400, phases: 3, amps: 16, socket: 'industrial', plug: 'CEE 16 A red'},
    {volts: 400, phases: 3, amps: 32, socket: 'industrial', plug: 'CEE 32 A red'},
    {volts: 400, phases: 3, amps: 63, socket: 'industrial', plug: 'CEE 63 A red'},
  ],
  britain: [
    {volts: 230, phases: 1, amps: 13, socket: 'household', plug: 'BS 1363'},
    {volts: 230, phases: 1, amps: 32, socket: 'industrial', plug: 'BS EN 60309 32 A blue'},
    {volts: 400, phases: 3, amps: 32, socket: 'industrial', plug: 'BS EN 60309 32 A red'},
    {volts: 400, phases: 3, amps: 63, socket: 'industrial', plug: 'BS EN 60309 63 A red'},
  ],
}

export interface SuggestedCircuits extends CommonCircuit {
  readonly count: number
  /** Any one of them may fail. */
  readonly redundant: boolean
}

const MOST_SUGGESTED = 8

/** The least that carries it: the fewest circuits of one common sort, among equals the smallest. With `redundant`, so that any one may fail. */
export function suggestCircuits(loads: readonly CordedLoad[], country: string, {redundant = false} = {}): SuggestedCircuits | undefined {
  const common = NEC.has(country) ? COMMON.america : country === 'GB' || country === 'IE' ? COMMON.britain : COMMON.europe
  for (let count = 1; count <= MOST_SUGGESTED; count++) {
    for (const sort of common) {
      const plan = planCircuits(loads, [{...sort, count}], country)
      if (plan.fits && (!redundant || plan.circuits.every(({mayFail}) => mayFail))) return {...sort, count, redundant: plan.circuits.every(({mayFail}) => mayFail)}
    }
  }
  return undefined
}
