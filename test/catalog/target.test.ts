import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Accelerator, Machine, Offer} from '../../src/catalog/schema.ts'
import {parseTarget} from '../../src/catalog/target-text.ts'
import {formatTarget, formatTargetId, slug, type Target, type TargetView} from '../../src/catalog/target.ts'
import {RigorError} from '../../src/errors.ts'

const accelerator = (id: string, ...aliases: string[]): Accelerator => ({
  id, vendor: id.startsWith('tpu') ? 'google' : 'nvidia', name: id, aliases, architecture: 'x', formFactor: 'x', memoryGib: 80, memoryBandwidthBytesPerSecond: 1, peakFlops: {}, sustainedMatmulFlops: {},
  interconnect: 'x', rayTracingCores: false, displayOutput: false, sourceId: 's', asOf: '2026-11-01', standing: 'read',
})

const machine = (provider: string, instanceType: string, acceleratorId: string, acceleratorCount: number, slice = false): Machine => ({
  provider, instanceType, acceleratorId, acceleratorCount, rdma: 'unknown', intraNodeLink: 'unknown', slice, sourceId: 's', asOf: '2026-11-01', standing: 'read',
})

const offer = (region: string, more: Partial<Offer> = {}): Omit<Offer, 'provider' | 'instanceType'> => ({service: 'vm', region, regionKnown: true, purchase: 'on-demand', priceUsdPerHour: 1, flags: [], sourceId: 's', asOf: '2026-11-01', standing: 'read', ...more})

const offers: Record<string, Omit<Offer, 'provider' | 'instanceType'>[]> = {
  'aws/p5.48xlarge': [offer('us-east-1'), offer('us-east-1', {zone: 'us-east-1a', purchase: 'spot'}), offer('eu-west-1')],
  'gcp/a3-highgpu-8g': [offer('us-central1', {zone: 'us-central1-a', purchase: 'spot'}), offer('us-central1'), offer('us-central1', {service: 'vertex-ai'})],
  'gcp/tpu-v5litepod-16': [offer('us-central1')],
  'nebius/HGX H100 x8': [offer('EU / US')],
  'vast/H100 SXM/80GB': [offer('New Jersey, US')],
}

const rig = (id: string, nodes: {id: string; count: number; acceleratorCount: number}[], more: Partial<Rig> = {}): Rig => ({id, class: 'server', owned: true, builtinDefault: false, nodes, ...more}) as unknown as Rig

const view: TargetView = {
  accelerators: [accelerator('h100-sxm-80gb', 'H100-SXM', 'h100'), accelerator('h100-pcie-80gb', 'h100'), accelerator('a100-sxm-80gb'), accelerator('rtx-4090-24gb', 'RTX 4090'), accelerator('tpu-v5e', 'v5litepod')],
  devices: [accelerator('rtx-3060-12gb')],
  machines: [
    machine('aws', 'p5.48xlarge', 'h100-sxm-80gb', 8), machine('gcp', 'a3-highgpu-8g', 'h100-sxm-80gb', 8), machine('gcp', 'tpu-v5litepod-16', 'tpu-v5e', 16, true),
    machine('gcp', 'tpu-v5litepod-8', 'tpu-v5e', 8, true), machine('nebius', 'HGX H100 x8', 'h100-sxm-80gb', 8), machine('vast', 'H100 SXM/80GB', 'h100-sxm-80gb', 1),
    machine('azure', 'Standard_ND96isr_H100_v5', 'h100-sxm-80gb', 8),
  ],
  offersOf: (key) => (offers[key] ?? []).map((each) => ({...each, provider: key.split('/')[0]!, instanceType: key.slice(key.indexOf('/') + 1)})),
  rigs: [rig('h100x10-pcie', [{id: 'main', count: 1, acceleratorCount: 10}], {builtinDefault: true}), rig('h100x10-sxm', [{id: 'sxm', count: 1, acceleratorCount: 8}, {id: 'pcie', count: 1, acceleratorCount: 2}])],
}

