import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Hardware} from '../../src/performance/types.ts'
import {atClock, boardRangeOf, CLOCK_SHARES, clockFor, CORE_WATTS_RATIO, coreWattsRatio, demandAtClock, heldLoadShare, heldRatio, LEAST_CLOCK_SHARE, limitsBetween} from '../../src/power/capping.ts'
import {acceleratorLoadShare, estimatePower} from '../../src/power/estimate.ts'
import {catalog} from '../planner/world.ts'
import {MODEL, PERFORMANCE} from './inputs.ts'

const COEFFICIENTS = MODEL.coefficients!
const STACKED = {memoryType: 'HBM3'}
const SOLDERED = {memoryType: 'GDDR6X'}
const RANGE = {idleWatts: 100, maximumWatts: 700}
/** active 0.75 · 0.4, FLOP 0.1 · 2, bytes 0.4 · 0.5, cache 0.2 · 0.5, unpacking 0.1 · 1. */
const LOAD = PERFORMANCE.load
const limited = (demand: number): number => demand / (1 + demand ** 4) ** 0.25
/** Of a memory that gives 0.7 of what the way to it carries at the boards' own clock. */
const bandwidthAt = (clock: number, memory = 0.7): number => limited(clock / memory) / limited(1 / memory)

describe('demand by hand', () => {
  test('at the boards’ own clock it is what the power model says', () => {
    expect(limited(demandAtClock(LOAD, COEFFICIENTS, STACKED, 1))).toBeCloseTo(acceleratorLoadShare(LOAD, COEFFICIENTS), 12)
  })

  test('above the voltage’s floor the core takes the third power of the clock, the memory what it moves', () => {
    // 0.3, 0.2 and 0.1 with c³; the cache's bytes with V²; 0.2 of bytes.
    expect(demandAtClock(LOAD, COEFFICIENTS, STACKED, 0.9)).toBeCloseTo((0.3 + 0.2 + 0.1) * 0.729 + (0.1 * 0.81 + 0.2) * bandwidthAt(0.9), 12)
  })

  test('below it the first power', () => {
    expect(demandAtClock(LOAD, COEFFICIENTS, STACKED, 0.6)).toBeCloseTo((0.3 + 0.2 + 0.1) * 0.6 * 0.86 ** 2 + (0.1 * 0.86 ** 2 + 0.2) * bandwidthAt(0.6), 12)
  })

  test('memory beside the chip holds three tenths of what comes with computing at all', () => {
    expect(demandAtClock(LOAD, COEFFICIENTS, SOLDERED, 0.6) - demandAtClock(LOAD, COEFFICIENTS, STACKED, 0.6)).toBeCloseTo(0.3 * 0.3 * (1 - 0.6 * 0.86 ** 2), 12)
  })
})

test('cores beside GDDR draw 1.6 times what energies of other boards say, memory and what is held do not; those of a measured architecture draw what was measured', () => {
  const carriedOver = {...COEFFICIENTS, basis: 'computed'} as const

  expect(demandAtClock(LOAD, carriedOver, SOLDERED, 0.6)).toBeCloseTo(
    0.3 * (0.3 + (1.6 - 0.3) * 0.6 * 0.86 ** 2) + (0.2 + 0.1) * 1.6 * 0.6 * 0.86 ** 2 + (0.1 * 1.6 * 0.86 ** 2 + 0.2) * bandwidthAt(0.6), 12)
  expect(coreWattsRatio(carriedOver, SOLDERED)).toBe(CORE_WATTS_RATIO)
  expect([coreWattsRatio(COEFFICIENTS, SOLDERED), coreWattsRatio(carriedOver, STACKED), coreWattsRatio(carriedOver, {memoryType: 'LPDDR5 unified'}), coreWattsRatio(carriedOver, {})]).toEqual([1, 1, 1, 1])
})

test('p10 of the speed has more held and a narrower way to the memory, p90 less and a wider one', () => {
  expect(demandAtClock(LOAD, COEFFICIENTS, SOLDERED, 0.6, 'p10')).toBeCloseTo(0.3 * (0.5 + 0.5 * 0.6 * 0.86 ** 2) + (0.2 + 0.1) * 0.6 * 0.86 ** 2 + (0.1 * 0.86 ** 2 + 0.2) * bandwidthAt(0.6, 1), 12)
  expect(demandAtClock(LOAD, COEFFICIENTS, SOLDERED, 0.6, 'p90')).toBeCloseTo(0.3 * (0.2 + 0.8 * 0.6 * 0.86 ** 2) + (0.2 + 0.1) * 0.6 * 0.86 ** 2 + (0.1 * 0.86 ** 2 + 0.2) * bandwidthAt(0.6, 0.5), 12)
})

