import {describe, expect, test} from 'vitest'
import type {Accelerator, CalibrationEntry} from '../../src/catalog/schema.ts'
import {createCalibration} from '../../src/performance/calibration.ts'
import {hostClassOf, powerCoefficients, powerModelForCloud, powerModelForRig, usualIdleShare, type CloudPowerInput} from '../../src/power/model.ts'

const FROM = {sourceId: 's', asOf: '2026-01-01', standing: 'read'} as const
const row = (quantity: string, architecture: string, runtime: string, value: number, measurements = 50): CalibrationEntry => ({kind: 'power', quantity, architecture, runtime, value, sigmaLog: 0.2, measurements, ...FROM})
const CALIBRATION = createCalibration([
  ...[['active-share', 0.5], ['picojoules-per-flop', 1.26], ['picojoules-per-byte', 63], ['picojoules-per-cache-byte', 126], ['unpack-share', 0.6]].flatMap(([quantity, value]) => [
    row(String(quantity), 'hopper', '*', Number(value)), row(String(quantity), '*', '*', 2 * Number(value)),
  ]),
  row('supply-efficiency', '*', '*', 0.96, 0),
  row('host-idle-watts', '*', 'board', 150, 0),
  row('host-maximum-watts', '*', 'board', 300, 0),
  row('host-idle-watts', '*', 'card', 60, 0),
  row('host-maximum-watts', '*', 'card', 130, 0),
], [
  {kind: 'power', metric: 'accelerator-watts', distance: 'measured', lowLog: -0.1, highLog: 0.1, measurements: 9},
  {kind: 'power', metric: 'accelerator-watts', distance: 'accelerator', lowLog: -0.2, highLog: 0.2, measurements: 9},
  {kind: 'power', metric: 'wall-watts', distance: 'measured', lowLog: -0.15, highLog: 0.25, measurements: 9},
  {kind: 'power', metric: 'wall-watts', distance: 'accelerator', lowLog: -0.25, highLog: 0.35, measurements: 9},
  {kind: 'power', metric: 'accelerator-watts', distance: 'none', lowLog: -0.4, highLog: 0.4, measurements: 9},
], [{kind: 'power', accelerator: 'h100-sxm-80gb', architecture: 'hopper', model: 'some/model', measurements: 9}])
const H100 = {
  id: 'h100-sxm-80gb', vendor: 'nvidia', name: 'H100', aliases: [], architecture: 'hopper', formFactor: 'sxm', memoryGib: 80, memoryBandwidthBytesPerSecond: 3e12,
  peakFlops: {bf16: 1e15}, sustainedMatmulFlops: {}, powerWatts: 700, idleWatts: 70, interconnect: '', rayTracingCores: false, displayOutput: false, ...FROM,
} satisfies Accelerator
const withoutIdle = ({idleWatts: _idle, ...accelerator}: typeof H100): Accelerator => accelerator
const withoutPower = ({powerWatts: _power, ...accelerator}: typeof H100): Accelerator => accelerator

const CLOUD: CloudPowerInput = {
  snapshot: {accelerators: [H100], pueByProvider: {acme: 1.15, '*': 1.58}, carbonByCountry: {US: 380}},
  calibration: CALIBRATION,
  accelerator: H100,
  acceleratorsPowered: 16,
  model: '',
  provider: 'acme',
  country: 'US',
}

