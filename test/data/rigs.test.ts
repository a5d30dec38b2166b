import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {parseAccelerators} from '../../src/catalog/parse/accelerators.ts'
import {parseTariffs} from '../../src/catalog/parse/energy.ts'
import {parseFacility} from '../../src/catalog/parse/facility.ts'
import {parseRig} from '../../src/catalog/parse/rigs.ts'

const folder = join(import.meta.dirname, '..', '..', 'data')
const data = (file: string): string => readFileSync(join(folder, file), 'utf8')
const rigs = readdirSync(join(folder, 'rigs')).sort().map(file => ({file, rig: parseRig(data(`rigs/${file}`), file)}))
const accelerators = new Map(parseAccelerators(data('accelerators.csv')).map(accelerator => [accelerator.id, accelerator]))
const servers = new Map(parseCsv(data('servers.csv'), 'servers.csv').map(record => [record.cells['id']!, record.cells]))
const facility = parseFacility(data('facility.csv'))
const tariffs = parseTariffs(data('energy/tariffs.csv'))
const sourceIds = new Set(parseCsv(data('sources.csv'), 'sources.csv').map(record => record.cells['id']))
const rigOf = (id: string) => rigs.find(({rig}) => rig.id === id)!.rig

/** Watts of a server at the wall, from data/servers.csv. */
const watts = (server: string, column: string): number => Number(servers.get(server)![column])
/** What is left for host and fans of watts at the wall, after the supplies and `count` accelerators at `each`. */
const hostWatts = (wall: number, count: number, each: number): number => Math.round(wall * facility['psu_titanium_efficiency_50pct']! - count * each)

/** The same at rest, where supplies of twice the machine's highest load lose 1.07 % of their rating and little more (80 PLUS Titanium: 90, 94, 96 % at 10, 20, 50 %). */
const idleHostWatts = (wall: number, count: number, each: number, highest: number): number => {
  const rating = 2 * highest
  const lossAt = (behind: number): number => rating * (0.0107 + 0.0404 * (behind / rating) ** 2)
  return Math.round(wall - lossAt(wall - lossAt(wall)) - count * each)
}

describe.for(rigs)('data/rigs/$file', ({file, rig}) => {
  test('is named after its file', () => {
    expect(file).toBe(`${rig.id}.yaml`)
  })

  test('names accelerators, servers and sources that exist', () => {
    expect(rig.nodes.filter(node => !accelerators.has(node.acceleratorId) || !servers.has(node.serverId!))).toEqual([])
    expect(rig.sourceIds.filter(id => !sourceIds.has(id))).toEqual([])
  })

  test('its links widen outwards and the last one spans the node', () => {
    for (const node of rig.nodes) {
      const sizes = node.levels.map(level => level.groupSize)
      expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
      expect(sizes.at(-1) ?? 1).toBe(node.acceleratorCount)
      expect(node.levels.map(level => level.bytesPerSecond)).toEqual(node.levels.map(level => level.bytesPerSecond).sort((a, b) => b - a))
    }
  })

  test('NVLink moves half of what the accelerator lists for both ways', () => {
    const rates = rig.nodes.flatMap(node => node.levels.filter(level => level.kind.startsWith('nv')).map(level => level.bytesPerSecond / accelerators.get(node.acceleratorId)!.linkBytesPerSecond!))
    expect(rates.filter(rate => rate !== 1)).toEqual([])
  })

  test('draws no more than its rating, and its host idles below its full load', () => {
    for (const node of rig.nodes) {
      const accelerator = accelerators.get(node.acceleratorId)!
      expect(node.hostIdleWatts).toBeLessThan(node.hostMaximumWatts)
      const wall = (node.hostMaximumWatts + node.acceleratorCount * accelerator.powerWatts!) / node.supplyEfficiency
      expect(wall).toBeLessThanOrEqual(node.ratedMaximumWatts! * 1.0001)
    }
  })

  test('pays the newest tariff of its country', () => {
    const sector = rig.class === 'server' ? 'industrial' : 'household'
    expect(rig.site.tariffUsdPerKwh).toBe(tariffs.find(tariff => tariff.country === rig.site.country && tariff.sector === sector)!.usdPerKwh)
  })

  test('life, resale and cooling are the facts its comments name', () => {
    if (rig.class !== 'server') return
    expect(rig.serviceLifeYears).toBe(facility['useful_life_amazon_subset'])
    expect(rig.residualShare).toBe(facility['residual_h100_year5'])
    expect(rig.site.coolingCop).toBe(facility['cooling_cop_room_ac'])
    const ratedKilowatts = rig.nodes.reduce((sum, node) => sum + node.count * node.ratedMaximumWatts!, 0) / 1000
    expect(rig.upkeepUsdPerYear).toBeCloseTo(ratedKilowatts * facility['colo_us_wholesale_2025h2']! * 12, 5)
  })

  test('wear is the share of cards that fail for good, at the price of one', () => {
    const node = rig.nodes[0]!
    const price = accelerators.get(node.acceleratorId)!.price?.usd ?? node.priceUsd
    expect(rig.wearUsdPerAcceleratorHour).toBeCloseTo((facility['h100_permanent_failure_rate']! * price) / facility['hours_per_year']!, 3)
  })
})

