import {acceleratorOfDriver} from '../accuracy/accelerator-label.ts'
import {bareHardware, mostPerMachine} from '../catalog/hardware.ts'
import type {Rig, RigNode} from '../catalog/rig.ts'
import type {Accelerator} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {resolveRigs} from '../config/rigs.ts'
import {Config, type Ssh} from '../config/schema.ts'
import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import type {Calibration} from '../performance/calibration.ts'
import {isLocalSsd} from './host.ts'
import {modelledHostWatts, seenIdleWatts} from './host-watts.ts'
import {labelOf} from './label.ts'
import {levelsOf, type SeenLevel, type SeenLevels} from './links.ts'
import type {SeenAccelerator, SeenDisk, SeenMachine, Unseen} from './machine.ts'
import {gigabytesOf, partsOf} from './parts.ts'
import {rigYaml, valuesOf, type RigLine} from './yaml.ts'

export interface RigFileQuestion {
  readonly machine: SeenMachine
  readonly snapshot: Snapshot
  readonly calibration: Calibration
  readonly today: string
  readonly name?: string | undefined
  /** What was paid for it, as in rigor.yaml: "270000 USD". */
  readonly price?: string | undefined
  /** Where it stands: two letters. */
  readonly country?: string | undefined
  /** How it was reached. */
  readonly ssh?: Ssh | undefined
  /** Its BMC was asked, too. */
  readonly askedRedfish?: boolean | undefined
}

export interface Seen {
  readonly what: string
  readonly value: string
}

export interface RigFile {
  readonly name: string
  /** What stands under the name. */
  readonly rig: Readonly<Record<string, unknown>>
  readonly seen: readonly Seen[]
  readonly unseen: readonly Unseen[]
  /** What has to be filled in before rigor takes the file; empty = nothing. */
  readonly missing: readonly string[]
  readonly yaml: string
}

const GIB = 2 ** 30
/** Drivers round limits, and so do data sheets. */
const SAME_LIMIT_SHARE = 0.02
const figure = (value: number): string => String(Number(value.toPrecision(3)))

/** Accelerators of one sort: as many as there are of what stands first. */
interface Group {
  readonly seen: readonly SeenAccelerator[]
  readonly indices: readonly number[]
  readonly accelerator: Accelerator | undefined
  readonly name: string
}

function groupsOf({accelerators}: SeenMachine, catalog: readonly Accelerator[]): readonly Group[] {
  const groups = new Map<string, {seen: SeenAccelerator[]; indices: number[]; accelerator: Accelerator | undefined; name: string}>()
  for (const [index, seen] of accelerators.entries()) {
    const accelerator = acceleratorOfDriver(seen.name, seen.memoryBytes, catalog)
    const key = accelerator?.id ?? `${seen.name}\n${seen.memoryBytes ?? ''}`
    const group = groups.get(key) ?? {seen: [], indices: [], accelerator, name: echo(seen.name.trim(), 80)}
    groups.set(key, group)
    group.seen.push(seen)
    group.indices.push(index)
  }
  // A small card that drives the screens beside the others is not what the machine is for.
  const memory = ({seen}: Group): number => seen.reduce((sum, {memoryBytes}) => sum + (memoryBytes ?? 0), 0)
  return [...groups.values()].toSorted((a, b) => memory(b) - memory(a) || b.seen.length - a.seen.length)
}

/** A file that is being written: its lines, and what is to be said beside it. */
interface Draft {
  readonly rig: RigLine[]
  readonly node: RigLine[]
  readonly unseen: Unseen[]
  readonly missing: string[]
}

/** What built-in rigs have to say about a machine. */
interface Kin {
  readonly class: Rig['class']
  /** A node with as many of the same accelerators. */
  readonly twin: {readonly rig: Rig; readonly node: RigNode} | undefined
  /** The rig that the file extends: the twin's, else one of the class. */
  readonly base: Rig | undefined
}

/** A line that its reader has to fill in before rigor takes the file. */
function leaveOpen({missing}: Draft, lines: RigLine[], key: string, example: string, remark: string): void {
  lines.push({key, example, remark: `${remark}: needed`})
  missing.push(key)
}

