import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {matchAccelerator} from '../../src/accuracy/accelerator-label.ts'
import {parseCsv} from '../../src/catalog/csv.ts'
import {bareHardware} from '../../src/catalog/hardware.ts'
import {RigorError} from '../../src/errors.ts'
import type {Load} from '../../src/performance/types.ts'
import type {PlanningFacts} from '../../src/planner/facts.ts'
import {usualIdleShare} from '../../src/power/model.ts'
import {llmInference} from '../../src/workload/llm-inference/index.ts'
import {InferenceSpec} from '../../src/workload/llm-inference/schema.ts'

/** Prompt lengths of the benchmark's data sets; the rows do not state them. An assumption: they move the shares of long answers little. */
const PROMPT_TOKENS: Readonly<Record<string, number>> = {'lm-arena-chat': 150, gpqa: 300, 'sourcegraph-fim': 500}
const PRECISIONS: Readonly<Record<string, string>> = {bfloat16: 'bf16', fp8: 'fp8', mxfp4: 'mxfp4'}
/** The publication's names that the catalog has under another one. */
const MODEL_NAMES: readonly (readonly [RegExp, string])[] = [
  [/-FP8$/, ''],
  [/DeepSeek-V3\.1$/, 'DeepSeek-V3'],
  [/DeepSeek-R1-0528$/, 'DeepSeek-R1'],
  [/-(?:Instruct|Thinking)-2507$/, ''],
]

export interface PowerSample {
  readonly id: string
  readonly architecture: string
  readonly idleWatts: number
  readonly maximumWatts: number
  readonly wattsPerAccelerator: number
  readonly sourceId: string
  readonly asOf: string
  /** Loads: as predicted, and the same scaled to the throughput that was measured. */
  readonly predicted: Load
  readonly measured: Load
}

type Row = Readonly<Record<string, string>>
const configurationOf = (row: Row): string => row['id']!.replace(/--(?:watts|joules-per-token)$/, '')

/** The serving rows of data/measured/energy.csv with the loads that the estimator sees in them; why the others were left out, each with its count. */
export function powerSamples(root: string, facts: PlanningFacts): {readonly samples: readonly PowerSample[]; readonly leftOut: ReadonlyMap<string, number>} {
  const rows = parseCsv(readFileSync(join(root, 'data/measured/energy.csv'), 'utf8'), 'energy.csv').map(record => record.cells)
  const joules = new Map(rows.filter(row => row['metric'] === 'joules_per_token').map(row => [configurationOf(row), Number(row['value'])]))
  const leftOut = new Map<string, number>()
  const leaveOut = (why: string): undefined => {
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1)
  }
  const watts = rows.filter(row => row['metric'] === 'watts' && row['kind'] === 'llm_inference')
  return {samples: watts.flatMap(row => sampleOf(row, joules.get(configurationOf(row)), facts, leaveOut) ?? []), leftOut}
}

function sampleOf(row: Row, joulesPerToken: number | undefined, facts: PlanningFacts, leaveOut: (why: string) => undefined): PowerSample | undefined {
  const {accelerators} = facts.snapshot
  const accelerator = matchAccelerator(row['accelerator']!, accelerators)
  const precision = PRECISIONS[row['precision']!]
  const batch = Number(/measured mean batch ([\d.]+)/.exec(row['notes']!)?.[1])
  if (joulesPerToken === undefined || accelerator === undefined || precision === undefined || !(batch > 0)) return leaveOut('incomplete row')
  const maximumWatts = accelerator.powerWatts
  const idleShare = usualIdleShare(accelerators, accelerator.vendor)
  if (maximumWatts === undefined || idleShare === null) return leaveOut('power not known')
  const name = MODEL_NAMES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), row['model']!)
  const [count, tp, ep] = [Number(row['accelerators']), Number(row['tp'] || 1), Number(row['ep'] || 1)]
  const watts = Number(row['value'])
  try {
    const spec = InferenceSpec.parse({
      kind: 'llm-inference',
      model: name,
      precision,
      traffic: {
        inputTokens: PROMPT_TOKENS[row['dataset']!] ?? 300,
        outputTokens: Math.round(Number(row['output_len'])),
        concurrency: Math.max(1, Math.round(batch)),
      },
      replicas: count / tp,
      configuration: {runtime: 'vllm', tp, pp: 1, ep},
      slo: {ttft: '10000 s', tpot: '1000 s'},
    })
    const demand = llmInference.demand(spec, facts)
    const result = llmInference.perform(demand, bareHardware(accelerator, count, 1), {...demand.configuration, precision, dp: count / tp}, facts)
    if (!result.feasible) return leaveOut(`${result.refusal.reason}: ${result.refusal.detail}`)
    const {load, throughput} = result.performance
    const ratio = watts / joulesPerToken / (throughput.value?.p50 ?? Number.NaN)
    const cap = (share: number): number => Math.min(1, share * ratio)
    return {
      id: configurationOf(row),
      architecture: accelerator.architecture,
      idleWatts: accelerator.idleWatts ?? maximumWatts * idleShare,
      maximumWatts,
      wattsPerAccelerator: watts / count,
      sourceId: row['source']!,
      asOf: `${row['date']!}-01`.slice(0, 10),
      predicted: load,
      measured: {computeShare: cap(load.computeShare), memoryShare: cap(load.memoryShare), linkShare: cap(load.linkShare), hostShare: load.hostShare},
    }
  } catch (error) {
    if (error instanceof RigorError) return leaveOut(`${error.code} ${row['model']}`)
    throw error
  }
}