/** Half of the above, which the board's own limit hardly touches: where that holds the work already, hungrier work is held harder there as well. */
const LIGHT = {...LOAD, work: {activeShare: 0.4, flopsShare: 0.05, bytesShare: 0.2, cacheBytesShare: 0.1, unpackShare: 0.05}}
/** The clock under a limit, of work whose shares of the rates stay. */
interface Board {
  readonly coefficients: typeof COEFFICIENTS
  readonly range: typeof RANGE
  readonly memoryType: string
  readonly limitWatts: number
}
const BOARD: Board = {coefficients: {...COEFFICIENTS, basis: 'computed'}, range: RANGE, memoryType: 'GDDR6X', limitWatts: 300}
function clockUnder({coefficients, range, memoryType, limitWatts}: Board): number {
  const points = CLOCK_SHARES.map(clockShare => ({clockShare, demand: demandAtClock(LIGHT, coefficients, {memoryType}, clockShare)}))
  return clockFor(points, heldRatio(points[0]!.demand, range, limitWatts)) ?? 0
}
const weighing = (changes: Partial<typeof COEFFICIENTS>): Partial<Board> => ({coefficients: {...BOARD.coefficients, ...changes}})

test.for([
  ['a lower limit', {limitWatts: 280}, 'lowers'], ['more that comes with computing', weighing({activeWeight: 0.6}), 'lowers'], ['dearer FLOP', weighing({flopsWeight: 3}), 'lowers'],
  ['dearer bytes', weighing({bytesWeight: 0.8}), 'lowers'], ['dearer bytes of the cache', weighing({cacheBytesWeight: 0.9}), 'lowers'], ['dearer unpacking', weighing({unpackWeight: 3}), 'lowers'],
  ['more watts at rest', {range: {...RANGE, idleWatts: 130}}, 'lowers'], ['a smaller board of which the work takes the same shares', {range: {...RANGE, maximumWatts: 600}}, 'raises'],
  ['an architecture whose energies were measured', weighing({basis: 'calibrated'}), 'raises'], ['stacked memory', {memoryType: 'HBM3'}, 'raises'],
] as const)('%s changes the clock under a limit as it should', ([, changes, effect]) => {
  const [before, after] = [clockUnder(BOARD), clockUnder({...BOARD, ...changes})]

  expect(before).toBeLessThan(1)
  expect(effect === 'lowers' ? before - after : after - before).toBeGreaterThan(0.001)
})

describe('what a limit lets through, by hand', () => {
  test('the demand against the range that is left', () => {
    // 0.9 of 600 W wanted, 300 W left: 1.8 of them.
    expect(heldLoadShare(0.9, RANGE, 400)).toBeCloseTo(0.5 * limited(1.8), 12)
    expect(heldRatio(0.9, RANGE, 400)).toBeCloseTo((0.5 * limited(1.8)) / limited(0.9), 12)
  })

  test('the own limit changes nothing, one far above the demand next to nothing', () => {
    expect(heldRatio(0.9, RANGE, 700)).toBe(1)
    expect(heldRatio(0.1, RANGE, 400)).toBeGreaterThan(0.999)
  })

  test('the wall draws no more than with the boards at the limit, and what the power model says at their own', () => {
    const held = estimatePower(PERFORMANCE, MODEL, {loadShare: heldLoadShare(0.9, RANGE, 300), limitWatts: 300})
    const own = estimatePower(PERFORMANCE, MODEL, {loadShare: heldLoadShare(0.9, RANGE, 700), limitWatts: 700})

    expect(own).toEqual(estimatePower(PERFORMANCE, MODEL))
    expect(held.acceleratorWatts!.p90).toBeLessThanOrEqual(4 * 300 + 4 * 100)
    expect(held.idleWatts).toBe(own.idleWatts)
    expect(held.peakWatts!.p50).toBeLessThan(own.peakWatts!.p50)
  })

  test('a board that draws the same at rest and at work has no range', () => {
    expect(boardRangeOf({...MODEL, acceleratorIdleWatts: 700})).toBeUndefined()
    expect(boardRangeOf({...MODEL, acceleratorIdleWatts: null})).toBeUndefined()
    expect(boardRangeOf(MODEL)).toEqual(RANGE)
  })
})

