import {readFileSync} from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import type {Rig} from '../../src/catalog/rig.ts'
import {monthsOf} from '../../src/cost/rig-month.ts'
import type {PlanningFacts} from '../../src/planner/facts.ts'
import {rigPower, type RigPower, type RigPowerQuestion} from '../../src/power/rig-power.ts'
import {circuitText, redundantText, verdictOn, type Reason} from '../../src/power/rig-verdict.ts'
import {bundledFacts} from '../workload/llm-inference/fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const named = (id: string): Rig => facts.snapshot.rigs.find(rig => rig.id === id)!
const powerOf = (rig: Rig, expected?: RigPowerQuestion['expected']): RigPower => rigPower({rig, snapshot: facts.snapshot, calibration: facts.calibration, expected})!
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

  // servers.csv: what nodes draw doing nothing, on which their hosts rest.
  test.for([['dgx-h100', 1900], ['h100x10-pcie', 1100], ['h100x10-sxm', 2300], ['h100x10-sxm-8plus4', 2800], ['workstation-rtx4090', 75], ['laptop-rtx4090', 50]] as const)('%s draws %d W idle', ([id, idleWatts]) => {
    expect(off(powerOf(named(id)).watts.idle, idleWatts)).toBeLessThan(0.005)
  })

  test('ten H100 PCIe in a chassis: rated 5.4 kW, 4.4 kW in training', () => {
    const {nameplateWatts, watts} = powerOf(named('h100x10-pcie'))

    expect(nameplateWatts).toBe(5400)
    expect(off(watts.expected, 4400)).toBeLessThan(0.05)
  })

  test('ten H100 NVL: rated 5.9 kW, 4.9 kW in training, both derived', () => {
    const row = parseCsv(readFileSync(path.resolve(import.meta.dirname, '../../data/servers.csv'), 'utf8'), 'servers.csv').find(({cells}) => cells['id'] === 'rig-10x-h100-nvl')?.cells
    const pcie = named('h100x10-pcie')
    const nvl = {...pcie, nodes: pcie.nodes.map(node => ({...node, acceleratorId: 'h100-nvl-94gb'}))}

    const {watts} = powerOf(nvl)

    expect([row?.['ratedMaximumWatts'], row?.['typicalTrainingWatts']]).toEqual(['5900', '4900'])
    expect(off(watts.expected, 4900)).toBeLessThan(0.05)
    expect(watts.peak).toBeLessThan(5900)
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

  // W at the circuits and of heat in the room, each ÷ W at the wall; and at the meter.
  test.for([
    ['beside the machines at home', {kind: 'home', coolingCop: 3}, 1 / 0.94, 1 / 0.94, (1 / 0.94) * (4 / 3)],
    ['beside them, the meter’s part in a PUE', {kind: 'office', coolingCop: null, pue: 1.4}, 1 / 0.94, 1 / 0.94, 1.4],
    ['beside them where nobody says', {coolingCop: null, pue: 1.4}, 1 / 0.94, 1 / 0.94, 1.4],
    ['the building’s in a colocation, in its PUE', {kind: 'colocation', coolingCop: null, pue: 1.4}, 1, 1, 1.4],
    ['the building’s in a data centre, its heat there', {kind: 'datacentre', coolingCop: null}, 1, 1, 1 / 0.94],
    ['the building’s in a data centre, cooled once', {kind: 'datacentre', coolingCop: 3}, 1, 1 / 0.94, (1 / 0.94) * (4 / 3)],
  ] as readonly (readonly [string, Partial<Rig['site']>, number, number, number])[])('the UPS stands %s', ([, site, circuits, room, meter]) => {
    const power = powerOf(at('dgx-h100', {...site, ups: {kind: 'double-conversion'}, circuits: [{volts: 400, phases: 3, amps: 63, count: 1, socket: 'industrial'}]}))
    const [first] = power.circuits?.circuits ?? []

    // Circuits are laid for the nameplate; those of a hall do not carry its cooling.
    expect((first!.watts - (site.kind === 'home' ? power.coolingWatts.peak : 0)) / 10_200).toBeCloseTo(circuits, 6)
    expect((power.heat.kilowatts * 1000) / power.watts.peak).toBeCloseTo(room, 6)
    expect(power.siteWatts.peak / power.watts.peak).toBeCloseTo(meter, 6)
  })

  test('a month is 730 hours at the meter and the tariff', () => {
    const rig = named('h100x10-pcie')
    const power = powerOf(rig)
    const {siteWatts} = power
    const months = monthsOf(rig, power)
    expect(months.expected.kwh).toBeCloseTo(siteWatts.expected * 0.73, 6)
    expect(months.expected.usd).toBeCloseTo(siteWatts.expected * 0.73 * 0.2714, 6)
    expect(months.expected.carbonKg).toBeCloseTo(siteWatts.expected * 0.73 * facts.snapshot.carbonByCountry['DE']! / 1000, 6)
  })

  test('a workload on one node leaves the other idle, or off', () => {
    const idle = powerOf(named('h100x10-sxm')).nodes.find(({id}) => id === 'pcie')!.watts.idle
    const work = {title: 'chat', watts: 5000, nodesInUse: new Map([['sxm', 1]])}
    expect(powerOf(at('h100x10-sxm', {whenIdle: 'on'}), work).watts.expected).toBeCloseTo(5000 + idle, 6)
    expect(powerOf(at('h100x10-sxm', {whenIdle: 'off'}), work).watts.expected).toBe(5000)
  })

  test('a workload on one of three like nodes leaves the two others idle, or off', () => {
    const three = (whenIdle: 'on' | 'off'): Rig => ({...at('dgx-h100', {whenIdle}), nodes: named('dgx-h100').nodes.map(node => ({...node, count: 3}))})
    const idle = powerOf(named('dgx-h100')).watts.idle
    const work = {title: 'chat', watts: 2420, nodesInUse: new Map([['dgx', 1]])}

    const {watts, months} = powerOf(three('on'), work)

    expect(watts.expected).toBeCloseTo(2420 + 2 * idle, 6)
    expect(months.expected.kwh).toBeCloseTo((2420 + 2 * idle) * (4 / 3) * 0.73, 6)
    expect(powerOf(three('off'), work).watts.expected).toBe(2420)
  })

  test('with a workload the parts are those of that workload', () => {
    const rig = at('h100x10-sxm', {whenIdle: 'on'})
    const work = {title: 'tune', watts: 1000, acceleratorWatts: 600, interval: {p10: 900, p50: 1000, p90: 1150}, nodesInUse: new Map([['pcie', 1]])}
    const {components, watts, expectedInterval, expectedWork} = powerOf(rig, work)
    const [accelerators, host, loss] = components
    const idle = powerOf(rig).nodes.find(({id}) => id === 'sxm')!.watts.idle

    // Eight boards idle at 70 W beside the two that work.
    expect(accelerators?.expected).toBeCloseTo(600 + 8 * 70, 6)
    expect(accelerators!.expected + host!.expected + loss!.expected).toBeCloseTo(1000 + idle, 6)
    expect(watts.expected).toBeCloseTo(1000 + idle, 6)
    expect(expectedInterval).toEqual({p10: expect.closeTo(900 + idle, 6), p50: expect.closeTo(1000 + idle, 6), p90: expect.closeTo(1150 + idle, 6)})
    expect(expectedWork).toBe('tune on pcie')
    expect(components.every(({item}) => !item.includes('against'))).toBe(true)
  })

  test('parts with watts of their own are shown, within what the host draws', () => {
    const [plain, split] = [named('dgx-h100'), named('dgx-h100')].map((rig, index) => ({...rig, nodes: rig.nodes.map(node => ({...node, count: 2, hostIdleWatts: 1000, hostMaximumWatts: 2000, parts: index === 0 ? [] : [{kind: 'processor' as const, count: 2, watts: 350, idleWatts: 60}, {kind: 'fan' as const, count: 10, watts: 60}, {kind: 'disk' as const, count: 8}]}))}))
    const [whole] = [powerOf(plain!).components.find(({item}) => item.startsWith('processors,'))!]
    const parts = powerOf(split!).components.filter(({part}) => part === 'machines').slice(1, -1)
    const busy = (whole.expected - whole.idle) / (whole.peak - whole.idle)

    // Two nodes of 2 · 350 and 2 · 60 W; fans whose idle watts nobody said as the host, at a half.
    expect(parts.map(({item}) => item)).toEqual(['processors', 'fans', 'rest of the machines'])
    expect(parts[0]).toMatchObject({idle: expect.closeTo(240, 6), peak: expect.closeTo(1400, 6), expected: expect.closeTo(240 + busy * 1160, 6)})
    expect(parts[1]).toMatchObject({idle: expect.closeTo(600, 6), peak: expect.closeTo(1200, 6)})
    for (const state of ['idle', 'expected', 'peak'] as const) expect(parts.reduce((sum, part) => sum + part[state], 0)).toBeCloseTo(whole[state], 6)
    // One node works, the other is off: its parts draw a half, never less than nothing.
    const half = powerOf({...split!, site: {...split!.site, whenIdle: 'off'}}, {title: 'w', watts: 2500, nodesInUse: new Map([['dgx', 1]])}).components
    expect(half.every(({expected}) => expected >= 0)).toBe(true)
    expect(half.filter(({part}) => part === 'machines').reduce((sum, {expected}) => sum + expected, 0)).toBeCloseTo(2500, 6)
    // Rated for more than all of the host draws: shares of it.
    const greedy = powerOf({...split!, nodes: split!.nodes.map(node => ({...node, parts: [{kind: 'fan' as const, count: 100, watts: 60}]}))}).components
    expect(greedy.find(({item}) => item === 'fans')?.peak).toBeCloseTo(whole.peak, 6)
    expect(greedy.find(({item}) => item === 'rest of the machines')?.peak).toBeCloseTo(0, 6)
  })

  test('a storage node without accelerators draws what its host does, and has cords', () => {
    const dgx = named('dgx-h100')
    const [node] = dgx.nodes
    const {supplies: _, ratedMaximumWatts: __, ...bare} = {...node!, id: 'storage', acceleratorCount: 0, hostIdleWatts: 300, hostMaximumWatts: 700}
    const rig: Rig = {...at('dgx-h100', {circuits: [{volts: 400, phases: 3, amps: 32, count: 1, socket: 'industrial'}]}), nodes: [node!, bare]}

    const power = powerOf(rig)

    const figures: number[] = []
    JSON.stringify(power, (_key, value: unknown) => (typeof value === 'number' ? (figures.push(value), value) : value))
    expect(figures.filter(value => !Number.isFinite(value))).toEqual([])
    expect(power.nodes[1]?.watts.peak).toBeGreaterThan(700)
    expect(power.circuits?.circuits[0]?.cords.find(({id}) => id === 'storage')).toEqual({id: 'storage', count: 1})
  })

  test('without the watts of its accelerators there is no answer', () => {
    expect(rigPower({rig: named('dgx-h100'), snapshot: {...facts.snapshot, accelerators: []}, calibration: facts.calibration})).toBeUndefined()
  })
})

