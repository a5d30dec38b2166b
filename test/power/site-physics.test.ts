import {readFileSync} from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {continuousAmps, continuousWatts, ruleOf, type Circuit} from '../../src/power/circuit-rules.ts'
import {planCircuits} from '../../src/power/circuits.ts'
import {heatOf} from '../../src/power/heat.ts'
import {levelOfAll} from '../../src/power/noise.ts'
import {suggestCircuits} from '../../src/power/usual-circuits.ts'

/** Figures that others published: data/facility.csv. */
const facility = new Map(parseCsv(readFileSync(path.resolve(import.meta.dirname, '../../data/facility.csv'), 'utf8'), 'facility.csv').map(({cells}) => [cells['key'] ?? '', Number(cells['value'])]))
const published = (key: string): number => facility.get(key) ?? Number.NaN
const POWER_FACTOR = 0.98

describe('heat', () => {
  test('of 1 kW is 3,412 BTU/h, 0.284 tons and 176 cfm of air that warms by 10 K', () => {
    const heat = heatOf(1000)

    expect(heat.btuPerHour).toBeCloseTo(1000 * published('w_to_btu_h'), 0)
    expect(heat.tonsOfRefrigeration).toBeCloseTo(1 / published('ton_refrigeration_kw'), 4)
    expect(heat.airflowCfm).toBeCloseTo(published('cfm_per_kw_10k'), 0)
    expect(heat.airflowCubicMetresPerHour).toBeCloseTo(1000 / (1.2 * 1005 * 10) * 3600, 9)
  })

  test('a DGX H100 of 10.2 kW gives off the 34,802 BTU/h of its data sheet', () => {
    expect(heatOf(10_200).btuPerHour).toBeCloseTo(34_802, -1)
  })

  test('twice the rise is half the air', () => {
    expect(heatOf(5000, 20).airflowCfm * 2).toBeCloseTo(heatOf(5000, 10).airflowCfm, 9)
  })
})

describe('noise', () => {
  test('two equal sources are 3 dB more than one, ten 10 dB', () => {
    expect(levelOfAll([85, 85])).toBeCloseTo(85 + published('noise_add_equal_sources'), 1)
    expect(levelOfAll(Array.from({length: 10}, () => 70))).toBeCloseTo(80, 9)
  })

  test('a source 20 dB below another adds next to nothing, and one that nobody measured makes all unknown', () => {
    expect(levelOfAll([85, 65])).toBeCloseTo(85.04, 2)
    expect(levelOfAll([85, undefined])).toBeUndefined()
    expect(levelOfAll([])).toBeUndefined()
  })
})

describe('what a circuit carries for hours', () => {
  const at = (country: string, volts: number, phases: 1 | 3, amps: number, socket: Circuit['socket'] = 'industrial') => continuousWatts({volts, phases, amps, socket}, ruleOf(country)) / POWER_FACTOR

  test.for([
    ['US', 120, 1, 15, 'us_120v_15a_continuous'], ['US', 120, 1, 20, 'us_120v_20a_continuous'], ['US', 208, 1, 30, 'us_208v_30a_continuous'], ['US', 240, 1, 30, 'us_240v_30a_continuous'], ['US', 240, 1, 50, 'us_240v_50a_continuous'],
    ['US', 208, 3, 30, 'us_208v_3ph_30a_continuous'], ['US', 208, 3, 60, 'us_208v_3ph_60a_continuous'], ['US', 415, 3, 60, 'us_415v_3ph_60a_continuous'],
    ['DE', 230, 1, 16, 'eu_230v_16a_dedicated_continuous'], ['DE', 230, 1, 32, 'eu_230v_32a_continuous'], ['DE', 400, 3, 16, 'eu_400v_3ph_16a_continuous'], ['DE', 400, 3, 32, 'eu_400v_3ph_32a_continuous'], ['DE', 400, 3, 63, 'eu_400v_3ph_63a_continuous'],
  ] as const)('%s, %i V, %i phases, %i A: %s', ([country, volts, phases, amps, key]) => {
    expect(at(country, volts, phases, amps) / published(key)).toBeCloseTo(1, 2)
  })

  test('ten amps from a household socket in Europe', () => {
    expect(at('DE', 230, 1, 16, 'household')).toBeCloseTo(published('eu_230v_16a_schuko_continuous'), 6)
    expect(at('GB', 230, 1, 13, 'household')).toBeCloseTo(published('uk_230v_13a_continuous'), 6)
    expect(continuousAmps({amps: 15, socket: 'household'}, ruleOf('US'))).toBe(12)
  })

  test('where nobody looked the rule up the stricter one, marked', () => {
    expect(ruleOf('JP')).toMatchObject({continuousShare: 0.8, householdAmps: 10, assumed: true})
    expect([ruleOf('US').assumed, ruleOf('DE').assumed]).toEqual([false, false])
  })
})

