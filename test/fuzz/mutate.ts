/** Numbers from a seed (mulberry32): the same specs in every run and on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export type Mapping = Record<string, unknown>
type Random = () => number

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value)

const HOSTILE: readonly unknown[] = [
  null, true, false, 0, -1, -0.5, 1e308, -1e308, 1e-308, 2 ** 53, 1e30, Number.NaN, Number.POSITIVE_INFINITY, '', ' ', '0', '-5 h', '1e999', '1e308 h', 'NaN', 'Infinity tokens', '12 parsecs', '50 GiB/s/s',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', '\u202eevil', '\u0000', '\u001b[31mred', '💥'.repeat(50), 'a'.repeat(5000), '${jndi:x}', '../../etc/passwd', '*', '**', '* '.repeat(300),
  [], [[]], {}, {a: {b: {c: {}}}}, [null], Array.from({length: 600}, () => 'x'), {p10: 1}, '=cost', '1..8', 'auto', 'yes', '0x10', '1_000', '1,5', '١٢', '½', '10%', '-10%', 1e15, '9'.repeat(400),
]

const KEYS = ['__proto__', 'constructor', 'prototype', 'modle', 'Model', 'kind ', '', 'tokens', 'flops', 'traffic', 'constraints', 'configuration', 'data', 'reference', 'schedule', 'objective', 'precision', 'slo', 'replicas', '💥', 'x'.repeat(200)]

/** Values that are right for a field of this name, wherever it stands. */
const FITTING: Readonly<Record<string, readonly unknown[]>> = {
  model: ['Llama-3.1-8B', 'Llama-3.1-70B', 'Qwen2.5-7B', 'Mixtral-8x7B', 'gpt2', 'DeepSeek-V3', {layers: 12, hidden: 768, heads: 12}, {layers: 40, hidden: 5120, heads: 40, kvHeads: 8, intermediate: 13824}, {layers: 1, hidden: 64, heads: 1, experts: 8}],
  name: ['a', 'nightly run', 'x'.repeat(100)],
  precision: ['bf16', 'fp16', 'fp8', 'fp32', 'int8', 'int4', 'nf4', 'FP8', 'half'],
  objective: ['cost', 'time', 'energy', 'carbon', 'balanced', 'cost + 2 USD/h * duration', 'energy', '-1 * throughput', 'latency.ttft.p99'],
  schedule: ['once', 'always', {runsPerMonth: 4}, {runsPerMonth: 0.3}, {hoursPerMonth: 160}, {hoursPerMonth: 740}],
  horizonMonths: [1, 6, 36, 0.5, 120, '2k', 600],
  deadline: ['1 h', '48h', '30 days', '90 s', '1 week'],
  budget: ['1 USD', '100 USD', 5000, '2k EUR', '0 USD'],
  providers: ['lambda', ['aws', 'rig'], ['gcp'], 'rig'],
  regions: ['us-*', ['eu-*', 'europe-*'], '*'],
  purchase: ['on-demand', ['spot', 'on-demand'], 'owned', ['reserved-1y', 'committed']],
  accelerators: ['h100-sxm-80gb', 'h100-*', ['H100-SXM', 'a10-24gb'], '*'],
  maxNodes: [1, 2, 3, 7, 64, 1000],
  minMemoryGib: [24, '80 GB', 192],
  dataResidency: ['EU', 'DE', ['US', 'EEA']],
  privacy: ['own-hardware', 'own-account', 'any'],
  tolerateInterruption: [true, false],
  inputTokens: [1, 128, 800, '8k', 100_000],
  outputTokens: [1, 200, 4000, '16k'],
  concurrency: [0.2, 1, 50, 2000, '10k'],
  requestsPerSecond: [0.01, 3, '300/min', 50],
  prefixCacheShare: [0, 0.5, '90%', 0.999],
  peakFactor: [1, 2, 10],
  ttft: ['2 s', {median: '300 ms'}, {p99: 10}, '50 ms'],
  tpot: ['100 ms', {median: '20 ms'}, 1],
  replicas: ['auto', 1, 2, 7, 100],
  tokens: [1, '1M', '2B', '15T', '1e16'],
  examples: [1, 5000, '1M'],
  epochs: [0.5, 1, 3, 100],
  sequenceLength: [1, 512, 2048, 32_768, 131_072],
  globalBatch: [1, 7, 64, 4096],
  method: ['full', 'lora', 'qlora', 'dpo', 'grpo'],
  optimizer: ['adamw', 'sgd', 'adamw-8bit', 'adafactor', 'muon'],
  rank: [1, 16, 256],
  flops: ['1 TFLOP', '50 EFLOP', 1, '1e29 FLOP'],
  bytes: ['1 GB', '20 TB', 1],
  memoryGib: [1, '60 GiB', '900 GiB', '0.1 GiB'],
  parallelEfficiency: [0.5, 0.85, 1, '90%'],
  duration: ['1 s', '3 h', '20 days'],
  throughput: [1, 12_300, '3.2 runs/h', '500 tokens/s'],
  on: ['a100-sxm-80gb', 'h100-sxm-80gb:8', 'lambda:gpu_8x_h100_sxm5', 'h100-sxm-80gb:8:x2'],
  inputGb: [0, 1, '20 TB', 0.001],
  inputAt: ['site', 'aws', 'aws@us-east-1', null],
  outputGb: [0, 10, '5 TB'],
  egressGb: [0, 100, '200 TB'],
  storageGb: [0, 500],
  runtime: ['vllm', 'pytorch', 'megatron', 'sglang', 'deepspeed'],
  tp: [1, 2, 3, 8, 16],
  pp: [1, 2, 5],
  dp: [1, 2, 8, 9],
  ep: [1, 8],
  cp: [1, 2],
  microBatch: [1, 4],
  batch: [1, 16, 1000],
  checkpointing: ['none', 'selective', 'full'],
  zeroStage: [0, 1, 2, 3],
  offload: ['none', 'optimizer', 'all'],
  runsPerMonth: [0.1, 1, 30, 10_000],
  hoursPerMonth: [1, 100, 744],
}

