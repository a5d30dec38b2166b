import {beforeAll, describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import {monthsOf} from '../../src/cost/rig-month.ts'
import type {PlanningFacts} from '../../src/planner/facts.ts'
import {rigPower, type RigPower} from '../../src/power/rig-power.ts'
import {verdictOn, type Reason} from '../../src/power/rig-verdict.ts'
import {bundledFacts} from '../workload/llm-inference/fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const named = (id: string): Rig => facts.snapshot.rigs.find(rig => rig.id === id)!
const powerOf = (rig: Rig, expected?: {title: string; watts: number; nodeIds: string[]}): RigPower => rigPower({rig, snapshot: facts.snapshot, calibration: facts.calibration, expected})!
const at = (id: string, site: Partial<Rig['site']>): Rig => ({...named(id), site: {...named(id).site, ...site}})
/** |value ÷ wanted − 1|. */
const off = (value: number, wanted: number): number => Math.abs(value / wanted - 1)

describe('what was published comes out within 5 %', () => {
  test('a DGX H100: rated 10.2 kW, measured at 8.4 kW, 76 % of its rating in heavy training', () => {
    const {nameplateWatts, watts} = powerOf(named('dgx-h100'))

    expect(nameplateWatts).toBe(10_200)
    expect(off(watts.peak, 8400)).toBeLessThan(0.05)
    expect(off(watts.expected, 0.76 * 10_200)).toBeLessThan(0.05)
  })

  test('ten H100 PCIe in a chassis: rated 5.4 kW, 4.4 kW in training', () => {
    const {nameplateWatts, watts} = powerOf(named('h100x10-pcie'))

    expect(nameplateWatts).toBe(5400)
    expect(off(watts.expected, 4400)).toBeLessThan(0.05)
  })

  test('ten H100 NVL: 5.9 kW by the same sum', () => {
    const pcie = named('h100x10-pcie')
    const nvl = {...pcie, nodes: pcie.nodes.map(node => ({...node, acceleratorId: 'h100-nvl-94gb', ratedMaximumWatts: 5900}))}

    expect(off(powerOf(nvl).watts.expected, 4900)).toBeLessThan(0.05)
  })
})

describe('sums', () => {
  test.for(['dgx-h100', 'h100x10-sxm', 'workstation-rtx4090'])('%s: the parts are the whole in every state', id => {
    const {components, watts, siteWatts} = powerOf(at(id, {ups: {kind: 'double-conversion'}, coolingCop: 3}))
    const sum = (state: 'idle' | 'expected' | 'peak', parts: readonly string[]): number => components.filter(({part}) => parts.includes(part)).reduce((total, component) => total + component[state], 0)

    for (const state of ['idle', 'expected', 'peak'] as const) {
      expect(sum(state, ['machines'])).toBeCloseTo(watts[state], 6)
      expect(sum(state, ['machines', 'site'])).toBeCloseTo(siteWatts[state], 6)
    }
  })

  test('with a COP the loss of the UPS and the cooling of all heat are added once: W ÷ 0.94 · (1 + 1/3)', () => {
    const {watts, siteWatts} = powerOf(at('dgx-h100', {ups: {kind: 'double-conversion'}, coolingCop: 3}))
    expect(siteWatts.peak).toBeCloseTo((watts.peak / 0.94) * (4 / 3), 6)
  })

  test('a PUE holds both already: W · 1.4, whatever the UPS', () => {
    const {watts, siteWatts, coolingNeededWatts} = powerOf(at('dgx-h100', {ups: {kind: 'double-conversion'}, coolingCop: null, pue: 1.4}))
    expect(siteWatts.peak).toBeCloseTo(watts.peak * 1.4, 6)
    expect(coolingNeededWatts).toBeUndefined()
  })

  test('a month is 730.5 hours at the meter and the tariff', () => {
    const rig = named('h100x10-pcie')
    const power = powerOf(rig)
    const {siteWatts} = power
    const months = monthsOf(rig, power)
    expect(months.expected.kwh).toBeCloseTo(siteWatts.expected * 0.7305, 6)
    expect(months.expected.usd).toBeCloseTo(siteWatts.expected * 0.7305 * 0.2714, 6)
    expect(months.expected.carbonKg).toBeCloseTo(siteWatts.expected * 0.7305 * facts.snapshot.carbonByCountry['DE']! / 1000, 6)
  })

  test('a workload on one node leaves the other idle, or off', () => {
    const idle = powerOf(named('h100x10-sxm')).nodes.find(({id}) => id === 'pcie')!.watts.idle
    const work = {title: 'chat', watts: 5000, nodeIds: ['sxm']}
    expect(powerOf(at('h100x10-sxm', {whenIdle: 'on'}), work).watts.expected).toBeCloseTo(5000 + idle, 6)
    expect(powerOf(at('h100x10-sxm', {whenIdle: 'off'}), work).watts.expected).toBe(5000)
  })

  test('without the watts of its accelerators there is no answer', () => {
    expect(rigPower({rig: named('dgx-h100'), snapshot: {...facts.snapshot, accelerators: []}, calibration: facts.calibration})).toBeUndefined()
  })
})

describe('every field of a rig moves something', () => {
  /** Figures of an answer that a field may move. */
  const figuresOf = (rig: Rig): Record<string, number | string> => {
    const power = powerOf(rig, {title: 'work', watts: 3000, nodeIds: ['box']})
    const {verdict, reasons} = verdictOn(rig, power, facts.snapshot.facility)
    const level = (about: Reason['about']): string => reasons.filter(reason => reason.about === about).map(reason => reason.level).join(' ')
    return {
      nameplate: power.nameplateWatts ?? 0, idle: power.watts.idle, expected: power.watts.expected, peak: power.watts.peak, meter: power.siteWatts.peak, usd: monthsOf(rig, power).peak.usd, carbon: power.months.peak.carbonKg ?? 0,
      amps: power.circuits === undefined ? 0 : Math.max(...power.circuits.circuits.map(({amps}) => amps)), limit: power.circuits?.circuits[0]?.limitAmps ?? 0, circuits: power.circuits?.circuits.length ?? 0,
      mayFail: power.circuits?.circuits.filter(({mayFail}) => mayFail).length ?? 0, heat: power.heat.kilowatts, noise: power.noiseDba ?? 0, weight: power.weightKg ?? 0, units: power.heightUnits ?? 0, minutes: power.ups.minutesAtPeak ?? 0,
      supplies: power.nodes[0]?.supplies?.loadShare ?? 0, spare: power.nodes[0]?.supplies?.mayFail ?? 0, verdict, cooling: level('cooling'), loud: level('noise'), ups: level('ups'), carries: level('circuits'), service: level('service'),
    }
  }
  const base = (): Rig => {
    const rig = at('h100x10-pcie', {kind: 'office', coolingCapacityWatts: 10_000, noiseLimitDba: 90, circuits: [{volts: 230, phases: 1, amps: 32, count: 3, socket: 'industrial'}], ups: {kind: 'double-conversion', ratedWatts: 8000, batteryWattHours: 2000}})
    return {...rig, nodes: rig.nodes.map(node => ({...node, weightKg: 60}))}
  }
  const node = (change: Partial<Rig['nodes'][number]>) => (rig: Rig): Rig => ({...rig, nodes: rig.nodes.map(each => ({...each, ...change}))})
  const site = (change: Partial<Rig['site']>) => (rig: Rig): Rig => ({...rig, site: {...rig.site, ...change}})

  const WATTS_UP = {peak: 'up', meter: 'up', usd: 'up', carbon: 'up', amps: 'up', heat: 'up', minutes: 'down'} as const
  test.for<[string, (rig: Rig) => Rig, Readonly<Record<string, string>>]>([
    ['count', node({count: 2}), {...WATTS_UP, nameplate: 'up', idle: 'up', noise: 'up', weight: 'up', units: 'up', mayFail: 'down', cooling: 'change', ups: 'change', verdict: 'with-changes'}],
    ['acceleratorId', node({acceleratorId: 'h100-nvl-94gb'}), {...WATTS_UP, idle: 'up', supplies: 'up'}],
    ['acceleratorCount', node({acceleratorCount: 12}), {...WATTS_UP, idle: 'up', supplies: 'up', spare: 'down', verdict: 'not-here'}],
    ['hostIdleWatts', node({hostIdleWatts: 800}), {idle: 'up'}],
    ['hostMaximumWatts', node({hostMaximumWatts: 1700}), {...WATTS_UP, idle: 'up', supplies: 'up'}],
    ['supplyEfficiency', node({supplyEfficiency: 0.9}), {...WATTS_UP, idle: 'up'}],
    ['supplies.count', node({supplies: {count: 6, ratedWatts: 2700, needed: 2}}), {amps: 'up', spare: 'up'}],
    ['supplies.ratedWatts', node({supplies: {count: 4, ratedWatts: 3000, needed: 2}}), {supplies: 'down'}],
    ['supplies.needed', node({supplies: {count: 4, ratedWatts: 2700, needed: 4}}), {supplies: 'down', spare: 'down', mayFail: 'down'}],
    ['ratedMaximumWatts', node({ratedMaximumWatts: 6000}), {nameplate: 'up'}],
    ['noiseDba', node({noiseDba: 95}), {noise: 'up', loud: 'change', verdict: 'with-changes'}],
    ['weightKg', node({weightKg: 70}), {weight: 'up'}],
    ['heightUnits', node({heightUnits: 5}), {units: 'up'}],
    ['site.tariffUsdPerKwh', site({tariffUsdPerKwh: 0.3}), {usd: 'up'}],
    ['site.tariffWindows', site({tariffWindows: [{days: [5, 6], fromHour: 0, toHour: 24, usdPerKwh: 0.1}]}), {usd: 'down'}],
    ['site.demandUsdPerKwMonth', site({demandUsdPerKwMonth: 10}), {usd: 'up'}],
    ['site.country', site({country: 'US'}), {limit: 'down', carbon: 'up'}],
    ['site.coolingCop', site({coolingCop: 2}), {meter: 'up', usd: 'up', carbon: 'up', amps: 'up'}],
    ['site.pue', site({coolingCop: null, pue: 1.2}), {meter: 'down', usd: 'down', carbon: 'down', amps: 'down', heat: 'down', minutes: 'same', cooling: ''}],
    ['site.coolingCapacityWatts', site({coolingCapacityWatts: 4000}), {cooling: 'change', verdict: 'with-changes'}],
    ['site.ups.kind', site({ups: {kind: 'line-interactive', ratedWatts: 8000, batteryWattHours: 2000}}), {meter: 'up', usd: 'up', carbon: 'up', amps: 'up', heat: 'up', minutes: 'down'}],
    ['site.ups.ratedWatts', site({ups: {kind: 'double-conversion', ratedWatts: 4000, batteryWattHours: 2000}}), {ups: 'change', verdict: 'with-changes'}],
    ['site.ups.batteryWattHours', site({ups: {kind: 'double-conversion', ratedWatts: 8000, batteryWattHours: 4000}}), {minutes: 'up'}],
    ['site.noiseLimitDba', site({noiseLimitDba: 60}), {loud: 'change', verdict: 'with-changes'}],
    ['site.kind', site({kind: 'home'}), {service: 'ok'}],
    ['site.circuits.volts', site({circuits: [{volts: 240, phases: 1, amps: 32, count: 3, socket: 'industrial'}]}), {amps: 'down'}],
    ['site.circuits.phases', site({circuits: [{volts: 400, phases: 3, amps: 32, count: 3, socket: 'industrial'}]}), {amps: 'down'}],
    ['site.circuits.amps', site({circuits: [{volts: 230, phases: 1, amps: 40, count: 3, socket: 'industrial'}]}), {limit: 'up'}],
    ['site.circuits.count', site({circuits: [{volts: 230, phases: 1, amps: 32, count: 4, socket: 'industrial'}]}), {circuits: 'up', mayFail: 'up'}],
    ['site.circuits.socket', site({circuits: [{volts: 230, phases: 1, amps: 32, count: 3, socket: 'household'}]}), {limit: 'down', amps: 'down', carries: 'change', mayFail: 'down', verdict: 'with-changes'}],
    ['site.whenIdle', site({whenIdle: 'off'}), {}],
  ])('%s', ([, change, expected]) => {
    const [before, after] = [figuresOf(base()), figuresOf(change(base()))]
    const moved = Object.fromEntries(Object.keys(before).flatMap(key => {
      const [one, other] = [before[key]!, after[key]!]
      if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) < 1e-9 ? [] : [[key, other > one ? 'up' : 'down']]
      return one === other ? [] : [[key, other]]
    }))
    expect(moved).toEqual(Object.fromEntries(Object.entries(expected).filter(([, way]) => way !== 'same')))
  })
})
