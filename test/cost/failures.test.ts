import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {ASSUMED_SPOT_BAND, bestCheckpointPlan, estimateFailures, expectedHours, poissonP90, stopsPerHour, youngIntervalHours, type FailureInput} from '../../src/cost/failures.ts'

describe('how often to write a checkpoint', () => {
  test('Young’s interval', () => {
    expect(youngIntervalHours(0.02, 100)).toBeCloseTo(2, 12)
  })

  test('is the interval that makes the run shortest, against trying every number of pieces', () => {
    const cases = fc.record({
      work: fc.double({min: 0.5, max: 2000, noNaN: true}),
      write: fc.double({min: 0.01, max: 0.5, noNaN: true}),
      restart: fc.double({min: 0, max: 1, noNaN: true}),
      mtbf: fc.double({min: 5, max: 5000, noNaN: true}),
    })

    fc.assert(
      fc.property(cases, ({work, write, restart, mtbf}) => {
        let shortest = Number.POSITIVE_INFINITY
        for (let segments = 1; segments <= 7000; segments++) shortest = Math.min(shortest, expectedHours(work, segments, write, restart, mtbf))

        expect(bestCheckpointPlan(work, write, restart, mtbf).totalHours).toBeCloseTo(shortest, 8)
      }),
      {numRuns: 100},
    )
  })

  test('Young’s interval is right where checkpoints are short against failures', () => {
    const {segments} = bestCheckpointPlan(1000, 0.01, 0.1, 200)

    expect(1000 / segments).toBeCloseTo(youngIntervalHours(0.01, 200), 1)
  })

  test('the expectation agrees with a simulation of failures', () => {
    // A run of 40 h in 20 pieces of 2 h, checkpoints of 6 min, restarts of 12 min, a failure every 10 h.
    let state = 12_345
    const random = (): number => ((state = (state * 1_103_515_245 + 12_345) % 2 ** 31) + 0.5) / 2 ** 31
    let total = 0
    const runs = 20_000
    for (let run = 0; run < runs; run++) {
      let next = -10 * Math.log(random())
      for (let piece = 0; piece < 20; piece++) {
        let need = 2 + (piece < 19 ? 0.1 : 0)
        while (next < need) {
          total += next
          next = -10 * Math.log(random())
          need = 0.2 + 2 + (piece < 19 ? 0.1 : 0)
        }
        total += need
        next -= need
      }
    }

    expect(total / runs / expectedHours(40, 20, 0.1, 0.2, 10)).toBeGreaterThan(0.97)
    expect(total / runs / expectedHours(40, 20, 0.1, 0.2, 10)).toBeLessThan(1.01)
  })
})

const JOB: FailureInput = {
  workHours: {p10: 90, p50: 100, p90: 120},
  endless: false,
  nodes: 2,
  accelerators: 16,
  checkpointBytes: 1e12,
  restartHours: 0.5,
  purchase: 'spot',
  failuresPerAcceleratorYear: 0.173,
  interruption: {lowShare: 0.05, highShare: 0.1},
}

