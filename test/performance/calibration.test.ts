import {describe, expect, test} from 'vitest'
import type {CalibrationEvidence, CalibrationSpread} from '../../src/catalog/schema.ts'
import {createCalibration} from '../../src/performance/calibration.ts'

const evidence: CalibrationEvidence[] = [
  {kind: 'serve', accelerator: 'h100', architecture: 'hopper', model: 'small', measurements: 3},
  {kind: 'serve', accelerator: 'h100', architecture: 'hopper', model: 'large', measurements: 40},
  {kind: 'serve', accelerator: 'h200', architecture: 'hopper', model: 'middle', measurements: 40},
  {kind: 'train', accelerator: 'a100', architecture: 'ampere', model: 'small', measurements: 7},
]
const spreads: CalibrationSpread[] = [
  {kind: 'serve', metric: 'tpot', distance: 'measured', lowLog: -0.2, highLog: 0.1, measurements: 80},
  {kind: 'serve', metric: 'tpot', distance: 'family', lowLog: -0.4, highLog: 0.3, measurements: 60},
  {kind: 'serve', metric: 'ttft', distance: 'measured', lowLog: -0.5, highLog: 1, measurements: 50},
  {kind: 'train', metric: 'step-time', distance: 'none', lowLog: -0.3, highLog: 0.2, measurements: 9},
]
const calibration = createCalibration([], spreads, evidence)

const [small, large, middle] = evidence
test.for([
  ['the same accelerator and model', 'serve', {id: 'h100', architecture: 'hopper'}, 'large', 'measured', [large]],
  ['the same accelerator', 'serve', {id: 'h100', architecture: 'hopper'}, 'other', 'accelerator', [large, small]],
  ['the same architecture, the best measured first, equals by name', 'serve', {id: 'h20', architecture: 'hopper'}, 'small', 'family', [large, middle, small]],
  ['nothing: of another kind only', 'serve', {id: 'a100', architecture: 'ampere'}, 'small', 'none', []],
] as const)('the nearest measurement is of %s', ([, kind, accelerator, model, distance, rows]) => {
  expect(calibration.nearest(kind, accelerator, model)).toEqual({distance, rows})
  expect(calibration.distance(kind, accelerator, model)).toBe(distance)
})

describe('known errors', () => {
  test('are those of the distance, one per figure of the kind', () => {
    expect(calibration.errors('serve', 'measured')).toEqual([
      {metric: 'tpot', spread: {lowLog: -0.2, highLog: 0.1}, from: 'measured', measurements: 80},
      {metric: 'ttft', spread: {lowLog: -0.5, highLog: 1}, from: 'measured', measurements: 50},
    ])
  })

  test('farther off than anything known: those of the next nearer distance, widened by 1.3 per step, as the spread of predictions is', () => {
    const [tpot, ttft] = calibration.errors('serve', 'none')

    expect(tpot).toEqual({metric: 'tpot', spread: {lowLog: -0.4 * 1.3, highLog: 0.3 * 1.3}, from: 'family', measurements: 60})
    expect(ttft).toMatchObject({from: 'measured', measurements: 50})
    expect(ttft?.spread.highLog).toBeCloseTo(1.3 ** 3)
    expect(ttft?.spread).toEqual(calibration.spread('serve', 'ttft', 'none'))
  })

  test('what is known of farther predictions only says nothing of nearer ones', () => {
    expect(calibration.errors('train', 'family')).toEqual([])
    expect(calibration.errors('paint', 'none')).toEqual([])
  })
})
