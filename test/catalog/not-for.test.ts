import path from 'node:path'
import {beforeAll, expect, test} from 'vitest'
import {notForOf} from '../../src/catalog/not-for.ts'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

let snapshot: Snapshot
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '../..')})
})

const worksOf = (id: string, site: Partial<Rig['site']> = {}, node: Partial<Rig['nodes'][number]> = {}): Record<string, string> => {
  const rig = snapshot.rigs.find(each => each.id === id)!
  return Object.fromEntries(notForOf({nodes: rig.nodes.map(each => ({...each, ...node})), site: {...rig.site, ...site}}, snapshot).map(({work, because}) => [work, because]))
}

test('ten H100 are for no games, and hold 796 GiB', () => {
  const works = worksOf('h100x10-pcie')

  expect(works['games, graphics and rendering']).toBe('NVIDIA H100 PCIe 80GB has no display output, no ray-tracing cores, 24 units that write pixels')
  expect(works['models that take more than 796 GiB with their cache']).toBe('its accelerators have no more')
  expect(Object.keys(works)).toHaveLength(2)
})

test('a gaming card plays, and computes in 64 bit for compatibility alone', () => {
  const works = worksOf('workstation-rtx4090')

  expect(works).not.toHaveProperty('games, graphics and rendering')
  // 82.6 ÷ 1.29
  expect(works['simulation in double precision']).toBe('NVIDIA GeForce RTX 4090 does 1.3 TFLOP/s in 64 bit, 64 times less than in 32')
  expect(works['many small jobs apart from each other on one accelerator']).toContain('MIG')
})

test('a site says whom it cannot serve; what it does not say rules nobody out', () => {
  expect(worksOf('dgx-h100', {publicAddress: false, availabilityShare: 0.995})).toMatchObject({'users outside': 'its site has no public address', 'services that have to be there more often': 'power and line are there 99.5 % of the time'})
  expect(Object.keys(worksOf('dgx-h100'))).not.toContain('users outside')
  expect(worksOf('dgx-h100', {availabilityShare: 0.9995})).not.toHaveProperty('services that have to be there more often')
})

test('few threads beside each accelerator, small disks and a slow line keep work away; what nobody said does not', () => {
  // Machines of clouds with H100 SXM have 16 to 26 threads for each.
  const cpu = 'work that processors prepare or do (decoding images and video, simulators, joins)'
  expect(worksOf('dgx-h100')).not.toHaveProperty(cpu)
  expect(worksOf('dgx-h100', {}, {vcpus: 32})[cpu]).toMatch(/^dgx has 4 threads for each accelerator, clouds have (1\d|2\d)$/)
  expect(worksOf('dgx-h100', {}, {parts: [{kind: 'processor', count: 2, cores: 8}]})[cpu]).toContain('4 threads')
  expect(worksOf('dgx-h100', {}, {parts: [{kind: 'disk', count: 8, gb: 3840}]})).toMatchObject({'data and checkpoints of more than 30,720 GB': 'its local disks hold no more'})
  // 1e12 B ÷ 12.5 MB/s = 22.2 h; over 1 Gbit/s 2.2 h.
  expect(worksOf('dgx-h100', {uplinkBytesPerSecond: 12.5e6})['work that brings in or sends out terabytes']).toBe('one takes 22 h over a line of 100 Mbit/s')
  expect(worksOf('dgx-h100')).not.toHaveProperty('work that brings in or sends out terabytes')
})
