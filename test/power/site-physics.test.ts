import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {continuousAmps, continuousWatts, planCircuits, ruleOf, suggestCircuits, type Circuit} from '../../src/power/circuits.ts'
import {heatOf} from '../../src/power/heat.ts'
import {levelAt, levelOfAll} from '../../src/power/noise.ts'

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

  test('falls by 6 dB each time the distance doubles', () => {
    expect(levelAt(85, 2)).toBeCloseTo(78.98, 2)
    expect(levelAt(85, 1)).toBe(85)
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

  test('the same machine needs more of a breaker in America than in Europe', () => {
    const box = {id: 'box', watts: 6500, cords: 1, needed: 1}
    expect(planCircuits([box], [{volts: 230, phases: 1, amps: 32, count: 1, socket: 'industrial'}], 'DE').fits).toBe(true)
    expect(planCircuits([box], [{volts: 230, phases: 1, amps: 32, count: 1, socket: 'industrial'}], 'US').fits).toBe(false)
  })

  test('suggests the fewest and smallest that carry it', () => {
    expect(suggestCircuits([{id: 'pc', watts: 580, cords: 1, needed: 1}], 'DE')).toMatchObject({count: 1, plug: 'Schuko'})
    expect(suggestCircuits([{id: 'box', watts: 5400, cords: 4, needed: 2}], 'DE')).toMatchObject({count: 1, plug: 'CEE 32 A blue', redundant: false})
    expect(suggestCircuits([{id: 'box', watts: 5400, cords: 4, needed: 2}], 'DE', {redundant: true})).toMatchObject({count: 2, plug: 'CEE 32 A blue', redundant: true})
    expect(suggestCircuits([dgx], 'US')).toMatchObject({count: 1, volts: 208, phases: 3, amps: 60})
    expect(suggestCircuits([{id: 'hall', watts: 1e6, cords: 1, needed: 1}], 'DE')).toBeUndefined()
  })
})