/** The rig file of a machine: what was seen, what built-in figures stand in for the rest, each marked, and what its owner has to say. */
export function rigFileOf(question: RigFileQuestion): RigFile {
  const {machine, snapshot, today, price, ssh} = question
  const [group, ...others] = groupsOf(machine, snapshot.accelerators)
  const kin = kinOf(machine, group, snapshot.rigs)
  const {base, twin} = kin
  const draft: Draft = {rig: [], node: [{key: 'id', value: 'machine'}, {key: 'count', value: 1}], unseen: [...machine.unseen], missing: []}
  const {rig, node, unseen, missing} = draft
  const maker = [machine.vendor, machine.product ?? machine.board].flatMap((part) => (part === undefined || part.trim() === '' ? [] : [echo(part, 60)])).join(' ')
  const title = [group === undefined ? undefined : `${group.seen.length}× ${group.name}`, maker === '' ? undefined : maker].filter((part) => part !== undefined).join(', ')

  if (base !== undefined) rig.push({key: 'extends', value: base.id, remark: `${base === twin?.rig ? 'the built-in rig with the same accelerators' : 'a built-in rig of its class'}: what is not said here is as there`})
  if (title !== '') rig.push({key: 'title', value: labelOf(title)})
  rig.push({key: 'class', value: kin.class})
  if (machine.chassis === undefined) unseen.push({what: 'class', why: `the chassis does not say; taken for a ${kin.class}${group === undefined ? '' : ' by its accelerators'}`})
  if (ssh !== undefined) rig.push({key: 'ssh', value: ssh})
  addSite(draft, kin, question)
  if (price !== undefined) rig.push({key: 'price', value: price})
  if (base !== undefined && base !== twin?.rig) rig.push(...ownersFigures(base, group?.accelerator, snapshot.accelerators))
  if (base !== undefined) unseen.push({what: 'cooling, uplink, upkeep, service life and resale', why: `no machine knows them; those of ${base.id} stand in (rigor rig show ${base.id})`})
  rig.push({key: 'note', value: `Detected on ${today}. Figures that are marked as modelled are not of this machine.`})

  if (maker !== '') node.push({key: 'platform', value: labelOf(maker)})
  const levels = linksOf(machine, group)
  addAccelerators(draft, group, levels, snapshot.accelerators)
  for (const other of others) unseen.push({what: `${other.seen.length} × ${other.name}`, why: 'it is in the machine, but a node holds accelerators of one sort: left out'})
  addHost(draft, machine)
  addWatts(draft, group, kin, question)
  if (price === undefined) addPrice(draft, kin)
  if (question.askedRedfish !== true) unseen.push({what: 'Redfish', why: "not looked at: --redfish https://… asks the machine's BMC (its address: ipmitool lan print) for watts and supplies, with RIGOR_REDFISH_USER and RIGOR_REDFISH_PASSWORD"})
  else if (machine.watts?.where !== 'Redfish') unseen.push({what: 'watts by Redfish', why: 'the BMC says none'})

  const name = question.name ?? nameFrom(machine.host)
  const entry = {...valuesOf(rig), nodes: [valuesOf(node)]}
  if (missing.length === 0) missing.push(...refusalsOf(name, entry, snapshot))
  const heading = [
    `${maker === '' ? 'A machine' : maker} as rigor rig detect saw it on ${today}. Goes into rigor.yaml.`,
    ...(missing.length === 0 ? [] : [`Incomplete: rigor refuses it until this is filled in: ${missing.join(', ')}.`]),
  ].join('\n')
  const yaml = rigYaml(name, heading, {rig, node}, (levels.levels ?? []).map(({how, bytesPerSecond}) => `${figure(bytesPerSecond / 1e9)} GB/s each way; ${how}`))
  return {name, rig: entry, seen: seenOf(machine, group), unseen, missing, yaml}
}