describe('what failures add to a run', () => {
  test('ten accelerators stop every 211 days, eight every 264', () => {
    const days = (accelerators: number): number => estimateFailures({...JOB, purchase: 'on-demand', accelerators, nodes: 1}).mtbfHours! / 24

    expect(days(10)).toBeCloseTo(211, 0)
    expect(days(8)).toBeCloseTo(264, 0)
  })

  test('a monthly share becomes an hourly rate, rates add over machines', () => {
    expect(stopsPerHour(0.5) * 730).toBeCloseTo(Math.LN2, 12)

    const spot = 2 * stopsPerHour(0.075)
    const hardware = (16 * 0.173) / 8766
    expect(1 / estimateFailures(JOB).mtbfHours!).toBeCloseTo(spot + hardware, 12)
  })

  test('an unknown failure rate is not a rate of zero: it is left out, said, and makes an assumption of the rest', () => {
    const unknown = estimateFailures({...JOB, purchase: 'on-demand', failuresPerAcceleratorYear: null})
    const none = estimateFailures({...JOB, purchase: 'on-demand', failuresPerAcceleratorYear: 0})
    const spot = estimateFailures({...JOB, failuresPerAcceleratorYear: null})

    expect([unknown.basis, unknown.mtbfHours, unknown.notes.join()]).toEqual(['assumed', null, expect.stringContaining('not counted')])
    expect([none.basis, none.notes]).toEqual(['computed', []])
    // What is known still counts: two machines at the middle of the band.
    expect(1 / spot.mtbfHours!).toBeCloseTo(2 * stopsPerHour(0.075), 12)
    expect([spot.basis, spot.notes.join()]).toEqual(['assumed', expect.stringContaining('not counted')])
  })

  test('the middle is Daly’s expectation over the work', () => {
    const transfer = 1e12 / (1e9 * 2) / 3600
    const estimate = estimateFailures(JOB)
    const plan = bestCheckpointPlan(100, transfer, 0.5 + transfer, estimate.mtbfHours!)

    expect(estimate.hours.p50).toBeCloseTo(plan.totalHours - 100, 10)
    expect(estimate.checkpointEveryHours).toBeCloseTo(100 / plan.segments, 12)
    expect(estimate.notes.join(' ')).toContain('Young/Daly')
  })

  test('independent units lose only the restart', () => {
    const estimate = estimateFailures({...JOB, checkpointBytes: 0})

    expect(estimate.hours.p50).toBeCloseTo((100 / estimate.mtbfHours!) * 0.5, 12)
    expect(estimate.checkpointEveryHours).toBeNull()
  })

  test('serving repeats nothing, and says how often a machine goes', () => {
    const estimate = estimateFailures({...JOB, endless: true})

    expect(estimate.hours).toEqual({p10: 0, p50: 0, p90: 0})
    expect(estimate.notes.at(-1)).toContain('is replaced')
  })

  test('an unpublished rate is an assumption and says so', () => {
    const estimate = estimateFailures({...JOB, interruption: null})

    expect(estimate.basis).toBe('assumed')
    expect(estimate.notes[0]).toBe('no published interruption rate: 18 % of machines a month assumed (5–50 %)')
    expect(1 / estimate.mtbfHours!).toBeCloseTo(2 * stopsPerHour(ASSUMED_SPOT_BAND.typicalShare) + (16 * 0.173) / 8766, 12)
  })

  test('on-demand machines are not reclaimed', () => {
    expect(estimateFailures({...JOB, purchase: 'on-demand'}).basis).toBe('computed')
    expect(estimateFailures({...JOB, purchase: 'on-demand'}).hours.p50).toBeLessThan(estimateFailures(JOB).hours.p50)
  })

  test.for([
    [0.05, 0],
    [0.1054, 1],
    [1, 2],
    [5, 8],
    [100, 113],
  ] as const)('nine of ten Poisson counts of mean %d are at most %d', ([mean, count]) => {
    expect(poissonP90(mean)).toBe(count)
  })
})

describe('every field of the input moves the hours the way it should', () => {
  const p50 = (change: Partial<FailureInput>): number => estimateFailures({...JOB, ...change}).hours.p50
  const base = p50({})

  test.for([
    ['workHours', {workHours: {p10: 90, p50: 110, p90: 120}}, 1],
    ['endless', {endless: true}, -1],
    ['nodes', {nodes: 4, checkpointBytes: 2e12}, 1],
    ['accelerators', {accelerators: 1600}, 1],
    ['checkpointBytes', {checkpointBytes: 2e12}, 1],
    ['restartHours', {restartHours: 1}, 1],
    ['purchase', {purchase: 'on-demand'}, -1],
    ['failuresPerAcceleratorYear', {failuresPerAcceleratorYear: 0.3}, 1],
    ['interruption', {interruption: {lowShare: 0.2, highShare: 0.3}}, 1],
  ] as const)('%s', ([, change, sign]) => {
    expect(Math.sign(p50(change) - base)).toBe(sign)
  })

  test('ends are ordered, finite and never negative', () => {
    const share = fc.double({min: 0, max: 1, noNaN: true})
    const inputs = fc.record({
      work: fc.double({min: 0, max: 5000, noNaN: true}),
      spread: fc.double({min: 1, max: 4, noNaN: true}),
      nodes: fc.integer({min: 1, max: 64}),
      perNode: fc.integer({min: 1, max: 16}),
      checkpointBytes: fc.constantFrom(0, 1e6, 1e10, 1e13),
      restartHours: fc.double({min: 0, max: 2, noNaN: true}),
      purchase: fc.constantFrom('spot', 'on-demand', 'owned', 'community'),
      band: fc.option(fc.tuple(share, share).map(([a, b]) => ({lowShare: Math.min(a, b), highShare: Math.max(a, b)}))),
    })

    fc.assert(
      fc.property(inputs, ({work, spread, nodes, perNode, checkpointBytes, restartHours, purchase, band}) => {
        const {hours} = estimateFailures({
          workHours: {p10: work / spread, p50: work, p90: work * spread},
          endless: false, nodes, accelerators: nodes * perNode, checkpointBytes, restartHours, purchase,
          failuresPerAcceleratorYear: 0.173, interruption: band,
        })

        expect(hours.p10).toBeGreaterThanOrEqual(0)
        expect(hours.p50).toBeGreaterThanOrEqual(hours.p10)
        expect(hours.p90).toBeGreaterThanOrEqual(hours.p50)
        expect(Number.isFinite(hours.p90)).toBe(true)
      }),
      {numRuns: 500},
    )
  })
})
