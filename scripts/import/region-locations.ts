/**
 * Where the providers' regions are: country (ISO 3166 alpha-2) and continent. Public knowledge of region names, not read from a list;
 * an empty country = not sure. A region that is missing here is an error of the import.
 */
export interface RegionLocation {
  readonly country: string
  readonly continent: string
}

export const CONTINENT_OF: Readonly<Record<string, string>> = {
  US: 'north-america', CA: 'north-america', MX: 'north-america',
  BR: 'south-america', CL: 'south-america',
  DE: 'europe', FR: 'europe', GB: 'europe', IE: 'europe', SE: 'europe', NO: 'europe', FI: 'europe', NL: 'europe', BE: 'europe', IT: 'europe',
  ES: 'europe', CH: 'europe', PL: 'europe', EE: 'europe', RO: 'europe',
  JP: 'asia', KR: 'asia', IN: 'asia', SG: 'asia', HK: 'asia', ID: 'asia', MY: 'asia', TW: 'asia', VN: 'asia',
  AE: 'middle-east', BH: 'middle-east', QA: 'middle-east', IL: 'middle-east', SA: 'middle-east',
  ZA: 'africa', AU: 'oceania',
}

const BY_COUNTRY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws: {
    US: 'us-east-1 us-east-2 us-west-1 us-west-2', CA: 'ca-central-1', JP: 'ap-northeast-1 ap-northeast-3', KR: 'ap-northeast-2',
    IN: 'ap-south-1', SG: 'ap-southeast-1', AU: 'ap-southeast-2 ap-southeast-4', ID: 'ap-southeast-3', HK: 'ap-east-1',
    DE: 'eu-central-1', IE: 'eu-west-1', GB: 'eu-west-2', FR: 'eu-west-3', SE: 'eu-north-1', IT: 'eu-south-1', ES: 'eu-south-2',
    ZA: 'af-south-1', BH: 'me-south-1', AE: 'me-central-1',
  },
  azure: {
    US: 'centralus eastus eastus2 southcentralus westus westus2 westus3 northcentralus westcentralus', CA: 'canadacentral canadaeast',
    MX: 'mexicocentral', BR: 'brazilsouth', AU: 'australiacentral australiacentral2 australiaeast australiasoutheast', BE: 'belgiumcentral',
    IN: 'centralindia southindia jioindiacentral jioindiawest', FR: 'francecentral francesouth', DE: 'germanywestcentral germanynorth',
    IT: 'italynorth', JP: 'japaneast japanwest', KR: 'koreacentral koreasouth', IE: 'northeurope', NL: 'westeurope', NO: 'norwayeast',
    PL: 'polandcentral', SG: 'southeastasia', HK: 'eastasia', ES: 'spaincentral', SE: 'swedencentral', CH: 'switzerlandnorth switzerlandwest',
    GB: 'uksouth ukwest', IL: 'israelcentral', MY: 'malaysiawest', ID: 'indonesiacentral', AE: 'uaenorth uaecentral', QA: 'qatarcentral',
    ZA: 'southafricanorth southafricawest',
  },
  gcp: {
    US: 'us-central1 us-central2 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4',
    CA: 'northamerica-northeast1 northamerica-northeast2', BR: 'southamerica-east1', CL: 'southamerica-west1', TW: 'asia-east1', HK: 'asia-east2',
    JP: 'asia-northeast1 asia-northeast2', KR: 'asia-northeast3', IN: 'asia-south1 asia-south2', SG: 'asia-southeast1', ID: 'asia-southeast2',
    AU: 'australia-southeast1 australia-southeast2', BE: 'europe-west1', GB: 'europe-west2', DE: 'europe-west3 europe-west10', NL: 'europe-west4',
    CH: 'europe-west6', IT: 'europe-west8 europe-west12', FR: 'europe-west9', FI: 'europe-north1', SE: 'europe-north2', PL: 'europe-central2',
    ES: 'europe-southwest1', IL: 'me-west1', QA: 'me-central1', SA: 'me-central2', ZA: 'africa-south1',
  },
  lambda: {
    US: 'us-east-1 us-east-2 us-east-3 us-midwest-1 us-south-1 us-south-2 us-south-3 us-west-1 us-west-2 us-west-3',
    JP: 'asia-northeast-1 asia-northeast-2', IN: 'asia-south-1', AU: 'australia-east-1', DE: 'europe-central-1', IL: 'me-west-1',
  },
  coreweave: {
    US: 'US-CENTRAL-06 US-CENTRAL-07 US-CENTRAL-09 US-EAST-01 US-EAST-02 US-EAST-04 US-EAST-06 US-EAST-08 US-EAST-13 US-EAST-14 US-EAST-15 US-EAST-17 US-WEST-01 US-WEST-02 US-WEST-04 US-WEST-09 US-WEST-10 RNO2',
    CA: 'CA-EAST-01',
  },
}

/** Regions whose country is not certain, with their continent. */
const CONTINENT_ONLY: Readonly<Record<string, Readonly<Record<string, string>>>> = {lambda: {'europe-south-1': 'europe'}}

/** Labels that stand for no one region: "global", several cities, a continent, the cheapest anywhere. */
const NO_REGION = /^(global|Global \(lowest\)|NYC \/ TOR \/ AMS|EU \/ US|Mumbai \/ global list|north-america|most regions|all)$/

const PAPERSPACE: Readonly<Record<string, string>> = {'East Coast (NY2)': 'US'}

/** `undefined` = not one region. */
export function locationOf(provider: string, region: string): RegionLocation | undefined {
  if (NO_REGION.test(region)) return undefined
  for (const [country, regions] of Object.entries(BY_COUNTRY[provider] ?? {})) {
    if (regions.split(' ').includes(region)) return {country, continent: CONTINENT_OF[country]!}
  }
  const continent = CONTINENT_ONLY[provider]?.[region]
  if (continent !== undefined) return {country: '', continent}
  const country = provider === 'paperspace' ? PAPERSPACE[region] : provider === 'vast' ? /(?:^|, )([A-Z]{2})$/.exec(region)?.[1] : undefined
  if (country === undefined || CONTINENT_OF[country] === undefined) throw new Error(`${provider}: where is the region "${region}"? Add it to scripts/import/region-locations.ts`)
  return {country, continent: CONTINENT_OF[country]}
}
