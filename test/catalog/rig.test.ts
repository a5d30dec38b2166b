import fc from 'fast-check'
import {expect, test} from 'vitest'
import {CoolingCop, NodePart, NoiseDba, Rig, RigNode, SiteCircuits, Supplies, TariffWindow} from '../../src/catalog/rig.ts'

type Point = readonly [loadShare: number, efficiency: number]

const said = (points: readonly Point[]): readonly string[] => {
  const parsed = Supplies.safeParse({count: 1, ratedWatts: 1000, needed: 1, efficiency: points.map(([loadShare, efficiency]) => ({loadShare, efficiency}))})
  return parsed.error?.issues.map(({path, message}) => `${path.join('.')}: ${message}`) ?? []
}

test.for<[readonly Point[], readonly string[]]>([
  [[[0.1, 0.9], [0.2, 0.94], [0.5, 0.96], [1, 0.91]], []],
  // Worth less at full load, and still more watts in.
  [[[0.5, 0.96], [1, 0.5]], []],
  [[[0.5, 0.5], [0.6, 0.9]], ['efficiency.1.efficiency: at 0.6 of its rating it would take 0.667 of it, at 0.5 already 1: a supply that gives more takes more']],
  [[[0.5, 0.5], [0.9, 0.9]], ['efficiency.1.efficiency: at 0.9 of its rating it would take 1 of it, at 0.5 already 1: a supply that gives more takes more']],
  [[[0.5, 0.9], [0.4, 0.9]], ['efficiency.1.loadShare: 0.4 after 0.5: loads of an efficiency curve ascend']],
  [[[0.1, 0.99], [0.5, 0.2]], ['efficiency.1.efficiency: Too small: expected number to be >=0.5']],
])('the efficiency of a supply %j: %j', ([points, issues]) => {
  expect(said(points)).toEqual(issues)
})

test('a curve is taken exactly if its input rises all along the lines between its points', () => {
  const share = fc.double({min: 0.05, max: 1, noNaN: true})
  const point = fc.tuple(share, fc.double({min: 0.5, max: 1, noNaN: true}))
  fc.assert(fc.property(fc.uniqueArray(point, {minLength: 2, maxLength: 5, selector: ([load]) => Math.round(load * 50)}), unsorted => {
    const points = unsorted.toSorted(([a], [b]) => a - b)
    const inputs = points.slice(1).flatMap(([load, efficiency], index) => {
      const [from, low] = points[index]!
      return Array.from({length: 21}, (_, step) => (from + ((load - from) * step) / 20) / (low + ((efficiency - low) * step) / 20))
    })

    const rises = inputs.flatMap((input, index) => (index % 21 === 0 ? [] : [input - inputs[index - 1]!]))
    fc.pre(rises.every(rise => Math.abs(rise) > 1e-9))

    expect(said(points).length === 0).toBe(rises.every(rise => rise > 0))
  }))
})

test.for<[string, {safeParse: (value: unknown) => {success: boolean}}, readonly unknown[], readonly unknown[]]>([
  ['cooling', CoolingCop, [0.5, 3, 100], [0.0001, 0.49, 101]],
  ['noise', NoiseDba, [0, 85, 140], [-1, 141, 100_000]],
  ['watts of a host', RigNode.shape.hostMaximumWatts, [0, 1e9], [-1, 1.1e9, Number.POSITIVE_INFINITY]],
  ['rating', RigNode.shape.ratedMaximumWatts, [0, 1e9], [2e9]],
  ['efficiency', RigNode.shape.supplyEfficiency, [0.5, 0.96, 1], [0.01, 1.1]],
  ['supplies', Supplies, [{count: 2, ratedWatts: 3000, needed: 2}], [{count: 2, ratedWatts: 3e9, needed: 2}]],
  ['parts', NodePart, [{kind: 'fan', count: 8, watts: 30}], [{kind: 'fan', count: 8, watts: 2e9}]],
  ['windows', TariffWindow, [{days: [0], fromHour: 0, toHour: 24, usdPerKwh: 0.1}, {days: [0], fromHour: 22, toHour: 6, usdPerKwh: 0}], [{days: [0], fromHour: 6, toHour: 6, usdPerKwh: 0.1}]],
  ['circuits', SiteCircuits, [[1, 3].map(phases => ({volts: 230, phases, amps: 16, count: 1, socket: 'household'}))], [[{volts: 230, phases: 2, amps: 16, count: 1, socket: 'household'}]]],
])('bounds of %s', ([, schema, right, wrong]) => {
  expect([right.filter(value => !schema.safeParse(value).success), wrong.filter(value => schema.safeParse(value).success)]).toEqual([[], []])
})

test('no two nodes of a rig have one id', () => {
  const node = {id: 'a', count: 1, acceleratorId: 'x', acceleratorCount: 1, levels: [], hostIdleWatts: 1, hostMaximumWatts: 2, supplyEfficiency: 1, priceUsd: 1}
  const issuesOf = (...ids: readonly string[]) => Rig.shape.nodes.safeParse(ids.map(id => ({...node, id}))).error?.issues.map(({path, message}) => [path, message])

  expect(issuesOf('a', 'b')).toBeUndefined()
  expect(issuesOf('a', 'b', 'a')).toEqual([[[2, 'id'], '"a" stands for two nodes']])
})