describe('verdicts', () => {
  const reasonOf = (rig: Rig, about: Reason['about']): Reason | undefined => verdictOn(rig, powerOf(rig), facts.snapshot.facility).reasons.find(reason => reason.about === about)

  test('a stated capacity is held against the heat, whether there is a COP, a PUE or neither', () => {
    expect(reasonOf(at('dgx-h100', {coolingCop: null, coolingCapacityWatts: 12_000}), 'cooling')).toMatchObject({level: 'ok', text: expect.stringContaining('12.0 kW')})
    expect(reasonOf(at('dgx-h100', {coolingCop: null, pue: 1.3, coolingCapacityWatts: 3000}), 'cooling')).toMatchObject({level: 'change', text: expect.stringContaining('more than the cooling moves (3.00 kW)')})
    expect(reasonOf(at('dgx-h100', {coolingCop: 3, coolingCapacityWatts: 3000}), 'cooling')?.level).toBe('change')
    expect(reasonOf(at('dgx-h100', {coolingCop: null, pue: 1.3}), 'cooling')).toBeUndefined()
    expect(reasonOf(at('dgx-h100', {coolingCop: null}), 'cooling')?.text).toMatch(/^nothing moves 8.4 kW/)
  })

  test('where the usual sockets are not known it says so, and not that no circuit carries it', () => {
    const japan = at('dgx-h100', {country: 'JP'})
    expect(reasonOf(japan, 'circuits')).toMatchObject({level: 'unknown', text: expect.stringMatching(/which circuits are usual in JP is not known.* 10.2 kW by nameplate/)})
    expect(reasonOf({...japan, site: {...japan.site, circuits: [{volts: 200, phases: 1, amps: 20, count: 1, socket: 'industrial'}]}}, 'circuits')).toMatchObject({level: 'change', text: expect.stringContaining('usual in JP is not known')})
    expect(redundantText(japan, powerOf(japan))).toContain('usual in JP is not known')
  })

  test('fewer circuits than cords need something that divides them', () => {
    const {suggested, suggestedRedundant} = powerOf(named('h100x10-pcie'))
    expect(circuitText(suggested!)).toBe('1 × 230 V 32 A (CEE 32 A blue) with a distribution unit for its 4 cords')
    expect(circuitText(suggestedRedundant!)).toBe('2 × 230 V 32 A (CEE 32 A blue) with distribution units for its 4 cords')
    expect(circuitText(powerOf(named('laptop-rtx4090')).suggested!)).toBe('1 × 230 V 16 A (Schuko)')
  })

  const circuit = (volts: number, phases: 1 | 3, amps: number, count: number, socket: 'household' | 'industrial' = 'industrial'): NonNullable<Rig['site']['circuits']>[number] => ({volts, phases, amps, count, socket})

  test('supplies of 200 to 240 V find no place on 120 V, however many circuits there are', () => {
    expect(reasonOf(at('dgx-h100', {country: 'US', circuits: [circuit(120, 1, 20, 12, 'household')]}), 'circuits')).toMatchObject({level: 'change', text: expect.stringMatching(/the supplies of dgx take 200 to 240 V: lay 1 × 208 V three-phase .* more$/)})
    expect(reasonOf(at('dgx-h100', {country: 'US', coolingCop: null, circuits: [circuit(208, 1, 30, 6)]}), 'circuits')?.level).toBe('ok')
  })

  test('circuits and UPS are laid for the nameplate, 10.2 kW, not for the 8.4 kW that were measured', () => {
    const {circuitWatts, ups} = powerOf(at('dgx-h100', {ups: {kind: 'double-conversion', ratedWatts: 9000, batteryWattHours: 2000}}))
    expect(circuitWatts).toBe(10_200)
    // kVA: · 1.25 ÷ 0.9. Wh: ten minutes ÷ 0.94, and a quarter for a battery that ages. What is there lasts by what is really drawn.
    expect(ups.neededVa).toBeCloseTo((10_200 * 1.25) / 0.9, 6)
    expect(ups.neededBatteryWattHours).toBeCloseTo(((10_200 / 6) * 1.25) / 0.94, 6)
    expect(ups.carriesPeak).toBe(false)
    expect(ups.minutesAtPeak).toBeCloseTo((2000 * 0.94 * 60) / powerOf(named('dgx-h100')).watts.peak, 6)
  })

  test('a hall is fed by as many feeds as it takes, and hears its loudest machine', () => {
    const hall: Rig = {...at('dgx-h100', {kind: 'datacentre', coolingCop: null, pue: 1.3}), nodes: named('dgx-h100').nodes.map(node => ({...node, count: 50}))}
    // 510 kW on 400 V · 63 A · √3 · 0.98 = 42.8 kW each.
    expect(reasonOf(hall, 'circuits')).toMatchObject({level: 'unknown', text: expect.stringContaining('510.0 kW by nameplate need 12 feeds of 400 V three-phase 63 A')})
    expect(powerOf(hall).noiseDba).toBe(85)
    expect(verdictOn(hall, powerOf(hall), facts.snapshot.facility).verdict).toBe('with-changes')
    const office: Rig = {...hall, site: {...hall.site, kind: 'office'}}
    expect(reasonOf(office, 'circuits')?.level).toBe('no')
    expect(powerOf(office).noiseDba).toBeCloseTo(85 + 10 * Math.log10(50), 6)
  })

  test('a hall’s cooling hangs on no circuit of the machines', () => {
    const cords = (kind: NonNullable<Rig['site']['kind']>): readonly string[] => [...new Set(powerOf(at('dgx-h100', {kind, circuits: [circuit(400, 3, 63, 2)]})).circuits!.circuits.flatMap(({cords: all}) => all.map(({id}) => id)))]
    expect(cords('office').toSorted()).toEqual(['cooling', 'dgx'])
    expect(cords('colocation')).toEqual(['dgx'])
  })

  test('behind a UPS beside the machines no circuit may fail', () => {
    const rig = at('dgx-h100', {coolingCop: null, ups: {kind: 'double-conversion'}, circuits: [circuit(400, 3, 63, 3)]})
    expect(powerOf(rig).circuits?.circuits.map(({mayFail}) => mayFail)).toEqual([false, false, false])
    expect(powerOf({...rig, site: {...rig.site, kind: 'datacentre'}}).circuits?.circuits.map(({mayFail}) => mayFail)).toEqual([true, true, true])
    expect(redundantText(rig, powerOf(rig))).toBe('none may fail: all of it hangs on the UPS')
  })

  test('spare supplies are of use only where a circuit may fail', () => {
    const on = (count: number): Reason[] => verdictOn(at('dgx-h100', {coolingCop: null, circuits: [circuit(400, 3, 63, count)]}), powerOf(at('dgx-h100', {coolingCop: null, circuits: [circuit(400, 3, 63, count)]})), facts.snapshot.facility).reasons.filter(({about}) => about === 'circuits')
    expect(on(2).map(({level}) => level)).toEqual(['ok', 'change'])
    expect(on(2)[1]?.text).toMatch(/^no circuit may fail, so the spare supplies of dgx only help when they fail themselves; so that any one may fail: 3 × /)
    expect(on(3).map(({level}) => level)).toEqual(['ok'])
  })

  test('what is laid comes beside what is there', () => {
    const desks: Rig = {...at('workstation-rtx4090', {country: 'US', kind: 'office', circuits: [circuit(120, 1, 15, 2, 'household')]}), nodes: named('workstation-rtx4090').nodes.map(node => ({...node, count: 3}))}
    expect(reasonOf(desks, 'circuits')).toMatchObject({level: 'change', text: expect.stringMatching(/0.75 kW of the cords find no room.*: lay 1 × 120 V 15 A \(NEMA 5-15\) more$/)})
  })

  test('a desktop or a laptop hangs on a household socket where nobody says more', () => {
    for (const id of ['workstation-rtx4090', 'laptop-rtx4090']) expect(verdictOn(named(id), powerOf(named(id)), facts.snapshot.facility).verdict, id).toBe('feasible')
    expect(reasonOf(named('laptop-rtx4090'), 'circuits')).toMatchObject({level: 'ok', text: expect.stringContaining('assumed')})
    // Ten metres from a bed a server is no neighbour.
    expect(reasonOf(at('dgx-h100', {kind: 'home'}), 'noise')?.text).toMatch(/another part of the building, as 55 dB are more than a door takes$/)
  })

  test('a home needs some of its connection itself', () => {
    const home = (id: string, country: string): Reason | undefined => reasonOf(at(id, {kind: 'home', country, coolingCop: null}), 'service')
    // 3.3 kW, 9 kW and 43.47 kW there.
    expect(home('h100x10-pcie', 'IT')).toMatchObject({level: 'change', text: expect.stringContaining('a larger connection')})
    expect(home('dgx-h100', 'IT')?.level).toBe('no')
    expect(home('dgx-h100', 'FR')).toMatchObject({level: 'change', text: expect.stringContaining('leaves 0.60 kW for all else')})
    expect(home('dgx-h100', 'DE')?.level).toBe('ok')
  })

  test('what draws as well and has no figure is told', () => {
    const three: Rig = {...named('dgx-h100'), nodes: named('dgx-h100').nodes.map(node => ({...node, count: 3}))}
    expect(powerOf(three).notes.join(' ')).toContain('Switches between the machines')
    expect(powerOf(named('dgx-h100')).notes.join(' ')).not.toContain('Switches')
    expect(powerOf(named('laptop-rtx4090')).notes.join(' ')).toContain('off still draw')
  })

  test('why no circuit may fail', () => {
    const said = (id: string): string => redundantText(named(id), powerOf(named(id)))
    expect(said('laptop-rtx4090')).toBe('none may fail: laptop has one supply')
    expect(said('h100x10-sxm')).toBe('none may fail: how many supplies sxm has is not known')
    expect(said('dgx-h100')).toMatch(/^so that any one may fail: 3 × /)
  })
})

