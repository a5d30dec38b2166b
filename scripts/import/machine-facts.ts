import type {CsvRecord} from '../../src/catalog/csv.ts'
import type {IntraNodeLink} from '../../src/catalog/schema.ts'
import {globToRegExp, mapped, numberOf, readFacts} from './facts.ts'

export interface MachineFact {
  readonly key: string
  readonly provider: string
  readonly instanceType: string
  readonly acceleratorId: string | undefined
  readonly acceleratorCount: number
  readonly intraNodeLink: IntraNodeLink
  /** Why it is not taken into the catalog. */
  readonly leftOut: string | undefined
  /** Believed retired, not confirmed. */
  readonly believedRetired: boolean
  readonly record: CsvRecord
}

/** Machine types without a row in machine_accelerators.csv because nothing prices them; the label names one accelerator only. */
const ACCELERATOR_OF_UNPRICED_LABEL: Readonly<Record<string, string>> = {
  'GB200': 'gb200-186gb',
  'GB300': 'gb300-288gb',
  'Trainium2': 'trainium2-96gb',
  'Trainium3': 'trainium3-144gb',
  'TPU7x': 'tpu-v7',
  'H100': 'h100-sxm-80gb',
}

const LINK: Readonly<Record<string, IntraNodeLink>> = {
  'none': 'none', 'pcie': 'pcie', 'nvlink-bridge': 'nvlink-bridge', 'nvlink': 'nvlink', 'nvswitch': 'nvswitch',
  'ici': 'ici', 'neuronlink': 'neuronlink', 'infinity-fabric': 'infinity-fabric', 'xgmi': 'infinity-fabric', '': 'unknown',
}

export function readMachineFacts(from: string): ReadonlyMap<string, MachineFact> {
  const patterns = readFacts(from, 'hardware/machine_accelerators.csv').map((record) => ({
    record,
    provider: record.cells['provider']!,
    matches: globToRegExp(record.cells['instance_type_pattern']!),
  }))
  const machines = new Map<string, MachineFact>()
  for (const record of readFacts(from, 'hardware/machines.csv')) {
    const provider = record.cells['provider']!
    if (provider === 'owned') continue
    const instanceType = record.cells['instance_type']!
    const label = record.cells['accelerator_label']!
    const hits = patterns.filter((pattern) => pattern.provider === provider && pattern.matches.test(instanceType))
    if (hits.length > 1) throw new Error(`${provider}/${instanceType} matches ${hits.length} patterns of machine_accelerators.csv`)
    const hit = hits[0]?.record
    const acceleratorId = label === '' ? undefined : hit?.cells['accelerator_id'] || ACCELERATOR_OF_UNPRICED_LABEL[label]
    const acceleratorCount = acceleratorId === undefined ? 0 : numberOf(record, 'accelerator_count')!
    const basis = hit?.cells['source_or_basis'] ?? ''
    const key = `${provider}/${instanceType}`
    if (machines.has(key)) throw new Error(`${key} stands twice in machines.csv`)
    machines.set(key, {
      key,
      provider,
      instanceType,
      acceleratorId,
      acceleratorCount,
      intraNodeLink: linkOf(record, hit, acceleratorCount),
      leftOut:
        label !== '' && acceleratorId === undefined ? `${label}: no row in the accelerator facts`
        : /^retired/.test(basis) ? basis
        : undefined,
      believedRetired: /believed retired/.test(basis),
      record,
    })
  }
  return machines
}

/**
 * machine_accelerators.csv tells bridged pairs from switches, machines.csv does not; but it writes "nvlink-bridge" for the direct mesh of
 * V100 boards as well, which joins all eight: that is `nvlink`. Several accelerators with no link named are `unknown`, not unlinked.
 */
function linkOf(record: CsvRecord, hit: CsvRecord | undefined, acceleratorCount: number): IntraNodeLink {
  const own = mapped(record, 'intra_node_link', LINK)
  if (acceleratorCount <= 1) return 'none'
  if (hit === undefined) return own === 'none' ? 'unknown' : own
  const finer = mapped(hit, 'intra_node_link', LINK)
  if (/direct NVLink mesh/.test(hit.cells['source_or_basis']!) || (finer === 'nvlink-bridge' && hit.cells['form_factor'] === 'sxm')) return 'nvlink'
  return finer === 'none' ? 'unknown' : finer
}