/** Groups of fields that may be laid over a spec. */
const ADDITIONS: Readonly<Record<string, readonly string[]>> = {
  constraints: ['deadline', 'budget', 'providers', 'regions', 'purchase', 'accelerators', 'maxNodes', 'minMemoryGib', 'dataResidency', 'privacy', 'tolerateInterruption'],
  data: ['inputGb', 'inputAt', 'outputGb', 'egressGb', 'storageGb'],
  configuration: ['runtime', 'tp', 'pp', 'dp', 'batch', 'checkpointing', 'zeroStage', 'offload', 'microBatch', 'precision'],
  '': ['objective', 'schedule', 'horizonMonths', 'name', 'precision', 'reference'],
}

interface Slot {
  readonly holder: Mapping | unknown[]
  readonly key: string | number
}

function slotsOf(value: unknown, slots: Slot[] = []): Slot[] {
  if (!isMapping(value) && !Array.isArray(value)) return slots
  for (const key of Object.keys(value)) {
    const slot = {holder: value as Mapping, key}
    slots.push(slot)
    slotsOf((value as Mapping)[key], slots)
  }
  return slots
}

const read = ({holder, key}: Slot): unknown => (holder as Mapping)[key]
const write = ({holder, key}: Slot, value: unknown): void => void Object.defineProperty(holder, key, {value, enumerable: true, configurable: true, writable: true})

/** A number or a quantity, larger or smaller. */
function rescaled(value: unknown, factor: number): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && value * factor >= 1 ? Math.round(value * factor) : value * factor
  const match = typeof value === 'string' ? /^([\d.]+)(.*)$/s.exec(value) : null
  return match === null ? value : `${Number((Number(match[1]) * factor).toPrecision(4))}${match[2]}`
}

/** Changes a spec as people do: other values of the right sort, fields more or less. */
function vary(spec: Mapping, random: Random): void {
  const slots = slotsOf(spec).filter(({key}) => key !== 'kind')
  const choice = random()
  if (choice < 0.35) {
    const fitting = slots.filter(({key}) => Object.hasOwn(FITTING, key))
    if (fitting.length > 0) {
      const slot = pick(random, fitting)
      write(slot, structuredClone(pick(random, FITTING[slot.key] ?? [])))
    }
  } else if (choice < 0.6) {
    const scalable = slots.filter(slot => rescaled(read(slot), 2) !== read(slot) && slot.key !== 'model')
    if (scalable.length > 0) {
      const slot = pick(random, scalable)
      write(slot, rescaled(read(slot), pick(random, [0.001, 0.1, 0.5, 2, 3, 10, 1000])))
    }
  } else if (choice < 0.92) {
    const group = pick(random, ['constraints', 'constraints', 'data', 'configuration', '', ''])
    const field = pick(random, ADDITIONS[group] ?? [])
    const value = field === 'reference' ? {on: pick(random, FITTING['on'] ?? []), ...(random() < 0.5 ? {duration: '3 h'} : {throughput: 1000})} : structuredClone(pick(random, FITTING[field] ?? []))
    if (group === '') spec[field] = value
    else {
      const own = spec[group]
      spec[group] = {...(isMapping(own) ? own : {}), [field]: value}
    }
  } else if (slots.length > 0) {
    const {holder, key} = pick(random, slots)
    if (!Array.isArray(holder)) delete holder[key]
  }
}

/** Changes a spec as nobody should: wrong types, hostile texts, keys of the language's own. */
function maul(spec: Mapping, random: Random): void {
  const slots = slotsOf(spec)
  const choice = random()
  if (choice < 0.6 && slots.length > 0) write(pick(random, slots), structuredClone(pick(random, HOSTILE)))
  else if (choice < 0.85) {
    const holders = [spec, ...slots.map(read).filter(isMapping)]
    write({holder: pick(random, holders), key: pick(random, KEYS)}, structuredClone(pick(random, HOSTILE)))
  } else if (slots.length > 0) {
    const slot = pick(random, slots)
    write(slot, rescaled(read(slot), pick(random, [-1, 0, 1e9, 1e300, 1e-300])))
  }
}

/** A spec made from another by one to four changes; most are sensible, so that most specs can be planned. */
export function mutate(base: Mapping, random: Random): Mapping {
  const spec = structuredClone(base)
  const changes = 1 + Math.floor(random() * 4)
  const savage = random() < 0.25
  for (let change = 0; change < changes; change++) {
    if (savage && change === 0) maul(spec, random)
    else vary(spec, random)
  }
  return spec
}
