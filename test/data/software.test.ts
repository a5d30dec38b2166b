import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {ARCHITECTURES, architectureOf, DEVICE_ARCHITECTURES} from '../../scripts/import/architectures.ts'
import {parseCsv} from '../../src/catalog/csv.ts'
import {parseAccelerators} from '../../src/catalog/parse/accelerators.ts'
import {parseCalibration} from '../../src/catalog/parse/calibration.ts'
import {parseDevices} from '../../src/catalog/parse/devices.ts'
import {parseLabels} from '../../src/catalog/parse/labels.ts'
import {parseNetworkModels} from '../../src/catalog/parse/network-models.ts'
import {parseRuntimes} from '../../src/catalog/parse/runtimes.ts'
import {parseSoftware} from '../../src/catalog/parse/software.ts'
import {memorySort} from '../../src/catalog/stream-share.ts'
import {createSoftwareTable} from '../../src/catalog/software.ts'
import {Precision, type SoftwareSupport} from '../../src/catalog/schema.ts'
import {NetworkFamily} from '../../src/catalog/words.ts'
import {AUDIO} from '../../src/workload/audio/factors.ts'
import {NETWORKS} from '../../src/workload/networks/factors.ts'
import {vendorScope} from '../../src/performance/calibration.ts'
import {ENGINES, ENVIRONMENTS} from '../../src/workload/reinforcement-learning/environments.ts'

const data = (file: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'data', file), 'utf8')
const rows = parseSoftware(data('software.csv'))
const accelerators = parseAccelerators(data('accelerators.csv'))
const runtimes = parseRuntimes(data('runtimes.csv'))
const labels = parseLabels(data('labels.csv'))
const sourceIds = new Set(parseCsv(data('sources.csv'), 'sources.csv').map(record => record.cells['id']))

const rowsWhere = (wrong: (row: SoftwareSupport) => boolean): readonly string[] => rows.filter(wrong).map(row => `${row.runtime} ${row.architecture}`)

/** The kinds there are; a label that maps to anything else is a mistake of the table. */
const KINDS = [
  'llm-inference', 'llm-pretrain', 'llm-finetune', 'vision-train', 'vision-inference', 'nlp-train', 'nlp-inference', 'reinforcement-learning', 'image-generation', 'video-generation',
  'diffusion-train', 'audio', 'cfd', 'molecular-dynamics', 'simulation', 'data-analytics', 'ml-tabular', 'graphics',
]

