import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {selectRows} from '../../src/accuracy/filter.ts'
import {figureOf} from '../../src/accuracy/figures.ts'
import {predictRows, scopeContext, type PredictedRow} from '../../src/accuracy/predict.ts'
import {readerOf} from '../../src/accuracy/readers.ts'
import {readResults, type ResultRow} from '../../src/accuracy/rows.ts'
import {createScope} from '../../src/accuracy/scope.ts'
import {namedBy, sliceSize, type Named} from '../../src/accuracy/slice-label.ts'
import {slicePairs} from '../../src/accuracy/slice-pairs.ts'
import {summarize} from '../../src/accuracy/summary.ts'
import {writeCsv} from '../../src/catalog/csv.ts'
import {MEASUREMENT_COLUMNS} from '../../src/catalog/parse/measured.ts'
import {createPlanningFacts, type PlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = createPlanningFacts(await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '../..')}))
})

const named = (label: string): Named | undefined => namedBy(label, facts.snapshot.accelerators, facts.migProfiles)

describe('a label of a slice', () => {
  test('puts the slice in the place of its accelerator: 14 of 108 multiprocessors and an eighth of the bandwidth', () => {
    const {label, whole, accelerators} = named('A100 80GB MIG 1g.10gb')!
    const slice = accelerators.find(({id}) => id === 'a100-sxm-80gb')!

    expect([label, whole!.id]).toEqual([facts.accelerator('a100-sxm-80gb')!.name, 'a100-sxm-80gb'])
    expect([slice.peakFlops.fp16! / whole!.peakFlops.fp16!, slice.powerWatts! / whole!.powerWatts!]).toEqual([14 / 108, 14 / 108].map(share => expect.closeTo(share, 9) as number))
    expect(slice.memoryBandwidthBytesPerSecond / whole!.memoryBandwidthBytesPerSecond).toBeCloseTo(1 / 8, 9)
    expect(accelerators.filter(each => !facts.snapshot.accelerators.includes(each))).toEqual([slice])
  })

  test('may name a part of its compute: two of three slices have 28 of 42 multiprocessors, and all of the memory', () => {
    const slice = named('A100 80GB MIG 2c.3g.40gb')!.accelerators.find(({id}) => id === 'a100-sxm-80gb')!

    expect(slice.peakFlops.fp16! / facts.accelerator('a100-sxm-80gb')!.peakFlops.fp16!).toBeCloseTo(28 / 108, 9)
    expect(slice.memoryGib).toBe(facts.migProfiles('a100-sxm-80gb').find(({profile}) => profile === '3g.40gb')!.memoryGib)
  })

  test.for([['A100 80GB MIG 1g.5gb'], ['RTX 4090 MIG 1g.10gb']] as const)('%s is none: no accelerator is cut so', ([label]) => {
    expect(named(label)).toBeUndefined()
  })

  test.for([['H100 SXM 80GB', Number.POSITIVE_INFINITY], ['H200 MIG 4g.71gb', 4], ['A100 80GB MIG 2c.3g.40gb', 2]] as const)('%s has %d slices of compute', ([label, expected]) => {
    expect(sliceSize(label)).toBe(expected)
  })

  test('all speeds on slices are one figure, and those of whole cards beside them another', () => {
    expect(figureOf('cv_inference', 'samples_per_s', 'A30 24GB MIG 1g.6gb', 'slices')).toBe('speed on a slice')
    expect(figureOf('cv_inference', 'samples_per_s', 'A30 24GB', 'slices')).toBe('whole cards beside slices')
    expect(figureOf('cv_inference', 'samples_per_s', 'A30 24GB', 'mlperf')).toBe('vision inference')
    expect(figureOf('cv_inference', 'memory_gib', 'A30 24GB MIG 1g.6gb', 'slices')).toBe('memory of other work')
  })
})

