import type * as z from 'zod'
import {RigorError} from '../errors.ts'
import type {CatalogFiles} from './compile.ts'
import {parseAccelerators} from './parse/accelerators.ts'
import {parseAudioModels} from './parse/audio-models.ts'
import {parseBilling} from './parse/billing.ts'
import {parseCalibration} from './parse/calibration.ts'
import {parseDevices} from './parse/devices.ts'
import {parseCarbonFactors, parseExchangeRates, parsePue, parseTariffs} from './parse/energy.ts'
import {parseExtras} from './parse/extras.ts'
import {parseFacilityFacts} from './parse/facility.ts'
import {parseInterruptions} from './parse/interruptions.ts'
import {parseMachines} from './parse/machines.ts'
import {parseMigProfiles} from './parse/mig-profiles.ts'
import {parseMediaModels} from './parse/media-models.ts'
import {parseNetworkModels} from './parse/network-models.ts'
import {parseModels} from './parse/models.ts'
import {parseOffers, placesOf, type OfferRow} from './parse/offers.ts'
import {parseProcessors} from './parse/processors.ts'
import {parseRegions} from './parse/regions.ts'
import {parseRig} from './parse/rigs.ts'
import {parseRuntimes} from './parse/runtimes.ts'
import {parseSoftware} from './parse/software.ts'
import {parseSources} from './parse/sources.ts'
import {parseStreams} from './parse/streams.ts'
import {Rig} from './rig.ts'
import {Accelerator, AudioModel, LanguageModel, Machine, MediaModel, Offer, SoftwareSupport, Source} from './schema.ts'

/** Something wrong with the data: where, and what. */
export interface CatalogProblem {
  readonly file: string
  /** Line, key or place in the file. */
  readonly at: string
  readonly message: string
}

export interface VerifyOptions {
  /** No fact may be younger than this day; absent = not checked. */
  readonly today?: string
}

