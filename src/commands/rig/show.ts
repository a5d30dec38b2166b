import * as Args from '@oclif/core/args'
import {notForOf} from '../../catalog/not-for.ts'
import type {NodePart, Rig, RigNode} from '../../catalog/rig.ts'
import {hostOf} from '../../catalog/rig-parts.ts'
import {resolveRig} from '../../catalog/rig-names.ts'
import {PlanningCommand} from '../../planning-command.ts'
import {exactFigure, figure} from '../../report/format.ts'
import {renderFacts, type Fact} from '../../report/list.ts'

export default class RigShow extends PlanningCommand {
  static override summary = 'Show one rig: its nodes, its site, what it cost, what it is not for, and where the figures come from.'
  static override args = {rig: Args.string({ignoreStdin: true, description: 'Name of the rig (rigor rig list); yours, or the built-in one, if left out.'})}
  static override examples = [{description: 'The ten H100 in one chassis', command: '<%= config.bin %> rig show h100x10-pcie'}]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(RigShow)
    const {knownRigs, options, snapshot} = await this.workspace(flags)
    const rig = resolveRig(args.rig, knownRigs, options.rigs)
    const notFor = notForOf(rig, snapshot)
    const {columns, color} = this.terminal
    this.print(renderFacts(`${rig.id} — ${rig.title}`, [...rig.nodes.flatMap((node) => nodeFacts(node)), ...siteFacts(rig), ...ownerFacts(rig), ...notFor.map(({work, because}): Fact => ['not for', `${work}: ${because}`])], columns, color))
    return {rig, notFor}
  }
}

const text = (parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined).join(', ')

function nodeFacts(node: RigNode): readonly Fact[] {
  const {levels, supplies, parts = []} = node
  const {memoryGib} = hostOf(node)
  return [
    [`node ${node.id}`, text([`${node.count > 1 ? `${node.count} × ` : ''}${node.acceleratorCount}× ${node.acceleratorId}${node.acceleratorSlots === undefined ? '' : ` in ${node.acceleratorSlots} slots`}`, node.platform, memoryGib === undefined ? undefined : `${exactFigure(memoryGib)} GiB`, node.vcpus === undefined ? undefined : `${node.vcpus} vCPUs`])],
    ...parts.map((part): Fact => [`  ${part.kind}`, partText(part)]),
    ['  links', levels.map(({kind, groupSize, bytesPerSecond}) => `${kind} over ${groupSize} at ${figure(bytesPerSecond / 1e9)} GB/s`).join(', ')],
    ['  watts', text([node.ratedMaximumWatts === undefined ? undefined : `rated ${exactFigure(node.ratedMaximumWatts)}`, `host ${exactFigure(node.hostIdleWatts)} idle, ${exactFigure(node.hostMaximumWatts)} at full load`])],
    ['  supplies', supplies === undefined ? undefined : `${supplies.count} × ${exactFigure(supplies.ratedWatts)} W, ${supplies.needed} needed`],
    ['  size', text([node.heightUnits === undefined ? undefined : `${node.heightUnits} rack units`, node.weightKg === undefined ? undefined : `${node.weightKg} kg`, node.noiseDba === undefined ? undefined : `${node.noiseDba} dBA`])],
    ['  price', `${exactFigure(node.priceUsd)} USD`],
  ]
}

function partText({count, model, cores, gib, gb, rotating, gigabitsPerSecond, watts, idleWatts}: NodePart): string {
  return text([
    `${count} × ${model ?? ''}`.trim(), cores === undefined ? undefined : `${cores} cores`, gib === undefined ? undefined : `${exactFigure(gib)} GiB`,
    gb === undefined ? undefined : `${exactFigure(gb)} GB${rotating === true ? ' that rotate' : ''}`, gigabitsPerSecond === undefined ? undefined : `${exactFigure(gigabitsPerSecond)} Gbit/s`,
    watts === undefined ? undefined : `${exactFigure(watts)} W each${idleWatts === undefined ? '' : `, ${exactFigure(idleWatts)} W idle`}`,
  ])
}

