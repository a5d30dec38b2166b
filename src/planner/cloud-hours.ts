import type {Rig} from '../catalog/rig.ts'
import type {Accelerator, Offer} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {applyOwnPrices} from '../cost/prices.ts'
import {HOURS_PER_MONTH} from '../cost/period.ts'
import {termHoursPerMonth, termRule} from '../cost/terms.ts'
import {peakFlops16} from '../performance/load.ts'
import type {IneligibleReason} from './document.ts'
import {ineligibleReasonOf, type PlanOptions} from './session.ts'

/** Accelerators of a rig, and the cheapest offer of as many. */
export interface RentedPart {
  readonly acceleratorId: string
  readonly count: number
  /** What is rented in its place: the same, or what is at least as good in memory, bandwidth and matmul rate and of its architecture. */
  readonly rentedId: string
  readonly instanceType: string
  readonly region: string
  readonly usdPerAcceleratorHour: number
  readonly asOf: string
}

/** One way to rent what a rig has. */
export interface CloudHours {
  readonly provider: string
  readonly purchase: string
  readonly parts: readonly RentedPart[]
  /** An hour of all of them. */
  readonly usdPerHour: number
  readonly ineligibleReason: IneligibleReason | null
}

type RigOptions = Pick<PlanOptions, 'asOf' | 'acceptStale' | 'prices'>

/** A month of so many with the accelerators at work for some share of it. As many terms are paid as cover the months, the last to its end. */
export function cloudMonthUsd({usdPerHour, purchase}: Pick<CloudHours, 'usdPerHour' | 'purchase'>, utilisationShare: number, months: number): number {
  const rule = termRule(purchase)
  return usdPerHour * (rule.kind === 'whole' ? termHoursPerMonth(rule, months) : utilisationShare * HOURS_PER_MONTH)
}

/** What the accelerators of a rig cost at every provider: on demand, spot, and for terms of years; of each the cheapest, those that may win first. */
export function cloudHoursOf(rig: Pick<Rig, 'nodes'>, snapshot: Pick<Snapshot, 'accelerators' | 'machines' | 'offersOf'>, options: RigOptions): readonly CloudHours[] {
  const wanted = [...Map.groupBy(rig.nodes, ({acceleratorId}) => acceleratorId)].map(([id, nodes]) => ({accelerator: snapshot.accelerators.find(each => each.id === id), count: nodes.reduce((sum, node) => sum + node.count * node.acceleratorCount, 0)})).filter(({count}) => count > 0)
  if (wanted.length === 0 || wanted.some(({accelerator}) => accelerator === undefined)) return []
  const found = wanted.map(({accelerator, count}) => cheapestBy(accelerator!, count, snapshot, options))
  const keys = [...new Set(found.flatMap(each => [...each.keys()]))].filter(key => found.every(each => each.has(key)))
  const ways = keys.map((key): CloudHours => {
    const chosen = found.map(each => each.get(key)!)
    const [provider = '', purchase = ''] = key.split(' ')
    const reasons = chosen.flatMap(({ineligibleReason}) => ineligibleReason ?? [])
    return {
      provider, purchase, parts: chosen.map(({part}) => part), usdPerHour: chosen.reduce((sum, {part}) => sum + part.count * part.usdPerAcceleratorHour, 0),
      ineligibleReason: reasons[0] ?? null,
    }
  })
  return ways.toSorted((a, b) => Number(a.ineligibleReason !== null) - Number(b.ineligibleReason !== null) || a.usdPerHour - b.usdPerHour || (`${a.provider} ${a.purchase}` < `${b.provider} ${b.purchase}` ? -1 : 1))
}

interface Choice {
  readonly part: RentedPart
  readonly ineligibleReason: IneligibleReason | null
}

/** The cheapest offer of an accelerator by provider and purchase: what may win before what may not, the same accelerator before its like. */
function cheapestBy(accelerator: Accelerator, count: number, snapshot: Pick<Snapshot, 'accelerators' | 'machines' | 'offersOf'>, options: RigOptions): ReadonlyMap<string, Choice> {
  const alike = new Set(snapshot.accelerators.filter(each => isAsGood(each, accelerator)).map(({id}) => id))
  const best = new Map<string, Choice>()
  for (const machine of snapshot.machines) {
    const {acceleratorId, acceleratorCount, provider, instanceType} = machine
    if (acceleratorId === undefined || !(acceleratorCount >= 1) || !alike.has(acceleratorId)) continue
    for (const listed of snapshot.offersOf(`${provider}/${instanceType}`)) {
      if (!isRented(listed)) continue
      const machines = Math.ceil(count / acceleratorCount)
      const {offer, prepaid} = applyOwnPrices(listed, options.prices, options.asOf, machines)
      const choice: Choice = {
        part: {acceleratorId: accelerator.id, count, rentedId: acceleratorId, instanceType, region: offer.region, usdPerAcceleratorHour: prepaid ? 0 : offer.priceUsdPerHour / acceleratorCount, asOf: offer.asOf},
        ineligibleReason: ineligibleReasonOf(offer, options),
      }
      const key = `${provider} ${offer.purchase}`
      const before = best.get(key)
      if (before === undefined || compare(choice, before) < 0) best.set(key, choice)
    }
  }
  return best
}

function compare(a: Choice, b: Choice): number {
  const isOther = ({part}: Choice): number => Number(part.rentedId !== part.acceleratorId)
  return Number(a.ineligibleReason !== null) - Number(b.ineligibleReason !== null) || isOther(a) - isOther(b) || a.part.usdPerAcceleratorHour - b.part.usdPerAcceleratorHour || (`${a.part.instanceType} ${a.part.region}` < `${b.part.instanceType} ${b.part.region}` ? -1 : 1)
}

/** For hours without a plan: on demand, spot, or a term of years. Blocks and runs of days are no way to have a machine all year. */
function isRented({purchase}: Offer): boolean {
  return purchase === 'on-demand' || purchase === 'spot' || termRule(purchase).kind === 'whole'
}

function isAsGood(other: Accelerator, own: Accelerator): boolean {
  if (other.id === own.id) return true
  const rate = peakFlops16(other)
  const needed = peakFlops16(own)
  return other.architecture === own.architecture && other.memoryGib >= own.memoryGib && other.memoryBandwidthBytesPerSecond >= own.memoryBandwidthBytesPerSecond && rate !== undefined && needed !== undefined && rate >= needed
}
