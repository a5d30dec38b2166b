import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {bareHardware, hardwareOf, hardwareOfRig, trimLevels} from '../../src/catalog/hardware.ts'
import {pcieX16BytesPerSecond} from '../../src/catalog/pcie.ts'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Accelerator, Machine} from '../../src/catalog/schema.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

const provenance = {sourceId: 'test', asOf: '2026-11-20', standing: 'read'} as const

const h100: Accelerator = {
  id: 'h100-sxm-80gb', vendor: 'nvidia', name: 'H100', aliases: [], architecture: 'hopper', formFactor: 'sxm', memoryGib: 79.65, memoryBandwidthBytesPerSecond: 3.35e12,
  peakFlops: {bf16: 989.4e12}, sustainedMatmulFlops: {}, interconnect: 'NVLink 4', linkBytesPerSecond: 450e9, pcieGeneration: 5, rayTracingCores: false, displayOutput: false, ...provenance,
}
const a100Pcie: Accelerator = {...h100, id: 'a100-pcie-80gb', formFactor: 'pcie', interconnect: 'NVLink 3 bridge (pairs)', linkBytesPerSecond: 300e9, pcieGeneration: 4}
const l4: Accelerator = {...h100, id: 'l4-24gb', formFactor: 'pcie', interconnect: 'none', pcieGeneration: 4}
const gb200: Accelerator = {...h100, id: 'gb200-186gb', formFactor: 'superchip', interconnect: 'NVLink 5 (72-GPU domain)', linkBytesPerSecond: 900e9}
const gaudi: Accelerator = {...h100, id: 'gaudi1-32gb', formFactor: 'oam', interconnect: '10 x 100 GbE RoCE', linkBytesPerSecond: 125e9}

const machine: Machine = {
  provider: 'aws', instanceType: 'p5.48xlarge', acceleratorId: 'h100-sxm-80gb', acceleratorCount: 8, vcpus: 192, memoryGib: 2048, networkBytesPerSecond: 400e9, rdma: 'efa', rdmaBytesPerSecond: 400e9,
  intraNodeLink: 'nvswitch', ...provenance,
}

test('PCIe has the rates that the catalog has a source for', async () => {
  const {facility} = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '..', '..')})

  expect([4, 5].map(pcieX16BytesPerSecond)).toEqual([(facility['pcie4_x16_effective'] ?? 0) * 1e9, (facility['pcie5_x16_effective'] ?? 0) * 1e9])
  // 16 lanes of 8 GT/s, 128 bits in 130: 15.75 GB/s.
  expect((pcieX16BytesPerSecond(3) ?? 0) / ((16 * 8e9 * 128) / 130 / 8)).toBeCloseTo(1, 3)
  expect(pcieX16BytesPerSecond(undefined)).toBeUndefined()
})

describe('inside a machine', () => {
  test('a switch joins all at the rate of one accelerator', () => {
    expect(hardwareOf(machine, h100, 1).levels).toEqual([{kind: 'nvswitch', groupSize: 8, bytesPerSecond: 450e9, latencySeconds: 2e-6}])
  })

  test('bridges join pairs, PCIe 4 the pairs', () => {
    const {levels} = hardwareOf({...machine, acceleratorCount: 4, intraNodeLink: 'nvlink-bridge'}, a100Pcie, 1)

    expect(levels?.map(({kind, groupSize, bytesPerSecond}) => [kind, groupSize, bytesPerSecond])).toEqual([['nvlink-bridge', 2, 300e9], ['pcie', 4, 31e9]])
  })

  test('one accelerator, or a part of one, needs no link', () => {
    expect(hardwareOf({...machine, acceleratorCount: 1, intraNodeLink: 'none'}, h100, 1).levels).toEqual([])
    expect(hardwareOf({...machine, acceleratorCount: 0.25, intraNodeLink: 'none'}, l4, 1)).toMatchObject({levels: [], acceleratorsPerNode: 0.25})
  })

  test('an unknown link stays unknown', () => {
    expect(hardwareOf({...machine, intraNodeLink: 'unknown'}, h100, 1).levels).toBeUndefined()
    expect(hardwareOf({...machine, intraNodeLink: 'nvswitch'}, {...h100, linkBytesPerSecond: undefined}, 1).levels).toBeUndefined()
  })

  test('Gaudi cards speak Ethernet to each other', () => {
    expect(hardwareOf({...machine, intraNodeLink: 'unknown'}, gaudi, 1).levels).toMatchObject([{kind: 'accelerator-ethernet', groupSize: 8, bytesPerSecond: 125e9}])
  })
})