test('the 10× PCIe box: host watts, link rates and price come from the server it names', () => {
  const [box] = rigOf('h100x10-pcie').nodes

  expect(box!.hostIdleWatts).toBe(idleHostWatts(watts('rig-10x-h100-pcie', 'idleWatts'), 10, 47, 10 * 350 + box!.hostMaximumWatts))
  expect(box!.hostMaximumWatts).toBe(hostWatts(10 * 350 + watts('rig-10x-h100-pcie', 'hostWattsUnderLoad'), 10, 350))
  expect(box!.priceUsd).toBe(watts('rig-10x-h100-pcie', 'priceUsd'))
  expect(box!.levels.map(level => [level.kind, level.groupSize, level.bytesPerSecond])).toEqual([['nvlink-bridge', 2, 300e9], ['pcie', 8, 63e9], ['pcie', 10, 31.5e9]])
})

test('the 8 + 2 rig: host watts and prices add up to the servers it names', () => {
  const [sxm, pcie] = rigOf('h100x10-sxm').nodes
  const [board, both] = ['hgx-h100-8gpu-node-2026', 'rig-10x-h100-sxm-8plus2'] as const

  expect(sxm!.hostIdleWatts).toBe(idleHostWatts(watts(board, 'idleWatts'), 8, 70, 8 * 700 + sxm!.hostMaximumWatts))
  expect(sxm!.hostMaximumWatts).toBe(hostWatts(watts(board, 'measuredMaximumWatts'), 8, 700))
  expect(pcie!.hostIdleWatts).toBe(idleHostWatts(watts(both, 'idleWatts') - watts(board, 'idleWatts'), 2, 47, 2 * 350 + pcie!.hostMaximumWatts))
  expect(pcie!.hostMaximumWatts).toBe(hostWatts(watts(both, 'ratedMaximumWatts') - watts(board, 'ratedMaximumWatts'), 2, 350))
  expect(sxm!.priceUsd + pcie!.priceUsd).toBe(watts(both, 'priceUsd'))
})

test('the 8 + 4 rig: host watts and prices add up to the servers it names', () => {
  const [, four] = rigOf('h100x10-sxm-8plus4').nodes

  expect(four!.hostIdleWatts).toBe(idleHostWatts(watts('supermicro-hgx-h100-4gpu', 'idleWatts'), 4, 70, 4 * 700 + four!.hostMaximumWatts))
  expect(four!.hostMaximumWatts).toBe(hostWatts(watts('supermicro-hgx-h100-4gpu', 'ratedMaximumWatts') * facility['h100_node_measured_peak_fraction']!, 4, 700))
  expect(rigOf('h100x10-sxm-8plus4').nodes.reduce((sum, node) => sum + node.priceUsd, 0)).toBe(watts('rig-12x-h100-sxm-8plus4', 'priceUsd'))
})

test('the 10× PCIe rig and "your own computer" take part by default, nothing else', () => {
  expect(rigs.filter(({rig}) => rig.builtinDefault).map(({rig}) => rig.id)).toEqual(['h100x10-pcie', 'laptop-rtx4090', 'workstation-rtx4090'])
})

test('rigs hold as many accelerators as their names say, and as much memory', () => {
  const memoryGib = (id: string): number => rigOf(id).nodes.reduce((sum, node) => sum + node.count * node.acceleratorCount * accelerators.get(node.acceleratorId)!.memoryGib, 0)

  expect(memoryGib('h100x10-pcie')).toBeCloseTo(796.5)
  expect(memoryGib('h100x10-sxm')).toBeCloseTo(796.5)
  expect(memoryGib('h100x10-sxm-8plus4')).toBeCloseTo(955.8)
  expect(memoryGib('workstation-rtx4090')).toBeCloseTo(23.99)
  expect(memoryGib('laptop-rtx4090')).toBeCloseTo(16)
})

test.for([
  ['id: a\nid: b\n', /unique/i],
  ['{', /rig\.yaml/],
  ['id: x\ntitle: y\n', /rig\.yaml — class/],
  ['a: &a [1]\nb: [*a, *a]\n', /rig\.yaml/],
] as const)('a broken rig file is refused: %j', ([text, message]) => {
  expect(() => parseRig(text, 'rig.yaml')).toThrow(message)
})
