import path from 'node:path'
import {expect, test} from 'vitest'
import {openPublishedErrors, publishedErrorsOf} from '../../src/published-errors.ts'

const figure = (mape: number) => ({mape, mdape: mape / 2, coverage: 1})
const errors = publishedErrorsOf({
  schema: 'rigor.accuracy-record/1', outOfSample: true, goals: {},
  figures: {TPOT: figure(0.1), TTFT: figure(0.2), 'serving throughput': figure(0.3), 'training step': figure(0.4), 'fine-tuning step': figure(0.5), 'peak memory': figure(0.6), 'power and energy': figure(0.7)},
})

test.for([
  ['llm-inference', 'tpot', 'TPOT'],
  ['llm-inference', 'ttft', 'TTFT'],
  ['llm-inference', 'throughput', 'serving throughput'],
  ['llm-inference', 'throughput-mixture', 'serving throughput'],
  ['llm-inference', 'tpot-mixture', 'TPOT'],
  ['llm-pretrain', 'step-time', 'training step'],
  ['llm-pretrain', 'step-time-alone', 'training step'],
  ['llm-finetune', 'step-time', 'fine-tuning step'],
  ['llm-finetune', 'memory', 'peak memory'],
  ['power', 'accelerator-watts', 'power and energy'],
  ['power', 'wall-watts', 'power and energy'],
  ['power', 'joules-per-token', 'power and energy'],
] as const)('%s of %s is what the accuracy tables call %s', ([kind, metric, name]) => {
  expect(errors(kind, metric)?.figure).toBe(name)
})

test('what is not recorded is not known', () => {
  expect(errors('llm-inference', 'ttft-queued')).toBeUndefined()
  expect(errors('generic', 'throughput')).toBeUndefined()
  expect(errors('__proto__', 'speed')).toBeUndefined()
  expect(openPublishedErrors(path.join(import.meta.dirname, 'nowhere'))('llm-inference', 'tpot')).toBeUndefined()
})

test('the record that ships can be read', () => {
  const shipped = openPublishedErrors(path.resolve(import.meta.dirname, '../..'))

  expect(shipped('llm-inference', 'tpot')).toMatchObject({figure: 'TPOT', mape: expect.any(Number) as number})
})
