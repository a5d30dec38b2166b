import {MOST_SUPPLIES, type Rig, type RigNode} from '../catalog/rig.ts'
import {isHall, upsInputOf} from '../catalog/rig-site.ts'
import type {Accelerator} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import type {Calibration} from '../performance/calibration.ts'
import {weakest} from '../performance/interval.ts'
import type {Confidence, Interval, Load, Performance} from '../performance/types.ts'
import {planCircuits, type CircuitPlan, type CordedLoad} from './circuits.ts'
import {estimatePower, supplyOutputWatts} from './estimate.ts'
import {heatOf, type Heat} from './heat.ts'
import {hostPartsOf, PART_NAMES} from './host-parts.ts'
import {powerModelForRig} from './model.ts'
import {levelOfAll} from './noise.ts'
import {upsSizing, type UpsSizing} from './ups.ts'
import {feedsFor, suggestCircuits, suggestMore, type SuggestedCircuits} from './usual-circuits.ts'

/**
 * What heavy training asks of a node, where no workload is named: the shares of pre-training Llama 3.1 8B in bf16 on eight H100 as `llm-pretrain` estimates
 * them (computing all the time, 54 % of the dense peak, a fifth of the memory bandwidth), and the host as busy as in fine-tuning it, where it reads and pads data. DGX H100
 * systems were measured at 76 % of their rating in intensive training.
 */
const TRAINING: Load = {computeShare: 0.79, memoryShare: 0.215, linkShare: 0.044, hostShare: 0.32, work: {activeShare: 0.996, flopsShare: 0.541, bytesShare: 0.215, cacheBytesShare: 0, unpackShare: 0}}
export const USUAL_WORK = 'heavy training'

/** As clouds bill it, and plans count it (src/cost/period.ts; power knows no costs). */
const HOURS_PER_MONTH = 730
/** Where nobody says how many supplies a node has: a cord for each so many watts, as a C20 inlet carries 16 A. */
const WATTS_PER_UNKNOWN_CORD = 3000

/** Idle, at the expected work and with everything at its maximum. */
export interface States {
  readonly idle: number
  readonly expected: number
  readonly peak: number
}
export const STATES = ['idle', 'expected', 'peak'] as const

export interface ComponentWatts extends States {
  readonly item: string
  /** Of the machines up to the wall, or of the site between wall and meter. */
  readonly part: 'machines' | 'site'
}

export interface NodePower {
  readonly id: string
  readonly count: number
  /** Of one node, at the wall. */
  readonly watts: States
  readonly ratedWatts: number | undefined
  readonly supplies: SupplyVerdict | undefined
}

export interface SupplyVerdict {
  readonly count: number
  readonly ratedWatts: number
  readonly needed: number
  /** Behind the supplies at the peak ÷ what the needed ones give. */
  readonly loadShare: number
  /** How many may fail while it runs at its peak. */
  readonly mayFail: number
}

export interface MonthOf {
  readonly kwh: number
  readonly carbonKg: number | null
}

export interface RigPower {
  readonly expectedWork: string
  readonly nameplateWatts: number | undefined
  /** At the wall, before the site's own losses. */
  readonly watts: States
  readonly components: readonly ComponentWatts[]
  /** At the expected work, at the wall. */
  readonly expectedInterval: Interval
  /** What circuits and a UPS are laid for: of each machine its peak or what its maker rates it for, whichever is more. */
  readonly circuitWatts: number
  /** Of the whole site: machines, supply against failures, cooling; what the meter sees. */
  readonly siteWatts: States
  readonly nodes: readonly NodePower[]
  readonly circuits: CircuitPlan | undefined
  readonly suggested: SuggestedCircuits | undefined
  readonly suggestedRedundant: SuggestedCircuits | undefined
  readonly suggestedForCooling: SuggestedCircuits | undefined
  /** What to lay beside the circuits that are there, where these do not carry it. */
  readonly suggestedMore: SuggestedCircuits | undefined
  /** How a hall feeds what is more than eight circuits carry. */
  readonly feeds: ReturnType<typeof feedsFor>
  readonly heat: Heat
  readonly coolingWatts: States
  /** Heat at the peak that the cooling has to move; `undefined` where the site has none of its own. */
  readonly coolingNeededWatts: number | undefined
  readonly ups: UpsSizing
  readonly noiseDba: number | undefined
  readonly weightKg: number | undefined
  readonly heightUnits: number | undefined
  readonly months: Readonly<Record<(typeof STATES)[number], MonthOf>>
  readonly confidence: Confidence
  readonly notes: readonly string[]
}

export interface RigPowerQuestion {
  readonly rig: Rig
  readonly snapshot: Pick<Snapshot, 'accelerators' | 'carbonByCountry'>
  readonly calibration: Calibration
  readonly expected?: ExpectedWork | undefined
}