function addSite(draft: Draft, {base}: Kin, {country, snapshot}: RigFileQuestion): void {
  const {rig, unseen} = draft
  const tariff = '{energy: 0.24 EUR/kWh}'
  if (country === undefined) {
    const standIn = base === undefined ? '' : `${base.site.country} at ${base.site.tariffUsdPerKwh} USD/kWh`
    if (base !== undefined) rig.push({key: 'site', example: `{country: NL, tariff: ${tariff}}`, remark: `modelled without it: ${standIn}, as ${base.id}; replace with yours`})
    unseen.push({what: 'site and tariff', why: `no machine knows where it stands${base === undefined ? '' : `; ${standIn} stands in, --country or site: replaces it`}`})
    return
  }
  if (snapshot.tariffs.some((each) => each.country === country)) {
    rig.push({key: 'site', value: {country}, remark: `modelled: at the country's tariff; replace with yours: {country: ${country}, tariff: ${tariff}}`})
    unseen.push({what: 'tariff', why: "the country's own stands in"})
    return
  }
  leaveOpen(draft, rig, 'site', `{country: ${country}, tariff: ${tariff}}`, `no electricity price is known for ${country}`)
  unseen.push({what: 'tariff', why: `none is known for ${country}`})
}

function addAccelerators(draft: Draft, group: Group | undefined, levels: SeenLevels, catalog: readonly Accelerator[]): void {
  const {node, unseen} = draft
  if (group === undefined) leaveOpen(draft, node, 'acceleratorId', 'h100-pcie-80gb', 'no accelerator was seen')
  else if (group.accelerator !== undefined) node.push({key: 'acceleratorId', value: group.accelerator.id, remark: `"${group.name}"`})
  else {
    const called = `"${group.name}"${memoryText(group.seen[0])}`
    const near = nearestOf(group.name, catalog)
    leaveOpen(draft, node, 'acceleratorId', near[0] ?? 'h100-pcie-80gb', `${called} is none of the catalog, or may be several (rigor hardware list)`)
    unseen.push({what: `which accelerator ${called} is`, why: `no part of the catalog has that name and memory${near.length === 0 ? '' : `; nearest by name: ${quoteChoices(near)}`}`})
  }
  node.push({key: 'acceleratorCount', value: group?.seen.length ?? 0})
  if (levels.levels !== undefined) {
    node.push({key: 'levels', value: levels.levels.map(({kind, groupSize, bytesPerSecond, latencySeconds}) => ({kind, groupSize, bytesPerSecond, latencySeconds}))})
    return
  }
  leaveOpen(draft, node, 'levels', '[{kind: pcie, groupSize: 2, bytesPerSecond: 63e9, latencySeconds: 4e-6}]', levels.why)
  unseen.push({what: 'rates of the links', why: levels.why})
}

function addHost({node, unseen}: Draft, machine: SeenMachine): void {
  const {processor, memoryGib, disks, hypervisor} = machine
  if (processor?.threads !== undefined) node.push({key: 'vcpus', value: processor.threads, remark: processor.model === undefined ? undefined : processorText(processor)})
  if (memoryGib !== undefined) node.push({key: 'memoryGib', value: memoryGib})
  if (hypervisor !== undefined) unseen.push({what: 'the machine below', why: `this is a virtual one (${echo(hypervisor, 40)}): watts, processors, disks and links may be shared with others, or made up`})
  if (disks !== undefined) addLocalSsd({node, unseen}, disks, hypervisor)
  const {parts, unseen: others} = partsOf(machine)
  if (parts.length > 0) node.push({key: 'parts', value: parts})
  unseen.push(...others)
}

function addLocalSsd({node, unseen}: Pick<Draft, 'node' | 'unseen'>, disks: readonly SeenDisk[], hypervisor: string | undefined): void {
  const solid = disks.filter((disk) => isLocalSsd(disk))
  // What a virtual machine says of its disks is often not so.
  if (solid.length > 0 || hypervisor === undefined) node.push({key: 'localSsdGb', value: gigabytesOf(solid.reduce((sum, {bytes}) => sum + bytes, 0))})
  const left = disks.filter((disk) => !isLocalSsd(disk))
  if (left.length === 0) return
  unseen.push({what: `${left.map(({name, bytes}) => `${echo(name, 30)} (${gigabytesOf(bytes)} GB)`).join(', ')} as local SSD`, why: `said to rotate, or attached from outside${hypervisor === undefined ? '' : '; disks of virtual machines often say so'}`})
}

