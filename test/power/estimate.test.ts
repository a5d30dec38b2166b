import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Load, Performance} from '../../src/performance/types.ts'
import {acceleratorLoadShare, addPower, estimateEnergy, estimatePower, overheadShare} from '../../src/power/estimate.ts'
import {runHoursTotal} from '../../src/performance/run-hours.ts'
import type {Power, PowerModel} from '../../src/power/types.ts'
import {MODEL, PERFORMANCE} from './inputs.ts'

const HOURS = {setup: 0.5, data: 0.25, load: 0.25, work: {p10: 8, p50: 9, p90: 12}, failures: {p10: 0, p50: 0, p90: 1}}

describe('watts by hand', () => {
  // z = 0.5 + 0.25·2 + 0.4·1 + 0.2·0.5 = 1.5; share = 1 − e^−1.5
  const share = 1 - Math.exp(-1.5)

  test('an accelerator draws 1 − e^−z of its range', () => {
    expect(acceleratorLoadShare(PERFORMANCE.load, MODEL.coefficients!)).toBeCloseTo(share, 12)
  })

  test('four of eight work, four idle, the host follows, the supplies lose a fifth', () => {
    const power = estimatePower(PERFORMANCE, MODEL)
    const accelerators = 4 * (100 + 600 * share) + 4 * 100
    const host = 1000 + 1000 * (0.2 * share + 0.8 * 0.3)

    expect(power.acceleratorWatts?.p50).toBeCloseTo(accelerators, 9)
    expect(power.averageWatts?.p50).toBeCloseTo((accelerators + host) / 0.8, 9)
    expect(power.idleWatts).toBeCloseTo((800 + 1000) / 0.8, 9)
    expect(power.peakWatts?.p50).toBeCloseTo((4 * 700 + 400 + 2000) / 0.8, 9)
    expect(power.confidence).toBe('computed')
  })

  test('without load it idles', () => {
    const idle: Load = {computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: 0}
    const power = estimatePower({...PERFORMANCE, load: idle}, MODEL)

    expect(power.averageWatts?.p50).toBeCloseTo(power.idleWatts!, 9)
  })

  test('the floor comes with the first load, not with full load', () => {
    const at = (computeShare: number): number => acceleratorLoadShare({computeShare, memoryShare: 0, linkShare: 0, hostShare: 0}, MODEL.coefficients!)

    expect(at(0.025)).toBeCloseTo(1 - Math.exp(-(0.25 + 0.05)), 12)
    expect(at(0.05)).toBeCloseTo(1 - Math.exp(-(0.5 + 0.1)), 12)
  })
})

describe('energy by hand', () => {
  const power: Power = {averageWatts: {p10: 1800, p50: 2000, p90: 2200}, peakWatts: {p10: 2000, p50: 2500, p90: 3000}, idleWatts: 500, acceleratorWatts: null, confidence: 'computed'}

  test('all phases add up', () => {
    expect(runHoursTotal(HOURS)).toEqual({p10: 9, p50: 10, p90: 14})
  })

  test('cloud: watts × hours × PUE, carbon by the country’s factor', () => {
    const energy = estimateEnergy(power, HOURS, MODEL)

    expect(energy.wallKwh?.p50).toBeCloseTo(20, 12)
    expect(energy.overheadKwh?.p50).toBeCloseTo(4, 12)
    expect(energy.kwh?.p50).toBeCloseTo(24, 12)
    expect(energy.carbonKg?.p50).toBeCloseTo(9.6, 12)
  })

  test('own premises: plus heat ÷ COP', () => {
    expect(estimateEnergy(power, HOURS, {...MODEL, pue: 1, coolingCop: 4}).kwh?.p50).toBeCloseTo(25, 12)
  })
})

describe('unknown is not zero', () => {
  const unknown = {averageWatts: null, peakWatts: null}

  test.for([
    ['maximum', {acceleratorMaximumWatts: null}],
    ['idle', {acceleratorIdleWatts: null}],
    ['coefficients', {coefficients: null}],
    ['host idle', {hostIdleWatts: null}],
    ['host maximum', {hostMaximumWatts: null}],
  ] as const)('%s', ([, change]) => {
    const power = estimatePower(PERFORMANCE, {...MODEL, ...change})

    expect(power).toMatchObject(unknown)
    expect(estimateEnergy(power, HOURS, MODEL)).toEqual({kwh: null, wallKwh: null, overheadKwh: null, carbonKg: null})
  })

  test('accelerators may be known where the host is not', () => {
    expect(estimatePower(PERFORMANCE, {...MODEL, hostIdleWatts: null}).acceleratorWatts).not.toBeNull()
  })

  test('no PUE: the wall is known, the meter is not; no factor: no carbon', () => {
    const power = estimatePower(PERFORMANCE, MODEL)

    expect(overheadShare({pue: null, coolingCop: null})).toBeNull()
    expect(estimateEnergy(power, HOURS, {...MODEL, pue: null})).toMatchObject({kwh: null, carbonKg: null, wallKwh: {p50: expect.any(Number)}})
    expect(estimateEnergy(power, HOURS, {...MODEL, gramsCo2PerKwh: null})).toMatchObject({carbonKg: null, kwh: {p50: expect.any(Number)}})
  })

  test('one unknown group makes the sum unknown', () => {
    const power = estimatePower(PERFORMANCE, MODEL)

    expect(addPower([power, power]).averageWatts?.p50).toBeCloseTo(2 * power.averageWatts!.p50, 9)
    expect(addPower([power, power]).idleWatts).toBeCloseTo(2 * power.idleWatts!, 9)
    expect(addPower([power, {...power, averageWatts: null, idleWatts: null}])).toMatchObject({averageWatts: null, idleWatts: null})
  })
})

