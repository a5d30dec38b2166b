import {trimLevels} from '../catalog/hardware.ts'
import {pcieX16BytesPerSecond} from '../catalog/pcie.ts'
import {crowdingOf, impossibilitiesOf, isCard} from '../catalog/rig-check.ts'
import {Rig, RigNode, type NodePart} from '../catalog/rig.ts'
import {sumOfParts} from '../catalog/rig-parts.ts'
import type {Accelerator} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {RigorError} from '../errors.ts'
import {dotted, findings, findingsError, type Finding} from '../text/issues.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {moneyToUsd} from '../units/money.ts'
import type {RigEntry} from './schema.ts'

type RigView = Pick<Snapshot, 'accelerators' | 'rigs' | 'tariffs' | 'exchangeRates'>
type Locate = (path: readonly PropertyKey[]) => string

/** The rigs there are for a user. */
export interface ResolvedRigs {
  /** Take part in every plan. */
  readonly rigs: readonly Rig[]
  /** May be named as a target: those, and all built-in ones that none of them replaces. */
  readonly known: readonly Rig[]
  /** Nobody named a rig: the built-in default stands in, and the answer says so. */
  readonly assumed: boolean
}

/** `rigs:` of the config over the built-in ones. Without it the built-in defaults take part; with it exactly those that stand there. */
export function resolveRigs(entries: Readonly<Record<string, RigEntry>> | undefined, view: RigView, locate: Locate = (path) => path.join('.')): ResolvedRigs {
  if (entries === undefined) return {rigs: view.rigs.filter((rig) => rig.builtinDefault), known: view.rigs, assumed: true}
  const rigs = Object.entries(entries).map(([name, entry]) => resolveRig(name, entry, view, (path) => locate(['rigs', name, ...path])))
  const own = new Set(rigs.map((rig) => rig.id))
  return {rigs, known: [...rigs, ...view.rigs.filter((rig) => !own.has(rig.id))], assumed: false}
}

function resolveRig(name: string, entry: RigEntry, view: RigView, locate: Locate): Rig {
  const base = baseOf(name, entry, view, locate)
  const {extends: _, ssh: __, price, site, nodes, network, displaced, freeIn, waitingCost, upkeep, upkeepUsdPerYear, installation, financing, tax, ...rest} = entry
  if (upkeep !== undefined && upkeepUsdPerYear !== undefined) throw new RigorError('BAD_FIELD', `${locate(['upkeepUsdPerYear'])} — upkeep says it already, part by part.`, {hint: 'Leave one of them out.'})
  refuseUnknown(nodes, view, locate)
  const joined = joinNodes(base, nodes, price !== undefined, view, locate)
  const merged = {
    ...base,
    ...present(rest),
    ...upkeepOf(upkeep, upkeepUsdPerYear, base, view),
    ...(installation === undefined ? {} : {installationUsd: moneyToUsd(installation, view.exchangeRates)}),
    ...(financing === undefined ? {} : {financing: financingOf(financing, view)}),
    ...(tax === undefined ? {} : {tax: {vatShare: tax.vat ?? 0, vatRecoverable: tax.vatRecoverable ?? false, incomeTaxShare: tax.incomeTax ?? 0, depreciationYears: tax.depreciationYears ?? entry.serviceLifeYears ?? base?.serviceLifeYears}}),
    // What a workload is worth, a plan has to say: `priceDisplaced`.
    ...(displaced === undefined || 'workload' in displaced ? {} : {displacedUsdPerHour: moneyToUsd(displaced, view.exchangeRates)}),
    ...(freeIn === undefined ? {} : {freeInHours: freeIn / 3600}),
    ...(waitingCost === undefined ? {} : {waitingUsdPerHour: moneyToUsd(waitingCost, view.exchangeRates)}),
    id: name,
    title: entry.title ?? titleOf(name, base, joined),
    owned: entry.owned ?? true,
    builtinDefault: false,
    // One price for the whole rig is spread over its nodes, as they have prices of their own in the cost model.
    nodes: price === undefined ? joined : spreadPrice(joined, moneyToUsd(price, view.exchangeRates)),
    ...(network !== undefined ? {network} : base?.network !== undefined ? {network: base.network} : {}),
    site: siteOf(site, entry.class ?? base?.class, base, view, locate),
    sourceIds: base?.sourceIds ?? [],
    asOf: base?.asOf ?? '1970-01-01',
    standing: base?.standing ?? ('read' as const),
  }
  const parsed = Rig.safeParse(merged)
  if (parsed.success) {
    const [impossible] = impossibilitiesOf(parsed.data, view.accelerators)
    if (impossible !== undefined) throw new RigorError('RIG_IMPOSSIBLE', `${locate(impossible.path)} — ${dotted(impossible.path)}: ${impossible.message}.`, {hint: impossible.hint})
    return parsed.data
  }
  const found = findings(parsed.error.issues, Rig, merged, `the rig ${name}`)
  throw findingsError(found, locate, base === undefined ? `or start from a built-in rig: extends: ${view.rigs[0]?.id ?? '…'}` : undefined)
}

