import type {Rig} from '../catalog/rig.ts'
import {groupDigits} from '../units/format.ts'
import {isHall} from '../catalog/rig-site.ts'
import {continuousWatts, regionOf, ruleOf} from './circuit-rules.ts'
import type {CircuitPlan} from './circuits.ts'
import type {RigPower} from './rig-power.ts'
import type {SuggestedCircuits} from './usual-circuits.ts'

export const REASON_TOPICS = ['circuits', 'service', 'supplies', 'cooling', 'noise', 'ups', 'rack'] as const
export const REASON_LEVELS = ['ok', 'change', 'no', 'unknown'] as const

/** `unknown`: the site does not say, so what it would take is said instead. */
export interface Reason {
  readonly about: (typeof REASON_TOPICS)[number]
  readonly level: (typeof REASON_LEVELS)[number]
  readonly text: string
}

export const VERDICTS = ['feasible', 'with-changes', 'not-here'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Heat that leaves an ordinary room through walls and windows while it stays bearable. An assumption; an electric heater has 2 kW. */
const ROOM_SHEDS_WATTS = 1500
/** Levels of data/facility.csv that stand in where a site names no limit: a bedroom at night, people talking, the level from which ears are protected. */
const USUAL_LIMIT = {home: 'noise_bedroom_night_target', office: 'noise_conversation', colocation: 'noise_datacentre_aisle', datacentre: 'noise_datacentre_aisle'} as const
const HEARING_PROTECTION = 'noise_osha_action_level'

const kilowatts = (watts: number): string => `${(watts / 1000).toFixed(watts < 9950 ? 2 : 1)} kW`

/** Whether a site carries a rig, and each reason with its figure. `facility` = data/facility.csv. */
export function verdictOn(rig: Rig, power: RigPower, facility: Readonly<Record<string, number>>): {readonly verdict: Verdict; readonly reasons: readonly Reason[]} {
  const reasons = [...circuitReasons(rig, power), ...serviceReasons(rig, power, facility), ...supplyReasons(power), ...coolingReasons(rig, power), ...noiseReasons(rig, power, facility), ...upsReasons(rig, power), ...rackReasons(rig, power, facility)]
  const verdict = reasons.some(({level}) => level === 'no') ? 'not-here' : reasons.some(({level}) => level === 'change' || level === 'unknown') ? 'with-changes' : 'feasible'
  return {verdict, reasons}
}

export function circuitText({count, volts, phases, amps, plug, cords}: SuggestedCircuits): string {
  const divided = cords <= count ? '' : ` with ${count === 1 ? 'a distribution unit' : 'distribution units'} for its ${cords} cords`
  return `${count} × ${volts} V${phases === 3 ? ' three-phase' : ''} ${amps} A (${plug})${divided}`
}

const unknownSockets = (country: string): string => `which circuits are usual in ${country} is not known`

/** Which circuits let any one fail, or why none do. */
export function redundantText({site}: Pick<Rig, 'site'>, {nodes, suggestedRedundant}: RigPower): string {
  if (site.ups !== undefined && !isHall(site)) return 'none may fail: all of it hangs on the UPS'
  if (suggestedRedundant !== undefined) return `so that any one may fail: ${circuitText(suggestedRedundant)}`
  const [bound] = nodes.filter(({supplies}) => supplies === undefined || supplies.needed === supplies.count)
  if (bound !== undefined) {
    const {id, supplies} = bound
    return `none may fail: ${supplies === undefined ? `how many supplies ${id} has is not known` : supplies.count === 1 ? `${id} has one supply` : `${id} needs all of its ${supplies.count} supplies`}`
  }
  return regionOf(site.country) === undefined ? unknownSockets(site.country) : 'so that any one may fail: more than eight of any usual circuit'
}

function circuitReasons(rig: Rig, power: RigPower): Reason[] {
  return power.circuits === undefined ? [neededCircuits(rig, power)] : [...givenCircuits(rig, power, power.circuits), ...spareSupplies(rig, power, power.circuits)]
}

/** What they are laid for, and by what: makers rate machines for more than they were seen to draw. */
const laidFor = ({watts, circuitWatts}: RigPower): string => `${kilowatts(circuitWatts)}${circuitWatts > watts.peak * 1.001 ? ' by nameplate' : ''}`

/** The site does not say what it has. */
function neededCircuits({site, class: sort}: Rig, power: RigPower): Reason {
  const {suggested, suggestedForCooling, feeds} = power
  const unsaid = 'the site does not say what circuits it has (site.circuits)'
  if (regionOf(site.country) === undefined) return {about: 'circuits', level: 'unknown', text: `${unsaid}, and ${unknownSockets(site.country)}: they have to carry ${laidFor(power)}`}
  if (suggested !== undefined) {
    if (sort !== 'server' && suggested.count === 1 && suggested.socket === 'household') return {about: 'circuits', level: 'ok', text: `a household socket of ${suggested.volts} V carries ${laidFor(power)} (assumed to be there)`}
    return {about: 'circuits', level: 'unknown', text: `${unsaid}; ${laidFor(power)} need ${circuitText(suggested)}${suggestedForCooling === undefined ? '' : `, and ${circuitText(suggestedForCooling)} for the cooling`}`}
  }
  if (isHall(site) && feeds !== undefined) return {about: 'circuits', level: 'unknown', text: `${unsaid}; ${laidFor(power)} need ${feeds.count} feeds of ${feeds.title}, twice as many where any may fail`}
  return {about: 'circuits', level: 'no', text: `${laidFor(power)} are more than eight of any usual circuit carry: a supply of its own`}
}

/** From here on a circuit is fuller than designs leave it (data/facility.csv: eu_design_margin). */
const DESIGN_MARGIN = 0.8

function givenCircuits({site}: Rig, {suggestedMore, feeds}: RigPower, circuits: CircuitPlan): Reason[] {
  const fullest = circuits.circuits.toSorted((a, b) => b.amps / b.limitAmps - a.amps / a.limitAmps)[0]
  if (circuits.fits && fullest !== undefined) {
    const tight = circuits.rule.continuousShare === 1 && circuits.circuits.some(({amps, circuit}) => amps > DESIGN_MARGIN * circuit.amps) ? '; designs leave a fifth of a breaker free' : ''
    return [{about: 'circuits', level: 'ok', text: `the fullest circuit (${fullest.name}) carries ${fullest.amps.toFixed(1)} A of the ${fullest.limitAmps.toFixed(1)} A allowed for hours (${circuits.rule.name})${tight}`}]
  }
  const carried = (site.circuits ?? []).reduce((sum, circuit) => sum + circuit.count * continuousWatts(circuit, ruleOf(site.country)), 0)
  const way = suggestedMore !== undefined ? `lay ${circuitText(suggestedMore)}${site.circuits === undefined ? '' : ' more'}` : regionOf(site.country) === undefined ? `lay more; ${unknownSockets(site.country)}` : isHall(site) && feeds !== undefined ? `${feeds.count} feeds of ${feeds.title}` : undefined
  const [wrong] = circuits.wrongVolts
  const why = wrong === undefined ? '' : `; the supplies of ${wrong.id} take ${wrong.minimum} to ${wrong.maximum} V`
  return [{about: 'circuits', level: way === undefined ? 'no' : 'change', text: `${kilowatts(circuits.unplacedWatts)} of the cords find no room on circuits that carry ${kilowatts(carried)} for hours (${circuits.rule.name})${why}${way === undefined ? '' : `: ${way}`}`}]
}

/** Supplies that may fail are of use only where a circuit may. */
function spareSupplies(rig: Rig, power: RigPower, circuits: CircuitPlan): Reason[] {
  if (!circuits.fits || circuits.circuits.some(({mayFail, cords}) => mayFail && cords.length > 0) || (rig.site.ups !== undefined && !isHall(rig.site))) return []
  const spare = power.nodes.filter(({supplies}) => supplies !== undefined && supplies.mayFail > 0)
  if (spare.length === 0) return []
  return [{about: 'circuits', level: 'change', text: `no circuit may fail, so the spare supplies of ${spare.map(({id}) => id).join(' and ')} only help when they fail themselves; ${redundantText(rig, power)}`}]
}

/** What is left of a home's connection for all else in it. An assumption. */
const HOME_SHARE = 0.6
/** A connection that is made larger, at most so many times. An assumption. */
const LARGER_SERVICE = 2

/** What a home's connection to the grid gives, where data/facility.csv has the country. */
function serviceReasons({site}: Rig, {siteWatts}: RigPower, facility: Readonly<Record<string, number>>): Reason[] {
  if (site.kind !== 'home') return []
  const service = site.country === 'US' ? facility['us_residential_service_continuous'] : facility[`${site.country === 'GB' ? 'uk' : site.country.toLowerCase()}_residential_service`]
  if (service === undefined) return []
  const share = siteWatts.peak / service
  const text = `${kilowatts(siteWatts.peak)} at the meter, of the ${kilowatts(service)} that a home there usually has`
  if (share <= HOME_SHARE) return [{about: 'service', level: 'ok', text}]
  if (share <= 1) return [{about: 'service', level: 'change', text: `${text}, which leaves ${kilowatts(service - siteWatts.peak)} for all else`}]
  return [share <= LARGER_SERVICE ? {about: 'service', level: 'change', text: `${text}: a larger connection, if the grid gives one`} : {about: 'service', level: 'no', text}]
}

const supplyReasons = ({nodes}: RigPower): Reason[] => nodes.flatMap(({id, supplies}): Reason[] => {
  if (supplies === undefined) return []
  const {count, needed, loadShare, mayFail, ratedWatts} = supplies
  const text = `${id}: ${count} ${count === 1 ? 'supply' : 'supplies'} of ${ratedWatts} W, ${needed} needed and ${Math.round(loadShare * 100)} % loaded at the peak; ${mayFail === 0 ? 'none may fail' : `${mayFail} may fail`}`
  return [{about: 'supplies', level: loadShare > 1 ? 'no' : 'ok', text}]
})

/** A stated capacity is what there is, whatever its electricity is counted by; without one a PUE says that the building cools, and no COP that nothing does. */
function coolingReasons({site}: Rig, {heat}: RigPower): Reason[] {
  const amount = `${heat.kilowatts.toFixed(1)} kW of heat (${groupDigits(heat.btuPerHour.toFixed(0))} BTU/h, ${heat.tonsOfRefrigeration.toFixed(1)} tons)`
  const [heatWatts, capacity] = [heat.kilowatts * 1000, site.coolingCapacityWatts]
  if (capacity !== undefined) return [capacity >= heatWatts ? {about: 'cooling', level: 'ok', text: `${amount}, of the ${kilowatts(capacity)} that the cooling moves`} : {about: 'cooling', level: 'change', text: `${amount} are ${kilowatts(heatWatts - capacity)} more than the cooling moves (${kilowatts(capacity)})`}]
  if (site.pue !== undefined) return []
  if (site.coolingCop !== null) return [{about: 'cooling', level: 'unknown', text: `the site does not say how much heat its cooling moves (site.cooling.capacity); it has to move ${amount}`}]
  return [heatWatts > ROOM_SHEDS_WATTS ? {about: 'cooling', level: 'change', text: `nothing moves ${amount}: an air conditioner of that size, or ${groupDigits(heat.airflowCubicMetresPerHour.toFixed(0))} m³/h of outside air`} : {about: 'cooling', level: 'ok', text: `${amount} leave by themselves`}]
}

/** What a wall and its door take at most where nobody builds a studio. An assumption: ordinary doors 25 to 30 dB, doors made against sound 40. */
const DOOR_TAKES_DB = 40

/** Where a site names none: servers run at night as well, beside desktops and laptops people work. */
function usualNoise({site, class: sort}: Rig, facility: Readonly<Record<string, number>>): {readonly limit: number | undefined; readonly of: string} {
  if (sort !== 'server' && !isHall(site)) return {limit: facility['noise_conversation'], of: 'where people work'}
  return {limit: site.kind === undefined ? undefined : facility[USUAL_LIMIT[site.kind]], of: site.kind === 'home' ? 'for a home' : site.kind === 'office' ? 'for an office' : 'for such a hall'}
}

function noiseReasons(rig: Rig, {noiseDba}: RigPower, facility: Readonly<Record<string, number>>): Reason[] {
  if (noiseDba === undefined) return []
  const {site} = rig
  const usual = usualNoise(rig, facility)
  const limit = site.noiseLimitDba ?? usual.limit
  const protection = facility[HEARING_PROTECTION] ?? Number.POSITIVE_INFINITY
  const loud = `${noiseDba.toFixed(0)} dBA at one metre${noiseDba >= protection ? ', where ears have to be protected' : ''}`
  if (limit === undefined) return [{about: 'noise', level: 'unknown', text: `${loud}; the site names no limit (site.noiseLimitDba)`}]
  const which = site.noiseLimitDba === undefined ? `the ${limit} dBA usual ${usual.of} (assumed)` : `the limit of ${limit} dBA`
  const above = noiseDba - limit
  if (above <= 0) return [{about: 'noise', level: 'ok', text: `${loud}, within ${which}`}]
  const way = above > DOOR_TAKES_DB ? `a room in another part of the building, as ${above.toFixed(0)} dB are more than a door takes` : `a room of its own, behind a door that takes ${above.toFixed(0)} dB`
  return [{about: 'noise', level: 'change', text: `${loud} against ${which}: ${way}`}]
}

function upsReasons({site}: Rig, power: RigPower): Reason[] {
  const {ups} = power
  if (site.ups === undefined) return []
  const minutes = ups.minutesAtExpected === undefined ? '' : `, ${ups.minutesAtExpected.toFixed(0)} min at the expected draw`
  if (ups.carriesPeak === undefined) return [{about: 'ups', level: 'unknown', text: `the site does not say what its UPS is rated for (site.ups.rated)${minutes}`}]
  return [{about: 'ups', level: ups.carriesPeak ? 'ok' : 'change', text: `UPS of ${kilowatts(ups.ratedWatts ?? 0)}${ups.carriesPeak ? ` for ${laidFor(power)}` : `, which is too small for ${laidFor(power)}: ${(ups.neededVa / 1000).toFixed(1)} kVA with a quarter in reserve`}${minutes}`}]
}

/** Air carries off so much heat of one rack; a small rig fits one. */
function rackReasons({site}: Rig, {watts}: RigPower, facility: Readonly<Record<string, number>>): Reason[] {
  const limit = facility['air_cooling_rack_limit_kw']
  if (limit === undefined || !isHall(site) || watts.peak <= limit * 1000) return []
  return [{about: 'rack', level: 'change', text: `${kilowatts(watts.peak)} are more than the ${limit} kW that air carries off one rack: spread it over ${Math.ceil(watts.peak / 1000 / limit)}`}]
}