/** What a workload is called, the wall watts of the nodes that do it, and how many of each id these are: the others idle, or are off. */
export interface ExpectedWork {
  readonly title: string
  readonly watts: number
  /** Of it the accelerators of these nodes; absent = not known. */
  readonly acceleratorWatts?: number | undefined
  /** Around `watts`; absent = not known. */
  readonly interval?: Interval | undefined
  readonly nodesInUse: ReadonlyMap<string, number>
}

const sumOf = (parts: readonly States[]): States => {
  const of = (state: keyof States): number => parts.reduce((sum, part) => sum + part[state], 0)
  return {idle: of('idle'), expected: of('expected'), peak: of('peak')}
}
const mapStates = (change: (state: keyof States) => number): States => ({idle: change('idle'), expected: change('expected'), peak: change('peak')})

interface NodeParts {
  readonly node: RigNode
  readonly accelerators: States
  readonly host: States
  readonly loss: States
  readonly wall: States
  /** Of one, at the expected work. */
  readonly expectedWatts: Interval
  /** Watts behind the supplies of one that draws so much at the wall. */
  readonly behind: (wallWatts: number) => number
  readonly confidence: Confidence
  readonly notes: readonly string[]
}

/** Watts of one node by component; `undefined` = the watts of its accelerators are not known. */
function partsOf(node: RigNode, accelerator: Accelerator, {rig, snapshot, calibration}: RigPowerQuestion): NodeParts | undefined {
  const model = powerModelForRig({snapshot, calibration, accelerator, model: '', rig, node, nodes: 1})
  const working = {basis: 'computed', load: TRAINING, acceleratorsUsed: node.acceleratorCount} as unknown as Performance
  const power = estimatePower(working, model)
  const {acceleratorIdleWatts: idle, acceleratorMaximumWatts: maximum} = model
  if (power.averageWatts === null || power.peakWatts === null || power.idleWatts === null || power.acceleratorWatts === null || idle === null || maximum === null) return undefined
  const wall: States = {idle: power.idleWatts, expected: power.averageWatts.p50, peak: power.peakWatts.p50}
  const most = maximum * node.acceleratorCount + node.hostMaximumWatts
  const behindOf = (wallWatts: number): number => supplyOutputWatts(wallWatts, most, model)
  const behind = mapStates(state => behindOf(wall[state]))
  const accelerators: States = {idle: idle * node.acceleratorCount, expected: power.acceleratorWatts.p50, peak: maximum * node.acceleratorCount}
  return {node, accelerators, host: mapStates(state => behind[state] - accelerators[state]), loss: mapStates(state => wall[state] - behind[state]), wall, expectedWatts: power.averageWatts, behind: behindOf, confidence: power.confidence, notes: model.notes}
}

/** The same with a workload's own watts as the expected ones: of each id the mean over nodes that do it and nodes that idle, or are off. */
function atWork(parts: readonly NodeParts[], asked: ExpectedWork, whenIdle: Rig['site']['whenIdle']): readonly NodeParts[] {
  const inUse = ({node}: NodeParts): number => Math.min(node.count, asked.nodesInUse.get(node.id) ?? 0)
  // Unlike nodes that share the work are told apart as heavy training would.
  const shareOf = (read: (part: NodeParts) => number): ((part: NodeParts) => number) => {
    const total = parts.reduce((sum, part) => sum + inUse(part) * read(part), 0)
    return part => (total > 0 ? read(part) / total : 0)
  }
  const [ofWall, ofAccelerators] = [shareOf(({wall}) => wall.expected), shareOf(({accelerators}) => accelerators.expected)]
  return parts.map((part): NodeParts => {
    const {node, wall, accelerators, host, loss, behind} = part
    const wallWatts = Math.min(asked.watts * ofWall(part), wall.peak)
    const given = behind(wallWatts)
    const usual = accelerators.expected / Math.max(accelerators.expected + host.expected, 1e-9)
    const boards = Math.min(given, asked.acceleratorWatts === undefined ? given * usual : asked.acceleratorWatts * ofAccelerators(part))
    const [working, resting] = [inUse(part) / node.count, whenIdle === 'off' ? 0 : 1 - inUse(part) / node.count]
    const mean = (states: States, atWorkWatts: number): States => ({...states, expected: working * atWorkWatts + resting * states.idle})
    return {...part, wall: mean(wall, wallWatts), accelerators: mean(accelerators, boards), host: mean(host, given - boards), loss: mean(loss, wallWatts - given)}
  })
}

/** Watts of one node at the wall: what it draws at most, or what its maker rates it for, whichever is more. */
const laidFor = ({wall, node}: NodeParts): number => Math.max(wall.peak, node.ratedMaximumWatts ?? 0)