function addWatts(draft: Draft, group: Group | undefined, kin: Kin, {machine, snapshot, calibration}: RigFileQuestion): void {
  const {node, unseen} = draft
  const {accelerator, seen: cards = []} = group ?? {}
  const modelled = modelledHostWatts({accelerators: snapshot.accelerators, calibration, accelerator, count: cards.length, ...kin})
  const idle = seenIdleWatts(machine, modelled?.supplyEfficiency ?? 1)
  const mark = modelled === undefined ? '' : `modelled: of ${modelled.of}, replace with yours`
  if (idle.watts !== undefined) node.push({key: 'hostIdleWatts', value: idle.watts, remark: `seen: ${idle.how}`})
  else {
    if (modelled === undefined) leaveOpen(draft, node, 'hostIdleWatts', '…', `of all but the accelerators at rest; ${idle.why}`)
    else node.push({key: 'hostIdleWatts', value: modelled.idle, remark: mark})
    unseen.push({what: 'idle watts of the host', why: `${idle.why}${modelled === undefined ? '' : `; ${modelled.idle} W of ${modelled.of} stand in`}`})
  }
  if (modelled === undefined) {
    leaveOpen(draft, node, 'hostMaximumWatts', '…', 'of all but the accelerators at work; nothing alike is known')
    leaveOpen(draft, node, 'supplyEfficiency', '0.96', 'watts behind the supplies ÷ watts at the wall')
  } else {
    node.push({key: 'hostMaximumWatts', value: Math.max(modelled.maximum, idle.watts ?? 0), remark: mark}, {key: 'supplyEfficiency', value: modelled.supplyEfficiency, remark: mark})
  }
  unseen.push({what: 'highest watts of the host, loss of the supplies', why: `that takes a meter and full load${modelled === undefined ? '' : `; ${modelled.maximum} W and ${modelled.supplyEfficiency} of ${modelled.of} stand in`}`})
  const {supplies} = machine
  if (supplies !== undefined) node.push({key: 'supplies', example: `{count: ${supplies.count}, ratedWatts: ${supplies.ratedWatts ?? '…'}, needed: …}`, remark: `${supplies.count} seen; how many of them have to be there is yours to say`})
  const limits = accelerator?.powerWatts === undefined ? undefined : limitsText(cards, accelerator.powerWatts)
  if (limits !== undefined) unseen.push({what: `${limits} in estimates`, why: `a rig has no field for it: rigor reckons with the ${figure(accelerator!.powerWatts!)} W of ${accelerator!.id}`})
}

/** Limits in force, and of how many cards; `undefined` = those that are told are all the data sheet's. */
function limitsText(cards: readonly SeenAccelerator[], ratedWatts: number): string | undefined {
  const told = cards.flatMap(({limitWatts}) => limitWatts ?? [])
  if (told.every((limit) => Math.abs(limit / ratedWatts - 1) <= SAME_LIMIT_SHARE)) return undefined
  const [all, ...more] = [...Map.groupBy(cards, ({limitWatts}) => (limitWatts === undefined ? 'not told' : `${figure(limitWatts)} W`))]
  return more.length === 0 ? `the power limit of ${all![0]}` : `the power limits (${[all!, ...more].map(([watts, alike]) => `${alike.length} × ${watts}`).join(', ')})`
}

function addPrice(draft: Draft, {twin}: Kin): void {
  const {node, unseen} = draft
  if (twin === undefined) {
    leaveOpen(draft, node, 'priceUsd', '…', 'what it cost; no built-in rig has the same accelerators')
    unseen.push({what: 'price', why: 'no machine knows it: say --price "21000 EUR", or fill in priceUsd'})
    return
  }
  node.push({key: 'priceUsd', value: twin.node.priceUsd, remark: `modelled: of ${twin.rig.id}, replace with yours`})
  unseen.push({what: 'price', why: `no machine knows it; that of ${twin.rig.id} stands in, --price replaces it`})
}

function kinOf(machine: SeenMachine, group: Group | undefined, rigs: readonly Rig[]): Kin {
  const sort = classOf(machine, group)
  const twin = twinOf(rigs, group?.accelerator, group?.seen.length ?? 0)
  return {class: sort, twin, base: twin !== undefined && twin.rig.nodes.length === 1 ? twin.rig : usualRigOf(rigs, sort)}
}