/** Every check of the data there is: each row against its schema, names and sources that must exist, duplicates, and prices against each other. Empty = all is well. */
export function verifyCatalog(files: CatalogFiles, options: VerifyOptions = {}): readonly CatalogProblem[] {
  const problems: CatalogProblem[] = []
  const report = (file: string, at: string, message: string): void => void problems.push({file, at, message})

  /** A file that cannot be parsed is one problem; the checks that need it are skipped. */
  const read = <T>(path: string, parse: (text: string, file: string) => readonly T[]): readonly T[] => {
    const text = files.get(path)
    if (text === undefined) {
      report(path, '', 'the file is missing')
      return []
    }
    try {
      return parse(text, path)
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      const [, line = '', message = error.message] = /:(\d+) — (.*)$/s.exec(error.message) ?? []
      report(path, line, message)
      return []
    }
  }
  const folder = <T>(name: string, parse: (text: string, base: string, file: string) => readonly T[]): {readonly base: string; readonly file: string; readonly rows: readonly T[]}[] =>
    [...files.keys()]
      .filter((path) => path.startsWith(`${name}/`))
      .sort()
      .map((file) => {
        const base = file.slice(name.length + 1).replace(/\.[a-z]+$/, '')
        return {base, file, rows: read(file, (text, path) => parse(text, base, path))}
      })
  const conform = <T>(file: string, rows: readonly T[], schema: z.ZodType, keyOf: (row: T) => string): void => {
    const seen = new Set<string>()
    for (const row of rows) {
      const key = keyOf(row)
      if (seen.has(key)) report(file, key, 'stands in it twice')
      seen.add(key)
      const parsed = schema.safeParse(row)
      if (!parsed.success) for (const issue of parsed.error.issues) report(file, key, `${issue.path.join('.')}: ${issue.message}`)
    }
  }

  const sources = read('sources.csv', parseSources)
  const sourceIds = new Set(sources.map((source) => source.id))
  conform('sources.csv', sources, Source, (source) => source.id)
  const provenance = (file: string, at: string, row: {readonly sourceId: string; readonly asOf?: string}): void => {
    if (!sourceIds.has(row.sourceId)) report(file, at, `the source "${row.sourceId}" is not in sources.csv`)
    if (row.asOf !== undefined && options.today !== undefined && row.asOf > options.today) report(file, at, `${row.asOf} lies in the future`)
  }

  const accelerators = read('accelerators.csv', parseAccelerators)
  const acceleratorById = new Map(accelerators.map((accelerator) => [accelerator.id, accelerator]))
  conform('accelerators.csv', accelerators, Accelerator, (accelerator) => accelerator.id)
  for (const accelerator of accelerators) {
    provenance('accelerators.csv', accelerator.id, accelerator)
    if (accelerator.price?.sourceId !== undefined) provenance('accelerators.csv', accelerator.id, {sourceId: accelerator.price.sourceId})
    if ((accelerator.idleWatts ?? 0) >= (accelerator.powerWatts ?? Infinity)) report('accelerators.csv', accelerator.id, 'draws as much when idle as at full load')
  }

  const devices = read('devices.csv', parseDevices)
  conform('devices.csv', devices, Accelerator, (device) => device.id)
  for (const device of devices) {
    provenance('devices.csv', device.id, device)
    if (acceleratorById.has(device.id)) report('devices.csv', device.id, 'stands in accelerators.csv as well')
  }

  for (const stream of read('stream-bandwidth.csv', parseStreams)) provenance('stream-bandwidth.csv', `${stream.device}, ${stream.benchmark}`, stream)

  for (const profile of read('mig-profiles.csv', parseMigProfiles)) {
    provenance('mig-profiles.csv', `${profile.acceleratorId} ${profile.profile}`, profile)
    if (!acceleratorById.has(profile.acceleratorId)) report('mig-profiles.csv', profile.profile, `there is no accelerator "${profile.acceleratorId}"`)
  }

  const processors = read('processors.csv', parseProcessors)
  for (const processor of processors) provenance('processors.csv', `${processor.provider} ${processor.cpuModel}`, processor)

  const audioModels = read('audio-models.csv', parseAudioModels)
  conform('audio-models.csv', audioModels, AudioModel, ({id}) => id)
  for (const model of audioModels) provenance('audio-models.csv', model.id, model)
  for (const network of read('network-models.csv', parseNetworkModels)) provenance('network-models.csv', network.id, network)

  const machines = new Map<string, Machine>()
  for (const {file, rows} of folder('machines', parseMachines)) {
    conform(file, rows, Machine, (machine) => machine.instanceType)
    for (const machine of rows) {
      machines.set(`${machine.provider}/${machine.instanceType}`, machine)
      provenance(file, machine.instanceType, machine)
      verifyMachine(machine, (message) => report(file, machine.instanceType, message))
      if (machine.acceleratorId !== undefined && !acceleratorById.has(machine.acceleratorId)) report(file, machine.instanceType, `there is no accelerator "${machine.acceleratorId}"`)
    }
  }

  const regions = read('regions.csv', parseRegions)
  const regionKeys = new Set(regions.map((region) => `${region.provider}\t${region.region}`))
  if (regionKeys.size < regions.length) report('regions.csv', '', 'a region stands in it twice')
  for (const region of regions) provenance('regions.csv', `${region.provider} ${region.region}`, region)

  const offers = folder('offers', parseOffers)
  for (const {base: provider, file, rows} of offers) verifyOffers(provider, file, rows, machines, regionKeys, report, provenance)

  const extras = read('extras.csv', parseExtras)
  for (const [index, extra] of extras.entries()) {
    provenance('extras.csv', `${extra.provider} ${extra.item}`, extra)
    const previous = extras[index - 1]
    const sameItem = previous !== undefined && (['provider', 'category', 'item', 'region'] as const).every((field) => previous[field] === extra[field])
    if (sameItem && (previous.upToGb ?? Infinity) >= (extra.upToGb ?? Infinity)) report('extras.csv', `${extra.provider} ${extra.item}`, 'its tiers do not ascend')
  }
  const billing = read('billing.csv', parseBilling)
  for (const fact of billing) {
    provenance('billing.csv', fact.provider, fact)
    if (billing.find((other) => other.provider === fact.provider)!.purchase !== undefined) report('billing.csv', fact.provider, 'its row for all purchases must stand first')
  }
  for (const {base, file} of offers) if (!billing.some((fact) => fact.provider === base)) report(file, '', `billing.csv does not say how ${base} bills`)
  for (const band of read('interruptions.csv', parseInterruptions)) {
    provenance('interruptions.csv', `${band.provider}/${band.instanceType}`, band)
    if (!machines.has(`${band.provider}/${band.instanceType}`)) report('interruptions.csv', `${band.provider}/${band.instanceType}`, 'is no known machine')
    if (!(band.lowShare < band.highShare && band.highShare <= 1)) report('interruptions.csv', `${band.provider}/${band.instanceType}`, `${band.lowShare} to ${band.highShare} is no band`)
  }

  const models = read('models.csv', parseModels)
  conform('models.csv', models, LanguageModel, (model) => model.id)
  for (const model of models) provenance('models.csv', model.id, model)
  const mediaModels = read('media-models.csv', parseMediaModels)
  conform('media-models.csv', mediaModels, MediaModel, (model) => model.id)
  for (const model of mediaModels) {
    provenance('media-models.csv', model.id, model)
    provenance('media-models.csv', model.id, {sourceId: model.shapeSourceId})
  }
  const architectures = new Set([...accelerators, ...devices].map((accelerator) => accelerator.architecture)).add('cpu')
  const software = read('software.csv', parseSoftware)
  for (const row of software) {
    const at = `${row.runtime} ${row.architecture}`
    const parsed = SoftwareSupport.safeParse(row)
    if (!parsed.success) report('software.csv', at, parsed.error.issues[0]!.message)
    if (!architectures.has(row.architecture)) report('software.csv', at, 'no accelerator has this architecture')
    provenance('software.csv', at, row)
  }
  const [calibration] = read('calibration.json', (text, file) => [parseCalibration(text, file)])
  for (const entry of calibration?.entries ?? []) provenance('calibration.json', `${entry.kind} ${entry.quantity}`, entry)
  const deviceIds = new Set(devices.map((device) => device.id))
  for (const row of calibration?.evidence ?? []) if (!acceleratorById.has(row.accelerator) && !deviceIds.has(row.accelerator)) report('calibration.json', `${row.kind} ${row.model}`, `there is no accelerator "${row.accelerator}"`)
  for (const {file, rows} of folder('rigs', (text, _base, path) => [parseRig(text, path)])) {
    conform(file, rows, Rig, (rig) => rig.id)
    for (const rig of rows) {
      for (const sourceId of rig.sourceIds) provenance(file, rig.id, {sourceId, asOf: rig.asOf})
      for (const node of rig.nodes) {
        if (!acceleratorById.has(node.acceleratorId)) report(file, node.id, `there is no accelerator "${node.acceleratorId}"`)
        const widest = node.levels.at(-1)?.groupSize ?? 1
        if (node.acceleratorCount > 1 && widest !== node.acceleratorCount) report(file, node.id, `its links join ${widest} of ${node.acceleratorCount} accelerators`)
      }
    }
  }
  for (const fact of read('facility.csv', parseFacilityFacts)) provenance('facility.csv', fact.key, fact)
  for (const fact of read('runtimes.csv', parseRuntimes)) provenance('runtimes.csv', fact.runtime, fact)
  for (const tariff of read('energy/tariffs.csv', parseTariffs)) provenance('energy/tariffs.csv', `${tariff.country}/${tariff.sector}`, tariff)
  for (const factor of read('energy/carbon.csv', parseCarbonFactors)) provenance('energy/carbon.csv', `${factor.scope}/${factor.code}`, factor)
  read('energy/pue.csv', (text, file) => [parsePue(text, file)])
  read('energy/fx.csv', (text, file) => [parseExchangeRates(text, file)])
  return problems
}

