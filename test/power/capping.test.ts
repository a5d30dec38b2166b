import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Hardware} from '../../src/performance/types.ts'
import {atClock, boardRangeOf, clockFor, demandAtClock, heldLoadShare, heldRatio, LEAST_CLOCK_SHARE, limitsBetween} from '../../src/power/capping.ts'
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

describe('demand by hand', () => {
  test('at the boards’ own clock it is what the power model says', () => {
    expect(limited(demandAtClock(LOAD, COEFFICIENTS, STACKED, 1))).toBeCloseTo(acceleratorLoadShare(LOAD, COEFFICIENTS), 12)
  })

  test('above the voltage’s floor the core takes the third power of the clock, the memory what it took', () => {
    // 0.3, 0.2 and 0.1 with c³; the cache's bytes with V²; 0.2 of bytes.
    expect(demandAtClock(LOAD, COEFFICIENTS, STACKED, 0.9)).toBeCloseTo((0.3 + 0.2 + 0.1) * 0.729 + 0.1 * 0.81 + 0.2, 12)
  })

  test('below it the first power', () => {
    expect(demandAtClock(LOAD, COEFFICIENTS, STACKED, 0.6)).toBeCloseTo((0.3 + 0.2 + 0.1) * 0.6 * 0.86 ** 2 + 0.1 * 0.86 ** 2 + 0.2, 12)
  })

  test('memory beside the chip holds three tenths of what comes with computing at all', () => {
    expect(demandAtClock(LOAD, COEFFICIENTS, SOLDERED, 0.6) - demandAtClock(LOAD, COEFFICIENTS, STACKED, 0.6)).toBeCloseTo(0.3 * 0.3 * (1 - 0.6 * 0.86 ** 2), 12)
  })
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

  test('slows what is computed and not the memory, until the caches cannot keep up', () => {
    const accelerator = catalog.accelerators.find(({id}) => id === 'h100-sxm-80gb')!
    const hardware: Hardware = {accelerator, acceleratorsPerNode: 8, nodes: 1, levels: [], network: undefined, host: {}}
    const {accelerator: slower} = atClock(hardware, 0.6)

    expect(slower.peakFlops.bf16).toBeCloseTo(accelerator.peakFlops.bf16! * 0.6, 0)
    expect(slower.memoryBandwidthBytesPerSecond).toBe(accelerator.memoryBandwidthBytesPerSecond)
    expect(slower.powerWatts! / slower.peakFlops.bf16!).toBeCloseTo(accelerator.powerWatts! / accelerator.peakFlops.bf16!, 20)
    expect(atClock(hardware, 0.25).accelerator.memoryBandwidthBytesPerSecond).toBeCloseTo(accelerator.memoryBandwidthBytesPerSecond / 2, 0)
    expect(atClock(hardware, 1)).toBe(hardware)
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

    expect(demandAtClock(load, COEFFICIENTS, SOLDERED, low)).toBeLessThanOrEqual(demandAtClock(load, COEFFICIENTS, SOLDERED, high) + 1e-12)
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
