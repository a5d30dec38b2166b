import {RigorError} from '../errors.ts'
import {splitCalibration, writePages, type CompiledCatalog, type CompiledMeta, type CompiledOffers, type CompiledPlace, type CompiledTerms, type InterruptionRow, type Section} from './compiled.ts'
import {parseAccelerators} from './parse/accelerators.ts'
import {parseAudioModels} from './parse/audio-models.ts'
import {parseBilling} from './parse/billing.ts'
import {parseCalibration} from './parse/calibration.ts'
import {parseDevices} from './parse/devices.ts'
import {parseCarbonByCountry, parseExchangeRates, parsePue, parseTariffs} from './parse/energy.ts'
import {parseExtras} from './parse/extras.ts'
import {parseFacility} from './parse/facility.ts'
import {parseInterruptions} from './parse/interruptions.ts'
import {parseMachines} from './parse/machines.ts'
import {parseMigProfiles} from './parse/mig-profiles.ts'
import {parseMediaModels} from './parse/media-models.ts'
import {parseModels} from './parse/models.ts'
import {parseNetworkModels} from './parse/network-models.ts'
import {parseOffers, placesOf, type OfferRow} from './parse/offers.ts'
import {parseProcessors} from './parse/processors.ts'
import {parseRegions} from './parse/regions.ts'
import {parseRig} from './parse/rigs.ts'
import {parseRuntimes} from './parse/runtimes.ts'
import {parseSoftware} from './parse/software.ts'
import {parseGaps, parseSources} from './parse/sources.ts'
import {parseStreams} from './parse/streams.ts'
import type {RegionFact, Snapshot} from './snapshot.ts'

/** Text by path inside the catalog's folder: `offers/aws.csv`. */
export type CatalogFiles = ReadonlyMap<string, string>

/**
 * Makes the catalog from the text of its files. `hash` identifies the data: SHA-256 over paths and contents, computed by the caller.
 * A row that cannot be read is an error with file and line; what no single row shows (duplicates, unknown names) is `verifyCatalog`'s.
 */
export function compileCatalog(files: CatalogFiles, hash: string): CompiledCatalog {
  const one = <T>(path: string, parse: (text: string, file: string) => T): T => {
    const text = files.get(path)
    if (text === undefined) throw new RigorError('BAD_CATALOG', `${path} — the file is missing from the catalog.`)
    return parse(text, path)
  }
  const each = <T>(folder: string, parse: (text: string, name: string, file: string) => T): readonly T[] =>
    [...files]
      .filter(([path]) => path.startsWith(`${folder}/`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, text]) => {
        if (!text.trimEnd().includes('\n')) throw new RigorError('BAD_CATALOG', `${path} — no row follows the first line.`)
        return parse(text, path.slice(folder.length + 1).replace(/\.[a-z]+$/, ''), path)
      })

  const regions = one('regions.csv', parseRegions)
  const devices = one('devices.csv', parseDevices)
  const {offers, meta} = compileOffers(each('offers', (text, provider, file) => ({provider, rows: parseOffers(text, provider, file)})), regions)
  const tables: {readonly [S in Exclude<Section, 'meta' | 'offers' | 'interruptions' | 'calibration'>]: unknown} = {
    accelerators: [...one('accelerators.csv', parseAccelerators), ...devices.filter(({partialSheet}) => partialSheet !== true)] satisfies Snapshot['accelerators'],
    devices: devices.filter(({partialSheet}) => partialSheet === true) satisfies Snapshot['devices'],
    machines: each('machines', parseMachines).flat() satisfies Snapshot['machines'],
    models: one('models.csv', parseModels) satisfies Snapshot['models'],
    mediaModels: one('media-models.csv', parseMediaModels) satisfies Snapshot['mediaModels'],
    rigs: each('rigs', (text, _name, file) => parseRig(text, file)) satisfies Snapshot['rigs'],
    software: one('software.csv', parseSoftware) satisfies Snapshot['software'],
    billing: one('billing.csv', parseBilling) satisfies Snapshot['billing'],
    extras: one('extras.csv', parseExtras) satisfies Snapshot['extras'],
    facility: one('facility.csv', parseFacility) satisfies Snapshot['facility'],
    pue: one('energy/pue.csv', parsePue) satisfies Snapshot['pueByProvider'],
    carbon: one('energy/carbon.csv', parseCarbonByCountry) satisfies Snapshot['carbonByCountry'],
    tariffs: one('energy/tariffs.csv', parseTariffs) satisfies Snapshot['tariffs'],
    exchangeRates: one('energy/fx.csv', parseExchangeRates) satisfies Snapshot['exchangeRates'],
    runtimes: one('runtimes.csv', parseRuntimes) satisfies Snapshot['runtimes'],
    sources: one('sources.csv', parseSources) satisfies Snapshot['sources'],
    streams: one('stream-bandwidth.csv', parseStreams) satisfies Snapshot['streams'],
    migProfiles: one('mig-profiles.csv', parseMigProfiles) satisfies Snapshot['migProfiles'],
    processors: one('processors.csv', parseProcessors) satisfies Snapshot['processors'],
    audioModels: one('audio-models.csv', parseAudioModels) satisfies Snapshot['audioModels'],
    networks: one('network-models.csv', parseNetworkModels) satisfies Snapshot['networks'],
    regions: regions satisfies Snapshot['regions'],
    gaps: one('gaps.csv', parseGaps) satisfies Snapshot['gaps'],
  }
  const interruptions: readonly InterruptionRow[] = one('interruptions.csv', parseInterruptions)
  const calibrations = splitCalibration(one('calibration.json', parseCalibration))
  const parsed: Readonly<Record<Exclude<Section, 'calibration'>, unknown>> = {...tables, meta, offers, interruptions}
  const section = (name: Section): string => (name === 'calibration' ? writePages(new Map([...calibrations].map(([kind, table]) => [kind, asciiJson(table)]))) : asciiJson(parsed[name]))
  return {hash, section}
}