describe('data/software.csv', () => {
  test('every architecture, kind and precision is one of ours', () => {
    expect(rowsWhere(row => ![...ARCHITECTURES, ...DEVICE_ARCHITECTURES].includes(row.architecture))).toEqual([])
    expect(rowsWhere(row => row.kinds.length === 0 || row.kinds.some(kind => !KINDS.includes(kind)))).toEqual([])
    expect(rowsWhere(row => row.precisions.some(precision => !Precision.safeParse(precision).success))).toEqual([])
    expect(rowsWhere(row => !/^[a-z0-9.-]+$/.test(row.runtime))).toEqual([])
  })

  test('every row has a source', () => {
    expect(rowsWhere(row => !sourceIds.has(row.sourceId))).toEqual([])
  })

  test('every runtime speaks of every architecture of the facts once', () => {
    const perRuntime = Map.groupBy(rows, row => row.runtime)

    expect(perRuntime.size).toBe(53)
    expect([...perRuntime].filter(([, own]) => new Set(own.map(row => row.architecture).filter(architecture => ARCHITECTURES.includes(architecture))).size !== 32)).toEqual([])
  })

  test('what runs names a precision, what does not names none', () => {
    expect(rowsWhere(row => row.precisions.length > 0 === (row.status === 'no'))).toEqual([])
  })

  test('every kind runs somewhere', () => {
    const table = createSoftwareTable(rows)

    expect(KINDS.filter(kind => !ARCHITECTURES.some(architecture => table.runtimesFor(kind, architecture).length > 0))).toEqual([])
  })

  test.for([
    ['llm-inference', 'hopper', ['vllm', 'sglang', 'tensorrt-llm']],
    ['llm-inference', 'tpu-v5e', ['vllm', 'jetstream']],
    ['llm-pretrain', 'hopper', ['pytorch', 'megatron', 'maxtext']],
    ['llm-pretrain', 'tpu-v5p', ['maxtext']],
    ['llm-finetune', 'ada', ['pytorch']],
    ['llm-inference', 'apple', ['llama.cpp', 'mlx']],
  ] as const)('%s on %s runs on %j', ([kind, architecture, expected]) => {
    const found = createSoftwareTable(rows).runtimesFor(kind, architecture).map(support => support.runtime)

    expect(found).toEqual(expect.arrayContaining([...expected]))
  })

  test.for([['molecular-dynamics', 'tpu-v5e'], ['llm-pretrain', 'inferentia2'], ['llm-pretrain', 'gcn'], ['llm-inference', 'kepler'], ['llm-inference', 'inferentia1'], ['graphics', 'trainium1']] as const)('%s on %s does not run, and the reason is known', ([kind, architecture]) => {
    const table = createSoftwareTable(rows)

    expect(table.runtimesFor(kind, architecture).filter(support => support.status === 'yes')).toEqual([])
    expect(table.whyNot(kind, architecture)).toBeTruthy()
  })

  test('no kind both runs and does not under one runtime', () => {
    const seen = rows.flatMap(row => row.kinds.map(kind => `${row.runtime} ${row.architecture} ${kind}`))

    expect(seen.length).toBe(new Set(seen).size)
  })

  test('an fp8 that the hardware only stores is no fp8 of Volta or Turing', () => {
    expect(rowsWhere(row => ['volta', 'turing', 'pascal', 'kepler', 'maxwell'].includes(row.architecture) && row.precisions.includes('fp8'))).toEqual([])
  })
})

test('every accelerator carries the architecture of the one table', () => {
  expect(accelerators.filter(accelerator => accelerator.architecture !== architectureOf(accelerator.id))).toEqual([])
})

test('an accelerator without an architecture is an error', () => {
  expect(() => architectureOf('rubin-288gb')).toThrow(/architectures\.ts/)
})

describe('data/labels.csv', () => {
  test.for([['kind', 'vision-infer', ['vision-inference']], ['kind', 'vision-language', ['llm-inference']], ['kind', 'nlp-embedding', ['nlp-inference']], ['architecture', 'v2/v3', ['tpu-v2', 'tpu-v3']]] as const)(
    'the %s %s is %j',
    ([field, label, ids]) => {
      expect(labels.idsOf(field, label)).toEqual(ids)
    },
  )

  test('maps to nothing that is not in the catalog', () => {
    const software = new Set(rows.map(row => row.runtime))
    const known: Readonly<Record<string, (id: string) => boolean>> = {
      architecture: id => ARCHITECTURES.includes(id),
      kind: id => KINDS.includes(id),
      precision: id => Precision.safeParse(id).success,
      runtime: id => software.has(id),
    }
    expect(labels.rows.filter(({field, ids}) => !ids.every(known[field]!))).toEqual([])
  })
})

describe('data/runtimes.csv', () => {
  test('every runtime is one that data/software.csv knows, and "any" is there for the rest', () => {
    const software = new Set(rows.map(row => row.runtime))

    expect(runtimes.filter(fact => fact.runtime !== 'any' && !software.has(fact.runtime))).toEqual([])
    expect(runtimes.some(fact => fact.runtime === 'any')).toBe(true)
  })

  test('vLLM hands out 0.9 of the memory and keeps 1.79 GiB and its graphs', () => {
    expect(runtimes.find(fact => fact.runtime === 'vllm')).toMatchObject({memoryShareUsable: 0.9, memoryReserveGib: 2.24, startupSeconds: 90})
  })

  test('every figure has a source', () => {
    expect(runtimes.filter(fact => !sourceIds.has(fact.sourceId))).toEqual([])
  })
})

