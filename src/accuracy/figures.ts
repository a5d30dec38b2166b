import {readerOf} from './readers.ts'

const ENERGY = /^watts|^joules|^energy/
/** Metrics whose name tells what they are, whatever the work; all others are speeds of the work. */
const FIGURES: readonly (readonly [pattern: RegExp, figure: string])[] = [
  [/^fits$/, 'fits'],
  [/^memory/, 'peak memory'],
  [ENERGY, 'power and energy'],
  [/^ttft/, 'TTFT'],
  [/^(?:tpot|itl)/, 'TPOT'],
  [/^latency/, 'request latency'],
]

/** What is scored together: the figure that a row of this kind and metric, of an accelerator with this label, is about. */
export function figureOf(kind: string, metric: string, accelerator: string): string {
  const reader = readerOf(kind)
  if (ENERGY.test(metric) && reader?.energy !== undefined) return reader.energy
  return FIGURES.find(([pattern]) => pattern.test(metric))?.[1] ?? reader?.speedOn?.(accelerator) ?? reader?.speed ?? kind
}

/** In the order of the tables. */
export const FIGURE_ORDER: readonly string[] = ['TPOT', 'serving throughput', 'TTFT', 'request latency', 'training step', 'fine-tuning step', 'images and clips', 'cell updates', 'cell updates on processors', 'environment steps', 'environment steps on processors', 'vision training', 'vision inference', 'vision inference on processors', 'NLP training', 'NLP inference', 'analytics', 'trees over tables', 'molecular dynamics', 'molecular dynamics on processors', 'transcription', 'power and energy', 'energy of images and clips', 'peak memory', 'fits']
