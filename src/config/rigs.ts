import {impossibilitiesOf} from '../catalog/rig-check.ts'
import {Rig, type NodePart} from '../catalog/rig.ts'
import {sumOfParts} from '../catalog/rig-parts.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {RigorError} from '../errors.ts'
import {findings, findingsError} from '../text/issues.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
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
  const joined = joinNodes(base, nodes)
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
    title: entry.title ?? (base === undefined ? name : `${name} (${base.title})`),
    owned: entry.owned ?? true,
    builtinDefault: false,
    // One price for the whole rig is spread over its nodes, as they have prices of their own in the cost model.
    nodes: price === undefined ? joined : spreadPrice(joined, moneyToUsd(price, view.exchangeRates)),
    ...(network !== undefined ? {network} : base?.network !== undefined ? {network: base.network} : {}),
    site: siteOf(site, base, view, locate),
    sourceIds: base?.sourceIds ?? [],
    asOf: base?.asOf ?? '1970-01-01',
    standing: base?.standing ?? ('read' as const),
  }
  const parsed = Rig.safeParse(merged)
  if (parsed.success) {
    const [impossible] = impossibilitiesOf(parsed.data, view.accelerators)
    if (impossible !== undefined) throw new RigorError('RIG_IMPOSSIBLE', `${locate(impossible.path)} — ${impossible.message}.`, {hint: impossible.hint})
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

function joinNodes(base: Rig | undefined, entries: readonly NodeEntry[] | undefined): readonly NodeEntry[] {
  if (entries === undefined) return base?.nodes ?? []
  const before = new Map((base?.nodes ?? []).map((node) => [node.id, node]))
  return entries.map((entry) => withHostWatts({...inheritedBy(entry, before.get(entry.id)), ...present(entry), id: entry.id}))
}

/** Host watts that nobody said are those of its parts, where each of them says its own. */
function withHostWatts(node: NodeEntry): NodeEntry {
  const {parts = []} = node
  const total = (read: (part: NodePart) => number | undefined): number | undefined => (parts.length > 0 && parts.every((part) => read(part) !== undefined) ? sumOfParts(parts, read) : undefined)
  return {...present({hostMaximumWatts: total(({watts}) => watts), hostIdleWatts: total(({idleWatts}) => idleWatts)}), ...node}
}

/** What a node takes from the one it changes. Supplies, rating, server and parts belong to the accelerators that these carried: with others, or more, they are not known until the entry says them. */
function inheritedBy(entry: NodeEntry, before: NodeEntry | undefined): Partial<NodeEntry> {
  if (before === undefined) return {}
  const {supplies: _supplies, ratedMaximumWatts: _rating, serverId: _server, parts: _parts, ...others} = before
  const another = entry.acceleratorId !== undefined && entry.acceleratorId !== before.acceleratorId
  const more = (entry.acceleratorCount ?? 0) > (before.acceleratorCount ?? 0)
  return another || more ? others : before
}

function spreadPrice(nodes: readonly NodeEntry[], usd: number): readonly NodeEntry[] {
  const weights = nodes.map((node) => (node.priceUsd ?? 0) * (node.count ?? 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const machines = nodes.reduce((sum, node) => sum + (node.count ?? 1), 0)
  return nodes.map((node) => ({...node, priceUsd: total > 0 ? (usd * (node.priceUsd ?? 0)) / total : usd / machines}))
}

function siteOf(site: RigEntry['site'], base: Rig | undefined, view: RigView, locate: Locate): Partial<Rig['site']> {
  const country = site?.country ?? base?.site.country
  const tariffUsdPerKwh =
    site?.tariff !== undefined ? moneyToUsd(site.tariff.energy, view.exchangeRates)
    : site?.country === undefined || site.country === base?.site.country ? base?.site.tariffUsdPerKwh
    : tariffOf(site.country, view)
  if (tariffUsdPerKwh === undefined && country !== undefined) {
    throw new RigorError('MISSING_FIELD', `${locate(['site'])} — no electricity price is known for ${country}.`, {hint: 'Add tariff: {energy: 0.24 EUR/kWh} to the site.'})
  }
  const {pue: _, ...before}: Partial<Rig['site']> = base?.site ?? {}
  // Windows and demand belong to a tariff: another tariff or country takes them away.
  const {tariffWindows: _windows, demandUsdPerKwMonth: _demand, demandHeadroomWatts: _headroom, solar: _solar, ...plain} = before
  const inherited = site?.tariff === undefined && (site?.country === undefined || site.country === base?.site.country) ? before : plain
  return {
    ...inherited,
    ...(country !== undefined && {country}),
    ...(tariffUsdPerKwh !== undefined && {tariffUsdPerKwh}),
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

/** The newest tariff of a country, for industry where there is one. */
function tariffOf(country: string, view: RigView): number | undefined {
  const own = view.tariffs.filter((each) => each.country === country).toSorted((a, b) => (a.asOf < b.asOf ? 1 : -1))
  return (own.find((each) => each.sector === 'industrial') ?? own[0])?.usdPerKwh
}
