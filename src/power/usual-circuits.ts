import type {Rig} from '../catalog/rig.ts'
import {continuousWatts, regionOf, ruleOf, type Circuit, type CountryRule, type Region} from './circuit-rules.ts'
import {mayFit, planCircuits, type CordedLoad} from './circuits.ts'

/** Circuits that electricians lay, with the sockets at their ends. */
interface CommonCircuit extends Omit<Circuit, 'count'> {
  readonly plug: string
}

const COMMON: Readonly<Record<Region, readonly CommonCircuit[]>> = {
  america: [
    {volts: 120, phases: 1, amps: 15, socket: 'household', plug: 'NEMA 5-15'},
    {volts: 120, phases: 1, amps: 20, socket: 'household', plug: 'NEMA 5-20'},
    {volts: 240, phases: 1, amps: 20, socket: 'industrial', plug: 'NEMA L6-20'},
    {volts: 240, phases: 1, amps: 30, socket: 'industrial', plug: 'NEMA L6-30'},
    {volts: 208, phases: 3, amps: 30, socket: 'industrial', plug: 'NEMA L21-30'},
    {volts: 208, phases: 3, amps: 50, socket: 'industrial', plug: 'CS8365'},
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

/** Homes in North America, Britain and Ireland have one phase. */
const HOMES_WITH_ONE_PHASE: ReadonlySet<Region> = new Set(['america', 'britain'])

type Site = Pick<Rig['site'], 'country' | 'kind'>

/** Those of a site, the smallest first. */
function usualCircuits({country, kind}: Site, rule: CountryRule): readonly CommonCircuit[] {
  const region = regionOf(country)
  if (region === undefined) return []
  const onePhase = kind === 'home' && HOMES_WITH_ONE_PHASE.has(region)
  return COMMON[region].filter(({phases}) => phases === 1 || !onePhase).toSorted((a, b) => continuousWatts(a, rule) - continuousWatts(b, rule))
}

export interface SuggestedCircuits extends CommonCircuit {
  readonly count: number
  /** Of the machines; where they are more than circuits, something has to divide these. */
  readonly cords: number
  /** Any one of them may fail. */
  readonly redundant: boolean
}

const MOST_SUGGESTED = 8

/** What has to be laid beside what is there, so that it carries all: the fewest of one common sort. */
export function suggestMore(loads: readonly CordedLoad[], site: Site & Pick<Rig['site'], 'circuits'>): SuggestedCircuits | undefined {
  const rule = ruleOf(site.country)
  for (let count = 1; count <= MOST_SUGGESTED; count++) {
    for (const sort of usualCircuits(site, rule)) {
      const circuits = [...(site.circuits ?? []), {...sort, count}]
      if (!mayFit(loads, circuits, rule)) continue
      const plan = planCircuits(loads, circuits, site.country)
      if (!plan.fits) continue
      const laid = plan.circuits.slice(-count)
      return {...sort, count, cords: laid.reduce((sum, {cords}) => sum + cords.reduce((all, each) => all + each.count, 0), 0), redundant: laid.every(({mayFail}) => mayFail)}
    }
  }
  return undefined
}

/** Circuits of the largest common sort that carry so many watts: how a hall is fed. */
export function feedsFor(watts: number, site: Site): {readonly count: number; readonly title: string} | undefined {
  const rule = ruleOf(site.country)
  const largest = usualCircuits(site, rule).at(-1)
  return largest === undefined ? undefined : {count: Math.ceil(watts / continuousWatts(largest, rule)), title: `${largest.volts} V${largest.phases === 3 ? ' three-phase' : ''} ${largest.amps} A (${largest.plug})`}
}

/** The least that carries it: the fewest circuits of one common sort, among equals the smallest. With `redundant`, so that any one may fail. */
export function suggestCircuits(loads: readonly CordedLoad[], site: Site, {redundant = false} = {}): SuggestedCircuits | undefined {
  const rule = ruleOf(site.country)
  const usual = usualCircuits(site, rule)
  for (let count = 1; count <= MOST_SUGGESTED; count++) {
    // With the fullest of them goes its share of a machine's cords at least.
    if (redundant && loads.some(({cords, needed}) => cords - Math.ceil(cords / count) < needed)) continue
    for (const sort of usual) {
      const circuits = [{...sort, count}]
      if (!mayFit(loads, circuits, rule)) continue
      const plan = planCircuits(loads, circuits, site.country)
      const spare = plan.circuits.every(({mayFail}) => mayFail)
      if (plan.fits && (!redundant || spare)) return {...sort, count, cords: loads.reduce((sum, {cords}) => sum + cords, 0), redundant: spare}
    }
  }
  return undefined
}
