import {expect, test} from 'vitest'
import type {Accelerator} from '../../src/catalog/schema.ts'
import {sliceOf} from '../../src/performance/hardware.ts'
import type {Hardware} from '../../src/performance/types.ts'

const slice = (share: number, multiprocessors: number | undefined): Accelerator =>
  sliceOf({
    accelerator: {memoryGib: 80, memoryBandwidthBytesPerSecond: 2e12, peakFlops: {bf16: 312e12}, sustainedMatmulFlops: {}, powerWatts: 400, ...(multiprocessors === undefined ? {} : {multiprocessors})}, acceleratorsPerNode: share, nodes: 1,
  } as unknown as Hardware).accelerator

test('a slice has its share of everything, of what the board may draw as well', () => {
  expect(slice(0.25, 108)).toEqual({memoryGib: 20, memoryBandwidthBytesPerSecond: 0.5e12, peakFlops: {bf16: 78e12}, sustainedMatmulFlops: {}, powerWatts: 100, multiprocessors: 27})
})

test.for([[0.25, 2, 1], [1, 108, 108], [0.25, undefined, undefined]] as const)('%d of an accelerator of %s multiprocessors has %s', ([share, whole, expected]) => {
  expect(slice(share, whole).multiprocessors).toBe(expected)
})
