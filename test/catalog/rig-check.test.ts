import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {boardLimit, impossibilitiesOf, isCard} from '../../src/catalog/rig-check.ts'
import type {Rig} from '../../src/catalog/rig.ts'

const accelerators = [
  {id: 'h100-sxm-80gb', formFactor: 'sxm', architecture: 'hopper', powerWatts: 700}, {id: 'h100-pcie-80gb', formFactor: 'pcie', architecture: 'hopper', powerWatts: 350},
  {id: 'a100-sxm-40gb', formFactor: 'sxm', architecture: 'ampere', powerWatts: 400},
  {id: 'v100-sxm-32gb', formFactor: 'sxm', architecture: 'volta', powerWatts: 300}, {id: 'mi300x-192gb', formFactor: 'oam', architecture: 'cdna3', powerWatts: 750}, {id: 'rtx-4090-laptop-16gb', formFactor: 'laptop', architecture: 'ada', powerWatts: 150},
] as unknown as Parameters<typeof impossibilitiesOf>[1]

const said = (node: Partial<Rig['nodes'][number]>): readonly string[] =>
  impossibilitiesOf({nodes: [{id: 'box', count: 1, acceleratorId: 'h100-pcie-80gb', acceleratorCount: 8, levels: [], hostIdleWatts: 500, hostMaximumWatts: 1000, supplyEfficiency: 0.96, priceUsd: 1, ...node}]}, accelerators).map(({path, message}) => `${path.join('.')}: ${message}`)

test('twelve accelerators do not go into ten slots', () => {
  expect(said({acceleratorCount: 12, acceleratorSlots: 10})).toEqual(['nodes.0.acceleratorCount: 12 accelerators in 10 slots'])
  expect(said({acceleratorCount: 10, acceleratorSlots: 10})).toEqual([])
})

test('no board carries ten SXM modules of H100; DGX-2 carried sixteen V100, HGX A100 sixteen A100', () => {
  expect(said({acceleratorId: 'h100-sxm-80gb', acceleratorCount: 10})).toEqual(['nodes.0.acceleratorCount: 10 × h100-sxm-80gb in one node: no SXM board carries more than 8'])
  expect(said({acceleratorId: 'mi300x-192gb', acceleratorCount: 9})[0]).toMatch('no OAM board')
  expect([said({acceleratorId: 'h100-sxm-80gb', acceleratorCount: 8}), said({acceleratorId: 'v100-sxm-32gb', acceleratorCount: 16}), said({acceleratorId: 'a100-sxm-40gb', acceleratorCount: 16})]).toEqual([[], [], []])
  expect(said({acceleratorId: 'a100-sxm-40gb', acceleratorCount: 17})).toHaveLength(1)
})

test('what is soldered into a machine is there once; cards are as many as the chassis is said to hold, else sixteen', () => {
  expect(said({acceleratorId: 'rtx-4090-laptop-16gb', acceleratorCount: 2})).toEqual(['nodes.0.acceleratorCount: 2 × rtx-4090-laptop-16gb in one node: a machine has one'])
  expect(said({acceleratorCount: 64})).toEqual(['nodes.0.acceleratorCount: 64 × h100-pcie-80gb in one node: no chassis that is known holds more than 16 cards'])
  expect([said({acceleratorCount: 16}), said({acceleratorCount: 20, acceleratorSlots: 20}), said({acceleratorId: 'rtx-4090-laptop-16gb', acceleratorCount: 1})]).toEqual([[], [], []])
})

test('links are groups within the node, innermost first', () => {
  const links = (...sizes: readonly number[]) => sizes.map(groupSize => ({kind: 'pcie', groupSize, bytesPerSecond: 1e9, latencySeconds: 0}))
  expect(said({levels: links(99)})).toEqual(['nodes.0.levels.0.groupSize: a link over 99 accelerators in a node of 8'])
  expect(said({levels: links(8, 2)})).toEqual(['nodes.0.levels.1.groupSize: a link over 2 accelerators outside one over 8'])
  expect(said({levels: links(2, 2)})).toHaveLength(1)
  expect([said({levels: links(2, 4, 8)}), said({levels: links(2)}), said({levels: []})]).toEqual([[], [], []])
})

test('a nameplate says no less than the accelerators draw', () => {
  expect(said({acceleratorId: 'h100-sxm-80gb', ratedMaximumWatts: 100})).toEqual(['nodes.0.ratedMaximumWatts: a rating of 100 W, but 8 × 700 W of accelerators alone are 5,600 W'])
  expect(said({acceleratorId: 'h100-sxm-80gb', ratedMaximumWatts: 5600})).toEqual([])
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

test('no machine that is sold has more on a board than boards carry', () => {
  const data = path.resolve(import.meta.dirname, '../../data')
  const rowsOf = (file: string): readonly Readonly<Record<string, string>>[] => parseCsv(readFileSync(path.join(data, file), 'utf8'), file).map(({cells}) => cells)
  const limits = new Map(rowsOf('accelerators.csv').map(row => [row['id'], boardLimit(row as unknown as Parameters<typeof boardLimit>[0])]))
  const all = readdirSync(path.join(data, 'machines')).flatMap(file => rowsOf(`machines/${file}`))
  const machines = all.filter(row => limits.get(row['acceleratorId']) !== undefined)
  const forms = new Map(rowsOf('accelerators.csv').map(row => [row['id'], row['formFactor'] ?? '']))
  const cards = all.filter(row => isCard({formFactor: forms.get(row['acceleratorId']) ?? ''}))

  expect(Math.max(...cards.map(row => Number(row['acceleratorCount'])))).toBe(16)
  expect(machines.map(({instanceType}) => instanceType)).toContain('a2-megagpu-16g')
  expect(machines.filter(row => Number(row['acceleratorCount']) > limits.get(row['acceleratorId'])!)).toEqual([])
})

test('a host draws no less at work than idle', () => {
  expect(said({hostIdleWatts: 900, hostMaximumWatts: 600})).toEqual(['nodes.0.hostIdleWatts: a host that draws 900 W idle and 600 W at full load'])
  expect(said({hostIdleWatts: 600, hostMaximumWatts: 600})).toEqual([])
})
