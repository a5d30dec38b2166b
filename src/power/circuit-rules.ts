/** What a circuit carries for hours under the rule of its country, and between which of its lines a cord lies. */

export interface Circuit {
  /** Of its socket where there is one phase, between lines where there are three. */
  readonly volts: number
  readonly phases: 1 | 3
  /** Of the breaker. */
  readonly amps: number
  readonly count: number
  /** A household socket (Schuko, BS 1363, NEMA 5) is not made to carry its breaker's current for hours. */
  readonly socket: 'household' | 'industrial'
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

const NORTH_AMERICA: ReadonlySet<string> = new Set(['US', 'CA', 'MX', 'PR'])
const EUROPE: ReadonlySet<string> = new Set(['AT', 'BE', 'BG', 'CH', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IS', 'IT', 'LI', 'LT', 'LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK', 'GB'])

export type Region = 'america' | 'europe' | 'britain'

/** Whose sockets a country has; `undefined` = nobody looked it up. */
export const regionOf = (country: string): Region | undefined => (NORTH_AMERICA.has(country) ? 'america' : country === 'GB' || country === 'IE' ? 'britain' : EUROPE.has(country) ? 'europe' : undefined)

/**
 * North America: NEC 210.20(A), a breaker carries 80 % of its rating continuously. Europe (IEC 60364, VDE 0100): the whole rating of a dedicated circuit, but a
 * household socket ten amps (data/facility.csv: eu_230v_16a_schuko_continuous, uk_230v_13a_continuous). Elsewhere the stricter of the two.
 */
export function ruleOf(country: string): CountryRule {
  if (NORTH_AMERICA.has(country)) return {continuousShare: 0.8, householdAmps: null, name: `${country === 'CA' ? 'Canadian Electrical Code 8-104' : 'NEC 210.20'}: 80 % of the breaker for continuous loads`, assumed: false}
  if (EUROPE.has(country)) return {continuousShare: 1, householdAmps: 10, name: 'IEC 60364 / VDE 0100: the breaker’s rating; 10 A from a household socket', assumed: false}
  return {continuousShare: 0.8, householdAmps: 10, name: 'the stricter of the North American and the European rule (assumed)', assumed: true}
}

/** Supplies with active correction under load. An assumption; 80 PLUS asks for 0.95 at least. */
export const POWER_FACTOR = 0.98

export function continuousAmps({amps, socket}: Pick<Circuit, 'amps' | 'socket'>, {continuousShare, householdAmps}: CountryRule): number {
  const allowed = amps * continuousShare
  return socket === 'household' && householdAmps !== null ? Math.min(allowed, householdAmps) : allowed
}

/** Equipment of 200 to 240 V cannot run on less; where a line gives less to neutral (North America 208 ÷ √3, Japan 200 ÷ √3), cords of a three-phase circuit lie between two lines. */
const LEAST_VOLTS_TO_NEUTRAL = 200

/** Three pairs of lines that cords connect to, instead of three lines to neutral. */
export const isPaired = ({volts, phases}: Pick<Circuit, 'volts' | 'phases'>): boolean => phases === 3 && volts / Math.sqrt(3) < LEAST_VOLTS_TO_NEUTRAL

/** Volts that a cord gets. */
export const cordVolts = (circuit: Pick<Circuit, 'volts' | 'phases'>): number => (circuit.phases === 3 && !isPaired(circuit) ? circuit.volts / Math.sqrt(3) : circuit.volts)

/** Watts of machines that a circuit carries for hours, its lines alike: √3 · volts · amps · power factor for three phases, volts · amps · power factor for one. */
export const continuousWatts = (circuit: Omit<Circuit, 'count'>, rule: CountryRule): number => (circuit.phases === 3 ? Math.sqrt(3) : 1) * circuit.volts * continuousAmps(circuit, rule) * POWER_FACTOR