const ROW = {kind: 'cv_inference', model: 'resnet50', phase: 'offline_throughput', framework: 'PyTorch', accelerator: 'A100 SXM 80GB', accelerators: '1', nodes: '1', precision: 'fp16', micro_batch: '64', metric: 'samples_per_s', value: '2000', unit: 'samples/s', scope: 'system', source: 's'}

type Change = Readonly<Record<string, string>>
function rowsOf(file: string, changes: readonly Change[]): readonly ResultRow[] {
  const cells = changes.map((each, index) => MEASUREMENT_COLUMNS.map(column => ({...ROW, id: `row-${index}`, ...each} as Change)[column] ?? ''))
  return readResults(writeCsv(MEASUREMENT_COLUMNS, cells), file).rows
}

function predict(...changes: readonly Change[]): readonly PredictedRow[] {
  const {accelerators, devices, calibration} = facts.snapshot
  const rows = rowsOf('slices.csv', changes)
  const scope = createScope({schema: 'rigor.scope/1', outOfScope: [], excluded: []}, scopeContext(accelerators, devices, facts.migProfiles))
  return predictRows(rows, {facts, accelerators, devices, migProfiles: facts.migProfiles, calibration, scope})
}

describe('a result on a slice', () => {
  const SLICE = {accelerator: 'A100 80GB MIG 3g.40gb', scope: 'per_slice', value: '1000'}

  test('is answered by the ordinary reader, asked of the slice', () => {
    const [row] = predict(SLICE)
    const {accelerators, label} = named(SLICE.accelerator)!
    const reader = readerOf('cv_inference')!

    const direct = reader.predict({...row!.row.setting, accelerator: label}, facts, accelerators)

    expect(row).toMatchObject({status: 'answered', accelerator: 'a100-sxm-80gb', kind: 'vision-inference', figure: 'speed on a slice'})
    expect(direct).toMatchObject({status: 'answered', interval: row!.answers.get('all')!.interval})
  })

  test('that cannot be is not answered', () => {
    expect(predict({accelerator: 'A100 80GB MIG 5g.50gb'})).toMatchObject([{status: 'unanswered', reason: 'the catalog has no A100 80GB MIG 5g.50gb'}])
  })

  test('stands beside that of the whole card of its source: the ratio of both is scored', () => {
    const rows = predict({}, SLICE, {...SLICE, micro_batch: '32'}, {...SLICE, source: 'another'})
    const [whole, slice] = rows

    expect(slicePairs(rows)).toEqual([{slice, whole}])
    const {scores} = summarize(rows, ['all']).groups.find(({group}) => group === 'slice ÷ whole card')!
    const predicted = slice!.answers.get('all')!.interval.p50 / whole!.answers.get('all')!.interval.p50
    expect(scores?.mape).toBeCloseTo(Math.abs(predicted / 0.5 - 1), 9)
  })

  test('stands beside its largest slice where the card was cut in all of them', () => {
    const rows = predict({...SLICE, accelerator: 'A100 80GB MIG 7g.80gb', value: '1900'}, SLICE)

    expect(slicePairs(rows).map(({slice, whole}) => [slice.row.id, whole.row.id])).toEqual([['row-1', 'row-0']])
  })

  test('is found by the name of its accelerator', () => {
    const rows = predict({}, SLICE, {accelerator: 'H100 SXM 80GB'}).map(({row}) => row)

    expect(selectRows(rows, {accelerators: ['a100-*']}, facts.snapshot.accelerators).map(({id}) => id)).toEqual(['row-0', 'row-1'])
  })

  test('the ratio is asked for by its name, and takes both sides', () => {
    const asked = (file: string, metric: string): number => selectRows(rowsOf(file, [SLICE, {}, {model: 'vit_base_patch16_224'}]), {metrics: [metric]}, facts.snapshot.accelerators).length

    expect([asked('slices.csv', 'slice ÷ whole card'), asked('slices.csv', 'speed on a slice'), asked('slices.csv', 'whole cards beside slices')]).toEqual([3, 1, 2])
    // Whole cards of other files have none beside them.
    expect(asked('other.csv', 'slice ÷ whole card')).toBe(1)
  })
})