describe('between machines', () => {
  test('RDMA where there is, else Ethernet, else unknown', () => {
    expect(hardwareOf(machine, h100, 2).network).toEqual({kind: 'efa', bytesPerSecondPerNode: 400e9, rdma: true, latencySeconds: 15e-6})
    expect(hardwareOf({...machine, rdma: 'none'}, h100, 2).network).toMatchObject({kind: 'ethernet', bytesPerSecondPerNode: 400e9, rdma: false})
    const {networkBytesPerSecond: _network, rdmaBytesPerSecond: _rdma, ...unknown} = machine
    expect(hardwareOf({...unknown, rdma: 'none'}, h100, 2).network).toBeUndefined()
    expect(hardwareOf({...unknown, networkBytesPerSecond: 10e9, rdma: 'infiniband'}, h100, 2).network).toBeUndefined()
    expect(hardwareOf({...unknown, networkBytesPerSecond: 10e9, rdma: 'efa'}, h100, 2).network).toMatchObject({kind: 'efa', bytesPerSecondPerNode: 10e9, rdma: true})
  })

  test('nodes of one NVLink rack reach each other over NVLink, beyond it over the network', () => {
    const node: Machine = {...machine, acceleratorCount: 4}

    expect(hardwareOf(node, gb200, 18).network).toMatchObject({kind: 'nvlink-rack', bytesPerSecondPerNode: 3.6e12})
    expect(hardwareOf(node, gb200, 19).network).toMatchObject({kind: 'efa', bytesPerSecondPerNode: 400e9})
  })
})

describe('a rig', () => {
  const levels = [
    {kind: 'nvlink-bridge', groupSize: 2, bytesPerSecond: 300e9, latencySeconds: 2e-6},
    {kind: 'pcie', groupSize: 8, bytesPerSecond: 63e9, latencySeconds: 4e-6},
    {kind: 'pcie', groupSize: 10, bytesPerSecond: 31.5e9, latencySeconds: 6e-6},
  ]
  const rig = {id: 'lab', nodes: [{id: 'box', count: 1, acceleratorId: 'h100-sxm-80gb', acceleratorCount: 10, levels}]} as unknown as Rig

  test('its levels are its own', () => {
    expect(hardwareOfRig(rig, undefined, h100)).toMatchObject({acceleratorsPerNode: 10, nodes: 1, levels})
  })

  test.for([
    [1, []],
    [2, [[2, 300e9]]],
    [3, [[2, 300e9], [3, 63e9]]],
    [8, [[2, 300e9], [8, 63e9]]],
    [9, [[2, 300e9], [8, 63e9], [9, 31.5e9]]],
  ] as const)('%d of its cards use as many levels as they need', ([count, expected]) => {
    expect(trimLevels(levels, count).map((level) => [level.groupSize, level.bytesPerSecond])).toEqual(expected)
  })

  test('an unknown node is told with those there are', () => {
    expect(() => hardwareOfRig(rig, 'bax', h100)).toThrow('The rig lab has no node "bax".')
  })
})

describe('bare hardware', () => {
  test('SXM boards have a switch and a 400 Gb/s port per accelerator', () => {
    expect(bareHardware(h100, 8, 2)).toMatchObject({levels: [{kind: 'nvswitch', groupSize: 8}], network: {kind: 'infiniband', bytesPerSecondPerNode: 400e9, rdma: true}})
  })

  test('boards with PCIe 4 slots have a 200 Gb/s port', () => {
    expect(bareHardware({...h100, pcieGeneration: 4}, 8, 2).network?.bytesPerSecondPerNode).toBe(200e9)
  })

  test('PCIe cards have PCIe and no known network', () => {
    expect(bareHardware(l4, 4, 2)).toMatchObject({levels: [{kind: 'pcie', groupSize: 4, bytesPerSecond: 31e9}], network: undefined})
  })

  test('ten SXM accelerators in one machine do not exist', () => {
    expect(() => bareHardware(h100, 10, 1)).toThrow('No machine holds 10 × h100-sxm-80gb; at most 8.')
  })
})
