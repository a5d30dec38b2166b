import type {CostInput, Owned, Rented} from '../../src/cost/types.ts'
import type {RunHours} from '../../src/performance/run-hours.ts'

/** Round figures, so that every expected amount can be worked out by hand. */
export const RUN: RunHours = {setup: 0.25, data: 0.5, load: 0.25, work: {p10: 3, p50: 4, p90: 6}, failures: {p10: 0, p50: 0, p90: 0.5}}

export const RENTED: Rented = {
  kind: 'rented',
  provider: 'acme',
  purchase: 'on-demand',
  region: 'mars-1',
  priceUsdPerHour: 10,
  priceAgeDays: 0,
  billing: {incrementSeconds: 3600, minimumSeconds: 3600},
  extras: {
    diskUsdPerGbMonth: 0.1,
    objectStorageUsdPerGbMonth: 0.02,
    egressTiers: [{upToGb: 100, usdPerGb: 0}, {upToGb: 1000, usdPerGb: 0.09}, {upToGb: null, usdPerGb: 0.05}],
    publicIpUsdPerHour: 0.005,
    localSsdGb: 0,
  },
}

export const OWNED: Owned = {
  kind: 'owned',
  rigId: 'lab',
  owned: true,
  tariffUsdPerKwh: 0.3,
  country: 'DE',
  whenIdle: 'on',
  shareOfRig: 0.5,
  capital: [{item: 'loss of value', usdPerMonth: 1168, how: 'from 87,600 to 17,520 USD in 60 months'}, {item: 'cost of capital', usdPerMonth: 219, how: '5 % a year'}],
  upkeepUsdPerYear: 8760,
  wearUsdPerAcceleratorHour: 0.1,
  acceleratorCount: 8,
  idleWatts: 1000,
  coolingCop: 3,
  displacedUsdPerHour: 0,
}

export const NO_DATA = {inputGb: 0, outputGb: 0, egressGb: 0, storageGb: 0, inputAt: null}

export const RENTED_INPUT: CostInput = {
  pricing: RENTED,
  nodes: 1,
  hours: RUN,
  schedule: {kind: 'once'},
  horizonMonths: 12,
  data: NO_DATA,
  diskGb: 0,
  power: null,
  inputEgress: null,
  work: null,
  basis: 'computed',
}

export const OWNED_INPUT: CostInput = {
  ...RENTED_INPUT,
  pricing: OWNED,
  power: {averageWatts: {p10: 4500, p50: 5000, p90: 5500}, confidence: 'calibrated'},
}
