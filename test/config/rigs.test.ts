import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Accelerator} from '../../src/catalog/schema.ts'
import {resolveRigs} from '../../src/config/rigs.ts'
import {Config, configJsonSchema} from '../../src/config/schema.ts'
import {RigorError} from '../../src/errors.ts'

const node = (id: string, priceUsd: number) => ({
  id, count: 1, acceleratorId: 'h100-pcie-80gb', acceleratorCount: 10, levels: [{kind: 'pcie', groupSize: 10, bytesPerSecond: 1e9, latencySeconds: 1e-6}], hostIdleWatts: 500, hostMaximumWatts: 1300, supplyEfficiency: 0.96, priceUsd,
})

const rig = (id: string, more: Partial<Rig> = {}): Rig => ({
  id, title: id, class: 'server', owned: true, builtinDefault: false, nodes: [node('box', 300_000)], site: {country: 'DE', tariffUsdPerKwh: 0.27, coolingCop: 3, uplinkBytesPerSecond: 125e6, whenIdle: 'on'},
  serviceLifeYears: 5, residualShare: 0.1, financingSharePerYear: 0, upkeepUsdPerYear: 100, wearUsdPerAcceleratorHour: 0.1, setupHours: 0, sourceIds: ['s'], asOf: '2026-06-01', standing: 'derived', ...more,
})

const view = {
  accelerators: [{id: 'h100-pcie-80gb', formFactor: 'pcie', architecture: 'hopper', powerWatts: 350}] as unknown as Accelerator[],
  rigs: [rig('h100x10-pcie', {builtinDefault: true}), rig('h100x10-sxm', {nodes: [node('sxm', 300_000), node('pcie', 100_000)]})],
  tariffs: [{country: 'NO', sector: 'household', usdPerKwh: 0.11, asOf: '2025-01-01', sourceId: 's'}, {country: 'NO', sector: 'industrial', usdPerKwh: 0.07, asOf: '2025-01-01', sourceId: 's'}],
  exchangeRates: {EUR: {perUsd: 0.8, asOf: '2026-11-01'}},
}

const resolve = (rigs: unknown) => resolveRigs(Config.parse({rigs}).rigs, view)

describe('which rigs take part', () => {
  test('without rigs: the built-in default, said to be assumed; the others can be named', () => {
    const {rigs, known, assumed} = resolveRigs(undefined, view)

    expect([rigs.map((each) => each.id), known.map((each) => each.id), assumed]).toEqual([['h100x10-pcie'], ['h100x10-pcie', 'h100x10-sxm'], true])
  })

  test('rigs: {} leaves all out', () => {
    expect(resolve({})).toMatchObject({rigs: [], assumed: false})
  })

  test('with rigs: exactly those', () => {
    const {rigs, known, assumed} = resolve({lab: {extends: 'h100x10-pcie'}, 'h100x10-sxm': {owned: false}})

    expect(rigs.map((each) => [each.id, each.owned])).toEqual([['lab', true], ['h100x10-sxm', false]])
    expect(known.map((each) => each.id)).toEqual(['lab', 'h100x10-sxm', 'h100x10-pcie'])
    expect(assumed).toBe(false)
  })
})

