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
import {levelsOf, type SeenLevel, type SeenLevels} from './links.ts'
import type {SeenAccelerator, SeenMachine, Unseen} from './machine.ts'
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
const LONGEST_TITLE = 120
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

/** The rig file of a machine: what was seen, what built-in figures stand in for the rest, each marked, and what its owner has to say. */
export function rigFileOf(question: RigFileQuestion): RigFile {
  const {machine, snapshot, calibration, today, price, country, ssh} = question
  const [group, ...others] = groupsOf(machine, snapshot.accelerators)
  const {accelerator, seen: cards = [], name: cardName = ''} = group ?? {}
  const count = cards.length
  const seen = seenOf(machine, group)
  const unseen: Unseen[] = [...machine.unseen]
  const missing: string[] = []
  const rig: RigLine[] = []
  const node: RigLine[] = [{key: 'id', value: 'machine'}, {key: 'count', value: 1}]
  const fill = (lines: RigLine[], key: string, example: string, remark: string): void => {
    lines.push({key, example, remark: `${remark}: needed`})
    missing.push(key)
  }

  const sort = classOf(machine, group)
  if (machine.chassis === undefined) unseen.push({what: 'class', why: `the chassis does not say; taken for a ${sort} by its accelerators`})
  const twin = twinOf(snapshot.rigs, accelerator, count)
  const base = twin !== undefined && twin.rig.nodes.length === 1 ? twin.rig : usualRigOf(snapshot.rigs, sort)
  const maker = [machine.vendor, machine.product ?? machine.board].filter((part) => part !== undefined).map((part) => echo(part, 60)).join(' ')
  const title = [count === 0 ? undefined : `${count}× ${cardName}`, maker === '' ? undefined : maker].filter((part) => part !== undefined).join(', ')

  if (base !== undefined) rig.push({key: 'extends', value: base.id, remark: base === twin?.rig ? 'the built-in rig with the same accelerators: what is not said here is as there' : 'a built-in rig of its class: what is not said here is as there'})
  if (title !== '') rig.push({key: 'title', value: clip(title, LONGEST_TITLE)})
  rig.push({key: 'class', value: sort})
  if (ssh !== undefined) rig.push({key: 'ssh', value: ssh})
  site(rig)
  if (price !== undefined) rig.push({key: 'price', value: price})
  if (base !== undefined && base !== twin?.rig) ownersFigures(rig, base, accelerator, snapshot.accelerators)
  if (base !== undefined) unseen.push({what: 'cooling, uplink, upkeep, service life and resale', why: `no machine knows them; those of ${base.id} stand in (rigor rig show ${base.id})`})
  rig.push({key: 'note', value: `Detected on ${today}. Figures that are marked as modelled are not of this machine.`})

  if (maker !== '') node.push({key: 'platform', value: maker})
  if (accelerator !== undefined) node.push({key: 'acceleratorId', value: accelerator.id, remark: `"${cardName}"`})
  else if (group === undefined) fill(node, 'acceleratorId', 'h100-pcie-80gb', 'no accelerator was seen')
  else fill(node, 'acceleratorId', nearestOf(cardName, snapshot.accelerators)[0] ?? 'h100-pcie-80gb', `"${cardName}"${memoryText(cards[0])} is none of the catalog, or may be several (rigor hardware list)`)
  if (group !== undefined && accelerator === undefined) {
    const near = nearestOf(cardName, snapshot.accelerators)
    unseen.push({what: `which accelerator "${cardName}"${memoryText(cards[0])} is`, why: `no part of the catalog has that name and memory${near.length === 0 ? '' : `; nearest by name: ${quoteChoices(near)}`}`})
  }
  node.push({key: 'acceleratorCount', value: count})
  for (const other of others) unseen.push({what: `${other.seen.length} × ${other.name}`, why: 'it is in the machine, but a node holds accelerators of one sort: left out'})
  const levels = linksOf(machine, group)
  if (levels.levels !== undefined) node.push({key: 'levels', value: levels.levels.map(({kind, groupSize, bytesPerSecond, latencySeconds}) => ({kind, groupSize, bytesPerSecond, latencySeconds}))})
  else {
    fill(node, 'levels', '[{kind: pcie, groupSize: 2, bytesPerSecond: 63e9, latencySeconds: 4e-6}]', levels.why)
    unseen.push({what: 'rates of the links', why: levels.why})
  }
  if (machine.processor?.threads !== undefined) node.push({key: 'vcpus', value: machine.processor.threads, remark: machine.processor.model === undefined ? undefined : processorText(machine.processor)})
  if (machine.memoryGib !== undefined) node.push({key: 'memoryGib', value: machine.memoryGib})
  disks()
  watts()
  if (machine.supplies !== undefined) {
    const {count: supplies, ratedWatts} = machine.supplies
    node.push({key: 'supplies', example: `{count: ${supplies}, ratedWatts: ${ratedWatts ?? '…'}, needed: …}`, remark: `${supplies} seen; how many of them have to be there is yours to say`})
  }
  if (price === undefined) {
    if (twin === undefined) fill(node, 'priceUsd', '…', 'what it cost; no built-in rig has the same accelerators')
    else node.push({key: 'priceUsd', value: twin.node.priceUsd, remark: `modelled: of ${twin.rig.id}, replace with yours`})
    unseen.push({what: 'price', why: `no machine knows it${twin === undefined ? ': say --price "21000 EUR", or fill in priceUsd' : `; that of ${twin.rig.id} stands in, --price replaces it`}`})
  }
  unseen.push({what: 'Redfish', why: "not looked at, as it asks for a password: the machine's BMC (its address: ipmitool lan print) shows watts under /redfish/v1/Chassis; put them into hostIdleWatts, hostMaximumWatts and supplies"})

  const name = question.name ?? nameFrom(machine.host)
  const entry = {...valuesOf(rig), nodes: [valuesOf(node)]}
  if (missing.length === 0) missing.push(...refusalsOf(name, entry, snapshot))
  const heading = [
    `${maker === '' ? 'A machine' : maker} as rigor rig detect saw it on ${today}. Goes into rigor.yaml.`,
    ...(missing.length === 0 ? [] : [`Incomplete: rigor refuses it until this is filled in: ${missing.join(', ')}.`]),
  ].join('\n')
  const yaml = rigYaml(name, heading, {rig, node}, (levels.levels ?? []).map(({how, bytesPerSecond}) => `${figure(bytesPerSecond / 1e9)} GB/s each way; ${how}`))
  return {name, rig: entry, seen, unseen, missing, yaml}

  function site(lines: RigLine[]): void {
    const has = country !== undefined && snapshot.tariffs.some((tariff) => tariff.country === country)
    if (country !== undefined && !has) {
      fill(lines, 'site', `{country: ${country}, tariff: {energy: 0.24 EUR/kWh}}`, `no electricity price is known for ${country}`)
      return
    }
    if (country !== undefined) lines.push({key: 'site', value: {country}, remark: `modelled: at the country's tariff; replace with yours: {country: ${country}, tariff: {energy: 0.24 EUR/kWh}}`})
    else if (base !== undefined) lines.push({key: 'site', example: '{country: NL, tariff: {energy: 0.24 EUR/kWh}}', remark: `modelled without it: ${base.site.country} at ${base.site.tariffUsdPerKwh} USD/kWh, as ${base.id}; replace with yours`})
    unseen.push({what: country === undefined ? 'site and tariff' : 'tariff', why: country === undefined ? `no machine knows where it stands${base === undefined ? '' : `; ${base.site.country} at ${base.site.tariffUsdPerKwh} USD/kWh stands in, --country or site: replaces it`}` : "the country's own stands in"})
  }

  function disks(): void {
    const solid = (machine.disks ?? []).filter((disk) => isLocalSsd(disk))
    if (machine.disks === undefined) return
    // What a virtual machine says of its disks is often not so.
    if (solid.length > 0 || machine.hypervisor === undefined) node.push({key: 'localSsdGb', value: Math.round(solid.reduce((sum, {bytes}) => sum + bytes, 0) / 1e9)})
    const left = machine.disks.filter((disk) => !isLocalSsd(disk))
    if (left.length > 0) unseen.push({what: `${left.map(({name: disk, bytes}) => `${echo(disk, 30)} (${Math.round(bytes / 1e9)} GB)`).join(', ')} as local SSD`, why: `said to rotate, or attached from outside${machine.hypervisor === undefined ? '' : '; disks of virtual machines often say so'}`})
  }

  function watts(): void {
    const modelled = modelledHostWatts({accelerators: snapshot.accelerators, calibration, accelerator, count, class: sort, twin, base})
    const efficiency = modelled?.supplyEfficiency ?? 1
    const idle = seenIdleWatts(machine, efficiency)
    const mark = modelled === undefined ? '' : `modelled: of ${modelled.of}, replace with yours`
    if (idle.watts !== undefined) node.push({key: 'hostIdleWatts', value: idle.watts, remark: `seen: ${idle.how}`})
    else if (modelled !== undefined) node.push({key: 'hostIdleWatts', value: modelled.idle, remark: mark})
    else fill(node, 'hostIdleWatts', '…', `of all but the accelerators at rest; ${idle.why}`)
    if (modelled === undefined) {
      fill(node, 'hostMaximumWatts', '…', 'of all but the accelerators at work; nothing alike is known')
      fill(node, 'supplyEfficiency', '0.96', 'watts behind the supplies ÷ watts at the wall')
    } else {
      node.push({key: 'hostMaximumWatts', value: Math.max(modelled.maximum, idle.watts ?? 0), remark: mark}, {key: 'supplyEfficiency', value: modelled.supplyEfficiency, remark: mark})
    }
    if (idle.watts === undefined) unseen.push({what: 'idle watts of the host', why: `${idle.why}${modelled === undefined ? '' : `; ${modelled.idle} W of ${modelled.of} stand in`}`})
    unseen.push({what: 'highest watts of the host, loss of the supplies', why: `that takes a meter and full load${modelled === undefined ? '' : `; ${modelled.maximum} W and ${modelled.supplyEfficiency} of ${modelled.of} stand in`}`})
    const limit = cards[0]?.limitWatts
    const rated = accelerator?.powerWatts
    if (limit !== undefined && rated !== undefined && Math.abs(limit / rated - 1) > 0.02) unseen.push({what: `the power limit of ${figure(limit)} W in estimates`, why: `a rig has no field for it: rigor reckons with the ${figure(rated)} W of ${accelerator!.id}`})
    if (machine.hypervisor !== undefined) unseen.push({what: 'the machine below', why: `this is a virtual one (${echo(machine.hypervisor, 40)}): watts, disks and links may be shared with others, or made up`})
  }
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

function clip(text: string, longest: number): string {
  let kept = ''
  for (const character of text) if (kept.length + character.length <= longest) kept += character
  return kept.trim()
}

function classOf({chassis}: SeenMachine, group: Group | undefined): Rig['class'] {
  if (chassis !== undefined) return chassis
  const form = group?.accelerator?.formFactor
  return form === 'laptop' ? 'laptop' : form === 'sxm' || form === 'oam' || form === 'superchip' || group === undefined || group.seen.length > 4 ? 'server' : 'workstation'
}

/** What grows with the machine cannot be as in another one: room by the watts of both, wear by the prices of both sorts of cards. */
function ownersFigures(lines: RigLine[], base: Rig, accelerator: Accelerator | undefined, catalog: readonly Accelerator[]): void {
  const [cards] = base.nodes
  const theirs = catalog.find(({id}) => id === cards?.acceleratorId)
  const share = accelerator?.price === undefined || theirs?.price === undefined ? undefined : accelerator.price.usd / theirs.price.usd
  const wear = share === undefined ? base.wearUsdPerAcceleratorHour : base.wearUsdPerAcceleratorHour * share
  lines.push(
    {key: 'upkeepUsdPerYear', value: base.upkeepUsdPerYear, remark: `modelled: room and service of ${base.id}, replace with yours`},
    {key: 'wearUsdPerAcceleratorHour', value: Number(wear.toPrecision(2)), remark: `modelled: ${share === undefined ? `of ${base.id}` : `of ${base.id}, by the prices of the cards`}, replace with yours`},
  )
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
  const {processor, disks, interfaces, watts, processorWatts, supplies} = machine
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
  add('disks', disks?.map(({bytes, rotating, transport, model}) => `${figure(bytes / 1e9)} GB${rotating ? ' rotating' : ''}${transport === undefined ? '' : ` ${echo(transport, 20)}`}${model === undefined ? '' : ` ${echo(model, 60)}`}`).join('; '))
  add('network', interfaces.map(({name, kind, bitsPerSecond}) => `${echo(name, 30)} ${figure(bitsPerSecond / 1e9)} Gbit/s${kind === 'infiniband' ? ' InfiniBand' : ''}`).join(', '))
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

