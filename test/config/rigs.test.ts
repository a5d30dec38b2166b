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

const accelerator = (id: string, formFactor: string, powerWatts: number, more: Partial<Accelerator> = {}) => ({id, formFactor, powerWatts, architecture: 'hopper', linkBytesPerSecond: 300e9, pcieGeneration: 5, ...more}) as unknown as Accelerator
const price = (country: string, sector: string, usdPerKwh: number, asOf = '2025-01-01') => ({country, sector, usdPerKwh, asOf, sourceId: 's'})

const view = {
  accelerators: [
    accelerator('h100-pcie-80gb', 'pcie', 350), accelerator('h100-nvl-94gb', 'nvl', 400), accelerator('h200-nvl-141gb', 'nvl', 600), accelerator('l40s-48gb', 'pcie', 350, {linkBytesPerSecond: undefined, pcieGeneration: 4}),
    accelerator('h100-sxm-80gb', 'sxm', 700, {linkBytesPerSecond: 450e9}), accelerator('h200-sxm-141gb', 'sxm', 700, {linkBytesPerSecond: 450e9}),
  ],
  rigs: [rig('h100x10-pcie', {builtinDefault: true}), rig('h100x10-sxm', {nodes: [node('sxm', 300_000), node('pcie', 100_000)]}), rig('desk', {class: 'workstation'})],
  tariffs: [
    price('NO', 'household', 0.11), price('NO', 'industrial', 0.09, '2024-01-01'), price('NO', 'industrial', 0.07), price('DE', 'household', 0.44, '2025-06-01'), price('DE', 'industrial', 0.27), price('DE', 'datacenter', 0.2),
    price('US', 'commercial', 0.13, '2026-04-26'), price('US', 'household', 0.17), price('US', 'industrial', 0.08), price('PT', 'industrial', 0.16),
  ],
  exchangeRates: {EUR: {perUsd: 0.8, asOf: '2026-11-01'}},
}

const resolve = (rigs: unknown) => resolveRigs(Config.parse({rigs}).rigs, view)