/** Node of a built-in rig with as many of the same accelerators. A rig of one node first. */
function twinOf(rigs: readonly Rig[], accelerator: Accelerator | undefined, count: number): {readonly rig: Rig; readonly node: RigNode} | undefined {
  const twins = rigs.flatMap((rig) => rig.nodes.filter((node) => node.acceleratorId === accelerator?.id && node.acceleratorCount === count).map((node) => ({rig, node})))
  return twins.find(({rig}) => rig.nodes.length === 1) ?? twins[0]
}

/** A built-in rig of one node that takes part in plans, or any other of the class. */
function usualRigOf(rigs: readonly Rig[], sort: Rig['class']): Rig | undefined {
  const alike = rigs.filter((each) => each.class === sort && each.nodes.length === 1)
  return alike.find((each) => each.builtinDefault) ?? alike[0]
}

function classOf({chassis}: SeenMachine, group: Group | undefined): Rig['class'] {
  if (chassis !== undefined) return chassis
  const form = group?.accelerator?.formFactor
  return form === 'laptop' ? 'laptop' : form === 'sxm' || form === 'oam' || form === 'superchip' || group === undefined || group.seen.length > 4 ? 'server' : 'workstation'
}

/** What another machine's owner reckons with, written out so that nobody overlooks it; wear goes by the prices of both sorts of cards. */
function ownersFigures(base: Rig, accelerator: Accelerator | undefined, catalog: readonly Accelerator[]): readonly RigLine[] {
  const [cards] = base.nodes
  const theirs = catalog.find(({id}) => id === cards?.acceleratorId)
  const share = accelerator?.price === undefined || theirs?.price === undefined ? undefined : accelerator.price.usd / theirs.price.usd
  const wear = share === undefined ? base.wearUsdPerAcceleratorHour : base.wearUsdPerAcceleratorHour * share
  return [
    {key: 'upkeepUsdPerYear', value: base.upkeepUsdPerYear, remark: `modelled: room and service of ${base.id}, replace with yours`},
    {key: 'wearUsdPerAcceleratorHour', value: Number(wear.toPrecision(2)), remark: `modelled: ${share === undefined ? `of ${base.id}` : `of ${base.id}, by the prices of the cards`}, replace with yours`},
  ]
}

/** Levels as the driver tells of them; else those usual for the accelerators' form, marked as such. */
function linksOf({links}: SeenMachine, group: Group | undefined): SeenLevels {
  if (group === undefined || group.seen.length <= 1) return {levels: []}
  const {indices, seen, accelerator} = group
  if (links !== undefined) return levelsOf(indices.map((a) => indices.map((b) => links[a]![b]!)), seen, accelerator)
  if (accelerator === undefined || seen.length > mostPerMachine(accelerator)) return {levels: undefined, why: 'how they are joined could not be seen'}
  const usual = bareHardware(accelerator, seen.length, 1).levels
  if (usual === undefined) return {levels: undefined, why: 'how they are joined could not be seen'}
  return {levels: usual.map((level): SeenLevel => ({...level, how: `modelled: usual for ${accelerator.formFactor} accelerators, replace with yours`}))}
}

const memoryText = (card: SeenAccelerator | undefined): string => (card?.memoryBytes === undefined ? '' : ` with ${figure(card.memoryBytes / GIB)} GiB`)

function processorText({model, sockets}: NonNullable<SeenMachine['processor']>): string {
  return `${sockets === undefined || sockets === 1 ? '' : `${sockets} × `}${echo((model ?? 'processor').trim(), 80)}`
}

/** Ids of the catalog whose names are like this one. */
function nearestOf(name: string, accelerators: readonly Accelerator[]): readonly string[] {
  const plain = name.replaceAll(/\b(?:NVIDIA|AMD|GeForce|Instinct|Tesla|GPU)\b/gi, '').trim()
  const ids = new Map<string, string>()
  for (const {id, aliases} of accelerators) for (const known of [id, id.replace(/-\d+gb$/, ''), ...aliases]) if (!ids.has(known)) ids.set(known, id)
  return [...new Set(nearestNames(plain, ids.keys(), 9).map((known) => ids.get(known)!))].slice(0, 3)
}

/** A name that rigs may have, from what the machine calls itself. */
function nameFrom(host: string | undefined): string {
  const name = (host ?? '').toLowerCase().split('.', 1)[0]!.replaceAll(/[^a-z0-9_-]+/g, '-').replaceAll(/^[^a-z0-9]+|-+$/g, '').slice(0, 60)
  return name === '' || name === 'localhost' ? 'rig' : name
}

