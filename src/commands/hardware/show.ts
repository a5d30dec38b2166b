import * as Args from '@oclif/core/args'
import {acceleratorsNamed, resolveAnyAccelerator} from '../../catalog/accelerator-names.ts'
import {foldPlaces, selectOffers} from '../../catalog/query.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Snapshot} from '../../catalog/snapshot.ts'
import {RigorCommand} from '../../command.ts'
import {exactFigure, figure, significant} from '../../report/format.ts'
import {renderFacts, type Fact} from '../../report/list.ts'

export default class HardwareShow extends RigorCommand {
  static override summary = 'Show one accelerator: its facts, their source, what runs on it and which machines carry it.'
  static override args = {accelerator: Args.string({ignoreStdin: true, description: 'Its name, such as h100-sxm-80gb.', required: true})}
  static override examples = [{description: 'An H100 on its SXM board', command: '<%= config.bin %> hardware show h100-sxm-80gb'}]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(HardwareShow)
    const snapshot = await this.openCatalog(flags)
    const accelerator = resolveAnyAccelerator(args.accelerator, snapshot)
    const machines = snapshot.machines.filter(({acceleratorId}) => acceleratorId === accelerator.id)
    const runtimes = [...new Set(snapshot.software.filter(({architecture, status}) => architecture === accelerator.architecture && status !== 'no').map(({runtime}) => runtime))].sort()
    const offers = foldPlaces(selectOffers(snapshot, {accelerators: [{name: accelerator.id}], purchases: ['on-demand'], services: ['vm']}))
    const cheapest = offers.filter(({machine, offer}) => machine.acceleratorCount >= 1 && offer.flags.length === 0).sort((a, b) => a.offer.priceUsdPerHour / a.machine.acceleratorCount - b.offer.priceUsdPerHour / b.machine.acceleratorCount)[0]
    const {columns, color} = this.terminal
    this.print(
      renderFacts(
        `${accelerator.id} — ${accelerator.vendor} ${accelerator.name}`,
        [
          ...facts(accelerator, snapshot),
          ['runtimes', runtimes.join(', ') || 'none known'],
          ['machines', machines.length === 0 ? 'none in the catalog' : `${machines.length} of ${[...new Set(machines.map(({provider}) => provider))].join(', ')} (rigor catalog list --accelerator ${accelerator.id})`],
          ['cheapest on demand', cheapest === undefined ? undefined : `${exactFigure(cheapest.offer.priceUsdPerHour / cheapest.machine.acceleratorCount)} USD/h each: ${cheapest.offer.provider}:${cheapest.offer.instanceType} in ${cheapest.offer.region} (${cheapest.offer.asOf})`],
        ],
        columns,
        color,
      ),
    )
    return {accelerator, runtimes, machines: machines.map(({provider, instanceType, acceleratorCount}) => ({provider, instanceType, accelerators: acceleratorCount}))}
  }
}

function ratesOf(flopsByPrecision: Readonly<Record<string, number | undefined>>): readonly string[] {
  return Object.entries(flopsByPrecision).flatMap(([precision, flops]) => (flops === undefined ? [] : [`${precision} ${figure(flops / 1e12)}`]))
}

function facts(accelerator: Accelerator, snapshot: Snapshot): readonly Fact[] {
  const source = snapshot.sources.find(({id}) => id === accelerator.sourceId)
  const rates = ratesOf(accelerator.peakFlops)
  const sustained = ratesOf(accelerator.sustainedMatmulFlops)
  return [
    ['memory', `${significant(accelerator.memoryGib, 4)} GiB ${accelerator.memoryType ?? ''}`.trim()],
    ['memory bandwidth', `${significant(accelerator.memoryBandwidthBytesPerSecond / 1e12, 3)} TB/s`],
    ['dense peak', rates.length === 0 ? 'unknown' : `${rates.join(', ')} TFLOP/s`],
    ['best matmul seen', sustained.length === 0 ? undefined : `${sustained.join(', ')} TFLOP/s`],
    ['link', accelerator.linkBytesPerSecond === undefined ? accelerator.interconnect : `${accelerator.interconnect}, ${figure(accelerator.linkBytesPerSecond / 1e9)} GB/s in one direction`],
    ['PCIe', accelerator.pcieGeneration === undefined ? undefined : `generation ${accelerator.pcieGeneration}`],
    ['power', accelerator.powerWatts === undefined ? 'unknown' : `${accelerator.powerWatts} W${accelerator.idleWatts === undefined ? '' : `, ${accelerator.idleWatts} W idle`}`],
    ['form', accelerator.formFactor],
    ['architecture', `${accelerator.architecture}${accelerator.releaseYear === undefined ? '' : ` (${accelerator.releaseYear})`}`],
    ['MIG', accelerator.migMaxInstances === undefined ? undefined : `up to ${accelerator.migMaxInstances} slices`],
    ['price', accelerator.price === undefined ? undefined : `${exactFigure(accelerator.price.usd)} USD (${accelerator.price.kind}, ${accelerator.price.asOf})`],
    // A name that others bear as well ("h100") is refused wherever one accelerator is meant, so it is none to pass on.
    ['also called', accelerator.aliases.filter(alias => acceleratorsNamed(alias, snapshot.accelerators).length === 1).join(', ')],
    ['note', accelerator.note],
    ['source', `${source?.title ?? accelerator.sourceId} (${accelerator.asOf}, ${accelerator.standing})`],
  ]
}