function thrown(act: () => unknown): RigorError {
  try {
    act()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
const refusal = (rigs: unknown): RigorError => thrown(() => resolve(rigs))

describe('which rigs take part', () => {
  test('without rigs: the built-in default, said to be assumed; the others can be named', () => {
    const {rigs, known, assumed} = resolveRigs(undefined, view)

    expect([rigs.map((each) => each.id), known.map((each) => each.id), assumed]).toEqual([['h100x10-pcie'], ['h100x10-pcie', 'h100x10-sxm', 'desk'], true])
  })

  test('rigs: {} leaves all out', () => {
    expect(resolve({})).toMatchObject({rigs: [], assumed: false})
  })

  test('with rigs: exactly those', () => {
    const {rigs, known, assumed} = resolve({lab: {extends: 'h100x10-pcie'}, 'h100x10-sxm': {owned: false}})

    expect(rigs.map((each) => [each.id, each.owned])).toEqual([['lab', true], ['h100x10-sxm', false]])
    expect(known.map((each) => each.id)).toEqual(['lab', 'h100x10-sxm', 'h100x10-pcie', 'desk'])
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

  test.for<[string, Record<string, unknown>, string | undefined, number]>([
    // What the base pays, which nobody looked up.
    ['h100x10-pcie', {}, undefined, 0.27], ['h100x10-pcie', {country: 'DE'}, undefined, 0.27], ['desk', {kind: 'home'}, undefined, 0.27],
    // Servers in a hall, the rest at a desk.
    ['h100x10-pcie', {country: 'no'}, 'NO industrial, 2025-01', 0.07], ['desk', {country: 'NO'}, 'NO household, 2025-01', 0.11], ['desk', {country: 'PT'}, 'PT industrial, 2025-01', 0.16],
    // What the site is goes first, in another country and at home.
    ['h100x10-pcie', {country: 'US', kind: 'home'}, 'US household, 2025-01', 0.17], ['h100x10-pcie', {country: 'US', kind: 'office'}, 'US commercial, 2026-04', 0.13], ['desk', {country: 'US', kind: 'colocation'}, 'US industrial, 2025-01', 0.08],
    ['h100x10-pcie', {kind: 'home'}, 'DE household, 2025-06', 0.44], ['h100x10-pcie', {kind: 'office'}, 'DE household, 2025-06', 0.44], ['h100x10-pcie', {kind: 'datacentre'}, 'DE datacenter, 2025-01', 0.2], ['desk', {kind: 'colocation'}, 'DE datacenter, 2025-01', 0.2],
  ])('%s at %j pays %s', ([base, site, basis, usdPerKwh]) => {
    const [lab] = resolve({lab: {extends: base, site}}).rigs

    expect([lab?.site.tariffBasis, lab?.site.tariffUsdPerKwh]).toEqual([basis, usdPerKwh])
  })

  test('its own tariff is nobody else’s; a home never pays that of industry', () => {
    expect(resolve({lab: {extends: 'h100x10-pcie', site: {kind: 'home', tariff: {energy: '0.4 EUR/kWh'}}}}).rigs[0]?.site).not.toHaveProperty('tariffBasis')
    expect(refusal({lab: {extends: 'h100x10-pcie', site: {country: 'PT', kind: 'home'}}})).toMatchObject({code: 'MISSING_FIELD', message: 'rigs.lab.site — no electricity price is known for homes in PT.'})
  })

  test('in another class of machine by the entry’s own class', () => {
    expect(resolve({lab: {extends: 'h100x10-pcie', class: 'workstation', site: {country: 'NO'}}}).rigs[0]?.site.tariffBasis).toBe('NO household, 2025-01')
  })

  test('joins nodes by id, and drops those it does not name', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-sxm', nodes: [{id: 'sxm', acceleratorCount: 8, priceUsd: 250_000}]}}).rigs

    expect(lab?.nodes).toMatchObject([{id: 'sxm', acceleratorCount: 8, hostIdleWatts: 500, priceUsd: 250_000}])
  })

  test.for<[string, readonly unknown[] | undefined, string]>([
    ['as it is', undefined, 'lab (h100x10-sxm)'], ['the same nodes', [{id: 'pcie', hostIdleWatts: 400}, {id: 'sxm'}], 'lab (h100x10-sxm)'], ['one left out', [{id: 'sxm'}], 'lab (after h100x10-sxm)'],
    ['one changed', [{id: 'sxm', acceleratorCount: 8}, {id: 'pcie'}], 'lab (after h100x10-sxm)'], ['more of one', [{id: 'sxm', count: 2}, {id: 'pcie'}], 'lab (after h100x10-sxm)'], ['one more', [{id: 'sxm'}, {id: 'pcie'}, node('third', 1)], 'lab (after h100x10-sxm)'],
  ])('is titled after its base: %s', ([, nodes, title]) => {
    const [lab] = resolve({lab: {extends: 'h100x10-sxm', price: 400_000, ...(nodes === undefined ? {} : {nodes})}}).rigs

    expect(lab?.title).toBe(title)
    expect(resolve({lab: {extends: 'h100x10-sxm', price: 400_000, title: 'Ours', ...(nodes === undefined ? {} : {nodes})}}).rigs[0]?.title).toBe('Ours')
  })

  const LEVELS = [{kind: 'nvlink-bridge', groupSize: 2, bytesPerSecond: 300e9, latencySeconds: 2e-6}, {kind: 'pcie', groupSize: 8, bytesPerSecond: 63e9, latencySeconds: 4e-6}, {kind: 'pcie', groupSize: 10, bytesPerSecond: 31.5e9, latencySeconds: 6e-6}]
  const BOX = {...node('box', 1), serverId: 'chassis', platform: '4U', levels: LEVELS, ratedMaximumWatts: 5400, supplies: {count: 4, ratedWatts: 2700, needed: 2}, inputVolts: {minimum: 200, maximum: 240}, noiseDba: 80, heightUnits: 4, weightKg: 40, memoryGib: 512, parts: [{kind: 'fan' as const, count: 8}]}
  const BOARD = {...node('board', 1), serverId: 'hgx', acceleratorId: 'h100-sxm-80gb', acceleratorCount: 8, acceleratorSlots: 8, levels: [{kind: 'nvswitch', groupSize: 8, bytesPerSecond: 450e9, latencySeconds: 2e-6}], noiseDba: 85, parts: [{kind: 'fan' as const, count: 8}]}
  const chassis = {...view, rigs: [rig('box', {nodes: [BOX]}), rig('half', {nodes: [{...BOX, acceleratorCount: 4, acceleratorSlots: 10, levels: LEVELS.slice(0, 1).map(level => ({...level, groupSize: 4}))}]}), rig('board', {nodes: [BOARD]}), rig('laptop', {nodes: [{...BOX, acceleratorCount: 1, levels: []}]})]}
  /** The rig `lab` over one of these, with one node changed, and a price for all of it. */
  const changed = (base: string, change: Record<string, unknown>, more: Record<string, unknown> = {price: 400_000}) =>
    resolveRigs(Config.parse({rigs: {lab: {extends: base, ...more, nodes: [{id: chassis.rigs.find(({id}) => id === base)!.nodes[0]!.id, ...change}]}}}).rigs, chassis).rigs[0]?.nodes[0]

  test.for<[Record<string, unknown>, readonly string[]]>([
    [{hostMaximumWatts: 1500}, []], [{acceleratorId: 'h100-pcie-80gb', acceleratorCount: 10}, []],
    [{acceleratorCount: 8}, ['ratedMaximumWatts']],
    [{acceleratorId: 'h200-nvl-141gb'}, ['serverId', 'ratedMaximumWatts', 'supplies']],
    [{acceleratorId: 'h100-nvl-94gb', acceleratorCount: 8}, ['serverId', 'ratedMaximumWatts', 'supplies']],
  ])('a chassis changed by %j is the same, but for %j', ([change, lost]) => {
    expect(Object.keys(BOX).filter(key => !Object.hasOwn(changed('box', change) ?? {}, key))).toEqual(lost)
  })

  test.for<[Record<string, unknown>, readonly (readonly [string, number, number])[]]>([
    [{acceleratorCount: 9}, [['nvlink-bridge', 2, 300], ['pcie', 8, 63], ['pcie', 9, 31.5]]], [{acceleratorCount: 8}, [['nvlink-bridge', 2, 300], ['pcie', 8, 63]]], [{acceleratorCount: 1}, []], [{acceleratorCount: 0}, []],
    [{acceleratorId: 'h100-nvl-94gb'}, [['nvlink-bridge', 2, 300], ['pcie', 8, 63], ['pcie', 10, 31.5]]],
    // No bridges, and slots of the generation before.
    [{acceleratorId: 'l40s-48gb'}, [['pcie', 8, 31], ['pcie', 10, 31]]],
  ])('its links reach as far as %j: %j', ([change, links]) => {
    expect(changed('box', change)?.levels.map(({kind, groupSize, bytesPerSecond}) => [kind, groupSize, bytesPerSecond / 1e9])).toEqual(links)
  })

  test.for<[string, Record<string, unknown>, string, string]>([
    ['box', {acceleratorId: 'h100-nvl-94gb'}, 'acceleratorId — node "box" has 10 × h100-nvl-94gb; what box says of priceUsd is for 10 × h100-pcie-80gb.', 'Add priceUsd to the node, or price: to the rig.'],
    ['box', {acceleratorCount: 8}, 'acceleratorCount — node "box" has 8 × h100-pcie-80gb; what box says of priceUsd is for 10 × h100-pcie-80gb.', 'Add priceUsd to the node, or price: to the rig.'],
    // More than there is room for, where nobody said what there is: another machine.
    ['box', {acceleratorCount: 12}, 'acceleratorCount — node "box" has 12 × h100-pcie-80gb; what box says of levels, hostIdleWatts, hostMaximumWatts and priceUsd is for 10 × h100-pcie-80gb.', 'Add them to the node, or price: to the rig for priceUsd.'],
    // A board is made for one accelerator.
    ['board', {acceleratorId: 'h200-sxm-141gb'}, 'acceleratorId — node "board" has 8 × h200-sxm-141gb; what board says of levels, hostIdleWatts, hostMaximumWatts and priceUsd is for 8 × h100-sxm-80gb.', 'Add them'],
    ['board', {acceleratorId: 'h100-pcie-80gb', acceleratorCount: 12}, 'acceleratorId — node "board" has 12 × h100-pcie-80gb; what board says of levels, hostIdleWatts, hostMaximumWatts and priceUsd is for 8 × h100-sxm-80gb.', 'Add them'],
    ['board', {acceleratorCount: 4}, 'acceleratorCount — node "board" has 4 × h100-sxm-80gb; what board says of priceUsd is for 8 × h100-sxm-80gb.', 'Add priceUsd'],
    // One alone has no links.
    ['board', {acceleratorId: 'h100-pcie-80gb', acceleratorCount: 1}, 'acceleratorId — node "board" has 1 × h100-pcie-80gb; what board says of hostIdleWatts, hostMaximumWatts and priceUsd is for 8 × h100-sxm-80gb.', 'Add them'],
    // It goes into the slots, but how it is linked is not known.
    ['half', {acceleratorCount: 8, priceUsd: 1}, 'acceleratorCount — node "box" has 8 × h100-pcie-80gb; what half says of levels is for 4 × h100-pcie-80gb.', 'Add levels to the node.'],
  ])('%s changed by %j lacks what was of the old ones', ([base, change, message, hint]) => {
    const error = thrown(() => changed(base, change, {}))

    expect(error).toMatchObject({code: 'MISSING_FIELD', message: `rigs.lab.nodes.0.${message}`})
    expect(error.hint).toContain(hint)
  })

  test('what is said of another machine counts: nothing of the old one is left', () => {
    const said = {acceleratorId: 'h200-sxm-141gb', levels: [{kind: 'nvswitch', groupSize: 8, bytesPerSecond: 450e9, latencySeconds: 2e-6}], hostIdleWatts: 1200, hostMaximumWatts: 2500}

    expect(changed('board', said)).toEqual({id: 'board', count: 1, acceleratorCount: 8, supplyEfficiency: 0.96, priceUsd: 400_000, ...said})
  })

  test.for<[string, Record<string, unknown>, string]>([
    ['box', {acceleratorCount: 64}, '64 × h100-pcie-80gb in one node: no chassis that is known holds more than 16 cards'], ['half', {acceleratorCount: 12}, '12 accelerators in 10 slots'],
    ['board', {acceleratorCount: 12}, '12 accelerators in 8 slots'], ['board', {acceleratorCount: 12, acceleratorSlots: 12}, 'no SXM board carries more than 8'],
    ['box', {ratedMaximumWatts: 100}, 'a rating of 100 W, but 10 × 350 W of accelerators alone are 3,500 W'],
    ['box', {levels: [{...LEVELS[0], groupSize: 99}]}, 'a link over 99 accelerators in a node of 10'], ['box', {levels: LEVELS.toReversed()}, 'a link over 8 accelerators outside one over 10'],
  ])('nobody builds %s with %j', ([base, change, message]) => {
    expect(thrown(() => changed(base, change))).toMatchObject({code: 'RIG_IMPOSSIBLE', message: expect.stringContaining(message) as string})
  })

  test('a node with other accelerators has the supplies that it says', () => {
    const supplies = {count: 4, ratedWatts: 3000, needed: 3}
    expect(resolve({lab: {extends: 'h100x10-pcie', price: 1, nodes: [{id: 'box', acceleratorId: 'h200-nvl-141gb', supplies}]}}).rigs[0]?.nodes[0]?.supplies).toEqual(supplies)
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

  test('spreads one price by accelerators where a node has none of its own', () => {
    const [lab] = resolve({lab: {extends: 'h100x10-sxm', price: 300_000, nodes: [{id: 'sxm'}, {id: 'pcie', count: 2, acceleratorCount: 5}]}}).rigs

    expect(lab?.nodes.map((each) => each.priceUsd)).toEqual([150_000, 75_000])
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
    [{lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', acceleratorId: 'h100-pcie-90gb'}]}}, 'UNKNOWN_ACCELERATOR', 'Did you mean "h100-pcie-80gb"'],
    [{lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', acceleratorId: 'abacus'}]}}, 'UNKNOWN_ACCELERATOR', 'rigor hardware list'],
    [{lab: {extends: 'h100x10-sxm', nodes: [{id: 'sxn'}]}}, 'UNKNOWN_RIG_NODE', 'Did you mean "sxm"?'],
    [{lab: {extends: 'h100x10-sxm', nodes: [{id: 'storage', acceleratorCount: 0}]}}, 'UNKNOWN_RIG_NODE', 'Nodes of h100x10-sxm: sxm, pcie.'],
    [{lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', supplies: {count: 2, ratedWatts: 2000, needed: 2}}]}}, 'RIG_IMPOSSIBLE', 'At least 3'],
  ] as const)('%j is told as %s', ([rigs, code, hint]) => {
    const error = refusal(rigs)

    expect(error.code).toBe(code)
    expect(error.hint ?? '').toContain(hint)
  })

  test('a slip in a name is told with its line, the value and what there is', () => {
    expect(refusal({lab: {extends: 'h100x10-pcie', nodes: [{id: 'box', acceleratorId: 'h100-pcie-90gb'}]}}).message).toBe('rigs.lab.nodes.0.acceleratorId — nodes[0].acceleratorId: "h100-pcie-90gb" is not in the catalog.')
    expect(refusal({lab: {extends: 'h100x10-sxm', nodes: [{id: 'sxn', acceleratorCount: 2}]}}).message).toBe('rigs.lab.nodes.0.id — no node "sxn" in h100x10-sxm, and a new one lacks count, acceleratorId, levels, hostIdleWatts, hostMaximumWatts, supplyEfficiency and priceUsd.')
  })
})

test('rigor.yaml has a JSON Schema, with the kinds of workloads in it', () => {
  const schema = configJsonSchema([{title: 'a kind', type: 'object'}]) as {properties: {workloads: {items: {anyOf: unknown[]}}}}

  expect(schema.properties.workloads.items.anyOf).toHaveLength(3)
})