describe('every field moves what it should', () => {
  const outputs = (power: Power): Record<string, number> => ({
    average: power.averageWatts?.p50 ?? 0,
    spread: (power.averageWatts?.p90 ?? 0) - (power.averageWatts?.p10 ?? 0),
    peak: power.peakWatts?.p50 ?? 0,
    idle: power.idleWatts ?? 0,
    accelerators: power.acceleratorWatts?.p50 ?? 0,
  })
  const moves = (performance: Performance, model: PowerModel): Record<string, '+' | '-'> => {
    const [before, after] = [outputs(estimatePower(PERFORMANCE, MODEL)), outputs(estimatePower(performance, model))]
    const moved: Record<string, '+' | '-'> = {}
    for (const [name, value] of Object.entries(after)) if (Math.abs(value - before[name]!) > 1e-9) moved[name] = value > before[name]! ? '+' : '-'
    return moved
  }
  const load = (change: Partial<Load>): Performance => ({...PERFORMANCE, load: {...PERFORMANCE.load, ...change}})
  const coefficients = (change: object): PowerModel => ({...MODEL, coefficients: {...MODEL.coefficients!, ...change}})
  const busier = {average: '+', accelerators: '+', spread: '+'}

  test.for<[string, Performance, PowerModel, object]>([
    ['load.computeShare', load({computeShare: 0.3}), MODEL, busier],
    ['load.memoryShare', load({memoryShare: 0.5}), MODEL, busier],
    ['load.linkShare', load({linkShare: 0.4}), MODEL, busier],
    ['load.hostShare', load({hostShare: 0.5}), MODEL, {average: '+', spread: '+'}],
    ['acceleratorsUsed', {...PERFORMANCE, acceleratorsUsed: 6}, MODEL, {...busier, peak: '+'}],
    ['acceleratorIdleWatts', PERFORMANCE, {...MODEL, acceleratorIdleWatts: 120}, {average: '+', accelerators: '+', idle: '+', peak: '+', spread: '+'}],
    ['acceleratorMaximumWatts', PERFORMANCE, {...MODEL, acceleratorMaximumWatts: 800}, {...busier, peak: '+'}],
    ['acceleratorsPowered', PERFORMANCE, {...MODEL, acceleratorsPowered: 10}, {average: '+', accelerators: '+', idle: '+', peak: '+'}],
    ['coefficients.floor', PERFORMANCE, coefficients({floor: 0.6}), busier],
    ['coefficients.computeWeight', PERFORMANCE, coefficients({computeWeight: 2.5}), busier],
    ['coefficients.memoryWeight', PERFORMANCE, coefficients({memoryWeight: 1.5}), busier],
    ['coefficients.linkWeight', PERFORMANCE, coefficients({linkWeight: 1}), busier],
    ['coefficients.sigmaLog', PERFORMANCE, coefficients({sigmaLog: 0.15}), {spread: '+'}],
    ['hostIdleWatts', PERFORMANCE, {...MODEL, hostIdleWatts: 1100}, {average: '+', idle: '+', spread: '+'}],
    ['hostMaximumWatts', PERFORMANCE, {...MODEL, hostMaximumWatts: 2500}, {average: '+', peak: '+', spread: '+'}],
    ['supplyEfficiency', PERFORMANCE, {...MODEL, supplyEfficiency: 0.9}, {average: '-', peak: '-', idle: '-', spread: '-'}],
  ])('%s', ([, performance, model, expected]) => {
    expect(moves(performance, model)).toEqual(expected)
  })

  test('pue, COP and carbon move the energy', () => {
    const power = estimatePower(PERFORMANCE, MODEL)
    const kwh = (model: PowerModel): number => estimateEnergy(power, HOURS, model).kwh!.p50

    expect(kwh({...MODEL, pue: 1.3})).toBeGreaterThan(kwh(MODEL))
    expect(kwh({...MODEL, coolingCop: 3})).toBeGreaterThan(kwh(MODEL))
    expect(kwh({...MODEL, coolingCop: 4})).toBeLessThan(kwh({...MODEL, coolingCop: 3}))
    expect(estimateEnergy(power, HOURS, {...MODEL, gramsCo2PerKwh: 500}).carbonKg!.p50).toBeGreaterThan(estimateEnergy(power, HOURS, MODEL).carbonKg!.p50)
  })

  test('bases weaken the confidence', () => {
    expect(estimatePower({...PERFORMANCE, basis: 'assumed'}, MODEL).confidence).toBe('assumed')
    expect(estimatePower(PERFORMANCE, {...MODEL, basis: 'assumed'}).confidence).toBe('assumed')
    expect(estimatePower(PERFORMANCE, coefficients({basis: 'assumed'})).confidence).toBe('assumed')
  })
})