/** ASCII only, so that a file of it can be read and sliced as one byte per character. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Gives each distinct value a number; the table lists them in that order. */
function numbering<T>(keyOf: (value: T) => string): {readonly table: T[]; indexOf(value: T): number} {
  const table: T[] = []
  const indices = new Map<string, number>()
  return {
    table,
    indexOf(value) {
      const key = keyOf(value)
      let index = indices.get(key)
      if (index === undefined) {
        index = table.push(value) - 1
        indices.set(key, index)
      }
      return index
    },
  }
}

function compileOffers(
  providers: readonly {readonly provider: string; readonly rows: readonly OfferRow[]}[],
  regions: readonly RegionFact[],
): {readonly offers: CompiledOffers; readonly meta: CompiledMeta} {
  const regionByKey = new Map(regions.map((region) => [`${region.provider}\t${region.region}`, region]))
  const terms = numbering<CompiledTerms>((each) => [each.service, each.purchase, each.flags.join('+'), each.sourceId, each.asOf, each.standing].join('\t'))
  const places = numbering<CompiledPlace>((place) => place.join('\t'))
  const placeLists = numbering<readonly number[]>((list) => list.join())
  const rowTerms: number[] = []
  const rowPrice: number[] = []
  const rowPlaces: number[] = []
  const machines: Record<string, [number, number]> = {}
  const asOfByProvider: Record<string, string> = {}
  let offerCount = 0
  for (const {provider, rows} of providers) {
    for (const [instanceType, own] of Map.groupBy(rows, (row) => row.instanceType)) {
      const first = rowTerms.length
      for (const {service, purchase, flags, sourceId, asOf, standing, ...row} of own) {
        const list = [...placesOf(row.places)].map(({region, zone}) => {
          const known = regionByKey.get(`${provider}\t${region}`)
          return places.indexOf([region, zone ?? null, known?.country ?? null, known === undefined ? 0 : 1])
        })
        rowTerms.push(terms.indexOf({service, purchase, flags, sourceId, asOf, standing}))
        rowPrice.push(row.priceUsdPerHour)
        rowPlaces.push(placeLists.indexOf(list))
        offerCount += list.length
        if (asOf > (asOfByProvider[provider] ?? '')) asOfByProvider[provider] = asOf
      }
      machines[`${provider}/${instanceType}`] = [first, rowTerms.length]
    }
  }
  return {
    offers: {terms: terms.table, places: places.table, placeLists: placeLists.table, rowTerms, rowPrice, rowPlaces, machines},
    meta: {offerCount, asOfByProvider},
  }
}