/** What rigor itself would have against the file. */
function refusalsOf(name: string, entry: Readonly<Record<string, unknown>>, snapshot: Snapshot): readonly string[] {
  const parsed = Config.safeParse({rigs: {[name]: entry}})
  if (!parsed.success) return parsed.error.issues.map(({path, message}) => `${path.slice(2).join('.')} (${message})`)
  try {
    resolveRigs(parsed.data.rigs, snapshot)
    return []
  } catch (error) {
    if (error instanceof RigorError) return [error.message]
    throw error
  }
}

function seenOf(machine: SeenMachine, group: Group | undefined): readonly Seen[] {
  const found: Seen[] = []
  const add = (what: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') found.push({what, value})
  }
  const {processor, disks, interfaces, fans, watts, processorWatts, supplies} = machine
  add('machine', [machine.vendor, machine.product ?? machine.board, machine.chassis === undefined ? undefined : `(${machine.chassis})`].filter((part) => part !== undefined).map((part) => echo(part, 80)).join(' '))
  if (group !== undefined) {
    const [card] = group.seen
    add('accelerators', `${group.seen.length} × ${group.name}${memoryText(card)}${group.accelerator === undefined ? '' : `: ${group.accelerator.id}`}`)
    add('power limits', powerText(group.seen))
    add('slots', slotsText(group.seen))
    const mig = group.seen.filter((each) => each.mig).length
    add('MIG', mig === 0 ? undefined : `on for ${mig} of ${group.seen.length}: the file counts whole accelerators`)
    const links = machine.links
    const codes = links === undefined ? [] : [...new Set(group.indices.flatMap((a) => group.indices.flatMap((b) => (a === b ? [] : [links[a]![b]!]))))]
    add('links', codes.join(', '))
  }
  add('processors', processor === undefined ? undefined : `${processorText(processor)}, ${processor.threads ?? '?'} threads`)
  add('memory', machine.memoryGib === undefined ? undefined : `${machine.memoryGib} GiB`)
  add('disks', disks?.map(({bytes, rotating, transport, model}) => `${gigabytesOf(bytes)} GB${rotating ? ' rotating' : ''}${transport === undefined ? '' : ` ${echo(transport, 20)}`}${model === undefined ? '' : ` ${echo(model, 60)}`}`).join('; '))
  add('network', interfaces.map(({name, kind, bitsPerSecond}) => `${echo(name, 30)} ${figure(bitsPerSecond / 1e9)} Gbit/s${kind === 'infiniband' ? ' InfiniBand' : ''}`).join(', '))
  add('fans', fans.turning === 0 ? undefined : `${fans.turning} turning`)
  add('watts now', watts === undefined ? undefined : `${figure(watts.watts)} W of the whole machine (${watts.where})`)
  add('watts of the processors now', processorWatts === undefined ? undefined : `${figure(processorWatts)} W`)
  add('supplies', supplies === undefined ? undefined : `${supplies.count}${supplies.ratedWatts === undefined ? '' : ` × ${supplies.ratedWatts} W`}`)
  return found
}

/** "700 W now, 700 W as delivered, 700 W at most", each as a range where cards differ. */
function powerText(cards: readonly SeenAccelerator[]): string | undefined {
  const range = (of: (card: SeenAccelerator) => number | undefined, words: string): string[] => {
    const values = cards.flatMap((card) => of(card) ?? [])
    if (values.length === 0) return []
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return [`${figure(low)}${low === high ? '' : `–${figure(high)}`} W ${words}`]
  }
  return [...range((card) => card.limitWatts, 'in force'), ...range((card) => card.defaultLimitWatts, 'as delivered'), ...range((card) => card.maximumLimitWatts, 'at most')].join(', ')
}

function slotsText(cards: readonly SeenAccelerator[]): string | undefined {
  const slots = [...new Set(cards.flatMap(({pcieGeneration, pcieLanes}) => (pcieGeneration === undefined || pcieLanes === undefined ? [] : [`PCIe ${pcieGeneration} ×${pcieLanes}`])))]
  return slots.join(', ')
}