/** Accelerators in the name: `gpu_8x_…`, `…-8g`, `…x8`, `…+4xT4`. TPU v2 to v5p count cores, two to a chip; later ones count chips. */
function countInName({provider, instanceType}: Machine): number | undefined {
  const slice = /^tpu-(v2|v3|v4|v5p|v5litepod|v6e)-(\d+)$/.exec(instanceType)
  if (slice) return Number(slice[2]) / (slice[1] === 'v5litepod' || slice[1] === 'v6e' ? 1 : 2)
  const pattern: Readonly<Record<string, RegExp>> = {
    gcp: /(?:gpu-|\+)(\d+)(?:g$|x)/, lambda: /^gpu_(\d+)x_/, coreweave: /(?:^gd-|-)(\d+)x/, paperspace: /x(\d+)$/, nebius: / x(\d+)$/, digitalocean: /^gpu-[a-z0-9]+x(\d+)-/,
  }
  const found = pattern[provider]?.exec(instanceType)?.[1]
  return found === undefined ? undefined : Number(found)
}

function verifyMachine(machine: Machine, report: (message: string) => void): void {
  const count = machine.acceleratorCount
  if ((machine.acceleratorId === undefined) !== (count === 0)) report('has a count of accelerators without a name, or a name without a count')
  if (count >= 1 && !Number.isInteger(count)) report(`${count} accelerators: only a part of one may be fractional`)
  const named = countInName(machine)
  if (named !== undefined && named !== count) report(`its name says ${named} accelerators, the row ${count}`)
  if (count <= 1 && machine.intraNodeLink !== 'none') report('links accelerators, but has one at most')
  if (count > 1 && machine.intraNodeLink === 'none') report('has several accelerators and no link: write unknown')
  if (machine.rdmaBytesPerSecond !== undefined && (machine.rdma === 'none' || machine.rdma === 'unknown')) report('has an RDMA rate, but no RDMA')
}

