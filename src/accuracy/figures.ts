import {OTHER_MEMORY, readerOf} from './readers.ts'
import {isSliceLabel} from './slice-label.ts'

const ENERGY = /^watts|^joules|^energy/
const MEMORY = /^memory/
const LATENCY = 'request latency'
/** Metrics whose name tells what they are, whatever the work; all others are speeds of the work. */
const FIGURES: readonly (readonly [pattern: RegExp, figure: string])[] = [
  [/^fits$/, 'fits'],
  [MEMORY, 'peak memory'],
  [ENERGY, 'power and energy'],
  [/^ttft/, 'TTFT'],
  [/^(?:tpot|itl)/, 'TPOT'],
  [/^latency/, LATENCY],
]

/** The file of slices, and of the whole cards that were measured beside them. Nothing is fitted to it. */
const SLICES_TOPIC = 'slices'
/** All speeds on slices, and times of a batch, are one figure, whatever the work, and so are those of the whole cards beside them. */
export const SLICE_FIGURES = {slice: 'speed on a slice', whole: 'whole cards beside slices', ratio: 'slice ÷ whole card'} as const

/** What is scored together: the figure that a row of this kind and metric, of an accelerator with this label, is about. */
export function figureOf(kind: string, metric: string, accelerator: string, topic = ''): string {
  const reader = readerOf(kind)
  if (ENERGY.test(metric) && reader?.energy !== undefined) return reader.energy
  if (MEMORY.test(metric) && reader?.memory !== undefined) return reader.memory
  const named = FIGURES.find(([pattern]) => pattern.test(metric))?.[1]
  if (named === undefined || named === LATENCY) {
    if (isSliceLabel(accelerator)) return SLICE_FIGURES.slice
    if (topic === SLICES_TOPIC) return SLICE_FIGURES.whole
  }
  return named ?? reader?.speedOn?.(accelerator) ?? reader?.speed ?? kind
}

/** In the order of the tables. */
export const FIGURE_ORDER: readonly string[] = ['TPOT', 'serving throughput', 'TTFT', LATENCY, 'training step', 'fine-tuning step', 'images and clips', 'diffusion training', 'cell updates', 'cell updates on processors', 'environment steps', 'environment steps on processors', 'vision training', 'vision inference', 'vision inference on processors', 'NLP training', 'NLP inference', 'analytics', 'trees over tables', 'molecular dynamics', 'molecular dynamics on processors', 'transcription', 'transcription on processors', SLICE_FIGURES.slice, SLICE_FIGURES.ratio, SLICE_FIGURES.whole, 'power and energy', 'energy of images and clips', 'peak memory', OTHER_MEMORY, 'fits']