describe('laws', () => {
  const share = fc.double({min: 0, max: 1, noNaN: true})
  const load = fc.record({computeShare: share, memoryShare: share, linkShare: share, hostShare: share})
  const model = fc
    .record({
      idle: fc.double({min: 0, max: 200, noNaN: true}),
      range: fc.double({min: 1, max: 1500, noNaN: true}),
      hostIdle: fc.double({min: 0, max: 3000, noNaN: true}),
      hostRange: fc.double({min: 0, max: 3000, noNaN: true}),
      powered: fc.integer({min: 1, max: 64}),
      efficiency: fc.double({min: 0.7, max: 1, noNaN: true}),
      sigmaLog: fc.double({min: 0, max: 1, noNaN: true}),
    })
    .map(
      (each): PowerModel => ({
        ...MODEL,
        acceleratorIdleWatts: each.idle,
        acceleratorMaximumWatts: each.idle + each.range,
        hostIdleWatts: each.hostIdle,
        hostMaximumWatts: each.hostIdle + each.hostRange,
        acceleratorsPowered: each.powered,
        supplyEfficiency: each.efficiency,
        coefficients: {...MODEL.coefficients!, sigmaLog: each.sigmaLog},
      }),
    )
  const used = fc.integer({min: 1, max: 64})

  test('ends are ordered, between idle and the peak; accelerators never pass their maximum', () => {
    fc.assert(
      fc.property(load, model, used, (someLoad, someModel, acceleratorsUsed) => {
        const power = estimatePower({...PERFORMANCE, load: someLoad, acceleratorsUsed}, someModel)
        const slack = 1 + 1e-12
        for (const interval of [power.averageWatts!, power.peakWatts!, power.acceleratorWatts!]) {
          expect(interval.p10 >= 0 && interval.p10 <= interval.p50 * slack && interval.p50 <= interval.p90 * slack && Number.isFinite(interval.p90)).toBe(true)
        }
        expect(power.averageWatts!.p50).toBeGreaterThanOrEqual(power.idleWatts! / slack)
        expect(power.peakWatts!.p50).toBeGreaterThanOrEqual(power.averageWatts!.p50 / slack)
        expect(power.acceleratorWatts!.p90).toBeLessThanOrEqual(someModel.acceleratorMaximumWatts! * someModel.acceleratorsPowered * slack)
      }),
      {numRuns: 1000},
    )
  })

  test('more load never draws less', () => {
    fc.assert(
      fc.property(load, load, model, used, (one, other, someModel, acceleratorsUsed) => {
        const more: Load = {
          computeShare: Math.max(one.computeShare, other.computeShare),
          memoryShare: Math.max(one.memoryShare, other.memoryShare),
          linkShare: Math.max(one.linkShare, other.linkShare),
          hostShare: Math.max(one.hostShare, other.hostShare),
        }
        const watts = (someLoad: Load): number => estimatePower({...PERFORMANCE, load: someLoad, acceleratorsUsed}, someModel).averageWatts!.p50

        expect(watts(more)).toBeGreaterThanOrEqual(watts(one) * (1 - 1e-12))
      }),
      {numRuns: 500},
    )
  })

  test('the same work done in less time never takes more energy: the search may drop slower configurations', () => {
    fc.assert(
      fc.property(load, model, fc.double({min: 1, max: 20, noNaN: true}), (fast, someModel, stretch) => {
        const slow: Load = {
          computeShare: fast.computeShare / stretch, memoryShare: fast.memoryShare / stretch, linkShare: fast.linkShare / stretch, hostShare: fast.hostShare / stretch,
        }
        const watts = (someLoad: Load): number => estimatePower({...PERFORMANCE, load: someLoad, acceleratorsUsed: 1}, someModel).averageWatts!.p50

        expect(watts(slow) * stretch).toBeGreaterThanOrEqual(watts(fast) * (1 - 1e-9))
      }),
      {numRuns: 500},
    )
  })
})