function siteFacts({site}: Rig): readonly Fact[] {
  return [
    ['site', text([site.kind, site.country, `${exactFigure(site.tariffUsdPerKwh)} USD/kWh${site.tariffBasis === undefined ? '' : ` (${site.tariffBasis})`}`, `${site.whenIdle === 'on' ? 'stays on' : 'off'} when idle`])],
    ['  circuits', site.circuits?.map(({count, volts, phases, amps, socket}) => `${count} × ${volts} V${phases === 3 ? ' three-phase' : ''} ${amps} A (${socket})`).join(', ')],
    ['  cooling', site.pue !== undefined ? `PUE ${site.pue}` : site.coolingCop === null ? 'none: the heat leaves by itself' : text([`COP ${site.coolingCop}`, site.coolingCapacityWatts === undefined ? undefined : `up to ${exactFigure(site.coolingCapacityWatts)} W`])],
    ['  UPS', site.ups === undefined ? undefined : text([site.ups.kind, site.ups.ratedWatts === undefined ? undefined : `${exactFigure(site.ups.ratedWatts)} W`, site.ups.batteryWattHours === undefined ? undefined : `${exactFigure(site.ups.batteryWattHours)} Wh`])],
    ['  noise limit', site.noiseLimitDba === undefined ? undefined : `${site.noiseLimitDba} dBA`],
    ['  line', text([`${figure((site.uplinkBytesPerSecond * 8) / 1e6)} Mbit/s up`, site.downlinkBytesPerSecond === undefined ? undefined : `${figure((site.downlinkBytesPerSecond * 8) / 1e6)} Mbit/s down`, site.publicAddress === undefined ? undefined : site.publicAddress ? 'reached from outside' : 'no address from outside'])],
  ]
}

function paidText({financing, installationUsd}: Rig): string | undefined {
  const parts = [
    installationUsd === undefined ? undefined : `${exactFigure(installationUsd)} USD of installation`,
    financing?.kind === 'loan' ? `${exactFigure(financing.principalShare * 100)} % on loan at ${exactFigure(financing.ratePerYear * 100)} % over ${financing.months} months` : undefined,
    financing?.kind === 'lease' ? `leased at ${exactFigure(financing.usdPerMonth)} USD a month for ${financing.months} months${financing.buyoutUsd === undefined ? '' : `, then bought for ${exactFigure(financing.buyoutUsd)} USD`}` : undefined,
  ]
  return text(parts)
}

function ownerFacts(rig: Rig): readonly Fact[] {
  return [
    ['owned', rig.owned ? 'yes' : 'no: planned'],
    ['life', text([`${exactFigure(rig.serviceLifeYears)} years`, `then worth ${exactFigure(rig.residualShare * 100)} %`, rig.financingSharePerYear === 0 ? undefined : `financed at ${exactFigure(rig.financingSharePerYear * 100)} % a year`])],
    ['bought', rig.boughtOn],
    ['paid', paidText(rig)],
    ['upkeep', `${exactFigure(rig.upkeepUsdPerYear)} USD a year${rig.upkeepParts === undefined || rig.upkeepParts.length === 0 ? '' : `: ${rig.upkeepParts.map(({item, usdPerYear}) => `${item} ${exactFigure(usdPerYear)}`).join(', ')}`}`],
    ['taxes', rig.tax === undefined ? undefined : `VAT ${exactFigure(rig.tax.vatShare * 100)} %${rig.tax.vatRecoverable ? ', which is paid back' : ''}; ${exactFigure(rig.tax.incomeTaxShare * 100)} % on profits, written off over ${exactFigure(rig.tax.depreciationYears)} years`],
    ['taken', rig.takenHoursPerMonth === undefined ? undefined : `${exactFigure(rig.takenHoursPerMonth)} hours a month`],
    ['wear', `${exactFigure(rig.wearUsdPerAcceleratorHour)} USD per accelerator-hour`],
    ['note', rig.note],
    ['as of', `${rig.asOf} (${rig.standing})`],
    ['sources', rig.sourceIds.join(', ')],
  ]
}