describe('the clock', () => {
  const points = [{clockShare: 1, demand: 1}, {clockShare: 0.8, demand: 0.6}, {clockShare: 0.5, demand: 0.3}]

  test.for([[1, 1], [0.8, 0.9], [0.6, 0.8], [0.45, 0.65], [0.3, 0.5], [0.2, undefined]] as const)('demand down to %d of the first: clock %s', ([ratio, clock]) => {
    const found = clockFor(points, ratio)

    if (clock === undefined) expect(found).toBeUndefined()
    else expect(found).toBeCloseTo(clock, 12)
  })

  test('slows what is computed, and the memory as far as caches and the way to it do not keep up', () => {
    const accelerator = catalog.accelerators.find(({id}) => id === 'h100-sxm-80gb')!
    const hardware: Hardware = {accelerator, acceleratorsPerNode: 8, nodes: 1, levels: [], network: undefined, host: {}}
    const {accelerator: slower} = atClock(hardware, 0.6)

    expect(slower.peakFlops.bf16).toBeCloseTo(accelerator.peakFlops.bf16! * 0.6, 0)
    expect(slower.memoryBandwidthBytesPerSecond / accelerator.memoryBandwidthBytesPerSecond).toBeCloseTo(bandwidthAt(0.6), 12)
    expect(slower.powerWatts! / slower.peakFlops.bf16!).toBeCloseTo(accelerator.powerWatts! / accelerator.peakFlops.bf16!, 20)
    expect(atClock(hardware, 0.6, 'p10').accelerator.memoryBandwidthBytesPerSecond / accelerator.memoryBandwidthBytesPerSecond).toBeCloseTo(bandwidthAt(0.6, 1), 12)
    expect(atClock(hardware, 1)).toBe(hardware)
  })

  test('an RTX PRO 6000 that decodes one stream, 77 % of its time reading: the way to the memory that its published clocks and speeds tell', () => {
    const slowed = ([clock, speed]: readonly [number, number], memory: number): number => 1 / (1 + 0.77 * (1 / bandwidthAt(clock, memory) - 1)) - speed
    const published = [[2661, 0.9986], [2479, 0.9889], [2071, 0.9515], [1563, 0.8682]].map(([clock, speed]) => [clock! / 2779, speed!] as const)

    expect(Math.max(...published.map(point => Math.abs(slowed(point, 0.6))))).toBeLessThan(0.006)
    expect(published.map(point => slowed(point, 0.7)).every(error => error < 0 && error > -0.07)).toBe(true)
    expect(published.map(point => slowed(point, 0.5)).every(error => error > 0 || error > -0.003)).toBe(true)
  })
})

const share = fc.double({min: 0, max: 1, noNaN: true})

test('a lower limit never lets more through, a lower clock never wants more', () => {
  fc.assert(fc.property(fc.double({min: 0.01, max: 3, noNaN: true}), fc.integer({min: 101, max: 700}), fc.integer({min: 101, max: 700}), (demand, a, b) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)]

    expect(heldLoadShare(demand, RANGE, low)).toBeLessThanOrEqual(heldLoadShare(demand, RANGE, high) + 1e-12)
    expect(100 + 600 * heldLoadShare(demand, RANGE, low)).toBeLessThanOrEqual(low + 1e-9)
  }))
  const clock = fc.double({min: LEAST_CLOCK_SHARE, max: 1, noNaN: true})
  fc.assert(fc.property(share, share, share, clock, clock, (active, flops, bytes, a, b) => {
    const load = {...LOAD, work: {activeShare: active, flopsShare: flops, bytesShare: bytes, cacheBytesShare: 0, unpackShare: 0}}
    const [low, high] = [Math.min(a, b), Math.max(a, b)]

    for (const quantile of ['p10', 'p50', 'p90'] as const) {
      expect(demandAtClock(load, BOARD.coefficients, SOLDERED, low, quantile)).toBeLessThanOrEqual(demandAtClock(load, BOARD.coefficients, SOLDERED, high, quantile) + 1e-12)
    }
  }))
})

test.for([
  [200, 350, [350, 333, 315, 298, 280, 262, 245, 227, 210, 200]],
  [150, 450, [450, 405, 360, 315, 270, 225, 180, 150]],
  [400, 400, [400]],
] as const)('from %d to %d W', ([lowest, own, expected]) => {
  const limits = limitsBetween(lowest, own)

  expect(limits.length).toBe(expected.length)
  expect(limits.every((limit, index) => Math.abs(limit - expected[index]!) <= 1)).toBe(true)
})
