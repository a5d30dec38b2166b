import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseHeldOut, WAYS} from '../../src/accuracy/held-out.ts'
import type {CalibrationTable} from '../../src/catalog/schema.ts'
import {POWER_KIND, POWER_QUANTITIES} from '../../src/power/model.ts'
import {AUDIO, AUDIO_QUANTITIES} from '../../src/workload/audio/factors.ts'
import {CFD, CFD_QUANTITIES} from '../../src/workload/cfd/factors.ts'
import {DIFFUSION_TRAIN, DIFFUSION_TRAIN_QUANTITIES} from '../../src/workload/diffusion-train/factors.ts'
import {MEDIA_QUANTITIES} from '../../src/workload/media/factors.ts'
import {QUANTITIES as SERVING_QUANTITIES} from '../../src/workload/llm-inference/factors.ts'
import {NETWORK_QUANTITIES, NETWORKS} from '../../src/workload/networks/factors.ts'
import {ASSUMED_FACTORS} from '../../src/workload/llm/training-factors.ts'
import {MOLECULAR_DYNAMICS, MOLECULAR_QUANTITIES} from '../../src/workload/molecular-dynamics/factors.ts'
import {ANALYTICS, ANALYTICS_QUANTITIES} from '../../src/workload/data-analytics/factors.ts'
import {TABULAR, TABULAR_QUANTITIES} from '../../src/workload/ml-tabular/factors.ts'
import {REINFORCEMENT_LEARNING, REINFORCEMENT_LEARNING_QUANTITIES} from '../../src/workload/reinforcement-learning/factors.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, 'data', file), 'utf8')
const {entries, spreads} = JSON.parse(read('calibration.json')) as CalibrationTable
const folds = parseHeldOut(read('measured/held-out.json'))

/** Where the fit of each kind starts, by quantity. */
const STARTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [POWER_KIND]: Object.fromEntries(Object.values(POWER_QUANTITIES)),
  'llm-inference': Object.fromEntries(Object.values(SERVING_QUANTITIES)),
  'llm-pretrain': ASSUMED_FACTORS,
  'llm-finetune': ASSUMED_FACTORS,
  [AUDIO]: AUDIO_QUANTITIES,
  [CFD]: CFD_QUANTITIES,
  [MOLECULAR_DYNAMICS]: MOLECULAR_QUANTITIES,
  'image-generation': MEDIA_QUANTITIES,
  'video-generation': MEDIA_QUANTITIES,
  [DIFFUSION_TRAIN]: DIFFUSION_TRAIN_QUANTITIES,
  [ANALYTICS]: ANALYTICS_QUANTITIES,
  [TABULAR]: TABULAR_QUANTITIES,
  [NETWORKS]: NETWORK_QUANTITIES,
  [REINFORCEMENT_LEARNING]: REINFORCEMENT_LEARNING_QUANTITIES,
}
/** Factors that may stand where the fit started although they have measurements, as `kind quantity`. */
const MAY_STAND_STILL: ReadonlySet<string> = new Set()

const fitted = [...new Set(entries.filter(({measurements}) => measurements > 0).map(({kind}) => kind))]

test('the starts of all fitted kinds are known here', () => {
  expect(Object.keys(STARTS).toSorted()).toEqual(fitted.toSorted())
})

describe.for(fitted)('%s', kind => {
  test('no factor that says it has measurements stands where the fit started', () => {
    const unmoved = Object.entries(STARTS[kind] ?? {}).flatMap(([quantity, start]) => {
      const own = entries.filter(entry => entry.kind === kind && entry.quantity === quantity && entry.measurements > 0)
      return own.length > 0 && own.every(({value}) => value === Number(start.toPrecision(4))) && !MAY_STAND_STILL.has(`${kind} ${quantity}`) ? [quantity] : []
    })

    expect(unmoved).toEqual([])
  })

  test('there are folds without each model, accelerator and source', () => {
    expect(WAYS.filter(way => !folds.some(fold => fold.way === way && fold.kinds.includes(kind)))).toEqual([])
  })

  test('how far off its estimates are is read off its own residuals', () => {
    // Factors that several kinds share have the spreads of each of them.
    const kinds = new Set([kind, ...folds.flatMap(fold => (fold.kinds.includes(kind) ? fold.kinds : []))])

    expect(spreads.some(spread => kinds.has(spread.kind))).toBe(true)
  })
})
