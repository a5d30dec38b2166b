import {expect, test} from 'vitest'
import {impossibilitiesOf} from '../../src/catalog/rig-check.ts'
import type {Rig} from '../../src/catalog/rig.ts'

const accelerators = [
  {id: 'h100-sxm-80gb', formFactor: 'sxm', architecture: 'hopper', powerWatts: 700}, {id: 'h100-pcie-80gb', formFactor: 'pcie', architecture: 'hopper', powerWatts: 350},
  {id: 'v100-sxm-32gb', formFactor: 'sxm', architecture: 'volta', powerWatts: 300}, {id: 'mi300x-192gb', formFactor: 'oam', architecture: 'cdna3', powerWatts: 750},
] as unknown as Parameters<typeof impossibilitiesOf>[1]

const said = (node: Partial<Rig['nodes'][number]>): readonly string[] =>
  impossibilitiesOf({nodes: [{id: 'box', count: 1, acceleratorId: 'h100-pcie-80gb', acceleratorCount: 8, levels: [], hostIdleWatts: 500, hostMaximumWatts: 1000, supplyEfficiency: 0.96, priceUsd: 1, ...node}]}, accelerators).map(({path, message}) => `${path.join('.')}: ${message}`)

test('twelve accelerators do not go into ten slots', () => {
  expect(said({acceleratorCount: 12, acceleratorSlots: 10})).toEqual(['nodes.0.acceleratorCount: 12 accelerators in 10 slots'])
  expect(said({acceleratorCount: 10, acceleratorSlots: 10})).toEqual([])
})

test('no board carries ten SXM modules; DGX-2 carried sixteen V100', () => {
  expect(said({acceleratorId: 'h100-sxm-80gb', acceleratorCount: 10})).toEqual(['nodes.0.acceleratorCount: 10 × h100-sxm-80gb in one node: no SXM board carries more than 8'])
  expect(said({acceleratorId: 'mi300x-192gb', acceleratorCount: 9})[0]).toMatch('no OAM board')
  expect([said({acceleratorId: 'h100-sxm-80gb', acceleratorCount: 8}), said({acceleratorId: 'v100-sxm-32gb', acceleratorCount: 16})]).toEqual([[], []])
})

test('a supply of 5 kW does not carry 8 kW: the sum is shown', () => {
  expect(said({acceleratorId: 'h100-sxm-80gb', hostMaximumWatts: 2400, supplies: {count: 2, ratedWatts: 2500, needed: 2}})).toEqual(['nodes.0.supplies: 2 × 2,500 W of supplies are 5,000 W; 8 × 700 W of accelerators and 2,400 W of the rest are 8,000 W'])
  expect(said({acceleratorId: 'h100-sxm-80gb', hostMaximumWatts: 2400, supplies: {count: 6, ratedWatts: 3300, needed: 4}})).toEqual([])
  // Those that may fail do not count.
  expect(said({supplies: {count: 4, ratedWatts: 1500, needed: 2}})).toHaveLength(1)
})

test('an accelerator that the catalog lacks is no reason', () => {
  expect(said({acceleratorId: 'abacus', acceleratorCount: 99})).toEqual([])
})
