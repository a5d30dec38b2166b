import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {parseAccelerators} from '../../src/catalog/parse/accelerators.ts'
import {parseDevices} from '../../src/catalog/parse/devices.ts'

const read = (name: string): string => readFileSync(path.join(import.meta.dirname, '..', '..', 'data', name), 'utf8')
const accelerators = parseAccelerators(read('accelerators.csv'))
const devices = parseDevices(read('devices.csv'))
const device = (id: string) => devices.find(each => each.id === id)!

test.for([
  // NVIDIA's white papers and product pages: dense, sums in 32 bits.
  ['rtx-2080-ti-11gb', 'fp16', 53.8], // Turing, base card
  ['rtx-2060-6gb', 'int8', 103],
  ['rtx-3070-ti-8gb', 'fp16', 43.5],
  ['rtx-3060-ti-8gb', 'bf16', 32.4],
  ['rtx-4070-12gb', 'fp16', 58.3],
  ['rtx-4060-ti-8gb', 'fp8', 88.2],
  ['rtx-4500-ada-24gb', 'fp8', 317], // 634 sparse
  ['rtx-5070-ti-16gb', 'fp4', 703], // 1,406 sparse
  ['a2-16gb', 'int8', 36],
  ['a16-16gb', 'fp16', 17.9],
  ['titan-rtx-24gb', 'fp16', 130.5],
  // AMD's.
  ['rx-7900-xt-20gb', 'fp16', 103],
  ['radeon-pro-w7900-48gb', 'fp16', 122.6],
] as const)('%s: %s as its maker prints it', ([id, precision, teraPerSecond]) => {
  expect(device(id).peakFlops[precision]! / 1e12 / teraPerSecond).toBeCloseTo(1, 1.7)
})

test('matmul rates follow the product line, and nothing else is called a whole data sheet', () => {
  const whole = devices.filter(({partialSheet}) => partialSheet !== true)

  expect(whole.length).toBeGreaterThan(120)
  for (const {id, peakFlops, note} of whole) {
    expect([id, peakFlops.fp16! / peakFlops.fp32! >= 0.99]).toEqual([id, true])
    expect(note).toContain('tensor rates derived from fp32')
  }
  // Sold for less AI arithmetic than their siblings; without matmul units; unknown.
  for (const id of ['rtx-5090-d-32gb', 'rtx-6000d-84gb', 'gtx-1080-ti-11gb', 'gtx-1660-ti-6gb', 'apple-m5-10core', 'cpu-epyc-7742', 'l20-48gb']) expect([id, device(id).partialSheet]).toEqual([id, true])
})

test('slots are those of cards of the same generation', () => {
  // GCN stands for four generations there.
  const generationOf = new Map(accelerators.flatMap(({architecture, formFactor, pcieGeneration}) => (formFactor === 'pcie' && architecture !== 'gcn' && pcieGeneration !== undefined ? [[architecture, pcieGeneration] as const] : [])))
  const compared = devices.filter(({architecture, formFactor, pcieGeneration}) => formFactor === 'pcie' && pcieGeneration !== undefined && generationOf.has(architecture))

  expect(compared.length).toBeGreaterThan(50)
  for (const {id, architecture, pcieGeneration} of compared) expect([id, pcieGeneration]).toEqual([id, generationOf.get(architecture)])
})
