import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Accelerator} from '../../src/catalog/schema.ts'
import {unpacksExperts, workLoadOf, workOf, type PassWork} from '../../src/performance/load.ts'
import type {Load, Performance, WorkLoad} from '../../src/performance/types.ts'
import {acceleratorLoadShare, addPower, estimateEnergy, estimatePower, overheadShare, supplyOutputWatts} from '../../src/power/estimate.ts'
import {runHoursTotal} from '../../src/performance/run-hours.ts'
import type {Power, PowerModel} from '../../src/power/types.ts'
import {MODEL, PERFORMANCE} from './inputs.ts'

const HOURS = {setup: 0.5, data: 0.25, load: 0.25, work: {p10: 8, p50: 9, p90: 12}, failures: {p10: 0, p50: 0, p90: 1}}

describe('watts by hand', () => {
  // z = 0.75·0.4 + 0.1·2 + 0.4·0.5 + 0.2·0.5 + 0.1·1 = 0.9; share = z ÷ (1 + z⁴)^¼
  const share = 0.9 / (1 + 0.9 ** 4) ** 0.25

  test('an accelerator draws z ÷ (1 + z⁴)^¼ of its range', () => {
    expect(acceleratorLoadShare(PERFORMANCE.load, MODEL.coefficients!)).toBeCloseTo(share, 12)
  })

  test('four of eight work, four idle, the host blows their heat away, the supplies lose a fifth at half load', () => {
    const power = estimatePower(PERFORMANCE, MODEL)
    const accelerators = 4 * (100 + 600 * share) + 4 * 100
    const host = 1000 + 1000 * (0.4 * (share / 2) ** 3 + 0.6 * 0.3)
    const behind = accelerators + host
    // Twice the 7,600 W that all draws at most; an eighth of half load is lost (1 ÷ 0.8 − 1 = 0.25), where 96 % would lose 0.0208.
    const rating = 2 * (8 * 700 + 2000)
    const lossAt = (watts: number): number => rating * (0.125 / 0.0208) * (0.0107 + 0.0404 * (watts / rating) ** 2)

    expect(power.acceleratorWatts?.p50).toBeCloseTo(accelerators, 9)
    expect(power.averageWatts?.p50).toBeCloseTo(behind + lossAt(behind), 9)
    expect(power.idleWatts).toBeCloseTo(1800 + lossAt(1800), 9)
    expect(power.peakWatts?.p50).toBeCloseTo(5200 + lossAt(5200), 9)
    expect(power.confidence).toBe('computed')
  })

  test.for([[0.1, 0.9], [0.2, 0.94], [0.5, 0.96]] as const)('supplies at %d of their rating are %d efficient (80 PLUS Titanium)', ([load, efficiency]) => {
    const nothing = {computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: 0}
    // Host alone, never more than half of a rating of 2,000 W.
    const host = 2000 * load
    const idleMachine = {...MODEL, acceleratorIdleWatts: 0, acceleratorMaximumWatts: 0, hostIdleWatts: host, hostMaximumWatts: 1000, supplyEfficiency: 0.96}

    expect(host / estimatePower({...PERFORMANCE, load: nothing}, idleMachine).idleWatts!).toBeCloseTo(efficiency, 2)
  })

  test('a curve that was measured takes the place of the usual one: straight between its points, held beyond them', () => {
    const nothing = {computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: 0}
    const supplyCurve = {ratedWatts: 4000, points: [{loadShare: 0.1, efficiency: 0.8}, {loadShare: 0.5, efficiency: 0.9}, {loadShare: 1, efficiency: 0.88}]}
    const idleAt = (host: number): number => estimatePower({...PERFORMANCE, load: nothing}, {...MODEL, acceleratorIdleWatts: 0, acceleratorMaximumWatts: 0, hostIdleWatts: host, hostMaximumWatts: 8000, supplyCurve}).idleWatts!

    expect(idleAt(400)).toBeCloseTo(400 / 0.8, 9)
    expect(idleAt(200)).toBeCloseTo(200 / 0.8, 9)
    // 30 % of the rating: half way from 80 to 90 %.
    expect(idleAt(1200)).toBeCloseTo(1200 / 0.85, 9)
    expect(idleAt(5000)).toBeCloseTo(5000 / 0.88, 9)
    expect(supplyOutputWatts(1200 / 0.85, 8000, {supplyEfficiency: 0.5, supplyCurve})).toBeCloseTo(1200, 6)
  })

  test('the watts behind the supplies are found from the wall', () => {
    const wall = estimatePower(PERFORMANCE, MODEL).averageWatts!.p50
    const host = 1000 + 1000 * (0.4 * (share / 2) ** 3 + 0.6 * 0.3)

    expect(supplyOutputWatts(wall, 8 * 700 + 2000, {supplyEfficiency: 0.8})).toBeCloseTo(4 * (100 + 600 * share) + 400 + host, 6)
  })

  test('without load it idles', () => {
    const idle: Load = {computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: 0}
    const power = estimatePower({...PERFORMANCE, load: idle}, MODEL)

    expect(power.averageWatts?.p50).toBeCloseTo(power.idleWatts!, 9)
  })

  test('errors of the accelerators and of the host have nothing to do with each other', () => {
    const {acceleratorWatts} = estimatePower(PERFORMANCE, MODEL)
    const exact = {...MODEL, supplyEfficiency: 1}
    const {averageWatts} = estimatePower(PERFORMANCE, exact)
    const host = averageWatts!.p50 - acceleratorWatts!.p50
    const hostHigh = host * (Math.exp(1.2815515655446004 * 0.4) - 1)

    expect(averageWatts!.p90 - averageWatts!.p50).toBeCloseTo(Math.hypot(acceleratorWatts!.p90 - acceleratorWatts!.p50, hostHigh), 9)
  })
})

