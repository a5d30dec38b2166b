import fs from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseAccelerators} from '../../src/catalog/parse/accelerators.ts'
import {parseRig} from '../../src/catalog/parse/rigs.ts'
import {levelsOf} from '../../src/detect/links.ts'
import type {SeenAccelerator} from '../../src/detect/machine.ts'
import {readTopology} from '../../src/detect/nvidia.ts'
import {recording} from './machines.ts'

const DATA = path.join(import.meta.dirname, '..', '..', 'data')
const accelerators = parseAccelerators(fs.readFileSync(path.join(DATA, 'accelerators.csv'), 'utf8'))
const find = (id: string) => accelerators.find((each) => each.id === id)!

const card = (pcieGeneration = 4, pcieLanes = 16): SeenAccelerator => ({name: '', memoryBytes: undefined, limitWatts: undefined, defaultLimitWatts: undefined, maximumLimitWatts: undefined, watts: undefined, busyShare: undefined, pcieGeneration, pcieLanes, mig: false})
const cards = (count: number, generation?: number, lanes?: number): SeenAccelerator[] => Array.from({length: count}, () => card(generation, lanes))
const matrix = (count: number, code: (a: number, b: number) => string): string[][] => Array.from({length: count}, (_, a) => Array.from({length: count}, (_, b) => (a === b ? 'X' : code(Math.min(a, b), Math.max(a, b)))))
const shown = (found: ReturnType<typeof levelsOf>) => found.levels?.map(({kind, groupSize, bytesPerSecond}) => [kind, groupSize, bytesPerSecond / 1e9])

describe('link levels', () => {
  test('eight on a switch', () => {
    expect(shown(levelsOf(matrix(8, () => 'NV18'), cards(8, 5), find('h100-sxm-80gb')))).toEqual([['nvswitch', 8, 450]])
  })

  test('four that share their links among each other, without a switch', () => {
    expect(shown(levelsOf(matrix(4, () => 'NV6'), cards(4, 5), find('h100-sxm-80gb')))).toEqual([['nvlink', 4, 450]])
    expect(shown(levelsOf(matrix(4, () => 'NV4'), cards(4), find('a100-sxm-80gb')))).toEqual([['nvlink', 4, 300]])
  })

  test('bridges with a part of the links: a part of the rate', () => {
    const [level] = levelsOf(matrix(2, () => 'NV4'), cards(2), find('a100-pcie-80gb')).levels ?? []

    expect(level).toMatchObject({kind: 'nvlink-bridge', groupSize: 2, bytesPerSecond: 100e9, how: 'nvidia-smi: NV4; rate of a100-pcie-80gb in the catalog, 4 of 12 links in use'})
  })

  test('the ten cards of the recording are those of the built-in rig', () => {
    const seen = levelsOf(readTopology(recording('h100x10-pcie').get('bin/nvidia-smi.topo') ?? '', 10)!, cards(10, 5), find('h100-pcie-80gb'))
    const builtIn = parseRig(fs.readFileSync(path.join(DATA, 'rigs', 'h100x10-pcie.yaml'), 'utf8'), 'h100x10-pcie.yaml')

    expect(shown(seen)).toEqual(builtIn.nodes[0]?.levels.map(({kind, groupSize, bytesPerSecond}) => [kind, groupSize, bytesPerSecond / 1e9]))
  })

  test.for([
    ['two cards at one processor', matrix(2, () => 'PHB'), cards(2), [['pcie', 2, 31]]],
    ['half the lanes, half the rate', matrix(2, () => 'PHB'), cards(2, 4, 8), [['pcie', 2, 15.5]]],
    ['the slowest slot decides', matrix(2, () => 'NODE'), [card(4), card(3)], [['pcie', 2, 15.75]]],
    ['four each at two processors, each with a slot of its own', matrix(8, (a, b) => (a < 4 === b < 4 ? 'NODE' : 'SYS')), cards(8), [['pcie', 8, 31]]],
    ['four each behind two switches, which share a slot', matrix(8, (a, b) => (a < 4 === b < 4 ? 'PIX' : 'SYS')), cards(8), [['pcie', 4, 31], ['pcie', 8, 7.75]]],
  ] as const)('%s', ([, links, seen, levels]) => {
    expect(shown(levelsOf(links, seen, find('l40s-48gb')))).toEqual(levels)
  })

  test('workstation cards in a bridge have the rate of the catalog', () => {
    expect(shown(levelsOf(matrix(2, () => 'NV4'), cards(2), find('rtx-a6000-48gb')))).toEqual([['nvlink-bridge', 2, 56.25]])
  })

  test('eight V100 in a cube: the fours that are joined all to all', () => {
    const cube = matrix(8, (a, b) => (a >> 2 === b >> 2 ? ((a + b) % 2 === 1 ? 'NV1' : 'NV2') : b - a === 4 ? 'NV2' : 'SYS'))

    expect(shown(levelsOf(cube, cards(8, 3), find('v100-sxm2-16gb')))?.[0]?.slice(0, 2)).toEqual(['nvlink', 4])
  })

  test('links whose rate nobody knows are not given one', () => {
    expect(levelsOf(matrix(2, () => 'NV4'), cards(2), undefined)).toEqual({levels: undefined, why: 'they have links of their own, whose rate the catalog does not have'})
    expect(levelsOf(matrix(2, () => 'PHB'), [{...card(), pcieGeneration: undefined}, card()], undefined)).toMatchObject({levels: undefined})
    expect(levelsOf([['X']], cards(1), undefined)).toEqual({levels: []})
  })

  test('Infinity Fabric', () => {
    expect(shown(levelsOf(matrix(8, () => 'XGMI'), cards(8, 5), find('mi300x-192gb')))).toEqual([['infinity-fabric', 8, 448]])
  })
})
