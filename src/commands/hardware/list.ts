import * as Flags from '@oclif/core/flags'
import {readAcceleratorMemory} from '../../catalog/accelerator-selector.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {RigorCommand} from '../../command.ts'
import {RigorError} from '../../errors.ts'
import {figure, significant} from '../../report/format.ts'
import {renderList, type Column} from '../../report/list.ts'
import {nearestNames} from '../../text/nearest.ts'

export default class HardwareList extends RigorCommand {
  static override summary = 'List the accelerators: memory, bandwidth, dense peak rates, power.'
  static override flags = {
    vendor: Flags.string({multiple: true, delimiter: ',', summary: 'Only of these makers.', helpValue: 'NAME'}),
    memory: Flags.string({summary: 'Memory as a range.', helpValue: '24GB..80GB'}),
    name: Flags.string({summary: 'Only names that hold this.', helpValue: 'TEXT'}),
    partial: Flags.boolean({summary: 'Those of which only memory, bandwidth and vector rates are known.'}),
  }
  static override examples = [
    {description: 'All of them', command: '<%= config.bin %> hardware list'},
    {description: 'Older, smaller and mobile ones of a maker', command: '<%= config.bin %> hardware list --partial --vendor intel'},
    {description: 'With at least 80 GB', command: '<%= config.bin %> hardware list --memory 80GB..'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(HardwareList)
    const snapshot = await this.openCatalog(flags)
    const accelerators = flags.partial ? snapshot.devices : snapshot.accelerators
    const range = flags.memory === undefined ? {} : readAcceleratorMemory(flags.memory, '--memory')
    const vendors = flags.vendor?.map((vendor) => vendor.toLowerCase())
    const text = flags.name?.toLowerCase()
    const found = accelerators.filter(
      ({id, vendor, memoryGib}) =>
        (vendors === undefined || vendors.includes(vendor.toLowerCase())) &&
        (text === undefined || id.includes(text)) &&
        memoryGib >= (range.minimum ?? 0) &&
        memoryGib <= (range.maximum ?? Infinity),
    )
    if (found.length === 0 && vendors !== undefined) {
      const makers = [...new Set(accelerators.map(({vendor}) => vendor.toLowerCase()))]
      const unknown = vendors.find((vendor) => !makers.includes(vendor))
      if (unknown !== undefined) throw new RigorError('UNKNOWN_VENDOR', `"${unknown}" makes no accelerator of the catalog.`, {hint: `${nearestNames(unknown, makers).map((near) => `did you mean "${near}"? `).join('')}Known: ${makers.join(', ')}.`})
    }
    const rows = [...found].sort((a, b) => b.memoryGib - a.memoryGib || (a.id < b.id ? -1 : 1))
    const {columns: width, color} = this.terminal
    this.print(renderList({columns: COLUMNS, rows, total: accelerators.length, noun: 'accelerators', sorted: 'by memory', notes: flags.partial ? ['For kinds of work that read no more of a data sheet: rigor explain partial-data-sheet.'] : ['Rates are dense.', `${snapshot.devices.length} more of which a part of the data sheet is known: --partial.`], width, color}))
    return {accelerators: rows}
  }
}

const tera = (value: number | undefined): string => (value === undefined ? '' : figure(value / 1e12))

const COLUMNS: readonly Column<Accelerator>[] = [
  {title: 'accelerator', align: 'left', priority: 0, cell: ({id}) => id},
  {title: 'memory GiB', align: 'right', priority: 0, cell: ({memoryGib}) => significant(memoryGib, 4)},
  {title: 'bandwidth TB/s', align: 'right', priority: 0, cell: ({memoryBandwidthBytesPerSecond}) => significant(memoryBandwidthBytesPerSecond / 1e12, 3)},
  {title: 'bf16 TFLOP/s', align: 'right', priority: 1, cell: ({peakFlops}) => tera(peakFlops.bf16)},
  {title: 'fp8 TFLOP/s', align: 'right', priority: 1, cell: ({peakFlops}) => tera(peakFlops.fp8)},
  {title: 'fp32 TFLOP/s', align: 'right', priority: 3, cell: ({peakFlops}) => tera(peakFlops.fp32)},
  {title: 'fp64 TFLOP/s', align: 'right', priority: 4, cell: ({peakFlops}) => tera(peakFlops.fp64)},
  {title: 'link GB/s', align: 'right', priority: 2, cell: ({linkBytesPerSecond}) => (linkBytesPerSecond === undefined ? '' : figure(linkBytesPerSecond / 1e9))},
  {title: 'watts', align: 'right', priority: 1, cell: ({powerWatts}) => (powerWatts === undefined ? '' : String(powerWatts))},
  {title: 'form', align: 'left', priority: 5, cell: ({formFactor}) => formFactor},
  {title: 'architecture', align: 'left', priority: 5, cell: ({architecture}) => architecture},
  {title: 'year', align: 'right', priority: 5, cell: ({releaseYear}) => (releaseYear === undefined ? '' : String(releaseYear))},
]