test('the wall’s interval is never narrower than readings at the wall have shown', () => {
  const {averageWatts, idleWatts} = estimatePower(PERFORMANCE, MODEL)
  const wider = estimatePower(PERFORMANCE, {...MODEL, wallSpread: {lowLog: -0.01, highLog: 1}}).averageWatts!

  expect(wider).toEqual({...averageWatts, p90: expect.closeTo(idleWatts! + (averageWatts!.p50 - idleWatts!) * Math.E, 9)})
})

describe('work behind a load', () => {
  test('where an estimator counts it, it is what counts', () => {
    expect(workOf(PERFORMANCE.load)).toBe(PERFORMANCE.load.work)
  })

  test('else it follows from how busy the parts are; activity comes with the first load, not with full load', () => {
    const load: Load = {computeShare: 0.01, memoryShare: 0.02, linkShare: 0, hostShare: 0.3}

    expect(workOf(load)).toEqual({activeShare: expect.closeTo(0.6, 12), flopsShare: expect.closeTo(0.0065, 12), bytesShare: expect.closeTo(0.016, 12), cacheBytesShare: 0, unpackShare: 0})
    expect(workOf({...load, memoryShare: 0.5}).activeShare).toBe(1)
  })

  const PASS: PassWork = {perSecond: 100, flops: 1e12, expertParameters: 0, rowsPerExpert: 0, weightBytes: 6e9, cacheBytes: 4e9, activeSeconds: 0.008, expertSeconds: 0}
  const PEAKS = {flopsPerSecond: 1e15, bytesPerSecond: 4e12, unpacks: true}

  test('passes add up: operations, bytes and seconds against what a second holds', () => {
    expect(workLoadOf([PASS, {...PASS, perSecond: 10, cacheBytes: 0}], PEAKS)).toEqual({
      activeShare: expect.closeTo(0.88, 12), flopsShare: expect.closeTo(0.11, 12), bytesShare: expect.closeTo(1.06e12 / 4e12, 12), cacheBytesShare: expect.closeTo(0.1, 12), unpackShare: 0,
    })
  })

  test('experts compute whole tiles of 16 rows, and are unpacked where the units do not scale', () => {
    const experts: PassWork = {...PASS, expertParameters: 1e10, rowsPerExpert: 3, expertSeconds: 0.005}

    expect(workLoadOf([experts], PEAKS)).toMatchObject({flopsShare: expect.closeTo((100 * (1e12 + 2 * 16 * 1e10)) / 1e15, 12), unpackShare: expect.closeTo(0.5, 12)})
    expect(workLoadOf([{...experts, rowsPerExpert: 17}], PEAKS).flopsShare).toBeCloseTo((100 * (1e12 + 2 * 32 * 1e10)) / 1e15, 12)
    expect(workLoadOf([experts], {...PEAKS, unpacks: false}).unpackShare).toBe(0)
  })

  test.for([[16, {}, false], [8, {fp8: 1}, true], [8, {fp4: 1}, true], [4.25, {fp8: 1}, true], [4.25, {fp4: 1}, false]] as const)('experts of %d bits on %o are unpacked: %s', ([bits, peakFlops, unpacked]) => {
    expect(unpacksExperts(bits, {peakFlops} as Accelerator)).toBe(unpacked)
  })
})