function baseOf(name: string, entry: RigEntry, view: RigView, locate: Locate): Rig | undefined {
  // A rig that has the name of a built-in one and nothing else to go by is meant to be that one.
  const wanted = entry.extends ?? (entry.nodes === undefined ? name : undefined)
  if (wanted === undefined) return undefined
  const base = view.rigs.find((rig) => rig.id === wanted)
  if (base !== undefined) return base
  const ids = view.rigs.map((rig) => rig.id)
  const near = nearestNames(wanted, ids)
  if (entry.extends === undefined) throw new RigorError('MISSING_FIELD', `${locate([])} — the rig ${name} says neither what it extends nor its nodes.`, {hint: `Add extends: one of ${ids.join(', ')}.`})
  throw new RigorError('UNKNOWN_RIG', `${locate(['extends'])} — "${wanted}" is not a built-in rig.`, {hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : `Built in: ${ids.join(', ')}.`})
}

/** Without the keys whose value is undefined, which would hide those of the base. */
function present<T extends object>(fields: T): {[K in keyof T]?: Exclude<T[K], undefined>} {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {[K in keyof T]?: Exclude<T[K], undefined>}
}

type NodeEntry = NonNullable<RigEntry['nodes']>[number]

function refuseUnknown(entries: readonly NodeEntry[] | undefined, {accelerators}: RigView, locate: Locate): void {
  for (const [index, {acceleratorId: id}] of (entries ?? []).entries()) {
    if (id === undefined || accelerators.some((each) => each.id === id)) continue
    const near = nearestNames(id, accelerators.map((each) => each.id))
    throw new RigorError('UNKNOWN_ACCELERATOR', `${locate(['nodes', index, 'acceleratorId'])} — nodes[${index}].acceleratorId: "${echo(id)}" is not in the catalog.`, {hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : 'All of them: rigor hardware list'})
  }
}