const parse = (text: string): Target => parseTarget(text, view)

function failure(act: () => unknown): RigorError {
  try {
    act()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const p5 = {kind: 'offer', provider: 'aws', service: 'vm', instanceType: 'p5.48xlarge', nodes: 1}
const a3 = {kind: 'offer', provider: 'gcp', service: 'vm', instanceType: 'a3-highgpu-8g', nodes: 1}

describe('a target is read', () => {
  test.for([
    ['aws:p5.48xlarge', p5],
    ['aws:p5.48xlarge@us-east-1:spot', {...p5, region: 'us-east-1', purchase: 'spot'}],
    ['AWS:P5.48xlarge@US-EAST-1', {...p5, region: 'us-east-1'}],
    ['aws:p5.48xlarge@us-east-1/us-east-1a:spot:x2', {...p5, region: 'us-east-1', zone: 'us-east-1a', purchase: 'spot', nodes: 2}],
    ['aws:p5.48xlarge@us-east-1/a', {...p5, region: 'us-east-1', zone: 'us-east-1a'}],
    ['aws:p5.48xlarge@us-east-1a', {...p5, region: 'us-east-1', zone: 'us-east-1a'}],
    ['aws:p5.48xlarge/spot', {...p5, purchase: 'spot'}],
    ['aws:p5.48xlarge@eu-west-1/spot', {...p5, region: 'eu-west-1', purchase: 'spot'}],
    ['aws:p5.48xlarge:x4:spot', {...p5, purchase: 'spot', nodes: 4}],
    ['gcp:a3-highgpu-8g:x4', {...a3, nodes: 4}],
    ['gcp+vertex-ai:a3-highgpu-8g', {...a3, service: 'vertex-ai'}],
    ['gcp:v5e-16', {kind: 'offer', provider: 'gcp', service: 'vm', instanceType: 'tpu-v5litepod-16', nodes: 1}],
    ['gcp:v5litepod-8', {kind: 'offer', provider: 'gcp', service: 'vm', instanceType: 'tpu-v5litepod-8', nodes: 1}],
    ['nebius:HGX-H100-x8@EU-US', {kind: 'offer', provider: 'nebius', service: 'vm', instanceType: 'HGX H100 x8', region: 'EU / US', nodes: 1}],
    ['nebius:HGX H100 x8@EU / US:on-demand', {kind: 'offer', provider: 'nebius', service: 'vm', instanceType: 'HGX H100 x8', region: 'EU / US', purchase: 'on-demand', nodes: 1}],
    ['vast:H100 SXM/80GB@New Jersey, US', {kind: 'offer', provider: 'vast', service: 'vm', instanceType: 'H100 SXM/80GB', region: 'New Jersey, US', nodes: 1}],
    ['vast:h100-sxm-80gb', {kind: 'offer', provider: 'vast', service: 'vm', instanceType: 'H100 SXM/80GB', nodes: 1}],
    ['rig', {kind: 'rig', rig: 'h100x10-pcie', nodes: 1}],
    ['rig:4', {kind: 'rig', rig: 'h100x10-pcie', count: 4, nodes: 1}],
    ['rig:h100x10-pcie', {kind: 'rig', rig: 'h100x10-pcie', nodes: 1}],
    ['rig:h100x10-sxm/sxm:4', {kind: 'rig', rig: 'h100x10-sxm', node: 'sxm', count: 4, nodes: 1}],
    ['rig:h100x10-pcie:10', {kind: 'rig', rig: 'h100x10-pcie', count: 10, nodes: 1}],
    ['h100-sxm-80gb', {kind: 'hardware', acceleratorId: 'h100-sxm-80gb', count: 1, nodes: 1}],
    ['h100-sxm-80gb:8', {kind: 'hardware', acceleratorId: 'h100-sxm-80gb', count: 8, nodes: 1}],
    ['h100-sxm-80gb:8:x2', {kind: 'hardware', acceleratorId: 'h100-sxm-80gb', count: 8, nodes: 2}],
    ['H100-SXM:8', {kind: 'hardware', acceleratorId: 'h100-sxm-80gb', count: 8, nodes: 1}],
    ['8x h100-sxm-80gb', {kind: 'hardware', acceleratorId: 'h100-sxm-80gb', count: 8, nodes: 1}],
    ['8×A100-SXM', {kind: 'hardware', acceleratorId: 'a100-sxm-80gb', count: 8, nodes: 1}],
    ['rtx 4090', {kind: 'hardware', acceleratorId: 'rtx-4090-24gb', count: 1, nodes: 1}],
  ] as const)('%s', ([text, expected]) => {
    expect(parse(text)).toEqual(expected)
  })
})

describe('a target that is none is told with the nearest names', () => {
  test.for([
    ['', 'BAD_TARGET', ''],
    ['h100', 'AMBIGUOUS_ACCELERATOR', 'h100-pcie-80gb'],
    ['h100:8', 'AMBIGUOUS_ACCELERATOR', 'h100-sxm-80gb'],
    ['h101-sxm-80gb:8', 'UNKNOWN_ACCELERATOR', 'h100-sxm-80gb'],
    ['p5.48xlarge', 'BAD_TARGET', 'aws:p5.48xlarge'],
    ['h100x10-sxm', 'BAD_TARGET', 'rig:h100x10-sxm'],
    ['awss:p5.48xlarge', 'UNKNOWN_PROVIDER', '"aws"'],
    ['azur:x', 'UNKNOWN_PROVIDER', '"azure"'],
    ['aws:p5.84xlarge', 'UNKNOWN_MACHINE', '"p5.48xlarge"'],
    ['aws:a3-highgpu-8g', 'UNKNOWN_MACHINE', '"gcp:a3-highgpu-8g"'],
    ['aws:h100-sxm-80gb', 'UNKNOWN_MACHINE', '"p5.48xlarge"'],
    ['aws:p5.48xlarge@us-east1', 'UNKNOWN_REGION', '"us-east-1"'],
    ['aws:p5.48xlarge@us-east-1/us-east-1b', 'UNKNOWN_ZONE', 'us-east-1a'],
    ['aws:p5.48xlarge:spt', 'UNKNOWN_PURCHASE', '"spot"'],
    ['aws:p5.48xlarge@us-east-1:spt', 'UNKNOWN_PURCHASE', '"spot"'],
    ['aws:p5.48xlarge:x0', 'BAD_TARGET', ''],
    ['aws:p5.48xlarge:x99999999', 'BAD_TARGET', ''],
    ['aws:', 'BAD_TARGET', ''],
    ['aws:p5.48xlarge@', 'BAD_TARGET', ''],
    ['gcp+sagemaker:a3-highgpu-8g', 'UNKNOWN_SERVICE', '"vertex-ai"'],
    ['azure:Standard_ND96isr_H100_v5@eastus', 'UNKNOWN_REGION', 'no listed price'],
    ['rig:lab', 'UNKNOWN_RIG', 'h100x10-pcie'],
    ['rig:h100x10-sxm/sxn', 'UNKNOWN_RIG_NODE', '"sxm"'],
    ['rig:h100x10-sxm/sxm:9', 'BAD_TARGET', '1 to 8'],
    ['rig:h100x10-pcie:spot', 'BAD_TARGET', ''],
    ['h100-sxm-80gb:0', 'BAD_TARGET', ''],
    ['h100-sxm-80gb:spot', 'BAD_TARGET', 'rigor catalog list'],
    ['8x h100-sxm-80gb:4', 'BAD_TARGET', ''],
    ['h100-sxm-80gb:many', 'BAD_TARGET', 'h100-sxm-80gb:8'],
    ['\u001b[31m:x', 'UNKNOWN_PROVIDER', ''],
    ['x'.repeat(1000), 'BAD_TARGET', ''],
    ['__proto__', 'UNKNOWN_ACCELERATOR', ''],
    ['constructor:8', 'UNKNOWN_ACCELERATOR', ''],
  ] as const)('%s', ([text, code, hint]) => {
    const error = failure(() => parse(text))

    expect(error).toMatchObject({code, exit: 2})
    expect(error.hint ?? '').toContain(hint)
    // oxlint-disable-next-line no-control-regex -- these must not be in it
    expect(error.message).not.toMatch(/[\u0000-\u001f]/)
  })
})

const id = fc.oneof(
  fc.constantFrom(...Object.entries(offers).flatMap(([key, list]) => list.map((each) => [key, each] as const))).chain(([key, each]) =>
    fc.record({
      kind: fc.constant('offer' as const), provider: fc.constant(key.split('/')[0]!), service: fc.constant(each.service), instanceType: fc.constant(key.slice(key.indexOf('/') + 1)), region: fc.constant(each.region),
      ...(each.zone !== undefined && {zone: fc.constant(each.zone)}), purchase: fc.constantFrom('on-demand' as const, 'spot' as const, 'capacity-block' as const, 'savings-plan-1y' as const), nodes: fc.integer({min: 1, max: 512}),
    }),
  ),
  fc.record({kind: fc.constant('hardware' as const), acceleratorId: fc.constantFrom(...view.accelerators.map((each) => each.id)), count: fc.integer({min: 1, max: 512}), nodes: fc.integer({min: 1, max: 64})}),
  fc.constantFrom('sxm', 'pcie').chain((node) => fc.record({kind: fc.constant('rig' as const), rig: fc.constant('h100x10-sxm'), node: fc.constant(node), count: fc.integer({min: 1, max: node === 'sxm' ? 8 : 2}), nodes: fc.constant(1)})),
)

test('a formatted target is read back to itself, and needs no quotes', () => {
  fc.assert(
    fc.property(id, (target) => {
      const text = formatTarget(target)

      expect(parse(text)).toEqual(target)
      expect(text).toMatch(/^[A-Za-z0-9._:@/+-]+$/)
    }),
    {seed: 3, numRuns: 1000},
  )
})

test('the canonical id names the purchase always, the nodes and the service only where needed', () => {
  const base = {provider: 'gcp', service: 'vm', instanceType: 'a3-highgpu-8g', region: 'us-central1', purchase: 'on-demand', nodes: 1} as const

  expect(formatTargetId(base)).toBe('gcp:a3-highgpu-8g@us-central1:on-demand')
  expect(formatTargetId({...base, service: 'vertex-ai', zone: 'us-central1-a', purchase: 'spot', nodes: 4})).toBe('gcp+vertex-ai:a3-highgpu-8g@us-central1/us-central1-a:spot:x4')
  expect(formatTargetId({...base, provider: 'nebius', instanceType: 'HGX H100 x8', region: 'EU / US', zone: null})).toBe('nebius:HGX-H100-x8@EU-US:on-demand')
})

test('whatever is typed is a target or a typed error', () => {
  const piece = fc.oneof(fc.constantFrom('aws', 'gcp', ':', '@', '/', '+', 'x2', 'spot', 'rig', 'h100-sxm-80gb', 'p5.48xlarge', 'us-east-1', '8x ', ' ', '::', 'h100x10-sxm', '9'), fc.string({maxLength: 5}))
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 9}), (pieces) => {
      let target: Target | RigorError
      try {
        target = parse(pieces.join(''))
      } catch (error) {
        if (!(error instanceof RigorError)) throw error
        target = error
      }
      expect(target instanceof RigorError ? target.exit : parse(formatTarget(target))).toEqual(target instanceof RigorError ? 2 : target)
    }),
    {seed: 5, numRuns: 5000},
  )
})

test('slugs keep what a shell leaves alone', () => {
  expect(slug('HGX H100 x8 (EU / US)')).toBe('HGX-H100-x8-EU-US-')
})