describe('energy by hand', () => {
  const power: Power = {averageWatts: {p10: 1800, p50: 2000, p90: 2200}, peakWatts: {p10: 2000, p50: 2500, p90: 3000}, idleWatts: 500, acceleratorWatts: null, confidence: 'computed'}

  test('all phases add up', () => {
    expect(runHoursTotal(HOURS)).toEqual({p10: 9, p50: 10, p90: 14})
  })

  test('cloud: watts × hours × PUE, carbon by the country’s factor', () => {
    const energy = estimateEnergy(power, HOURS, MODEL)

    // 2 kW in 9 h of work, 0.5 kW in the hour before.
    expect(energy.wallKwh?.p50).toBeCloseTo(18.5, 12)
    expect(energy.overheadKwh?.p50).toBeCloseTo(3.7, 12)
    expect(energy.kwh?.p50).toBeCloseTo(22.2, 12)
    expect(energy.carbonKg?.p50).toBeCloseTo(8.88, 12)
  })

  test('own premises: plus heat ÷ COP', () => {
    expect(estimateEnergy(power, HOURS, {...MODEL, pue: 1, coolingCop: 4}).kwh?.p50).toBeCloseTo(23.125, 12)
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
    expect(overheadShare({pue: 1.4, coolingCop: null})).toBeCloseTo(0.4, 12)
    expect(overheadShare({pue: 1, coolingCop: 4, upsEfficiency: 0.8})).toBeCloseTo((1 / 0.8) * (1 + 1 / 4) - 1, 12)
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
  const work = (change: Partial<WorkLoad>): Performance => load({work: {...PERFORMANCE.load.work!, ...change}})
  const coefficients = (change: object): PowerModel => ({...MODEL, coefficients: {...MODEL.coefficients!, ...change}})
  const busier = {average: '+', accelerators: '+', spread: '+'}

  test.for<[string, Performance, PowerModel, object]>([
    ['load.work.activeShare', work({activeShare: 0.9}), MODEL, busier],
    ['load.work.flopsShare', work({flopsShare: 0.2}), MODEL, busier],
    ['load.work.bytesShare', work({bytesShare: 0.5}), MODEL, busier],
    ['load.work.cacheBytesShare', work({cacheBytesShare: 0.4}), MODEL, busier],
    ['load.work.unpackShare', work({unpackShare: 0.3}), MODEL, busier],
    ['load.hostShare', load({hostShare: 0.5}), MODEL, {average: '+', spread: '+'}],
    ['acceleratorsUsed', {...PERFORMANCE, acceleratorsUsed: 6}, MODEL, {...busier, peak: '+'}],
    ['acceleratorIdleWatts', PERFORMANCE, {...MODEL, acceleratorIdleWatts: 120}, {average: '+', accelerators: '+', idle: '+', peak: '+', spread: '+'}],
    ['acceleratorMaximumWatts', PERFORMANCE, {...MODEL, acceleratorMaximumWatts: 800}, {...busier, peak: '+', idle: '+'}],
    ['acceleratorsPowered', PERFORMANCE, {...MODEL, acceleratorsPowered: 10}, {average: '+', accelerators: '+', idle: '+', peak: '+', spread: '-'}],
    ['coefficients.activeWeight', PERFORMANCE, coefficients({activeWeight: 0.5}), busier],
    ['coefficients.flopsWeight', PERFORMANCE, coefficients({flopsWeight: 2.5}), busier],
    ['coefficients.bytesWeight', PERFORMANCE, coefficients({bytesWeight: 0.6}), busier],
    ['coefficients.cacheBytesWeight', PERFORMANCE, coefficients({cacheBytesWeight: 0.6}), busier],
    ['coefficients.unpackWeight', PERFORMANCE, coefficients({unpackWeight: 1.5}), busier],
    ['coefficients.spread', PERFORMANCE, coefficients({spread: {lowLog: -0.2, highLog: 0.1}}), {spread: '+'}],
    ['hostIdleWatts', PERFORMANCE, {...MODEL, hostIdleWatts: 1100}, {average: '+', idle: '+', spread: '+'}],
    ['hostMaximumWatts', PERFORMANCE, {...MODEL, hostMaximumWatts: 2500}, {average: '+', peak: '+', idle: '+', spread: '+'}],
    ['supplyCurve', PERFORMANCE, {...MODEL, supplyCurve: {ratedWatts: 16_000, points: [{loadShare: 0.1, efficiency: 0.9}, {loadShare: 1, efficiency: 0.95}]}}, {average: '-', peak: '-', idle: '-', spread: '-'}],
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
  const loadOf = (activeShare: number, flopsShare: number, bytesShare: number, cachePart: number, unpackShare: number, hostShare: number): Load => ({
    computeShare: 0, memoryShare: 0, linkShare: 0, hostShare, work: {activeShare, flopsShare, bytesShare, cacheBytesShare: bytesShare * cachePart, unpackShare},
  })
  const load = fc.tuple(share, share, share, share, share, share).map(([...shares]) => loadOf(...shares))
  const model = fc
    .record({
      idle: fc.double({min: 0, max: 200, noNaN: true}),
      range: fc.double({min: 1, max: 1500, noNaN: true}),
      hostRange: fc.double({min: 0, max: 3000, noNaN: true}),
      // A server's host draws at least a seventh of what load adds to it when it does nothing: fans at their lowest, memory, fabric.
      hostIdleRatio: fc.double({min: 0.15, max: 3, noNaN: true}),
      powered: fc.integer({min: 1, max: 64}),
      efficiency: fc.double({min: 0.7, max: 1, noNaN: true}),
      width: fc.double({min: 0, max: 1, noNaN: true}),
    })
    .map(
      (each): PowerModel => ({
        ...MODEL,
        acceleratorIdleWatts: each.idle,
        acceleratorMaximumWatts: each.idle + each.range,
        hostIdleWatts: each.hostRange * each.hostIdleRatio,
        hostMaximumWatts: each.hostRange * (1 + each.hostIdleRatio),
        acceleratorsPowered: each.powered,
        supplyEfficiency: each.efficiency,
        coefficients: {...MODEL.coefficients!, spread: {lowLog: -each.width, highLog: each.width}},
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
        const larger = (read: (work: WorkLoad) => number): number => Math.max(read(one.work!), read(other.work!))
        const more: Load = {
          computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: Math.max(one.hostShare, other.hostShare),
          work: {
            activeShare: larger(work => work.activeShare), flopsShare: larger(work => work.flopsShare), bytesShare: larger(work => work.bytesShare),
            cacheBytesShare: larger(work => work.cacheBytesShare), unpackShare: larger(work => work.unpackShare),
          },
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
        const {activeShare, flopsShare, bytesShare, cacheBytesShare, unpackShare} = fast.work!
        const slow: Load = {
          computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: fast.hostShare / stretch,
          work: {activeShare: activeShare / stretch, flopsShare: flopsShare / stretch, bytesShare: bytesShare / stretch, cacheBytesShare: cacheBytesShare / stretch, unpackShare: unpackShare / stretch},
        }
        const watts = (someLoad: Load): number => estimatePower({...PERFORMANCE, load: someLoad, acceleratorsUsed: 1}, someModel).averageWatts!.p50

        expect(watts(slow) * stretch).toBeGreaterThanOrEqual(watts(fast) * (1 - 1e-9))
      }),
      {numRuns: 500},
    )
  })
})