/** A label of several places or none, as providers and price lists write it; anything that looks like a region must be in regions.csv. */
const NO_ONE_REGION = /^(?:global|north-america|most regions)$|\/|\(lowest\)/i

function verifyOffers(
  provider: string,
  file: string,
  rows: readonly OfferRow[],
  machines: ReadonlyMap<string, Machine>,
  regionKeys: ReadonlySet<string>,
  report: (file: string, at: string, message: string) => void,
  provenance: (file: string, at: string, row: {readonly sourceId: string; readonly asOf: string}) => void,
): void {
  const seen = new Map<string, number>()
  const onDemand = new Map<string, number>()
  const placed = rows.flatMap((row) => [...placesOf(row.places)].map((place) => ({row, place})))
  for (const {row, place} of placed) {
    const key = [row.instanceType, row.service, place.region].join('\t')
    if (row.purchase === 'on-demand') onDemand.set(key, Math.max(onDemand.get(key) ?? 0, row.priceUsdPerHour))
  }
  for (const row of rows) {
    const at = String(row.record.line)
    const {record: _record, places: _places, ...fields} = row
    const parsed = Offer.safeParse({...fields, provider, region: 'checked-below', regionKnown: true})
    if (!parsed.success) report(file, at, parsed.error.issues[0]!.message)
    if (!machines.has(`${provider}/${row.instanceType}`)) report(file, at, `there is no machine "${row.instanceType}"`)
    if (row.purchase === 'owned') report(file, at, 'an offer cannot be owned')
    provenance(file, at, row)
    if (provider === 'gcp' && row.purchase === 'on-demand') verifyNoPlaceholder(row, machines.get(`gcp/${row.instanceType}`), (message) => report(file, at, message))
  }
  for (const {row, place} of placed) {
    const at = String(row.record.line)
    const key = [row.instanceType, row.service, row.purchase, place.region, place.zone ?? ''].join('\t')
    if (seen.has(key)) report(file, at, `${row.instanceType} ${row.purchase} in ${place.zone ?? place.region} stands in line ${seen.get(key)}, too`)
    seen.set(key, row.record.line)
    if (!regionKeys.has(`${provider}\t${place.region}`) && !NO_ONE_REGION.test(place.region)) report(file, at, `the region "${place.region}" is not in regions.csv`)
    const listPrice = onDemand.get([row.instanceType, row.service, place.region].join('\t'))
    if (row.purchase === 'spot' && listPrice !== undefined && row.priceUsdPerHour > listPrice && row.flags.length === 0) {
      report(file, at, `spot at ${row.priceUsdPerHour} is dearer than on demand at ${listPrice} in ${place.region}, and not flagged`)
    }
  }
}

/**
 * Two errors that circulate in public lists of this provider: the price of its Dynamic Workload Scheduler taken for on demand (8 × 4.2008,
 * 4.4239 or 4.5753 USD), and 700 USD per TPU chip, which stands for "unknown".
 */
function verifyNoPlaceholder(row: OfferRow, machine: Machine | undefined, report: (message: string) => void): void {
  if ([33.606, 35.391, 36.603].some((price) => Math.abs(price - row.priceUsdPerHour) < 0.001)) report('this is the price of flex-start, not of on demand')
  if (machine?.slice === true && row.priceUsdPerHour === 700 * machine.acceleratorCount) report('700 USD per chip is a placeholder')
}