describe('a rig that extends another', () => {
  test('what an hour of a rig is worth comes in any currency', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-pcie', displaced: '20 USD/h'}}).rigs

    expect(lab?.displacedUsdPerHour).toBe(20)
    expect(resolve({lab: {extends: 'h100x10-pcie'}}).rigs[0]?.displacedUsdPerHour).toBeUndefined()
  })

  test('a rig that is busy says until when, and what an hour of waiting is worth', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-pcie', freeIn: '90 min', waitingCost: '16 EUR/h'}}).rigs

    // 0.8 EUR buy one USD.
    expect(lab).toMatchObject({freeInHours: 1.5, waitingUsdPerHour: 20})
    expect(resolve({lab: {extends: 'h100x10-pcie'}}).rigs[0]).not.toHaveProperty('freeInHours')
  })

  test('takes what it does not say from it', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-pcie', site: {tariff: {energy: '0.24 EUR/kWh'}, whenIdle: 'off', uplink: '10 Gbit/s'}, upkeepUsdPerYear: 0}}).rigs

    expect(lab).toMatchObject({id: 'lab', site: {country: 'DE', coolingCop: 3, whenIdle: 'off', uplinkBytesPerSecond: 1.25e9}, upkeepUsdPerYear: 0, serviceLifeYears: 5})
    expect(lab?.site.tariffUsdPerKwh).toBeCloseTo(0.3, 12)
  })

  test('says what its site has', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-pcie', site: {kind: 'data centre', circuits: [{volts: 400, phases: 3, amps: 32, count: 2, socket: 'industrial'}], cooling: {cop: 4, capacity: '12 kW'}, ups: {kind: 'double-conversion', rated: '8 kW', batteryWattHours: 2000}, noiseLimitDba: 70, downlink: '1 Gbit/s', publicAddress: true, availability: '99.5%'}}}).rigs

    expect(lab?.site).toMatchObject({kind: 'datacentre', circuits: [{volts: 400, phases: 3, amps: 32, count: 2, socket: 'industrial'}], coolingCop: 4, coolingCapacityWatts: 12_000, ups: {kind: 'double-conversion', ratedWatts: 8000, batteryWattHours: 2000}, noiseLimitDba: 70, downlinkBytesPerSecond: 125e6, publicAddress: true, availabilityShare: 0.995})
  })

  test('its own PUE takes the place of the cooling that it extends, and cooling that of a PUE', () => {
    expect(resolve({lab: {extends: 'h100x10-pcie', site: {pue: 1.3}}}).rigs[0]?.site).toMatchObject({pue: 1.3, coolingCop: null})
    const hall = {...view, rigs: [rig('hall', {site: {...rig('hall').site, coolingCop: null, pue: 1.2}})]}
    const of = (site: unknown) => resolveRigs(Config.parse({rigs: {lab: {extends: 'hall', site}}}).rigs, hall).rigs[0]?.site
    expect(of({})).toMatchObject({pue: 1.2, coolingCop: null})
    expect(of({cooling: {cop: 3}})).toMatchObject({coolingCop: 3})
    expect(of({cooling: {cop: 3}})).not.toHaveProperty('pue')
  })

  test('says what its tariff is by the hour, and what its highest draw costs; another tariff takes that away', () => {
    const tariff = {energy: '0.24 EUR/kWh', windows: [{days: 'mon-fri', from: '22:00', to: '06:00', energy: '0.16 EUR/kWh'}, {days: 'sat, sun', from: '00:00', to: '24:00', energy: '0.08 EUR/kWh'}], demand: {perKwMonth: '8 EUR', headroom: '2 kW'}}
    const [lab] = resolve({lab: {extends: 'h100x10-pcie', site: {tariff}}}).rigs

    // 0.8 EUR buy one USD.
    expect(lab?.site.tariffWindows?.map(({days, fromHour, toHour}) => [days, fromHour, toHour])).toEqual([[[0, 1, 2, 3, 4], 22, 6], [[5, 6], 0, 24]])
    expect(lab?.site.tariffWindows?.map(({usdPerKwh}) => usdPerKwh)).toEqual([expect.closeTo(0.2, 12), expect.closeTo(0.1, 12)])
    expect(lab?.site).toMatchObject({demandUsdPerKwMonth: 10, demandHeadroomWatts: 2000})

    const timed = {...view, rigs: [{...lab!, id: 'timed'}]}
    const of = (site: unknown) => resolveRigs(Config.parse({rigs: {own: {extends: 'timed', site}}}).rigs, timed).rigs[0]?.site
    expect(of({})).toHaveProperty('tariffWindows')
    for (const site of [{tariff: {energy: '0.3 EUR/kWh'}}, {country: 'NO'}]) for (const key of ['tariffWindows', 'demandUsdPerKwMonth', 'demandHeadroomWatts']) expect(of(site)).not.toHaveProperty(key)
  })

  test.for([
    [{days: 'mon-fry', from: '22:00', to: '06:00'}, 'names no days'], [{days: 'all', from: '22:30', to: '06:00'}, 'full hour'], [{days: 'all', from: '22:00', to: '25:00'}, 'full hour'], [{days: '', from: '22:00', to: '06:00'}, 'names no days'],
  ] as const)('a window %j is refused', ([window, message]) => {
    expect(() => Config.parse({rigs: {lab: {extends: 'h100x10-pcie', site: {tariff: {energy: '1 EUR/kWh', windows: [{...window, energy: '1 EUR/kWh'}]}}}}})).toThrow(message)
  })

  test('says how it was paid, what its years cost and what the tax office does', () => {
    const entry = {
      extends: 'h100x10-pcie', installation: '8k EUR', financing: {loan: {rate: '6%', years: 3}}, takenHoursPerMonth: 200,
      upkeep: {roomPerMonth: '400 EUR', adminHoursPerMonth: 10, adminRate: '64 EUR/h', servicePerYear: '4k EUR', insurancePerYear: '800 EUR'}, tax: {vat: '19%', incomeTax: '30%', depreciationYears: 3},
      site: {tariff: {energy: '0.24 EUR/kWh', solar: {peakKw: 10, kwhPerKwYear: 950, feedIn: '0.08 EUR/kWh'}}},
    }
    const [lab] = resolve({lab: entry}).rigs

    // 0.8 EUR buy one USD.
    expect(lab).toMatchObject({
      installationUsd: 10_000, financing: {kind: 'loan', principalShare: 1, ratePerYear: 0.06, months: 36}, takenHoursPerMonth: 200, upkeepUsdPerYear: 6000 + 9600 + 5000 + 1000,
      upkeepParts: [{item: 'room', usdPerYear: 6000}, {item: 'staff', usdPerYear: 9600}, {item: 'service contract', usdPerYear: 5000}, {item: 'insurance', usdPerYear: 1000}],
      tax: {vatShare: 0.19, vatRecoverable: false, incomeTaxShare: 0.3, depreciationYears: 3},
    })
    expect(lab?.site.solar?.feedInUsdPerKwh).toBeCloseTo(0.1, 12)
    expect(resolve({lab: {...entry, financing: {lease: {perMonth: '800 EUR', months: 48, buyout: '1 EUR'}}}}).rigs[0]?.financing).toEqual({kind: 'lease', usdPerMonth: 1000, months: 48, buyoutUsd: 1.25})
  })

  test.for([
    [{upkeep: {adminHoursPerMonth: 10}}, 'go together'], [{financing: {rent: 3}}, 'financing is'], [{financing: {loan: {rate: '6%', years: 0}}}, 'more than 0'], [{takenHoursPerMonth: 800}, 'at most 730'],
  ] as const)('what owning costs, written so: %j is refused', ([entry, message]) => {
    expect(() => Config.parse({rigs: {lab: {extends: 'h100x10-pcie', ...entry}}})).toThrow(message)
  })

  test('in another country pays its newest industrial tariff', () => {
    expect(resolve({lab: {extends: 'h100x10-pcie', site: {country: 'no'}}}).rigs[0]?.site).toMatchObject({country: 'NO', tariffUsdPerKwh: 0.07})
  })

  test('joins nodes by id, and drops those it does not name', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-sxm', nodes: [{id: 'sxm', acceleratorCount: 8}]}}).rigs

    expect(lab?.nodes).toMatchObject([{id: 'sxm', acceleratorCount: 8, hostIdleWatts: 500}])
  })

  test.for([
    [{acceleratorId: 'h200-nvl-141gb'}, false], [{acceleratorCount: 12}, false], [{acceleratorCount: 8}, true], [{acceleratorId: 'h100-pcie-80gb', acceleratorCount: 10}, true], [{hostMaximumWatts: 1500}, true],
  ] as const)('a node changed by %j keeps supplies, rating and server: %s', ([change, keeps]) => {
    const base = {...view, rigs: [rig('ten', {nodes: [{...node('box', 1), serverId: 'chassis', ratedMaximumWatts: 5400, supplies: {count: 4, ratedWatts: 2700, needed: 2}}]})]}

    const [box] = resolveRigs(Config.parse({rigs: {lab: {extends: 'ten', nodes: [{id: 'box', ...change}]}}}).rigs, base).rigs[0]?.nodes ?? []

    expect(['serverId', 'ratedMaximumWatts', 'supplies'].map(key => Object.hasOwn(box ?? {}, key))).toEqual([keeps, keeps, keeps])
  })

  test('a node with other accelerators has the supplies that it says', () => {
    const supplies = {count: 4, ratedWatts: 3000, needed: 3}
    expect(resolve({lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', acceleratorId: 'h200-nvl-141gb', supplies}]}}).rigs[0]?.nodes[0]?.supplies).toEqual(supplies)
  })

  test.for([
    ['count', {count: 1001}], ['acceleratorCount', {acceleratorCount: 1025}], ['supplies', {supplies: {count: 33, ratedWatts: 1e6, needed: 1}}],
  ] as const)('a node has bounds: %s', ([, change]) => {
    expect(() => Config.parse({rigs: {lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', ...change}]}}})).toThrow(/Too big/)
  })

  test('a rig has a thousand machines at most', () => {
    expect(() => resolve({lab: {extends: 'h100x10-sxm', nodes: [{id: 'sxm', count: 501}, {id: 'pcie', count: 500}]}})).toThrow(/1000 machines at most/)
    expect(resolve({lab: {extends: 'h100x10-sxm', nodes: [{id: 'sxm', count: 500}, {id: 'pcie', count: 500}]}}).rigs).toHaveLength(1)
  })

  test('a site has twenty sorts of circuits at most, fifty of each', () => {
    const circuit = {volts: 230, phases: 1, amps: 16, count: 50, socket: 'industrial'}
    const of = (circuits: unknown) => () => Config.parse({rigs: {lab: {extends: 'h100x10-pcie', site: {circuits}}}})
    expect(of(Array.from({length: 20}, () => circuit))).not.toThrow()
    expect(of(Array.from({length: 21}, () => circuit))).toThrow(/Too big/)
    expect(of([{...circuit, count: 51}])).toThrow(/Too big/)
  })

  const STEERS = 'n\u001b]0;pwn\u0007\nx'
  test.for<[string, Record<string, unknown>]>([
    ['id', {id: STEERS}], ['serverId', {serverId: STEERS}], ['platform', {platform: STEERS}], ['acceleratorId', {acceleratorId: STEERS}], ['levels', {levels: [{kind: STEERS, groupSize: 2, bytesPerSecond: 1, latencySeconds: 0}]}],
  ])('a text that steers a terminal is refused in a node: %s', ([, change]) => {
    expect(() => Config.parse({rigs: {lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', ...change}]}}})).toThrow(/control or invisible characters/)
  })

  test('spreads one price over its nodes as theirs were', () => {
    expect(resolve({lab: {extends: 'h100x10-sxm', price: '160000 EUR'}}).rigs[0]?.nodes.map((each) => each.priceUsd)).toEqual([150_000, 50_000])
  })

  test.for([
    [{lab: {extends: 'h100x10-pci'}}, 'UNKNOWN_RIG', '"h100x10-pcie"'],
    [{lab: {owned: true}}, 'MISSING_FIELD', 'extends'],
    [{lab: {nodes: [{id: 'a', acceleratorCount: 2}]}}, 'MISSING_FIELD', ''],
    [{lab: {extends: 'h100x10-pcie', site: {country: 'ZZ'}}}, 'MISSING_FIELD', 'tariff'],
    [{lab: {extends: 'h100x10-pcie', site: {tariff: {energy: '1 XXX/kWh'}}}}, 'UNKNOWN_CURRENCY', 'Known'],
    [{lab: {extends: 'h100x10-pcie', site: {tariff: {energy: '1 EUR/kWh', demand: {perKwMonth: '1 XXX'}}}}}, 'UNKNOWN_CURRENCY', 'Known'],
    [{lab: {extends: 'h100x10-pcie', site: {pue: 1.4, cooling: {cop: 3}}}}, 'BAD_FIELD', 'one of them'],
    [{lab: {extends: 'h100x10-pcie', site: {coolingCop: 3, cooling: {cop: 3}}}}, 'BAD_FIELD', 'coolingCop'],
    [{lab: {extends: 'h100x10-pcie', upkeepUsdPerYear: 10, upkeep: {otherPerYear: 10}}}, 'BAD_FIELD', 'one of them'],
    [{lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', acceleratorCount: 12, acceleratorSlots: 10}]}}, 'RIG_IMPOSSIBLE', 'second node'],
    [{lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', hostMaximumWatts: 400}]}}, 'RIG_IMPOSSIBLE', 'hostMaximumWatts'],
    [{lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', supplies: {count: 2, ratedWatts: 2000, needed: 2}}]}}, 'RIG_IMPOSSIBLE', 'At least 3'],
  ] as const)('%j is told as %s', ([rigs, code, hint]) => {
    let error: unknown
    try {
      resolve(rigs)
    } catch (thrown) {
      error = thrown
    }

    expect(error).toBeInstanceOf(RigorError)
    expect((error as RigorError).code).toBe(code)
    expect((error as RigorError).hint ?? '').toContain(hint)
  })
})

test('rigor.yaml has a JSON Schema, with the kinds of workloads in it', () => {
  const schema = configJsonSchema([{title: 'a kind', type: 'object'}]) as {properties: {workloads: {items: {anyOf: unknown[]}}}}

  expect(schema.properties.workloads.items.anyOf).toHaveLength(3)
})
