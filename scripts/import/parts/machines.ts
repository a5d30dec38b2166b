import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell} from '../../../src/catalog/csv.ts'
import {MACHINE_COLUMNS} from '../../../src/catalog/parse/machines.ts'
import type {Rdma} from '../../../src/catalog/schema.ts'
import {byText, dateOf, mapped} from '../facts.ts'
import {readMachineFacts} from '../machine-facts.ts'
import type {ImportContext} from '../part.ts'

const RDMA: Readonly<Record<string, Rdma>> = {
  none: 'none', unknown: 'unknown', efa: 'efa', infiniband: 'infiniband', roce: 'roce', 'gpudirect-tcpx': 'gpudirect-tcpx', ici: 'ici', '': 'unknown',
}

export function importPart({from, to, sources}: ImportContext): void {
  const byProvider = new Map<string, CsvCell[][]>()
  for (const machine of readMachineFacts(from).values()) {
    if (machine.leftOut !== undefined) continue
    const cell = (column: string): string => machine.record.cells[column]!
    const note = cell('note')
    const rows = byProvider.get(machine.provider) ?? []
    byProvider.set(machine.provider, rows)
    rows.push([
      machine.instanceType, machine.acceleratorId, machine.acceleratorCount, cell('vcpus'), cell('memory_gib'),
      // An optional local SSD is no part of the machine's price.
      /local SSD optional/.test(note) ? '' : cell('local_ssd_gb'),
      cell('cpu_model'), cell('network_gbps'), mapped(machine.record, 'rdma', RDMA), cell('rdma_gbps'), machine.intraNodeLink,
      /^tpu-v/.test(machine.instanceType) ? 'yes' : 'no',
      [note, /contract|capacity block|reservation/.test(cell('billing_increment')) ? cell('billing_increment') : ''].filter(Boolean).join('; '),
      sources.sourceIdFor(cell('source')), dateOf(machine.record), /^general knowledge/.test(cell('source')) ? 'recalled' : 'read',
    ])
  }
  mkdirSync(join(to, 'machines'), {recursive: true})
  for (const [provider, rows] of byProvider) {
    rows.sort((a, b) => byText(String(a[0]), String(b[0])))
    writeFileSync(join(to, 'machines', `${provider}.csv`), writeCsv(MACHINE_COLUMNS, rows))
  }
}
