import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Offer, Purchase} from '../../src/catalog/schema.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {verifyCatalog} from '../../src/catalog/verify.ts'
import {openSnapshot, readCatalogFiles} from '../../src/store/snapshot.ts'

const packageRoot = path.join(import.meta.dirname, '..', '..')
let snapshot: Snapshot
let offers: readonly Offer[]

beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot})
  offers = snapshot.machines.flatMap((machine) => snapshot.offersOf(`${machine.provider}/${machine.instanceType}`))
})

const pricesOf = (machine: string, purchase: Purchase, region: string): number[] => [
  ...new Set(snapshot.offersOf(machine).filter((offer) => offer.service === 'vm' && offer.purchase === purchase && offer.region === region).map((offer) => offer.priceUsdPerHour)),
]

test('the data has no problem at all', () => {
  const problems = verifyCatalog(readCatalogFiles(path.join(packageRoot, 'data')), {today: '2026-11-28'})

  expect(problems).toEqual([])
})

test.for([
  ['aws/p5.48xlarge', 'on-demand', 'us-east-1', 55.04],
  ['gcp/a3-highgpu-8g', 'on-demand', 'us-central1', 88.49],
  ['azure/Standard_ND96isr_H100_v5', 'on-demand', 'eastus', 98.32],
  ['lambda/gpu_8x_h100_sxm5', 'on-demand', 'us-east-1', 31.92],
  ['coreweave/gd-8xh100ib-i128', 'on-demand', 'US-EAST-04', 49.24],
  ['coreweave/gd-8xh100ib-i128', 'spot', 'north-america', 19.71],
] as const)('%s %s in %s is exactly %d USD/h', ([machine, purchase, region, price]) => {
  expect(pricesOf(machine, purchase, region)).toEqual([price])
})

test('every provider of the brief is there, and every machine with a price has an accelerator or none at all', () => {
  expect(Object.keys(snapshot.asOfByProvider)).toEqual(
    expect.arrayContaining(['aws', 'azure', 'coreweave', 'digitalocean', 'gcp', 'hyperstack', 'lambda', 'nebius', 'oci', 'paperspace', 'runpod', 'vast', 'verda']),
  )
  const accelerators = new Set(snapshot.accelerators.map((accelerator) => accelerator.id))
  const unknown = snapshot.machines.filter((machine) => machine.acceleratorId !== undefined && !accelerators.has(machine.acceleratorId))
  expect(unknown).toEqual([])
  expect(offers).toHaveLength(snapshot.offerCount)
})

test('a label of several places is no region, and has no country', () => {
  const vague = offers.filter((offer) => /global|NYC|EU \/ US|north-america|most regions/i.test(offer.region))

  expect(vague.length).toBeGreaterThan(100)
  expect(vague.every((offer) => !offer.regionKnown && offer.country === undefined)).toBe(true)
})

test('a real region has a country', () => {
  const without = new Set(offers.filter((offer) => offer.regionKnown && offer.country === undefined).map((offer) => `${offer.provider} ${offer.region}`))

  // Not sure where this one is.
  expect([...without]).toEqual(['lambda europe-south-1'])
})

describe('prices that may not win are marked', () => {
  test('marketplaces, lowest prices and prices of one accelerator', () => {
    expect(offers.filter((offer) => offer.provider === 'vast').every((offer) => offer.flags.includes('marketplace'))).toBe(true)
    expect(offers.filter((offer) => offer.purchase === 'community').every((offer) => offer.flags.includes('marketplace'))).toBe(true)
    expect(offers.filter((offer) => offer.region === 'Global (lowest)').every((offer) => offer.flags.includes('from-price'))).toBe(true)
    expect(offers.filter((offer) => ['oci', 'runpod', 'hyperstack', 'verda'].includes(offer.provider)).every((offer) => offer.flags.includes('unit-price'))).toBe(true)
    expect(snapshot.offersOf('nebius/HGX H100 x8').every((offer) => offer.flags.length === 0)).toBe(true)
    expect(snapshot.offersOf('hyperstack/H100-SXM').find((offer) => offer.purchase === 'committed')?.flags).toContain('from-price')
  })

  test('managed services whose surcharge is recalled', () => {
    const vertex = snapshot.offersOf('gcp/a3-highgpu-8g').filter((offer) => offer.service === 'vertex-ai')
    expect(vertex).toHaveLength(1)
    // 88.49 × 1.15, the surcharge from memory.
    expect(vertex[0]).toMatchObject({region: 'us-central1', priceUsdPerHour: 101.7635, flags: ['unverified'], standing: 'recalled'})

    const azureMl = snapshot.offersOf('azure/Standard_ND96isr_H100_v5').find((offer) => offer.service === 'azure-ml' && offer.region === 'eastus')
    expect(azureMl).toMatchObject({priceUsdPerHour: 98.32, flags: ['unverified'], standing: 'recalled'})
  })
})

test('SageMaker has the prices that were listed, and no others', () => {
  const sagemaker = offers.filter((offer) => offer.service === 'sagemaker')

  expect(sagemaker).toHaveLength(15)
  expect(sagemaker.find((offer) => offer.instanceType === 'p5.48xlarge' && offer.region === 'us-east-1')?.priceUsdPerHour).toBe(63.296)
})

test('a discount on the accelerators of a machine is derived from its whole price', () => {
  const committed = snapshot.offersOf('gcp/a3-highgpu-8g').find((offer) => offer.purchase === 'committed' && offer.region === 'us-central1')

  // 88.49 − 8 × (9.7966 − 6.7988)
  expect(committed).toMatchObject({priceUsdPerHour: 64.5076, standing: 'derived'})
})

test('TPU slices count chips', () => {
  const count = (instanceType: string): number | undefined => snapshot.machines.find((machine) => machine.instanceType === instanceType)?.acceleratorCount

  expect([count('tpu-v2-8'), count('tpu-v5p-8'), count('tpu-v5litepod-16'), count('tpu-v6e-256')]).toEqual([4, 4, 16, 256])
})

test('machines that can no longer be had are left out, and said to be', () => {
  expect(snapshot.machines.some((machine) => machine.instanceType === 'Standard_NC24rs_v3')).toBe(false)
  expect(snapshot.gaps.some((gap) => gap.provider === 'aws' && gap.subject === 'f1.2xlarge' && gap.rows === 21)).toBe(true)
})

test('each provider says how it bills', () => {
  const rule = (provider: string): unknown => snapshot.billing.find((fact) => fact.provider === provider)

  expect(rule('aws')).toMatchObject({incrementSeconds: 1, minimumSeconds: 60})
  expect(rule('lambda')).toMatchObject({incrementSeconds: 60, minimumSeconds: 60})
  expect(rule('verda')).toMatchObject({incrementSeconds: 600, minimumSeconds: 600})
  expect(rule('coreweave')).toMatchObject({incrementSeconds: 3600, standing: 'derived'})
})

test('free egress is a price of zero, and a free allowance is a tier of its own', () => {
  const egress = (provider: string): unknown[] => snapshot.extras.filter((extra) => extra.provider === provider && extra.category === 'egress').map((extra) => [extra.upToGb, extra.usdPerGb])

  expect(egress('lambda')).toEqual([[undefined, 0]])
  expect(egress('aws')).toEqual([[100, 0], [10_000, 0.09], [50_000, 0.085], [150_000, 0.07], [undefined, 0.05]])
})

test('the highest interruption band is open upwards', () => {
  const band = snapshot.interruptions.find((each) => each.instanceType === 'g4dn.2xlarge' && each.region === 'af-south-1')

  expect(band).toMatchObject({lowShare: 0.2, highShare: 1})
})