const times = (states: States, count: number): States => mapStates(state => states[state] * count)

/** Hosts by sort of part, as far as their owner says what they are made of, and the rest of them. */
function hostComponents(parts: readonly NodeParts[]): readonly ComponentWatts[] {
  const all = sumOf(parts.map(({host, node}) => times(host, node.count)))
  const byKind = Map.groupBy(parts.flatMap(({node, host}) => hostPartsOf(node, host).map(part => ({kind: part.kind, states: times(part, node.count)}))), ({kind}) => kind)
  if (byKind.size === 0) return [{item: 'processors, memory, fans, network', part: 'machines', ...all}]
  const known = [...byKind].map(([kind, group]) => ({item: PART_NAMES[kind], part: 'machines' as const, ...sumOf(group.map(({states}) => states))}))
  const shown = sumOf(known)
  return [...known, {item: 'rest of the machines', part: 'machines', ...mapStates(state => Math.max(0, all[state] - shown[state]))}]
}

/** Everything about a rig's electricity and what becomes of it. `undefined` = the watts of its accelerators are not known. */
export function rigPower(question: RigPowerQuestion): RigPower | undefined {
  const {rig, snapshot, expected: asked} = question
  const {site} = rig
  const found = rig.nodes.flatMap(node => {
    const accelerator = snapshot.accelerators.find(({id}) => id === node.acceleratorId)
    return accelerator === undefined ? [] : (partsOf(node, accelerator, question) ?? [])
  })
  if (found.length < rig.nodes.length) return undefined
  const parts = asked === undefined ? found : atWork(found, asked, site.whenIdle)
  const total = (of: (part: NodeParts) => States): States => sumOf(parts.map(part => times(of(part), part.node.count)))
  const watts = total(({wall}) => wall)
  const circuitWatts = parts.reduce((sum, part) => sum + part.node.count * laidFor(part), 0)

  const upsInput = upsInputOf(site)
  const upsLoss = mapStates(state => watts[state] * (upsInput.meter - 1))
  const distribution = mapStates(state => watts[state] * ((site.pue ?? 1) - 1))
  const cooling = mapStates(state => (site.coolingCop === null ? 0 : (watts[state] * upsInput.room) / site.coolingCop))
  const siteWatts = sumOf([watts, upsLoss, distribution, cooling])

  const machines = parts.flatMap(part => Array.from({length: part.node.count}, (_, at): CordedLoad => cordedLoad(part, at, site)))
  // A hall's cooling is the building's, as its UPS is.
  const coolingMachine: CordedLoad[] = cooling.peak > 0 && !isHall(site) ? [{id: 'cooling', watts: cooling.peak, cords: 1, needed: 0}] : []
  const circuits = site.circuits === undefined ? undefined : planCircuits([...machines, ...coolingMachine], site.circuits, site.country)
  const carbon = snapshot.carbonByCountry[site.country]
  const month = (state: keyof States): MonthOf => {
    const kwh = (siteWatts[state] * HOURS_PER_MONTH) / 1000
    return {kwh, carbonKg: carbon === undefined ? null : (kwh * carbon) / 1000}
  }
  const known = (of: (node: RigNode) => number | undefined): number | undefined => {
    const values = rig.nodes.map(node => of(node))
    return values.includes(undefined) ? undefined : values.reduce<number>((sum, value, index) => sum + (value ?? 0) * (rig.nodes[index]?.count ?? 1), 0)
  }
  return {
    expectedWork: asked === undefined ? USUAL_WORK : workText(rig, asked),
    nameplateWatts: known(({ratedMaximumWatts}) => ratedMaximumWatts),
    watts,
    expectedInterval: intervalOf(parts, asked, watts),
    circuitWatts,
    components: [
      {item: 'accelerators', part: 'machines', ...total(({accelerators}) => accelerators)},
      ...hostComponents(parts),
      {item: 'loss of the supplies', part: 'machines', ...total(({loss}) => loss)},
      ...(upsInput.meter === 1 ? [] : [{item: 'loss of the UPS', part: 'site' as const, ...upsLoss}]),
      ...(site.pue === undefined ? [] : [{item: `cooling and distribution (PUE ${site.pue})`, part: 'site' as const, ...distribution}]),
      ...(site.coolingCop === null ? [] : [{item: `cooling (COP ${site.coolingCop})`, part: 'site' as const, ...cooling}]),
    ],
    siteWatts,
    nodes: parts.map(part => ({id: part.node.id, count: part.node.count, watts: part.wall, ratedWatts: part.node.ratedMaximumWatts, supplies: supplyVerdict(part)})),
    circuits,
    suggestedMore: circuits === undefined || circuits.fits ? undefined : suggestMore([...machines, ...coolingMachine], site),
    feeds: feedsFor(machines.reduce((sum, load) => sum + load.watts, 0), site),
    suggested: suggestCircuits(machines, site),
    suggestedRedundant: suggestCircuits(machines, site, {redundant: true}),
    suggestedForCooling: coolingMachine.length === 0 ? undefined : suggestCircuits(coolingMachine, site),
    heat: heatOf(watts.peak * upsInput.room),
    coolingWatts: cooling,
    coolingNeededWatts: site.coolingCop === null && site.coolingCapacityWatts === undefined ? undefined : watts.peak * upsInput.room,
    ups: upsSizing(site.ups, {expectedWatts: watts.expected, peakWatts: watts.peak, laidForWatts: circuitWatts}),
    noiseDba: noiseOf(rig),
    weightKg: known(({weightKg}) => weightKg),
    heightUnits: known(({heightUnits}) => heightUnits),
    months: {idle: month('idle'), expected: month('expected'), peak: month('peak')},
    confidence: weakest(...parts.map(({confidence}) => confidence)),
    notes: [...new Set(parts.flatMap(({notes}) => notes)), ...notCountedIn(rig), ...parts.flatMap(part => (part.node.supplies === undefined ? [`How many supplies ${part.node.id} has is not known: a cord for each ${WATTS_PER_UNKNOWN_CORD} W (${cordsOf(part)}) is assumed, all of them needed.`] : []))],
  }
}

