import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {correlation, CORRELATION, createPosterior, REPEAT_RUN_SIGMA_LOG, type Observation, type Spot} from '../../src/planner/posterior.ts'

const HERE: Spot = {acceleratorId: 'h100-sxm-80gb', architecture: 'hopper', acceleratorsPerNode: 8, nodes: 1, model: '70b', work: '64 requests', runtime: 'vllm', precision: 'bf16', tp: 2, pp: 1, dp: 4, batch: 16}
const seen = (offset: number, changes: Partial<Spot> = {}, sigmaLog = 0.3): Observation => ({spot: {...HERE, ...changes}, offset, sigmaLog})

describe('one measurement', () => {
  test('where it was made: the offset all but for the error of a run, and what is left of the spread', () => {
    const belief = createPosterior([seen(0.3)]).at(HERE)

    // Prior N(0, 0.3²), observed with noise 0.05: mean 0.3·0.09/(0.09 + 0.0025), variance 0.09·0.0025/(0.09 + 0.0025).
    expect((belief?.offsetPerSigma ?? Number.NaN) * 0.3).toBeCloseTo((0.3 * 0.09) / 0.0925, 12)
    expect((belief?.spreadShare ?? Number.NaN) ** 2 * 0.09).toBeCloseTo((0.09 * 0.0025) / 0.0925, 12)
  })

  test('elsewhere: by the correlation, and in the sigma of that place', () => {
    const belief = createPosterior([seen(0.3)]).at({...HERE, acceleratorId: 'h200-sxm-141gb', acceleratorsPerNode: 4})
    const rho = CORRELATION.sameArchitecture * CORRELATION.perDoubling

    expect(belief?.offsetPerSigma).toBeCloseTo((rho * 0.3 * 0.3) / 0.0925, 12)
    expect((belief?.spreadShare ?? Number.NaN) ** 2).toBeCloseTo(1 - (rho * rho * 0.09) / 0.0925, 12)
  })

  test('run another way: by the accelerators that share a copy of the model, and by the sequences at a time', () => {
    const at = (changes: Partial<Spot>): number => correlation(HERE, {...HERE, ...changes})

    expect(at({tp: 4})).toBeCloseTo(CORRELATION.perReplicaDoubling, 12)
    expect(at({tp: 1, pp: 2})).toBe(1)
    expect(at({batch: 64})).toBeCloseTo(CORRELATION.perBatchDoubling ** 2, 12)
  })

  test('says nothing of another model on other hardware', () => {
    expect(createPosterior([seen(0.3)]).at({...HERE, acceleratorId: 'mi300x-192gb', architecture: 'cdna3', model: '8b', work: '1 request'})).toBeUndefined()
  })
})

test('two runs of one job count as their mean with half the variance of a run', () => {
  const twice = createPosterior([seen(0.2), seen(0.4)]).at(HERE)

  expect((twice?.offsetPerSigma ?? Number.NaN) * 0.3).toBeCloseTo((0.3 * 0.09) / (0.09 + REPEAT_RUN_SIGMA_LOG ** 2 / 2), 10)
})

test('of two that disagree the nearer one counts for more', () => {
  const belief = createPosterior([seen(0.3), seen(-0.3, {acceleratorId: 'h200-sxm-141gb'})]).at(HERE)

  expect(belief?.offsetPerSigma).toBeGreaterThan(0.8)
  expect(belief).toMatchObject({nearest: 0, felt: 2})
})

const spots = fc.record({
  acceleratorId: fc.constantFrom('a', 'b'),
  architecture: fc.constant('one'),
  acceleratorsPerNode: fc.constantFrom(0.5, 1, 3, 8),
  nodes: fc.constantFrom(1, 2, 16),
  model: fc.constantFrom('x', 'y', 'z'),
  work: fc.constantFrom('p', 'q'),
  runtime: fc.constantFrom('r', 's'),
  precision: fc.constantFrom('bf16', 'fp8'),
  tp: fc.constantFrom(1, 2, 8),
  pp: fc.constantFrom(1, 4),
  dp: fc.constantFrom(1, 3),
  batch: fc.constantFrom(1, 50, 256),
})
const observations = fc.array(fc.record({spot: spots, offset: fc.double({min: -3, max: 3, noNaN: true}), sigmaLog: fc.double({min: 0.05, max: 1, noNaN: true})}), {minLength: 1, maxLength: 12})

describe('laws', () => {
  test('the correlation is symmetric, at most 1, and 1 with itself', () => {
    fc.assert(fc.property(spots, spots, (a, b) => {
      expect(correlation(a, b)).toBeCloseTo(correlation(b, a), 12)
      expect(correlation(a, b)).toBeLessThanOrEqual(1)
      expect(correlation(a, a)).toBe(1)
    }))
  })

  test('knowing more never widens what is left, and nothing is ever certain', () => {
    fc.assert(fc.property(observations, spots, (list, spot) => {
      const all = createPosterior(list).at(spot)?.spreadShare ?? 1
      const fewer = list.length === 1 ? 1 : (createPosterior(list.slice(1)).at(spot)?.spreadShare ?? 1)

      expect(Number.isFinite(createPosterior(list).at(spot)?.offsetPerSigma ?? 0)).toBe(true)
      expect(all).toBeGreaterThan(0)
      expect(all).toBeLessThanOrEqual(fewer + 1e-9)
    }))
  })

  test('the order of measurements changes nothing', () => {
    fc.assert(fc.property(observations, spots, (list, spot) => {
      const [one, other] = [createPosterior(list).at(spot), createPosterior(list.toReversed()).at(spot)]

      expect(other?.offsetPerSigma ?? 0).toBeCloseTo(one?.offsetPerSigma ?? 0, 6)
      expect(other?.spreadShare ?? 1).toBeCloseTo(one?.spreadShare ?? 1, 6)
    }))
  })
})