/** "A", "A and B", "A, B and C". */
const listed = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`)

/** Nodes of the base that the entries name, changed; others have to be whole. Without entries those of the base. */
function joinNodes(base: Rig | undefined, entries: readonly NodeEntry[] | undefined, priced: boolean, view: RigView, locate: Locate): readonly NodeEntry[] {
  if (entries === undefined) return base?.nodes ?? []
  if (base === undefined) return entries.map((entry) => withHostWatts(entry))
  const needed = Object.entries(RigNode.shape).filter(([, field]) => !field.safeParse(undefined).success).map(([key]) => key as keyof NodeEntry)
  const found: Finding[] = []
  const nodes = entries.map((entry, index) => {
    const before = base.nodes.find(({id}) => id === entry.id)
    const node = withHostWatts({...(before === undefined ? {} : inheritedBy(entry, before, view.accelerators)), ...present(entry), id: entry.id})
    const {acceleratorCount = 0, acceleratorSlots} = node
    const crowding = crowdingOf({acceleratorCount, acceleratorSlots}, view.accelerators.find(({id}) => id === node.acceleratorId))
    if (crowding !== undefined) throw new RigorError('RIG_IMPOSSIBLE', `${locate(['nodes', index, 'acceleratorCount'])} — ${crowding.message}.`, {hint: crowding.hint})
    const missing = needed.filter((key) => node[key] === undefined && !(key === 'priceUsd' && priced))
    if (missing.length === 0) return node
    if (before === undefined) throw unknownNode(entry.id, missing, base, locate(['nodes', index, 'id']))
    const key = entry.acceleratorId === undefined || entry.acceleratorId === before.acceleratorId ? 'acceleratorCount' : 'acceleratorId'
    found.push({
      code: 'MISSING_FIELD', path: ['nodes', index, key], message: `node "${entry.id}" has ${sortOf(node)}; what ${base.id} says of ${listed(missing)} is for ${sortOf(before)}`,
      hint: missing.length > 1 ? `Add them to the node${missing.includes('priceUsd') ? ', or price: to the rig for priceUsd' : ''}.` : missing[0] === 'priceUsd' ? 'Add priceUsd to the node, or price: to the rig.' : `Add ${missing[0]!} to the node.`,
    })
    return node
  })
  if (found.length > 0) throw findingsError(found, locate)
  return nodes
}

const sortOf = ({acceleratorId, acceleratorCount}: Pick<NodeEntry, 'acceleratorId' | 'acceleratorCount'>): string => `${acceleratorCount ?? 0} × ${acceleratorId ?? 'accelerators'}`

/** A slip in the name of a node looks like a new one that says next to nothing. */
function unknownNode(id: string, missing: readonly string[], base: Rig, place: string): RigorError {
  const ids = base.nodes.map((node) => node.id)
  const near = nearestNames(id, ids)
  return new RigorError('UNKNOWN_RIG_NODE', `${place} — no node "${echo(id)}" in ${base.id}, and a new one lacks ${listed(missing)}.`, {hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : `Nodes of ${base.id}: ${ids.join(', ')}.`})
}

/** Host watts that nobody said are those of its parts, where each of them says its own. */
function withHostWatts(node: NodeEntry): NodeEntry {
  const {parts = []} = node
  const total = (read: (part: NodePart) => number | undefined): number | undefined => (parts.length > 0 && parts.every((part) => read(part) !== undefined) ? sumOfParts(parts, read) : undefined)
  return {...present({hostMaximumWatts: total(({watts}) => watts), hostIdleWatts: total(({idleWatts}) => idleWatts)}), ...node}
}

/**
 * What a node takes from the one it changes. With other accelerators, or another number, a price is not known. A card goes where cards were, as far as there are slots: then the chassis is the
 * same, with its host, noise and size. Boards are made for one accelerator, so that with another one, or with more than there is room for, it is another machine. A server's row, supplies and
 * rating belong to what they were built for: fewer cards leave the supplies as they are, others or more do not.
 */
function inheritedBy(entry: NodeEntry, before: RigNode, accelerators: readonly Accelerator[]): Partial<RigNode> {
  const {acceleratorId = before.acceleratorId, acceleratorCount = before.acceleratorCount} = entry
  const another = acceleratorId !== before.acceleratorId
  const more = acceleratorCount > before.acceleratorCount
  if (!another && acceleratorCount === before.acceleratorCount) return before
  const [now, then] = [acceleratorId, before.acceleratorId].map((wanted) => accelerators.find(({id}) => id === wanted))
  const {count, supplyEfficiency, acceleratorSlots, priceUsd: _price, ratedMaximumWatts: _rating, serverId, supplies, levels, ...chassis} = before
  const same = {acceleratorId, acceleratorCount, count, supplyEfficiency, ...(acceleratorCount <= 1 && {levels: []})}
  if (another && !(now !== undefined && then !== undefined && isCard(now) && isCard(then))) return same
  const slots = present({acceleratorSlots})
  if (acceleratorCount > (acceleratorSlots ?? before.acceleratorCount)) return {...same, ...slots}
  const links = trimLevels(another && now !== undefined ? linksWith(now, levels) : levels, acceleratorCount)
  const spans = links.at(-1)?.groupSize === acceleratorCount
  return {...chassis, ...same, ...slots, ...(spans && {levels: [...links]}), ...(another || more ? {} : present({serverId, supplies}))}
}

/** Links of a chassis with another card in it: none that the card lacks, and none faster than its own. */
function linksWith({linkBytesPerSecond = 0, pcieGeneration}: Accelerator, levels: RigNode['levels']): RigNode['levels'] {
  return levels.flatMap((level) => {
    const most = level.kind.startsWith('nv') ? linkBytesPerSecond : pcieX16BytesPerSecond(pcieGeneration) ?? level.bytesPerSecond
    return most > 0 ? [{...level, bytesPerSecond: Math.min(level.bytesPerSecond, most)}] : []
  })
}

/** A title tells what the machines are: that of a base with other ones would be wrong. */
function titleOf(name: string, base: Rig | undefined, nodes: readonly NodeEntry[]): string {
  if (base === undefined) return name
  const alike = nodes.length === base.nodes.length && base.nodes.every((node) => nodes.some((each) => each.id === node.id && each.count === node.count && each.acceleratorId === node.acceleratorId && each.acceleratorCount === node.acceleratorCount))
  return `${name} (${alike ? base.title : `after ${base.id}`})`
}

/** As the nodes' own prices are to each other; by accelerators where one has none. */
function spreadPrice(nodes: readonly NodeEntry[], usd: number): readonly NodeEntry[] {
  const known = nodes.every(({priceUsd}) => priceUsd !== undefined)
  const weightOf = ({priceUsd = 0, acceleratorCount = 0}: NodeEntry): number => (known ? priceUsd : acceleratorCount)
  const total = nodes.reduce((sum, node) => sum + weightOf(node) * (node.count ?? 1), 0)
  const machines = nodes.reduce((sum, node) => sum + (node.count ?? 1), 0)
  return nodes.map((node) => ({...node, priceUsd: total > 0 ? (usd * weightOf(node)) / total : usd / machines}))
}

function siteOf(site: RigEntry['site'], sort: Rig['class'] | undefined, base: Rig | undefined, view: RigView, locate: Locate): Partial<Rig['site']> {
  const country = site?.country ?? base?.site.country
  const kind = site?.kind ?? base?.site.kind
  const sectors = sectorsOf(kind, sort)
  // A tariff goes with a country and with who buys there: a home does not pay what the hall pays that the base stands in.
  const moved = base !== undefined && (country !== base.site.country || (site?.kind !== undefined && sectors[0] !== sectorsOf(base.site.kind, base.class)[0]))
  const keeps = base !== undefined && site?.tariff === undefined && !moved
  const national = site?.tariff === undefined && !keeps && country !== undefined ? tariffOf(country, sectors, view) : undefined
  const tariffUsdPerKwh = site?.tariff !== undefined ? moneyToUsd(site.tariff.energy, view.exchangeRates) : keeps ? base.site.tariffUsdPerKwh : national?.tariffUsdPerKwh
  if (tariffUsdPerKwh === undefined && country !== undefined) {
    const where = kind === 'home' ? `homes in ${country}` : country
    throw new RigorError('MISSING_FIELD', `${locate(['site'])} — no electricity price is known for ${where}.`, {hint: 'Add tariff: {energy: 0.24 EUR/kWh} to the site.'})
  }
  const {pue: _, ...before}: Partial<Rig['site']> = base?.site ?? {}
  // Windows and demand belong to a tariff: another one takes them away.
  const {tariffBasis: _basis, tariffWindows: _windows, demandUsdPerKwMonth: _demand, demandHeadroomWatts: _headroom, solar: _solar, ...plain} = before
  return {
    ...(keeps ? before : plain),
    ...(country !== undefined && {country}),
    ...(tariffUsdPerKwh !== undefined && {tariffUsdPerKwh}),
    ...national,
    ...tariffPartsOf(site?.tariff, view),
    ...coolingOf(site, base, locate),
    whenIdle: site?.whenIdle ?? base?.site.whenIdle ?? 'on',
    ...present({kind: site?.kind, circuits: site?.circuits, noiseLimitDba: site?.noiseLimitDba, uplinkBytesPerSecond: site?.uplink, downlinkBytesPerSecond: site?.downlink, publicAddress: site?.publicAddress, availabilityShare: site?.availability}),
    ...(site?.ups !== undefined && {ups: {kind: site.ups.kind, ...present({ratedWatts: site.ups.rated, batteryWattHours: site.ups.batteryWattHours})}}),
  }
}

/** By what it is for, or as one figure; either takes the place of what is extended. */
function upkeepOf(upkeep: RigEntry['upkeep'], usdPerYear: number | undefined, base: Rig | undefined, {exchangeRates}: RigView): Partial<Rig> {
  if (upkeep !== undefined) {
    const {roomPerMonth, adminHoursPerMonth, adminRate, servicePerYear, insurancePerYear, otherPerYear} = upkeep
    const usd = (money: Parameters<typeof moneyToUsd>[0] | undefined): number | undefined => (money === undefined ? undefined : moneyToUsd(money, exchangeRates))
    const rate = usd(adminRate)
    const parts: readonly [NonNullable<Rig['upkeepParts']>[number]['item'], number | undefined][] = [
      ['room', roomPerMonth === undefined ? undefined : 12 * (usd(roomPerMonth) ?? 0)], ['staff', rate === undefined ? undefined : 12 * rate * (adminHoursPerMonth ?? 0)],
      ['service contract', usd(servicePerYear)], ['insurance', usd(insurancePerYear)], ['other upkeep', usd(otherPerYear)],
    ]
    const upkeepParts = parts.flatMap(([item, each]) => (each === undefined ? [] : [{item, usdPerYear: each}]))
    return {upkeepParts, ...(rate === undefined ? {} : {adminUsdPerHour: rate}), upkeepUsdPerYear: upkeepParts.reduce((sum, {usdPerYear: each}) => sum + each, 0)}
  }
  if (usdPerYear !== undefined) return {upkeepUsdPerYear: usdPerYear, upkeepParts: usdPerYear === 0 ? [] : [{item: 'other upkeep', usdPerYear}]}
  return base === undefined ? {} : {upkeepUsdPerYear: base.upkeepUsdPerYear, ...present({upkeepParts: base.upkeepParts})}
}

function financingOf(financing: NonNullable<RigEntry['financing']>, {exchangeRates}: RigView): Rig['financing'] {
  if ('loan' in financing) {
    const {share, rate, years} = financing.loan
    return {kind: 'loan', principalShare: share ?? 1, ratePerYear: rate, months: Math.max(1, Math.round(12 * years))}
  }
  const {perMonth, months, buyout} = financing.lease
  return {kind: 'lease', usdPerMonth: moneyToUsd(perMonth, exchangeRates), months, ...(buyout === undefined ? {} : {buyoutUsd: moneyToUsd(buyout, exchangeRates)})}
}

/** What a tariff says beside its plain price. */
function tariffPartsOf(tariff: NonNullable<RigEntry['site']>['tariff'], {exchangeRates}: RigView): Partial<Rig['site']> {
  return present({
    tariffWindows: tariff?.windows?.map(({days, from, to, energy}) => ({days, fromHour: from % 24, toHour: to, usdPerKwh: moneyToUsd(energy, exchangeRates)})),
    demandUsdPerKwMonth: tariff?.demand === undefined ? undefined : moneyToUsd(tariff.demand.perKwMonth, exchangeRates),
    demandHeadroomWatts: tariff?.demand?.headroom,
    solar: tariff?.solar === undefined ? undefined : {peakKw: tariff.solar.peakKw, kwhPerKwYear: tariff.solar.kwhPerKwYear, feedInUsdPerKwh: moneyToUsd(tariff.solar.feedIn, exchangeRates)},
  })
}

/** A site's own PUE takes the place of the cooling that it extends, and the other way round; both at once count the cooling twice. */
function coolingOf(site: RigEntry['site'], base: Rig | undefined, locate: Locate): Partial<Rig['site']> {
  const cop = site?.cooling === undefined ? site?.coolingCop : site.cooling.cop
  if (site?.cooling !== undefined && site.coolingCop !== undefined) throw new RigorError('BAD_FIELD', `${locate(['site', 'coolingCop'])} — cooling: {cop} says it already.`, {hint: 'Leave coolingCop out.'})
  if (site?.pue !== undefined && cop !== undefined && cop !== null) {
    throw new RigorError('BAD_FIELD', `${locate(['site', 'pue'])} — a site has pue or cooling, not both: a PUE holds the cooling already.`, {hint: 'Leave one of them out.'})
  }
  return {
    coolingCop: site?.pue !== undefined ? null : cop === undefined ? (base?.site.coolingCop ?? null) : cop,
    ...present({pue: site?.pue ?? (cop === undefined ? base?.site.pue : undefined), coolingCapacityWatts: site?.cooling?.capacity}),
  }
}

/** Sectors of data/energy/tariffs.csv whose price a site pays, the likeliest first. A home never pays that of industry; an office has it only where nothing else is known. */
const SECTORS_OF_KIND: Readonly<Record<NonNullable<Rig['site']['kind']>, readonly string[]>> = {
  home: ['household', 'commercial'],
  office: ['commercial', 'household', 'industrial', 'datacenter'],
  colocation: ['datacenter', 'industrial', 'commercial', 'household'],
  datacentre: ['datacenter', 'industrial', 'commercial', 'household'],
}

/** Where nobody said what stands there: servers in a hall, the rest at a desk. */
const sectorsOf = (kind: Rig['site']['kind'], sort: Rig['class'] | undefined): readonly string[] =>
  kind !== undefined ? SECTORS_OF_KIND[kind] : sort === 'server' ? ['industrial', 'commercial', 'datacenter', 'household'] : ['household', 'commercial', 'industrial', 'datacenter']

/** The newest tariff of a country for the first of these sectors that it has one for. */
function tariffOf(country: string, sectors: readonly string[], {tariffs}: RigView): Pick<Rig['site'], 'tariffUsdPerKwh' | 'tariffBasis'> | undefined {
  const own = tariffs.filter((each) => each.country === country).toSorted((a, b) => (a.asOf < b.asOf ? 1 : -1))
  const found = sectors.flatMap((sector) => own.find((each) => each.sector === sector) ?? [])[0]
  return found && {tariffUsdPerKwh: found.usdPerKwh, tariffBasis: `${country} ${found.sector}, ${found.asOf.slice(0, 7)}`}
}
