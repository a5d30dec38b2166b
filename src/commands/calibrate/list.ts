import {listJson, listMeasurements, type ListedMeasurement} from '../../calibrate.ts'
import {PlanningCommand} from '../../planning-command.ts'
import {significant} from '../../report/format.ts'
import {renderList, type Column} from '../../report/list.ts'
import {measurementFigures} from '../../report/measurements.ts'
import type {StoredHardware} from '../../store/measurements.ts'

export default class CalibrateList extends PlanningCommand {
  static override summary = 'List your own measurements, of the store and of rigor.yaml, each with how far the plain estimate is from it.'
  static override examples = [{description: 'All of them', command: '<%= config.bin %> calibrate list'}, {description: 'For a script', command: '<%= config.bin %> calibrate list --json'}]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(CalibrateList)
    const found = listMeasurements(await this.workspace(flags))
    const {measurements, store} = found
    const {columns: width, color} = this.terminal
    const notes = measurements.flatMap(({id, where, problem}) => (problem === null ? [] : [`${id ?? where} is not used: ${problem}`]))
    this.print(renderList({columns: COLUMNS, rows: measurements, total: measurements.length, noun: 'measurements', sorted: 'as they stand in rigor.yaml and in the store', notes, width, color}))
    if (store.hardware.length > 0) this.print(`\n${renderList({columns: HARDWARE, rows: store.hardware, total: store.hardware.length, noun: 'measured accelerators', sorted: 'as they were added', notes: ['The newest of each counts.'], width, color})}`)
    return listJson(found)
  }
}

const COLUMNS: readonly Column<ListedMeasurement>[] = [
  {title: 'id', align: 'left', priority: 0, cell: ({id, where}) => id ?? where},
  {title: 'date', align: 'left', priority: 2, cell: ({date}) => date ?? ''},
  {title: 'work', align: 'left', priority: 0, shrinksTo: 16, cell: ({evidence, kind}) => evidence?.spot.work ?? kind},
  {title: 'on', align: 'left', priority: 0, shrinksTo: 16, cell: ({on}) => on},
  {title: 'measured', align: 'right', priority: 0, cell: ({evidence}) => (evidence === undefined ? 'not used' : measurementFigures(evidence).measured)},
  {title: '÷ estimate', align: 'right', priority: 0, cell: ({evidence}) => (evidence === undefined ? '' : `×${measurementFigures(evidence).ratio}`)},
  {title: 'note', align: 'left', priority: 4, shrinksTo: 12, cell: ({note}) => note ?? ''},
]

const HARDWARE: readonly Column<StoredHardware>[] = [
  {title: 'id', align: 'left', priority: 0, cell: ({id}) => id},
  {title: 'date', align: 'left', priority: 1, cell: ({measuredOn}) => measuredOn},
  {title: 'accelerator', align: 'left', priority: 0, cell: ({acceleratorId}) => acceleratorId},
  {title: 'bf16 TFLOP/s', align: 'right', priority: 0, cell: ({matmulFlops}) => tera(matmulFlops['bf16'])},
  {title: 'fp8 TFLOP/s', align: 'right', priority: 2, cell: ({matmulFlops}) => tera(matmulFlops['fp8'])},
  {title: 'bandwidth TB/s', align: 'right', priority: 0, cell: ({bandwidthBytesPerSecond}) => tera(bandwidthBytesPerSecond)},
  {title: 'idle W', align: 'right', priority: 1, cell: ({idleWatts}) => (idleWatts === undefined ? '' : significant(idleWatts, 3))},
  {title: 'most W', align: 'right', priority: 1, cell: ({maximumWatts}) => (maximumWatts === undefined ? '' : significant(maximumWatts, 3))},
]

const tera = (value: number | undefined): string => (value === undefined ? '' : significant(value / 1e12, 3))