describe('circuits', () => {
  const single = (amps: number, count: number): Circuit => ({volts: 230, phases: 1, amps, count, socket: 'industrial'})
  const dgx = {id: 'dgx', watts: 10_200, cords: 6, needed: 4}

  test('a cord carries its share: six cords of 10.2 kW are 1.7 kW, 7.5 A each, two on each of three circuits', () => {
    const {fits, circuits} = planCircuits([dgx], [single(16, 3)], 'DE')

    expect(fits).toBe(true)
    expect(circuits.map(({watts, cords}) => [watts, cords])).toEqual(Array.from({length: 3}, () => [3400, [{id: 'dgx', count: 2}]]))
    expect(circuits[0]?.amps).toBeCloseTo(3400 / 230 / 0.98, 9)
    expect(circuits[0]?.limitAmps).toBe(16)
  })

  test('the DGX runs on four of six supplies: one of three circuits may fail as long as the other two carry it', () => {
    // 10,200 W on two circuits: 5,100 W each, more than 16 A (3,606 W), less than 32 A (7,213 W).
    expect(planCircuits([dgx], [single(16, 3)], 'DE').circuits.map(({mayFail}) => mayFail)).toEqual([false, false, false])
    expect(planCircuits([dgx], [single(32, 3)], 'DE').circuits.map(({mayFail}) => mayFail)).toEqual([true, true, true])
    // On two circuits three cords are left, one too few.
    expect(planCircuits([dgx], [single(63, 2)], 'DE').circuits.map(({mayFail}) => mayFail)).toEqual([false, false])
  })

  test('what finds no room is said in watts', () => {
    const plan = planCircuits([{id: 'box', watts: 5400, cords: 2, needed: 1}], [{volts: 230, phases: 1, amps: 16, count: 1, socket: 'household'}], 'DE')
    expect(plan).toMatchObject({fits: false, unplacedWatts: 5400})
    expect(planCircuits([{id: 'box', watts: 5400, cords: 4, needed: 2}], [{volts: 230, phases: 1, amps: 16, count: 1, socket: 'household'}], 'DE').unplacedWatts).toBe(4050)
  })

  test('three phases are three circuits: the fullest decides the amps', () => {
    const {circuits: [circuit]} = planCircuits([{id: 'box', watts: 8000, cords: 4, needed: 2}], [{volts: 400, phases: 3, amps: 32, count: 1, socket: 'industrial'}], 'DE')
    // Two of four cords share a phase: 4 kW at 231 V.
    expect(circuit?.amps).toBeCloseTo(4000 / (400 / Math.sqrt(3)) / 0.98, 9)
    expect(circuit?.watts).toBe(8000)
  })

  test('what the cords leave no room for when spread is packed tightly', () => {
    // 3,606 W each: 2,000 + 1,600 and 3 × 1,200.
    const loads = [2000, 1600, 1200, 1200, 1200].map((watts, at) => ({id: `box ${at}`, watts, cords: 1, needed: 1}))

    const {fits, circuits} = planCircuits(loads, [single(16, 2)], 'DE')

    expect(fits).toBe(true)
    expect(circuits.map(({watts}) => watts)).toEqual([3600, 3600])
  })

  test('a machine’s cords go to circuits apart, not to phases of one', () => {
    const {circuits} = planCircuits([{id: 'box', watts: 8000, cords: 4, needed: 2}], [{volts: 400, phases: 3, amps: 32, count: 2, socket: 'industrial'}], 'DE')

    expect(circuits.map(({watts, mayFail}) => [watts, mayFail])).toEqual([[4000, true], [4000, true]])
  })

  test('two machines of one name are two', () => {
    const box = {id: 'box', watts: 3000, cords: 2, needed: 1}
    // Each on both circuits; 6 kW are too much for the one that is left.
    expect(planCircuits([box, box], [single(16, 2)], 'DE').circuits.map(({watts, mayFail}) => [watts, mayFail])).toEqual([[3000, false], [3000, false]])
    expect(planCircuits([box, box], [single(32, 2)], 'DE').circuits.map(({mayFail}) => mayFail)).toEqual([true, true])
  })

  test('the same machine needs more of a breaker in America than in Europe', () => {
    const box = {id: 'box', watts: 6500, cords: 1, needed: 1}
    expect(planCircuits([box], [{volts: 230, phases: 1, amps: 32, count: 1, socket: 'industrial'}], 'DE').fits).toBe(true)
    expect(planCircuits([box], [{volts: 230, phases: 1, amps: 32, count: 1, socket: 'industrial'}], 'US').fits).toBe(false)
  })
})

