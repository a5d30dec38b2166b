import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {dateOf, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

const GIB = 2 ** 30
const BYTES: Readonly<Record<string, number>> = {GiB: GIB, GB: 1e9, MB: 1e6, 'MB per process and GPU': 1e6, 'GiB per GPU': GIB, 'GB per GPU': 1e9, 'GB/s': 1e9}

/** One figure and the facts it was made of. */
interface Figure {
  readonly value: number
  readonly from: readonly CsvRecord[]
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** `data/runtimes.csv`: what a runtime keeps for itself and how long it takes to come up. What a runtime has no fact of comes from `any`, and the note says so. */
export function importPart({from, to, sources}: ImportContext): void {
  const records = readFacts(from, 'hardware/serving_runtime_overheads.csv')

  /** The facts of a runtime whose item starts so (and whose hardware or model says so); finding none is an error: the facts have changed. */
  function pick(runtime: string, item: string, where: Partial<Record<'model' | 'hardware' | 'note', string>> = {}): readonly CsvRecord[] {
    const found = records.filter(({cells}) =>
      cells['runtime'] === runtime && cells['item']!.startsWith(item) && Object.entries(where).every(([column, text]) => cells[column]!.includes(text)))
    if (found.length === 0) throw new Error(`serving_runtime_overheads.csv has no "${item}" of ${runtime}`)
    return found
  }
  const valueOf = (record: CsvRecord): number => numberOf(record, 'value')!
  const bytesOf = (record: CsvRecord): number => {
    const factor = BYTES[record.cells['unit']!]
    if (factor === undefined) throw new Error(`${record.file}:${record.line} — the unit "${record.cells['unit']}" is not mapped`)
    return valueOf(record) * factor
  }
  const share = (from: readonly CsvRecord[]): Figure => ({value: median(from.map(valueOf)), from})
  const seconds = (from: readonly CsvRecord[], factor = 1): Figure => ({value: median(from.map(valueOf)) * factor, from})
  const gib = (from: readonly CsvRecord[]): Figure => ({value: median(from.map(bytesOf)) / GIB, from})
  const plus = (...parts: readonly Figure[]): Figure => ({value: parts.reduce((sum, part) => sum + part.value, 0), from: parts.flatMap(part => part.from)})

  // Context and communication buffers of one H100 that serves Llama 3 8B: the only whole figure anyone measured.
  const outsideTorch = gib(pick('vllm', 'non-torch memory', {model: 'TP1', note: 'V0 engine'}))
  const any: Readonly<Record<'reserve' | 'share' | 'startup' | 'load', Figure>> = {
    reserve: outsideTorch,
    share: share(pick('mini-sglang', 'memory ratio default')),
    startup: seconds(pick('serverless platforms', 'cold start until first token')),
    load: {value: bytesOf(pick('any engine', 'weights from object storage')[0]!), from: pick('any engine', 'weights from object storage')},
  }
  // The first answer came 59 s after the start, 34.11 s of them in the engine: the rest is the process, its imports and the weights in the page cache.
  const warmInit = pick('vllm', 'init engine total', {note: '59 s until the first answer'})
  const compileInit = pick('vllm', 'init engine total', {note: 'with compile'})
  const seventyB = pick('vllm', 'weight load, 70B')
  /** Frameworks that set no share aside: they allocate until the memory is full. */
  const all: Figure = {value: 1, from: []}
  const jaxCompile = seconds(pick('jax/tpu', 'first compile'))
  const cudaContext = gib(pick('cuda', 'context size, H100 with PyTorch'))

  const runtimes: Readonly<Record<string, Partial<typeof any>>> = {
    any,
    vllm: {
      reserve: plus(outsideTorch, gib(pick('vllm', 'CUDA graph memory'))),
      share: share(pick('vllm', 'gpu_memory_utilization default')),
      startup: {value: median(compileInit.map(valueOf)) + 59 - valueOf(warmInit[0]!), from: [...compileInit, ...warmInit]},
      // 140 GB in 90 s.
      load: {value: Math.round(140e9 / valueOf(seventyB[0]!)), from: seventyB},
    },
    sglang: {reserve: plus(cudaContext, gib(pick('sglang', 'prefill CUDA graph memory'))), share: share(pick('sglang', 'mem_fraction_static'))},
    'tensorrt-llm': {share: share(pick('tensorrt-llm', 'free_gpu_memory_fraction'))},
    'llama.cpp': {
      reserve: gib(pick('cuda', 'context size, lazy loading')),
      share: all,
      load: {value: bytesOf(pick('any engine', 'weights from local NVMe')[0]!), from: pick('any engine', 'weights from local NVMe')},
    },
    pytorch: {reserve: cudaContext, share: all},
    // What stays on each accelerator of a distributed trainer once its state is offloaded: context, NCCL, allocator.
    megatron: {reserve: gib(pick('verl/ray worker', 'memory left after offloading')), share: all},
    deepspeed: {reserve: gib(pick('verl/ray worker', 'memory left after offloading')), share: all},
    maxtext: {startup: jaxCompile},
    jetstream: {startup: jaxCompile},
    neuron: {startup: seconds(pick('neuron', 'ahead-of-time compile'), 60)},
    gaudi: {startup: seconds(pick('gaudi', 'warm-up of shape buckets'), 60)},
    rocm: {},
    mlx: {},
  }

  const WORDS = {reserve: 'memory reserve', share: 'usable share', startup: 'start-up', load: 'load rate'} as const
  const rows = Object.entries(runtimes).map(([runtime, own]): CsvCell[] => {
    const missing = (['reserve', 'share', 'startup', 'load'] as const).filter(key => own[key] === undefined)
    const figures = {...any, ...own}
    const used = [figures.reserve, figures.share, figures.startup, figures.load].flatMap(figure => figure.from)
    const text = [...new Set(used.map(record => record.cells['source']!))].join(' ; ')
    const notes = [
      ...(missing.length === 0 ? [] : [`no fact of its own for ${missing.map(key => WORDS[key]).join(', ')}: taken from any`]),
      ...(own.share === all ? ['sets no share aside'] : []),
    ]
    return [
      runtime, Number(figures.reserve.value.toFixed(2)), Number(figures.share.value.toFixed(3)), Number(figures.startup.value.toFixed(1)), figures.load.value, notes.join('; '),
      sources.sourceIdFor(text), used.map(record => dateOf(record)).sort()[0], sources.standingFor(text) === 'recalled' ? 'recalled' : 'derived',
    ]
  })
  const header = ['runtime', 'memoryReserveGib', 'memoryShareUsable', 'startupSeconds', 'weightLoadBytesPerSecond', 'note', 'sourceId', 'asOf', 'standing']
  writeFileSync(join(to, 'runtimes.csv'), writeCsv(header, rows))
}
