import {expect, test} from 'vitest'
import {estimateMovement, type MovementInput} from '../../src/cost/movement.ts'

const CLOUD = {provider: 'acme', region: 'mars-1', networkBytesPerSecond: 12.5e9, nodes: 2}
const INPUT: MovementInput = {inputGb: 4500, inputAt: 'site', target: CLOUD, uplinkBytesPerSecond: 125e6}

test.for([
  // where it lies, target, hours, paid at, basis
  ['site', CLOUD, 10, null, 'computed'],
  [null, CLOUD, 10, null, 'assumed'],
  ['site', null, 0, null, 'computed'],
  [null, null, 0, null, 'computed'],
  // 4500 GB at 1.25 GB/s on each of two machines
  ['acme', CLOUD, 0.5, null, 'assumed'],
  ['acme@mars-1', CLOUD, 0.5, null, 'assumed'],
  // at 0.625 GB/s
  ['acme@venus-2', CLOUD, 2, 'acme', 'assumed'],
  ['other', CLOUD, 2, 'other', 'assumed'],
  ['other', null, 10, 'other', 'computed'],
] as const)('4,500 GB at %s to %o take %d h, paid at %s', ([inputAt, target, hours, paidAt, basis]) => {
  const movement = estimateMovement({...INPUT, inputAt, target})

  expect(movement.hours).toBeCloseTo(hours, 12)
  expect(movement).toMatchObject({paidAt, basis})
})

test('nothing to move takes no time', () => {
  expect(estimateMovement({...INPUT, inputGb: 0})).toEqual({hours: 0, paidAt: null, basis: 'computed', note: null})
})

test('a machine with a slow network is the limit', () => {
  expect(estimateMovement({...INPUT, inputAt: 'other', target: {...CLOUD, networkBytesPerSecond: 0.3125e9}}).hours).toBeCloseTo(4, 12)
})

test.for([
  ['inputGb', {inputGb: 9000}, 1],
  ['uplinkBytesPerSecond', {uplinkBytesPerSecond: 250e6}, -1],
  ['inputAt', {inputAt: 'acme'}, -1],
  ['target', {target: null}, -1],
] as const)('%s moves the hours', ([, change, sign]) => {
  expect(Math.sign(estimateMovement({...INPUT, ...change}).hours - estimateMovement(INPUT).hours)).toBe(sign)
})