describe('three phases of 208 V: cords lie between two lines', () => {
  const american: Circuit = {volts: 208, phases: 3, amps: 30, count: 1, socket: 'industrial'}
  // 80 % of 30 A at 208 V.
  const LIMIT_WATTS = 24 * 208 * POWER_FACTOR
  const cord = (id: string, watts: number) => ({id, watts, cords: 1, needed: 1})
  const amps = (watts: number): number => watts / 208 / POWER_FACTOR

  test('a cord of 4 kW draws 19.6 A, as from 208 V of one phase', () => {
    const {fits, circuits} = planCircuits([cord('box', 4000)], [american], 'US')

    expect(fits).toBe(true)
    expect(circuits[0]?.amps).toBeCloseTo(19.62, 2)
    expect(planCircuits([cord('box', 4000)], [{...american, phases: 1}], 'US').circuits[0]?.amps).toBeCloseTo(19.62, 2)
  })

  test('loads alike on the three pairs are √3 · V · I', () => {
    const {fits, circuits: [circuit]} = planCircuits([{id: 'box', watts: 8400, cords: 3, needed: 2}], [american], 'US')

    expect(fits).toBe(true)
    expect(circuit?.amps).toBeCloseTo(8400 / Math.sqrt(3) / 208 / POWER_FACTOR, 9)
    expect(circuit?.limitWatts).toBeCloseTo(Math.sqrt(3) * LIMIT_WATTS, 9)
    expect(planCircuits([{id: 'box', watts: 8500, cords: 3, needed: 2}], [american], 'US').fits).toBe(false)
  })

  test('a line that two pairs share carries √(I² + J² + I · J)', () => {
    // √(4000² + 1400² + 4000 · 1400) = 4854 W of 4892; with 1,500 W 4924.
    const {fits, circuits: [circuit]} = planCircuits([cord('large', 4000), cord('small', 1400)], [american], 'US')

    expect(fits).toBe(true)
    expect(circuit?.amps).toBeCloseTo(amps(4853.86), 3)
    expect(circuit?.watts).toBe(5400)
    expect(planCircuits([cord('large', 4000), cord('small', 1500)], [american], 'US')).toMatchObject({fits: false, unplacedWatts: 1500})
  })

  test('when a circuit fails the pairs of the other carry it by the same law', () => {
    const mayFail = (watts: number, cords: number) => planCircuits([{id: 'box', watts, cords, needed: 1}], [{...american, count: 2}], 'US').circuits.map(each => each.mayFail)

    // All on one pair: 4.8 kW of 4.89.
    expect([mayFail(4800, 2), mayFail(5000, 2)]).toEqual([[true, true], [false, false]])
    // Half on each of two pairs: the line between them carries √3 · half, 4.85 kW of 5.6 and 4.94 of 5.7.
    expect([mayFail(5600, 4), mayFail(5700, 4)]).toEqual([[true, true], [false, false]])
  })

  test.for([['JP', 200, 20.41], ['NO', 230, 17.75], ['US', 415, 17.04], ['DE', 400, 17.67]] as const)('%s, %i V: 4 kW draw %d A', ([country, volts, wanted]) => {
    // Between lines of 200 and 230 V; to the neutral of 415 and 400 V, at 240 and 231 V.
    expect(planCircuits([cord('box', 4000)], [{...american, volts}], country).circuits[0]?.amps).toBeCloseTo(wanted, 2)
  })
})

