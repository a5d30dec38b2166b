import {parseCsv} from '../csv.ts'
import {IntraNodeLink, Rdma, type Machine} from '../schema.ts'
import {compact, oneOf, optionalNumber, optionalText, provenanceOf, requiredNumber, requiredText, scaled, yesNo} from './cells.ts'

/** Columns of data/machines/<provider>.csv. Gbps are network gigabits (1e9 bit/s) of the whole machine. */
export const MACHINE_COLUMNS = [
  'instanceType', 'acceleratorId', 'acceleratorCount', 'vcpus', 'memoryGib', 'localSsdGb', 'cpuModel',
  'networkGbps', 'rdma', 'rdmaGbps', 'intraNodeLink', 'slice', 'note', 'sourceId', 'asOf', 'standing',
] as const

const BYTES_PER_GIGABIT = 1e9 / 8

export function parseMachines(text: string, provider: string, file = `machines/${provider}.csv`): readonly Machine[] {
  return parseCsv(text, file).map((record) =>
    compact<Machine>({
      provider,
      instanceType: requiredText(record, 'instanceType'),
      acceleratorId: optionalText(record, 'acceleratorId'),
      acceleratorCount: requiredNumber(record, 'acceleratorCount'),
      vcpus: optionalNumber(record, 'vcpus'),
      memoryGib: optionalNumber(record, 'memoryGib'),
      localSsdGb: optionalNumber(record, 'localSsdGb'),
      cpuModel: optionalText(record, 'cpuModel'),
      networkBytesPerSecond: scaled(record, 'networkGbps', BYTES_PER_GIGABIT),
      rdma: oneOf(record, 'rdma', Rdma.options),
      rdmaBytesPerSecond: scaled(record, 'rdmaGbps', BYTES_PER_GIGABIT),
      intraNodeLink: oneOf(record, 'intraNodeLink', IntraNodeLink.options),
      slice: yesNo(record, 'slice') || undefined,
      note: optionalText(record, 'note'),
      ...provenanceOf(record),
    }),
  )
}
