import type {Rig} from '../catalog/rig.ts'
import {groupDigits} from '../units/format.ts'
import {continuousWatts, regionOf, ruleOf} from './circuit-rules.ts'
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
  if (suggestedRedundant !== undefined) return `so that any one may fail: ${circuitText(suggestedRedundant)}`
  const [bound] = nodes.filter(({supplies}) => supplies === undefined || supplies.needed === supplies.count)
  if (bound !== undefined) {
    const {id, supplies} = bound
    return `none may fail: ${supplies === undefined ? `how many supplies ${id} has is not known` : supplies.count === 1 ? `${id} has one supply` : `${id} needs all of its ${supplies.count} supplies`}`
  }
  return regionOf(site.country) === undefined ? unknownSockets(site.country) : 'so that any one may fail: more than eight of any usual circuit'
}

function circuitReasons({site}: Rig, {watts, circuits, suggested, suggestedForCooling}: RigPower): Reason[] {
  const cooling = suggestedForCooling === undefined ? '' : `, and ${circuitText(suggestedForCooling)} for the cooling`
  const needs = suggested === undefined ? undefined : `${circuitText(suggested)}${cooling}`
  if (circuits === undefined) {
    if (regionOf(site.country) === undefined) return [{about: 'circuits', level: 'unknown', text: `the site does not say what circuits it has (site.circuits), and ${unknownSockets(site.country)}: they have to carry ${kilowatts(watts.peak)}`}]
    return [needs === undefined ? {about: 'circuits', level: 'no', text: `${kilowatts(watts.peak)} are more than eight of any usual circuit carry: a supply of its own`} : {about: 'circuits', level: 'unknown', text: `the site does not say what circuits it has (site.circuits); ${kilowatts(watts.peak)} need ${needs}`}]
  }
  const fullest = circuits.circuits.toSorted((a, b) => b.amps / b.limitAmps - a.amps / a.limitAmps)[0]
  if (circuits.fits && fullest !== undefined) return [{about: 'circuits', level: 'ok', text: `the fullest circuit (${fullest.name}) carries ${fullest.amps.toFixed(1)} A of the ${fullest.limitAmps.toFixed(1)} A allowed for hours (${circuits.rule.name})`}]
  const carried = (site.circuits ?? []).reduce((sum, circuit) => sum + circuit.count * continuousWatts(circuit, ruleOf(site.country)), 0)
  const way = needs !== undefined ? `lay ${needs}` : regionOf(site.country) === undefined ? `lay more; ${unknownSockets(site.country)}` : undefined
  return [{about: 'circuits', level: way === undefined ? 'no' : 'change', text: `${kilowatts(circuits.unplacedWatts)} of the cords find no room on circuits that carry ${kilowatts(carried)} for hours (${circuits.rule.name})${way === undefined ? '' : `: ${way}`}`}]
}

/** What a home's connection to the grid gives, where data/facility.csv has the country. */
function serviceReasons({site}: Rig, {siteWatts}: RigPower, facility: Readonly<Record<string, number>>): Reason[] {
  if (site.kind !== 'home') return []
  const service = site.country === 'US' ? facility['us_residential_service_continuous'] : facility[`${site.country === 'GB' ? 'uk' : site.country.toLowerCase()}_residential_service`]
  if (service === undefined) return []
  const share = siteWatts.peak / service
  return [{about: 'service', level: share > 1 ? 'no' : 'ok', text: `${kilowatts(siteWatts.peak)} at the meter, of the ${kilowatts(service)} that a home there usually has`}]
}

const supplyReasons = ({nodes}: RigPower): Reason[] => nodes.flatMap(({id, supplies}): Reason[] => {
  if (supplies === undefined) return []
  const {count, needed, loadShare, mayFail, ratedWatts} = supplies
  const text = `${id}: ${count} supplies of ${ratedWatts} W, ${needed} needed and ${Math.round(loadShare * 100)} % loaded at the peak; ${mayFail === 0 ? 'none may fail' : `${mayFail} may fail`}`
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

function noiseReasons({site}: Rig, {noiseDba}: RigPower, facility: Readonly<Record<string, number>>): Reason[] {
  if (noiseDba === undefined) return []
  const limit = site.noiseLimitDba ?? (site.kind === undefined ? undefined : facility[USUAL_LIMIT[site.kind]])
  const protection = facility[HEARING_PROTECTION] ?? Number.POSITIVE_INFINITY
  const loud = `${noiseDba.toFixed(0)} dBA at one metre${noiseDba >= protection ? ', where ears have to be protected' : ''}`
  if (limit === undefined) return [{about: 'noise', level: 'unknown', text: `${loud}; the site names no limit (site.noiseLimitDba)`}]
  const which = site.noiseLimitDba === undefined ? `the ${limit} dBA usual for ${site.kind === 'home' ? 'a home' : site.kind === 'office' ? 'an office' : 'such a hall'} (assumed)` : `the limit of ${limit} dBA`
  return [noiseDba <= limit ? {about: 'noise', level: 'ok', text: `${loud}, within ${which}`} : {about: 'noise', level: 'change', text: `${loud} against ${which}: a room of its own, behind a door that takes ${(noiseDba - limit).toFixed(0)} dB`}]
}

function upsReasons({site}: Rig, {ups}: RigPower): Reason[] {
  if (site.ups === undefined) return []
  const minutes = ups.minutesAtExpected === undefined ? '' : `, ${ups.minutesAtExpected.toFixed(0)} min at the expected draw`
  if (ups.carriesPeak === undefined) return [{about: 'ups', level: 'unknown', text: `the site does not say what its UPS is rated for (site.ups.rated)${minutes}`}]
  return [{about: 'ups', level: ups.carriesPeak ? 'ok' : 'change', text: `UPS of ${kilowatts(ups.ratedWatts ?? 0)}${ups.carriesPeak ? '' : `, which is too small: ${(ups.neededVa / 1000).toFixed(1)} kVA`}${minutes}`}]
}

/** Air carries off so much heat of one rack; a small rig fits one. */
function rackReasons({site}: Rig, {watts}: RigPower, facility: Readonly<Record<string, number>>): Reason[] {
  const limit = facility['air_cooling_rack_limit_kw']
  if (limit === undefined || (site.kind !== 'colocation' && site.kind !== 'datacentre') || watts.peak <= limit * 1000) return []
  return [{about: 'rack', level: 'change', text: `${kilowatts(watts.peak)} are more than the ${limit} kW that air carries off one rack: spread it over ${Math.ceil(watts.peak / 1000 / limit)}`}]
}