describe('whatever is placed', () => {
  const loads = fc.array(fc.record({watts: fc.integer({min: 1, max: 12_000}), cords: fc.integer({min: 1, max: 6})}), {minLength: 1, maxLength: 12}).map(list => list.map((load, at) => ({...load, id: `box ${at}`, needed: 1})))
  const circuits = fc.array(fc.record({volts: fc.constantFrom(120, 208, 230, 400), phases: fc.constantFrom<1 | 3>(1, 3), amps: fc.constantFrom(16, 30, 63), count: fc.integer({min: 1, max: 3}), socket: fc.constant('industrial' as const)}), {minLength: 1, maxLength: 3})

  test('no line carries more than allowed, and no watt is lost', () => {
    fc.assert(fc.property(loads, circuits, fc.constantFrom('US', 'DE', 'JP'), (machines, site, country) => {
      const plan = planCircuits(machines, site, country)
      const placed = plan.circuits.reduce((sum, {watts}) => sum + watts, 0)

      expect(placed + plan.unplacedWatts).toBeCloseTo(machines.reduce((sum, {watts}) => sum + watts, 0), 4)
      for (const {amps, limitAmps, watts, limitWatts} of plan.circuits) {
        expect(amps).toBeLessThanOrEqual(limitAmps * (1 + 1e-6))
        expect(watts).toBeLessThanOrEqual(limitWatts * (1 + 1e-6))
      }
    }))
  })

  test('cords of one pair each draw what currents 120° apart add up to', () => {
    fc.assert(fc.property(fc.tuple(...[0, 1, 2].map(() => fc.integer({min: 1, max: 2800}))), watts => {
      const {circuits: [circuit]} = planCircuits(watts.map((each, at) => ({id: `${at}`, watts: each, cords: 1, needed: 1})), [{volts: 208, phases: 3, amps: 30, count: 1, socket: 'industrial'}], 'US')
      // Largest first: AB, BC, CA. Line B, say, carries I_BC − I_AB as phasors; each pair's current is in step with its voltage.
      const sorted = watts.toSorted((a, b) => b - a).map((each, at) => ({x: (each / 208 / POWER_FACTOR) * Math.cos((-2 * Math.PI * at) / 3), y: (each / 208 / POWER_FACTOR) * Math.sin((-2 * Math.PI * at) / 3)}))
      const lines = sorted.map((one, at) => Math.hypot(one.x - sorted[(at + 2) % 3]!.x, one.y - sorted[(at + 2) % 3]!.y))

      expect(circuit?.amps).toBeCloseTo(Math.max(...lines), 6)
    }))
  })
})

describe('suggested circuits', () => {
  const box = {id: 'box', watts: 5400, cords: 4, needed: 2}

  test('are the fewest and smallest that carry it', () => {
    expect(suggestCircuits([{id: 'pc', watts: 580, cords: 1, needed: 1}], {country: 'DE'})).toMatchObject({count: 1, plug: 'Schuko'})
    expect(suggestCircuits([box], {country: 'DE'})).toMatchObject({count: 1, plug: 'CEE 32 A blue', redundant: false})
    expect(suggestCircuits([box], {country: 'DE'}, {redundant: true})).toMatchObject({count: 2, plug: 'CEE 32 A blue', cords: 4, redundant: true})
    expect(suggestCircuits([{...box, watts: 8000, cords: 3}], {country: 'US'})).toMatchObject({count: 1, plug: 'NEMA L21-30'})
    expect(suggestCircuits([{...box, watts: 10_200, cords: 6}], {country: 'US'})).toMatchObject({count: 1, volts: 208, phases: 3, amps: 50, plug: 'CS8365'})
    expect(suggestCircuits([{id: 'hall', watts: 1e6, cords: 1, needed: 1}], {country: 'DE'})).toBeUndefined()
  })

  test('homes in North America, Britain and Ireland have one phase, those in Germany three', () => {
    const phases = (country: string) => suggestCircuits([{...box, watts: 10_000}], {country, kind: 'home'})?.phases

    expect(['US', 'CA', 'GB', 'IE', 'DE'].map(country => phases(country))).toEqual([1, 1, 1, 1, 3])
  })

  test('none where nobody looked the sockets up', () => {
    expect(['JP', 'AU', 'IN'].map(country => suggestCircuits([box], {country}))).toEqual([undefined, undefined, undefined])
  })

  test('none that may fail for a machine that needs all of its supplies', () => {
    expect(suggestCircuits([{...box, needed: 4}], {country: 'DE'}, {redundant: true})).toBeUndefined()
  })
})
