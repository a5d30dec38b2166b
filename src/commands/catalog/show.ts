import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {selectOffers, type ListedOffer} from '../../catalog/query.ts'
import type {Rig} from '../../catalog/rig.ts'
import type {Machine} from '../../catalog/schema.ts'
import type {Snapshot} from '../../catalog/snapshot.ts'
import {parseTarget} from '../../catalog/target-text.ts'
import {formatTarget, type Target} from '../../catalog/target.ts'
import {RigorCommand} from '../../command.ts'
import {exactFigure, significant, type DisplayCurrency} from '../../report/format.ts'
import {paint, wrap, type Line} from '../../report/layout.ts'
import {renderFacts, renderList, type Column, type Fact} from '../../report/list.ts'
import {offerJson, rateNote} from './list.ts'

const DEFAULT_LIMIT = 20

export default class CatalogShow extends RigorCommand {
  static override summary = 'Show one machine or rig: its parts, its offers, and where each figure came from.'
  static override args = {target: Args.string({ignoreStdin: true, description: 'provider:machine[@region][:purchase], rig:NAME or ACCELERATOR[:COUNT].', required: true})}
  static override flags = {limit: Flags.integer({summary: `Show at most so many offers (${DEFAULT_LIMIT} in the table, all under --json).`, helpValue: 'N', min: 1})}
  static override examples = [
    {description: 'Every offer of a machine', command: '<%= config.bin %> catalog show aws:p5.48xlarge'},
    {description: 'One price', command: '<%= config.bin %> catalog show lambda:gpu_8x_h100_sxm5:on-demand --json'},
    {description: 'A built-in rig', command: '<%= config.bin %> catalog show rig:h100x10-pcie'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(CatalogShow)
    const snapshot = await this.openCatalog(flags)
    const target = parseTarget(args.target, snapshot)
    const rig = target.kind === 'rig' ? (snapshot.rigs.find(({id}) => id === target.rig) ?? null) : null
    const machine = target.kind === 'offer' ? (snapshot.machines.find(({provider, instanceType}) => provider === target.provider && instanceType === target.instanceType) ?? null) : null
    const offers = [...offersOfTarget(target, snapshot)].sort((a, b) => a.offer.priceUsdPerHour - b.offer.priceUsdPerHour)
    const {columns: width, color} = this.terminal
    const currency = await this.currency(flags, snapshot)
    const columns = columnsIn(currency)
    const shown = offers.slice(0, flags.limit ?? DEFAULT_LIMIT)
    if (rig !== null) this.print(renderFacts(`${rig.id} — ${rig.title}`, rigFacts(rig), width, color))
    else {
      const title = machine === null ? args.target : `${machine.provider}:${machine.instanceType}`
      if (machine !== null) this.print(`${renderFacts(title, machineFacts(machine, snapshot), width, color)}\n`)
      const notes = [...(shown.length < offers.length ? [`--limit ${offers.length} shows all.`] : []), ...rateNote(currency)]
      this.print(renderList({columns: machine === null ? columns : columns.filter(({title}) => title !== 'machine' && title !== 'provider'), rows: shown, total: offers.length, noun: 'offers', sorted: 'by price', notes, width, color}))
      this.print(paint(sourceLines(shown, snapshot, width), color))
    }
    return {target: formatTarget(target), machine, rig, offers: (flags.limit === undefined ? offers : shown).map(offerJson)}
  }
}

function offersOfTarget(target: Target, snapshot: Snapshot): readonly ListedOffer[] {
  switch (target.kind) {
    case 'offer':
      return selectOffers(snapshot, {providers: [target.provider], services: [target.service]}).filter(
        ({offer}) =>
          offer.instanceType === target.instanceType &&
          (target.region === undefined || offer.region === target.region) &&
          (target.zone === undefined || offer.zone === target.zone) &&
          (target.purchase === undefined || offer.purchase === target.purchase),
      )
    case 'hardware':
      return selectOffers(snapshot, {accelerators: [{name: target.acceleratorId, count: {minimum: target.count, maximum: target.count}}]})
    case 'rig':
      return []
  }
}

function machineFacts(machine: Machine, snapshot: Snapshot): readonly Fact[] {
  const accelerator = snapshot.accelerators.find(({id}) => id === machine.acceleratorId)
  const source = snapshot.sources.find(({id}) => id === machine.sourceId)
  return [
    ['accelerators', machine.acceleratorId === undefined ? 'none' : `${machine.acceleratorCount}× ${machine.acceleratorId}${accelerator ? ` (${significant(accelerator.memoryGib, 4)} GiB each)` : ''}`],
    ['link between them', machine.acceleratorCount > 1 ? machine.intraNodeLink : undefined],
    ['vCPUs', machine.vcpus],
    ['CPU', machine.cpuModel],
    ['host memory', machine.memoryGib === undefined ? undefined : `${exactFigure(machine.memoryGib)} GiB`],
    ['local SSD', machine.localSsdGb === undefined ? undefined : `${exactFigure(machine.localSsdGb)} GB`],
    ['network', machine.networkBytesPerSecond === undefined ? 'unknown' : `${exactFigure((machine.networkBytesPerSecond * 8) / 1e9)} Gbit/s`],
    ['RDMA', machine.rdmaBytesPerSecond === undefined ? machine.rdma : `${machine.rdma}, ${exactFigure((machine.rdmaBytesPerSecond * 8) / 1e9)} Gbit/s`],
    ['note', machine.note],
    ['source', `${source?.title ?? machine.sourceId} (${machine.asOf}, ${machine.standing})`],
  ]
}

function rigFacts(rig: Rig): readonly Fact[] {
  return [
    ...rig.nodes.map((node): Fact => [`node ${node.id}`, `${node.count > 1 ? `${node.count} × ` : ''}${node.acceleratorCount}× ${node.acceleratorId}, ${node.memoryGib === undefined ? '' : `${exactFigure(node.memoryGib)} GiB, `}price ${exactFigure(node.priceUsd)} USD`]),
    ['owned', rig.owned ? 'yes' : 'no: planned'],
    ['in every plan', rig.builtinDefault ? 'yes, unless the config says otherwise' : 'only when named'],
    ['site', `${rig.site.country}, ${exactFigure(rig.site.tariffUsdPerKwh)} USD/kWh`],
    ['note', rig.note],
    ['as of', `${rig.asOf} (${rig.standing})`],
    ['sources', rig.sourceIds.join(', ')],
  ]
}

function sourceLines(listed: readonly ListedOffer[], snapshot: Snapshot, width: number): readonly Line[] {
  const ids = [...new Set(listed.map(({offer}) => offer.sourceId))]
  const sources = new Map(snapshot.sources.map((source) => [source.id, source]))
  return ids.flatMap((id) => wrap([{text: `[${id}] ${sources.get(id)?.title ?? ''} ${sources.get(id)?.address ?? ''}`, style: 'dim'}], width, {first: '  ', rest: '    '}))
}

const columnsIn = ({code, perUsd}: DisplayCurrency): readonly Column<ListedOffer>[] => [
  {title: 'bought', align: 'left', priority: 0, cell: ({offer}) => offer.purchase},
  {title: 'provider', align: 'left', priority: 2, cell: ({offer}) => (offer.service === 'vm' ? offer.provider : `${offer.provider}+${offer.service}`)},
  {title: 'machine', align: 'left', priority: 3, shrinksTo: 20, cell: ({offer}) => offer.instanceType},
  {title: 'region', align: 'left', priority: 0, shrinksTo: 14, cell: ({offer}) => (offer.zone === undefined ? offer.region : `${offer.region}/${offer.zone}`)},
  {title: `${code}/h`, align: 'right', priority: 0, cell: ({offer}) => exactFigure(offer.priceUsdPerHour * perUsd)},
  {title: 'as of', align: 'right', priority: 1, cell: ({offer}) => offer.asOf},
  {title: 'source', align: 'left', priority: 1, shrinksTo: 10, cell: ({offer}) => offer.sourceId},
  {title: 'note', align: 'left', priority: 4, cell: ({offer}) => [...offer.flags, ...(offer.standing === 'read' ? [] : [offer.standing])].join(', ')},
]