const devices = parseDevices(data('devices.csv'))
const everything = [...accelerators, ...devices]
/** What factors may be of: families, with a sort of memory or not, makers, single accelerators; and programs, where and over which links. */
const OF_A_PROGRAM = /^engine:[a-z]+( [a-z]+(-[a-z]+)*){0,2}$/
/** Factors of simulators: of a program, of a body in one, of a body on cores, of hosts and of what joins accelerators. */
const SIMULATED = [...ENGINES.flatMap(engine => [engine, ...ENVIRONMENTS.map(({body}) => `${engine}: ${body}`)]), ...ENVIRONMENTS.map(({body}) => `cores: ${body}`), 'host: desktop', 'host: server', 'host: none', 'in a machine', 'over a network']
/** What factors may be of: families, with a sort of memory or not, makers, single accelerators. */
/** Inferentia 2 and Trainium 1. */
const SHARED_CORES = ['neuroncore-v2', 'neuroncore-v2 hbm']
const SCOPES = new Set(['*', ...SIMULATED, ...SHARED_CORES, ...everything.flatMap(accelerator => [accelerator.id, accelerator.architecture, `${accelerator.architecture} ${memorySort(accelerator) ?? ''}`, vendorScope(accelerator.vendor)])])

test('every family of data/devices.csv is in the list of the import, and slots are those of the parts with whole data sheets', () => {
  expect(devices.filter(({architecture}) => ![...ARCHITECTURES, ...DEVICE_ARCHITECTURES].includes(architecture))).toEqual([])
  const slots = Map.groupBy(accelerators.filter(({formFactor, pcieGeneration}) => formFactor === 'pcie' && pcieGeneration !== undefined), ({architecture}) => architecture)
  const unlike = devices.filter(({architecture, pcieGeneration}) => pcieGeneration !== undefined && slots.has(architecture) && !slots.get(architecture)!.some(each => each.pcieGeneration === pcieGeneration))
  expect(unlike.map(({id}) => id)).toEqual([])
})

/** What factors of networks may be of beside: sorts of work, with the width of their operands, on a family or a maker's; families of networks, single ones; programs. */
const PROGRAM = '(?:pytorch|neuron|tensorrt|other|nvidia-[a-z0-9-]+)(?: in time)?'
const SORT = '(?:convolutions|matmuls)(?: (?:32 bit|tf32|16 bit|8 bit))?'
const OF_NETWORKS = new RegExp(`^(?:${SORT}(?<where> .+)?|(?:(?:eager|compiled|engine)(?: ${PROGRAM})?)|${PROGRAM}(?: ${SORT})?)$`)
const NETWORK_NAMES = new Set<string>([...NetworkFamily.options, ...parseNetworkModels(data('network-models.csv')).map(({id}) => id)])
/** Of `audio`: programs, alone or on what a maker, a family or one part is; processors are one family. */
const OF_AUDIO = /^(?:program |(?<where>\S+) )(?:[a-z.-]+(?: conformers)?)$|^processors$/
function isScope({kind, architecture}: {readonly kind: string; readonly architecture: string}): boolean {
  if (SCOPES.has(architecture)) return true
  if (kind === AUDIO) {
    const where = OF_AUDIO.exec(architecture)?.groups?.['where']
    return OF_AUDIO.test(architecture) && (where === undefined || where === 'processors' || SCOPES.has(where) || SCOPES.has(vendorScope(where)))
  }
  if (kind !== NETWORKS) return OF_A_PROGRAM.test(architecture)
  const found = OF_NETWORKS.exec(architecture)
  return NETWORK_NAMES.has(architecture.replace(/ (?:32 bit|tf32|16 bit|8 bit)$/, '')) || (found !== null && (found.groups?.['where'] === undefined || SCOPES.has(found.groups['where'].trim())))
}

test('data/calibration.json parses, its architectures are known and no factor is negative', () => {
  const entries = parseCalibration(data('calibration.json')).entries

  expect(entries.filter(entry => !isScope(entry) || entry.value < 0)).toEqual([])
})
