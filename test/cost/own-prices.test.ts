import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {checkOwnPrices} from '../../src/cost/own-prices.ts'
import {applyOwnPrices, type OwnPriceRule} from '../../src/cost/prices.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

let snapshot: Snapshot
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '..', '..')})
})

const locate = (at: readonly PropertyKey[]): string => `rigor.yaml, ${at.map(String).join('.')}`

/** Whether any offer of the catalog gets another price from the rule: what the check stands for. */
function changesAnything(rule: OwnPriceRule): boolean {
  return snapshot.machines.some((machine) => snapshot.offersOf(`${machine.provider}/${machine.instanceType}`).some((offer) => applyOwnPrices(offer, [rule], '2026-11-20').rule !== null))
}

describe('a rule of prices: that means something', () => {
  test.for<OwnPriceRule>([
    {provider: 'aws', machine: 'p5*', adjust: '-12%'},
    {provider: 'aws', machine: 'P5.48XLARGE', region: 'us-*', usdPerHour: 40},
    {machine: 'p5.48xlarge', purchase: 'spot', adjust: '-5%'},
    {adjust: '-3%'},
    {provider: 'lambda', machine: 'gpu_8x_h100_sxm5', prepaid: true},
  ])('%o passes', (rule) => {
    expect(() => checkOwnPrices([rule], snapshot, locate)).not.toThrow()
    expect(changesAnything(rule)).toBe(true)
  })

  test('passes after its last day: it did hold once', () => {
    expect(() => checkOwnPrices([{provider: 'aws', adjust: '-12%', until: '2020-01-01'}], snapshot, locate)).not.toThrow()
  })
})

describe('a rule that nothing meets', () => {
  test.for<[rule: OwnPriceRule, code: string, message: string, hint: string]>([
    [{provider: 'asw', adjust: '-12%'}, 'UNKNOWN_PROVIDER', 'rigor.yaml, prices.0.provider — "asw"', '"aws"'],
    [{provider: 'aws', machine: 'p5.49xlarge', adjust: '-12%'}, 'UNKNOWN_MACHINE', 'prices.0.machine — no machine of aws', '"p5.48xlarge"'],
    [{provider: 'aws', machine: 'p55*', adjust: '-12%'}, 'UNKNOWN_MACHINE', 'prices.0.machine', 'catalog list --provider aws'],
    [{provider: 'lambda', machine: 'p5.48xlarge', adjust: '-12%'}, 'UNKNOWN_MACHINE', 'no machine of lambda', 'one of aws'],
    [{provider: 'aws', region: 'us-east1', adjust: '-12%'}, 'UNKNOWN_REGION', 'aws has no region "us-east1"', '"us-east-1"'],
    [{provider: 'aws', region: 'europe-*', adjust: '-12%'}, 'UNKNOWN_REGION', 'prices.0.region', 'eu-*'],
    [{provider: 'aws', machine: 'p5.48xlarge', service: 'vertex-ai', adjust: '-12%'}, 'PRICE_WITHOUT_OFFER', 'prices.0 — no offer of the catalog is aws:p5.48xlarge, vertex-ai', 'on-demand (sagemaker), reserved-3y, spot: name one of these.'],
    [{provider: 'aws', machine: 'p5.48xlarge', purchase: 'community', usdPerHour: 40}, 'PRICE_WITHOUT_OFFER', 'aws:p5.48xlarge, community', ': name one of these.'],
    [{provider: 'aws', machine: 'p5.48xlarge', region: 'af-south-1', usdPerHour: 40}, 'PRICE_WITHOUT_OFFER', 'on-demand, in af-south-1', 'us-east-1'],
  ])('%o is an error', ([rule, code, message, hint]) => {
    expect(changesAnything(rule)).toBe(false)
    expect(() => checkOwnPrices([rule], snapshot, locate)).toThrow(expect.objectContaining({code, message: expect.stringContaining(message), hint: expect.stringContaining(hint)}))
  })
})
