import path from 'node:path'
import {beforeAll, expect, test} from 'vitest'
import {processorOf} from '../../src/catalog/processors.ts'
import type {Accelerator, Machine} from '../../src/catalog/schema.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

let snapshot: Snapshot
beforeAll(async () => void (snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '../..')})))

const machine = (provider: string, instanceType: string): Machine => snapshot.machines.find(each => each.provider === provider && each.instanceType === instanceType) ?? expect.fail(`no ${instanceType}`)
const processor = (provider: string, instanceType: string): Accelerator | undefined => processorOf(machine(provider, instanceType), snapshot.processors)

test('a whole server of two sockets has the memory bandwidth of both, a part of one its share', () => {
  // 192 cores of 96-core sockets with 12 channels of DDR5-4800 (460.8 GB/s).
  expect(processor('aws', 'c7a.48xlarge')).toMatchObject({id: 'cpu-epyc-9r14', multiprocessors: 192, memoryGib: 384})
  expect(processor('aws', 'c7a.48xlarge')!.memoryBandwidthBytesPerSecond).toBeCloseTo(921.6e9, -6)
  expect(processor('aws', 'c7a.4xlarge')!.memoryBandwidthBytesPerSecond).toBeCloseTo(921.6e9 / 12, -6)
})

test('a vCPU is half a core where cores have two threads, a whole one where they have one', () => {
  expect(processor('aws', 'c6i.24xlarge')?.multiprocessors).toBe(48)
  expect(processor('aws', 'c8g.4xlarge')?.multiprocessors).toBe(16)
  expect(processor('gcp', 'h3-standard-88')?.multiprocessors).toBe(88)
  expect(processor('gcp', 'c3-highcpu-176')?.multiprocessors).toBe(88)
})

test('what a provider does not tell apart stays unknown', () => {
  expect(processor('gcp', 'c4-highcpu-96')).toBeUndefined()
  expect(processor('gcp', 'e2-standard-8')).toBeUndefined()
})

test('every processor is that of some machine, and no machine has more cores than two to eight sockets hold', () => {
  const machines = snapshot.machines.filter(({acceleratorCount}) => acceleratorCount === 0)
  expect(snapshot.processors.filter(({provider, cpuModel}) => !machines.some(each => each.provider === provider && each.cpuModel === cpuModel)).map(({id}) => id)).toEqual([])
  const large = machines.filter(each => {
    const found = processorOf(each, snapshot.processors)
    const row = snapshot.processors.find(({provider, id}) => provider === each.provider && id === found?.id)
    return found !== undefined && (found.multiprocessors ?? 0) > 2 * (row?.coresPerSocket ?? 0)
  })
  expect(large.map(({instanceType}) => instanceType)).toEqual([])
})