/** What draws as well, and nobody said how much. */
function notCountedIn({nodes, site}: Rig): readonly string[] {
  return [
    ...(nodes.reduce((sum, {count}) => sum + count, 0) > 2 ? ['Switches between the machines are in no figure.'] : []),
    ...(site.whenIdle === 'off' ? ['Machines that are off still draw some watts for their management controllers and supplies; they count as none.'] : []),
  ]
}

const cordsOf = ({node, wall}: NodeParts): number => node.supplies?.count ?? Math.min(MOST_SUPPLIES, Math.max(1, Math.ceil(wall.peak / WATTS_PER_UNKNOWN_CORD)))

/** Behind a UPS beside the machines no circuit may fail for the supplies' sake: all of them hang on it. */
function cordedLoad(part: NodeParts, at: number, site: Rig['site']): CordedLoad {
  const {node} = part
  const cords = cordsOf(part)
  const behindUps = site.ups !== undefined && !isHall(site)
  return {id: node.count > 1 ? `${node.id} ${at + 1}` : node.id, watts: laidFor(part) * upsInputOf(site).circuits, cords, needed: behindUps ? cords : (node.supplies?.needed ?? cords), inputVolts: behindUps ? undefined : node.inputVolts}
}

/** "chat-70b on 1 of 2 nodes": where not all of them do it. */
function workText({nodes}: Rig, {title, nodesInUse}: ExpectedWork): string {
  const total = nodes.reduce((sum, {count}) => sum + count, 0)
  const used = nodes.flatMap(({id, count}) => {
    const own = Math.min(count, nodesInUse.get(id) ?? 0)
    return own === 0 ? [] : [{text: own === count && count === 1 ? id : `${own} of ${count} ${id}`, own}]
  })
  return used.reduce((sum, {own}) => sum + own, 0) === total ? title : `${title} on ${used.map(({text}) => text).join(' and ')}`
}

/** Nodes err alike, so their bounds add up; what idles is known. */
function intervalOf(parts: readonly NodeParts[], asked: ExpectedWork | undefined, watts: States): Interval {
  const bound = (read: (interval: Interval) => number): number =>
    asked === undefined ? parts.reduce((sum, {node, expectedWatts}) => sum + node.count * read(expectedWatts), 0) : watts.expected + (asked.interval === undefined ? 0 : read(asked.interval) - asked.watts)
  return {p10: Math.max(0, bound(({p10}) => p10)), p50: watts.expected, p90: Math.min(Math.max(watts.peak, watts.expected), bound(({p90}) => p90))}
}

/** Beside one machine of a hall its neighbours are no louder; a room hears all of them. */
function noiseOf({nodes, site}: Rig): number | undefined {
  const levels = nodes.map(({noiseDba}) => noiseDba)
  if (isHall(site)) return levels.includes(undefined) ? undefined : Math.max(...levels.map(level => level ?? 0))
  return levelOfAll(nodes.flatMap(({noiseDba, count}) => Array.from({length: count}, () => noiseDba)))
}

function supplyVerdict({node, wall, loss}: NodeParts): SupplyVerdict | undefined {
  const {supplies} = node
  if (supplies === undefined) return undefined
  const behind = wall.peak - loss.peak
  const carried = Math.ceil(behind / supplies.ratedWatts - 1e-9)
  return {...supplies, loadShare: behind / (supplies.needed * supplies.ratedWatts), mayFail: Math.max(0, supplies.count - Math.max(supplies.needed, carried))}
}