describe('every field of a rig moves something', () => {
  /** Figures of an answer that a field may move. */
  const figuresOf = (rig: Rig): Record<string, number | string> => {
    const power = powerOf(rig, {title: 'work', watts: 3000, nodesInUse: new Map([['box', 1]])})
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
    return {...rig, nodes: rig.nodes.map(node => ({...node, weightKg: 60, ratedMaximumWatts: 4000, inputVolts: {minimum: 200, maximum: 240}}))}
  }
  const node = (change: Partial<Rig['nodes'][number]>) => (rig: Rig): Rig => ({...rig, nodes: rig.nodes.map(each => ({...each, ...change}))})
  const site = (change: Partial<Rig['site']>) => (rig: Rig): Rig => ({...rig, site: {...rig.site, ...change}})

  const NO_UPS = (rig: Rig): Rig => {
    const {ups: _, ...rest} = rig.site
    return {...rig, site: rest}
  }
  const WATTS_UP = {peak: 'up', meter: 'up', usd: 'up', carbon: 'up', amps: 'up', heat: 'up', minutes: 'down'} as const
  test.for<[string, (rig: Rig) => Rig, Readonly<Record<string, string>>, ((rig: Rig) => Rig)?]>([
    ['count', node({count: 2}), {...WATTS_UP, nameplate: 'up', idle: 'up', expected: 'up', noise: 'up', weight: 'up', units: 'up', cooling: 'change', ups: 'change', verdict: 'with-changes'}],
    ['acceleratorId', node({acceleratorId: 'h100-nvl-94gb'}), {...WATTS_UP, idle: 'up', supplies: 'up'}],
    ['acceleratorCount', node({acceleratorCount: 12}), {...WATTS_UP, idle: 'up', supplies: 'up', spare: 'down', verdict: 'not-here'}],
    ['hostIdleWatts', node({hostIdleWatts: 800}), {idle: 'up'}],
    ['hostMaximumWatts', node({hostMaximumWatts: 1700}), {...WATTS_UP, idle: 'up', supplies: 'up'}],
    ['supplyEfficiency', node({supplyEfficiency: 0.9}), {...WATTS_UP, idle: 'up'}],
    ['supplies.count', node({supplies: {count: 6, ratedWatts: 2700, needed: 2}}), {amps: 'up', spare: 'up'}],
    ['supplies.ratedWatts', node({supplies: {count: 4, ratedWatts: 3000, needed: 2}}), {supplies: 'down'}],
    ['supplies.efficiency', node({supplies: {count: 4, ratedWatts: 2700, needed: 2, efficiency: [{loadShare: 0.1, efficiency: 0.8}, {loadShare: 1, efficiency: 0.85}]}}), {...WATTS_UP, idle: 'up'}],
    ['supplies.needed', node({supplies: {count: 4, ratedWatts: 2700, needed: 4}}), {supplies: 'down', spare: 'down', mayFail: 'down'}, NO_UPS],
    ['ratedMaximumWatts', node({ratedMaximumWatts: 6000}), {nameplate: 'up', amps: 'up'}],
    ['inputVolts', node({inputVolts: {minimum: 100, maximum: 127}}), {amps: 'down', mayFail: 'down', carries: 'no', verdict: 'not-here'}, NO_UPS],
    ['noiseDba', node({noiseDba: 95}), {noise: 'up', loud: 'change', verdict: 'with-changes'}],
    ['weightKg', node({weightKg: 70}), {weight: 'up'}],
    ['heightUnits', node({heightUnits: 5}), {units: 'up'}],
    ['site.tariffUsdPerKwh', site({tariffUsdPerKwh: 0.3}), {usd: 'up'}],
    ['site.tariffWindows', site({tariffWindows: [{days: [5, 6], fromHour: 0, toHour: 24, usdPerKwh: 0.1}]}), {usd: 'down'}],
    ['site.demandUsdPerKwMonth', site({demandUsdPerKwMonth: 10}), {usd: 'up'}],
    ['site.country', site({country: 'US'}), {limit: 'down', carbon: 'up'}],
    ['site.coolingCop', site({coolingCop: 2}), {meter: 'up', usd: 'up', carbon: 'up', amps: 'up'}],
    ['site.pue', site({coolingCop: null, pue: 1.2}), {meter: 'down', usd: 'down', carbon: 'down', amps: 'down', minutes: 'same'}],
    ['site.coolingCapacityWatts', site({coolingCapacityWatts: 4000}), {cooling: 'change', verdict: 'with-changes'}],
    ['site.ups.kind', site({ups: {kind: 'line-interactive', ratedWatts: 8000, batteryWattHours: 2000}}), {meter: 'up', usd: 'up', carbon: 'up', amps: 'up', heat: 'up', minutes: 'down'}],
    ['site.ups.ratedWatts', site({ups: {kind: 'double-conversion', ratedWatts: 4000, batteryWattHours: 2000}}), {ups: 'change', verdict: 'with-changes'}],
    ['site.ups.batteryWattHours', site({ups: {kind: 'double-conversion', ratedWatts: 8000, batteryWattHours: 4000}}), {minutes: 'up'}],
    ['site.noiseLimitDba', site({noiseLimitDba: 60}), {loud: 'change', verdict: 'with-changes'}],
    ['site.kind', site({kind: 'home'}), {service: 'ok'}],
    ['site.circuits.volts', site({circuits: [{volts: 240, phases: 1, amps: 32, count: 3, socket: 'industrial'}]}), {amps: 'down'}],
    ['site.circuits.phases', site({circuits: [{volts: 400, phases: 3, amps: 32, count: 3, socket: 'industrial'}]}), {amps: 'down'}],
    ['site.circuits.amps', site({circuits: [{volts: 230, phases: 1, amps: 40, count: 3, socket: 'industrial'}]}), {limit: 'up'}],
    ['site.circuits.count', site({circuits: [{volts: 230, phases: 1, amps: 32, count: 4, socket: 'industrial'}]}), {circuits: 'up', mayFail: 'up'}, NO_UPS],
    ['site.circuits.socket', site({circuits: [{volts: 230, phases: 1, amps: 32, count: 3, socket: 'household'}]}), {limit: 'down', amps: 'down', carries: 'change', verdict: 'with-changes'}],
    ['site.whenIdle', site({whenIdle: 'off'}), {expected: 'down'}, node({count: 2})],
  ])('%s', ([, change, expected, from = (rig: Rig): Rig => rig]) => {
    const [before, after] = [figuresOf(from(base())), figuresOf(change(from(base())))]
    const moved = Object.fromEntries(Object.keys(before).flatMap(key => {
      const [one, other] = [before[key]!, after[key]!]
      if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) < 1e-9 ? [] : [[key, other > one ? 'up' : 'down']]
      return one === other ? [] : [[key, other]]
    }))
    expect(moved).toEqual(Object.fromEntries(Object.entries(expected).filter(([, way]) => way !== 'same')))
  })
})