describe('a rented machine', () => {
  test('has its accelerators, their part of a reference host, the fleet’s PUE and the country’s carbon', () => {
    expect(powerModelForCloud(CLOUD)).toEqual({
      acceleratorIdleWatts: 70,
      acceleratorMaximumWatts: 700,
      // 1.26 pJ · 10¹⁵/s ÷ 630 W = 2; 63 pJ · 3·10¹²/s ÷ 630 W = 0.3.
      coefficients: {
        activeWeight: 0.5, flopsWeight: expect.closeTo(2, 12), bytesWeight: expect.closeTo(0.3, 12), cacheBytesWeight: expect.closeTo(0.6, 12), unpackWeight: 0.6,
        spread: {lowLog: -0.2, highLog: 0.2}, basis: 'calibrated',
      },
      acceleratorsPowered: 16,
      wallSpread: {lowLog: -0.25, highLog: 0.35},
      hostIdleWatts: 2400,
      hostMaximumWatts: 4800,
      supplyEfficiency: 0.96,
      pue: 1.15,
      coolingCop: null,
      gramsCo2PerKwh: 380,
      basis: 'computed',
      notes: [],
    })
  })

  test('of a provider without a PUE takes the survey average, and says so', () => {
    const model = powerModelForCloud({...CLOUD, provider: 'bolt'})

    expect(model).toMatchObject({pue: 1.58, basis: 'assumed'})
    expect(model.notes[0]).toContain('1.58')
  })

  test('of an unmeasured architecture takes the fit over all, as computed', () => {
    expect(powerModelForCloud({...CLOUD, accelerator: {...H100, id: 'l40', architecture: 'ada', formFactor: 'pcie'}})).toMatchObject({
      coefficients: {activeWeight: 1, flopsWeight: expect.closeTo(4, 12), spread: {lowLog: -0.4, highLog: 0.4}, basis: 'computed'},
      hostIdleWatts: 960,
      hostMaximumWatts: 2080,
    })
  })

  test('of an unmeasured architecture with little power for its peak needs its range for full matmuls; a large one needs what a FLOP takes', () => {
    const weightOf = (bf16: number, powerWatts: number): number => powerModelForCloud({...CLOUD, accelerator: {...H100, id: 'l40', architecture: 'ada', powerWatts, idleWatts: 70, peakFlops: {bf16}}}).coefficients!.flopsWeight

    expect(weightOf(0.1e15, 700)).toBe(1)
    expect(weightOf(1e15, 700)).toBeCloseTo(4, 12)
  })

  test('that runs what was measured on it is known best', () => {
    const model = powerModelForCloud({...CLOUD, model: 'some/model'})

    expect(model.coefficients!.spread).toEqual({lowLog: -0.1, highLog: 0.1})
    expect(model.wallSpread).toEqual({lowLog: -0.15, highLog: 0.25})
  })

  test('whose accelerator has no published power stays unknown, not 0', () => {
    const model = powerModelForCloud({...CLOUD, accelerator: withoutPower(H100)})

    expect(model).toMatchObject({acceleratorIdleWatts: null, acceleratorMaximumWatts: null, basis: 'assumed'})
    expect(model.notes[0]).toBe('H100: its power is not published.')
  })

  test('whose idle draw is not known takes the usual share of its maximum', () => {
    const model = powerModelForCloud({...CLOUD, accelerator: withoutIdle(H100)})

    expect(model).toMatchObject({acceleratorIdleWatts: 70, basis: 'assumed'})
    expect(model.notes[0]).toContain('10 %')
  })

  test('on a board of half the watts has half the host of the reference; cards have ordinary servers', () => {
    const hosts = [row('host-idle-watts', '*', 'board', 150, 0), row('host-maximum-watts', '*', 'board', 300, 0), row('host-idle-watts', '*', 'card', 60, 0), row('host-maximum-watts', '*', 'card', 130, 0)]
    const host = (changed: Partial<Accelerator>) => powerModelForCloud({...CLOUD, calibration: createCalibration([...hosts, row('host-board-watts', '*', 'board', 700, 0)]), accelerator: {...H100, ...changed}}).hostIdleWatts

    expect(host({})).toBe(2400)
    expect(host({powerWatts: 350})).toBe(1200)
    expect(host({powerWatts: 350, formFactor: 'pcie'})).toBe(host({formFactor: 'pcie'}))
  })

  test('in an unknown country has unknown carbon', () => {
    expect(powerModelForCloud({...CLOUD, country: undefined}).gramsCo2PerKwh).toBeNull()
    expect(powerModelForCloud({...CLOUD, country: 'XX'}).gramsCo2PerKwh).toBeNull()
  })

  test('without calibration stays unknown', () => {
    const model = powerModelForCloud({...CLOUD, calibration: createCalibration([])})

    expect(model).toMatchObject({coefficients: null, hostIdleWatts: null, hostMaximumWatts: null})
    expect(powerCoefficients(createCalibration([]), H100, 630, '')).toBeNull()
  })
})

test('a rig powers whole nodes; its heat is moved by its own cooling', () => {
  const rig = {site: {country: 'US', tariffUsdPerKwh: 0.2, coolingCop: 3, uplinkBytesPerSecond: 1, whenIdle: 'on'}, standing: 'derived'} as const
  const node = {acceleratorCount: 8, hostIdleWatts: 1264, hostMaximumWatts: 2464, supplyEfficiency: 0.96}

  expect(powerModelForRig({snapshot: CLOUD.snapshot, calibration: CALIBRATION, accelerator: H100, model: '', rig, node, nodes: 2})).toMatchObject({
    acceleratorsPowered: 16,
    hostIdleWatts: 2528,
    hostMaximumWatts: 4928,
    pue: 1,
    coolingCop: 3,
    gramsCo2PerKwh: 380,
    basis: 'assumed',
  })
})

test.for([['sxm', 'board'], ['oam', 'board'], ['pcie', 'card'], ['nvl', 'card']] as const)('%s stands on a %s', ([formFactor, hostClass]) => {
  expect(hostClassOf({formFactor})).toBe(hostClass)
})

test('the usual idle share is the median of the vendor, else of all', () => {
  const accelerators = [0.1, 0.2, 0.4].map(share => ({...H100, idleWatts: 700 * share}))

  expect(usualIdleShare(accelerators, 'nvidia')).toBeCloseTo(0.2, 12)
  expect(usualIdleShare(accelerators.slice(0, 2), 'amd')).toBeCloseTo(0.15, 12)
  expect(usualIdleShare([], 'amd')).toBeNull()
})
