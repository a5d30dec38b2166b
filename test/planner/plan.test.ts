import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {PlanDocument, PlanTarget} from '../../src/planner/document.ts'
import {faultsOf, tooFast} from './sound.ts'
import {TODAY, builtInRigs, catalog, errorCode, estimate, examples, plan, read, reordered, restricted, rigNamed, workspace, type Spec} from './world.ts'

/** A few machines of every sort of provider: large and small, managed, spot, committed, marketplace, TPU, without an exact region. */
const few = restricted({
  machines: ({provider, instanceType}) =>
    (provider === 'aws' && /^(?:p5\.48|g6e\.12|g5\.xlarge|p4d\.)/.test(instanceType)) ||
    (provider === 'gcp' && /^(?:a3-highgpu-8g|g2-standard-12|a4-highgpu-8g|tpu-v5litepod-16)/.test(instanceType)) ||
    (provider === 'azure' && /^Standard_(?:ND96isr_H100_v5|NC24ads_A100_v4)$/.test(instanceType)) ||
    (provider === 'lambda' && /^gpu_(?:8x_h100_sxm5|1x_a10|1x_gh200)$/.test(instanceType)) ||
    (provider === 'coreweave' && /8x/.test(instanceType)) ||
    ['paperspace', 'vast', 'runpod', 'nebius'].includes(provider),
})
const world = workspace(few)
const fresh = workspace(few, {acceptStale: true})

const serving = examples['chat-70b'] ?? {}
const tuning = examples['qlora-70b'] ?? {}
const training = examples['finetune-8b'] ?? {}
const timed = examples['nightly-simulation'] ?? {}
const some: Readonly<Record<string, Spec>> = {serving, tuning, timed}

const withConstraints = (spec: Spec, constraints: Spec): Spec => ({...spec, constraints: {...(spec['constraints'] as Spec | undefined), ...constraints}})
const usd = (target: PlanTarget | undefined): number => target?.cost.usd?.p50 ?? Number.NaN
const hours = (target: PlanTarget | undefined): number => target?.durationHours?.p50 ?? Number.NaN
const best = (document: PlanDocument): PlanTarget => document.targets.find(target => target.eligible) ?? expect.fail(document.answer)
const refusalOf = (document: PlanDocument, id: string) => document.rejected.find(entry => entry.id === id || entry.id.startsWith(`${id}:`))

describe('every plan of an example over the whole catalog', () => {
  const whole = workspace(catalog)

  test.for(Object.entries(examples))('%s is sound', {timeout: 60_000}, async ([, spec]) => {
    const document = await plan(spec, whole)

    expect(faultsOf(document)).toEqual([])
    expect(await tooFast(document, whole, read(spec))).toEqual([])
    expect(document.targets.length).toBe(document.feasible)
  })

  test.for(Object.entries(examples))('%s names every provider with offers and every rig', {timeout: 60_000}, async ([, spec]) => {
    const document = await plan(spec, whole)

    const named = new Set([...document.targets, ...document.rejected].map(entry => (entry.provider === 'rig' ? entry.id : entry.provider)))
    const providers = new Set(catalog.machines.filter(machine => catalog.offersOf(`${machine.provider}/${machine.instanceType}`).length > 0).map(machine => machine.provider))
    expect([...providers, ...builtInRigs.map(rig => `rig:${rig.id}`)].filter(name => !named.has(name))).toEqual([])
  })
})

describe('what a target says', () => {
  test.for(Object.entries(some))('%s: its id names it, and an estimate of that id has the same figures', async ([, spec]) => {
    const document = await plan(spec, fresh)
    const chosen = document.targets.filter((_, index) => index % Math.ceil(document.targets.length / 12) === 0)

    const estimated = await estimate(spec, fresh, ...chosen.map(target => target.id))

    const figures = ({id, cost, durationHours, energyKwh, configuration, throughput}: PlanTarget) => [id, {usd: cost.usd, durationHours, energyKwh, configuration, throughput}] as const
    expect(faultsOf(estimated)).toEqual([])
    expect(Object.fromEntries(estimated.targets.map(figures))).toEqual(Object.fromEntries(chosen.map(figures)))
  })

  test('hours that are worth something otherwise cost that, for the accelerators in use; free ones are named as not costed', async () => {
    const free = (await estimate({...training, schedule: 'once'}, workspace(few, {rigs: [rigNamed('h100x10-pcie')]}), 'rig')).targets[0]!
    const worlds = workspace(few, {rigs: [rigNamed('h100x10-pcie', {displacedUsdPerHour: 20})]})
    const busy = (await estimate({...training, schedule: 'once'}, worlds, 'rig')).targets[0]!
    const line = busy.cost.lines.find(({item}) => item === 'displaced work')

    expect(line?.usd).toBeCloseTo(busy.durationHours!.p50 * 20 * (busy.accelerators / 10), 6)
    // Hours that cost may be worth a faster configuration that draws more, never one that is worse at both.
    expect(busy.cost.usd!.p50 - line!.usd).toBeGreaterThanOrEqual(free.cost.usd!.p50 - 1e-9)
    expect(busy.durationHours!.p50).toBeLessThanOrEqual(free.durationHours!.p50 + 1e-9)
    expect(free.cost.notCosted.map(({item}) => item)).toContain('displaced work')
    expect(busy.cost.notCosted.map(({item}) => item)).not.toContain('displaced work')
  })

  test('a rig costs what its use adds when owned, and everything when planned, the other beside', async () => {
    const owned = best(await plan(training, workspace(few, {rigs: [rigNamed('h100x10-pcie')]})))
    const planned = (await plan(training, workspace(few, {rigs: [rigNamed('h100x10-pcie', {owned: false})]}))).targets.find(target => target.provider === 'rig')

    expect(owned.cost).toMatchObject({basis: 'marginal', alternative: {basis: 'full'}})
    expect(planned?.cost).toMatchObject({basis: 'full', alternative: {basis: 'marginal'}})
    expect(usd(planned)).toBeGreaterThan(usd(owned))
    expect(planned?.cost.alternative?.usd.p50).toBeCloseTo(usd(owned), 9)
    expect(planned?.availability.state).toBe('planned')
  })

  test('more runs a month cost more in all and the same each; an hour less is an hour less', async () => {
    const four = best(await plan({...tuning, schedule: {runsPerMonth: 4}}, workspace(few, {rigs: []})))
    const eight = (await plan({...tuning, schedule: {runsPerMonth: 8}}, workspace(few, {rigs: []}))).targets.find(target => target.id === four.id)
    const once = (await plan(tuning, workspace(few, {rigs: []}))).targets.find(target => target.id === four.id)

    expect(four.cost.period).toBe('month')
    expect(once?.cost.period).toBe('run')
    expect(usd(eight)).toBeCloseTo(2 * usd(four), 6)
    expect(usd(four)).toBeCloseTo(4 * usd(once), 6)
    expect(hours(four)).toBe(hours(once))
  })

  test('a service of 160 hours a month costs its share of one that never stops', async () => {
    const always = await plan({...serving, schedule: 'always'}, workspace(few, {rigs: []}))
    const part = await plan({...serving, schedule: {hoursPerMonth: 160}}, workspace(few, {rigs: []}))

    const [dear, cheap] = [best(always), part.targets.find(target => target.id === best(always).id)]
    expect(usd(cheap) / usd(dear)).toBeGreaterThan(160 / 730)
    expect(usd(cheap) / usd(dear)).toBeLessThan(163 / 730)
  })

  test('a month has no room for more hours of runs than it has', async () => {
    const document = await plan({...timed, schedule: {runsPerMonth: 5000}}, world)

    expect(refusalOf(document, 'rig:h100x10-pcie')).toMatchObject({reason: 'deadline', detail: expect.stringMatching(/^5000 runs of .* a month has 30\.4 days$/) as string, nearest: expect.stringMatching(/^at most [\d.]+ runs a month$/) as string})
    expect(document.targets.filter(target => target.purchase === 'on-demand').length).toBeGreaterThan(0)
  })

  test("of a month's data each run moves its part", async () => {
    const data = {inputGb: 900, inputAt: 'site'}
    const few30 = await plan({...timed, data, schedule: {runsPerMonth: 30}}, workspace(few, {rigs: []}))
    const few1 = await plan({...timed, data: {inputGb: 30, inputAt: 'site'}, schedule: 'once'}, workspace(few, {rigs: []}))

    const [target] = few30.targets
    expect(hours(target)).toBeCloseTo(hours(few1.targets.find(each => each.id === target?.id)), 9)
  })
})

describe('laws', () => {
  test('the order of machines, offers and rigs changes nothing', async () => {
    const expected = JSON.stringify(await plan(tuning, world))
    const seeds = fc.sample(fc.integer({min: 1, max: 1e6}), {numRuns: 4, seed: 7})

    for (const seed of seeds) {
      const shuffle = <T>(list: readonly T[]): T[] => fc.sample(fc.shuffledSubarray([...list], {minLength: list.length}), {numRuns: 1, seed})[0] ?? []
      const document = await plan(tuning, workspace(reordered(few, shuffle), {rigs: shuffle(builtInRigs)}))

      expect(JSON.stringify(document) === expected).toBe(true)
    }
  })

  test('a larger budget or a later deadline lets more in and never ranks what was in worse', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(some)), fc.double({min: 5, max: 3000, noNaN: true}), fc.double({min: 0.2, max: 200, noNaN: true}), fc.double({min: 1, max: 20, noNaN: true}), async (spec, budget, deadline, factor) => {
        const limits = (by: number): Spec => ({budget: `${(budget * by).toFixed(3)} USD`, ...(spec === serving ? {} : {deadline: `${(deadline * by).toFixed(4)} h`})})
        const tight = await plan({...spec, constraints: limits(1)}, fresh)
        const loose = await plan({...spec, constraints: limits(factor)}, fresh)

        const order = loose.targets.map(target => target.id)
        const ways = new Set(loose.targets.map(wayOf))
        expect(tight.targets.filter(target => !ways.has(wayOf(target)))).toEqual([])
        const kept = tight.targets.map(target => target.id).filter(id => order.includes(id))
        expect(kept).toEqual(order.filter(id => kept.includes(id)))
        if (tight.targets[0]?.eligible === true) expect(usd(loose.targets[0])).toBeLessThanOrEqual(usd(tight.targets[0]) * (1 + 1e-12))
      }),
      {numRuns: 25, seed: 11},
    )
  })

  test('a further constraint never makes the winner better', async () => {
    const constraints: readonly Spec[] = [
      {providers: ['aws', 'lambda']}, {providers: 'rig'}, {regions: 'us-*'}, {regions: ['eu-*', 'europe-*']}, {purchase: ['on-demand', 'owned']}, {purchase: 'spot'}, {maxNodes: 1}, {maxNodes: 3},
      {accelerators: ['h100-sxm-80gb', 'h100-pcie-80gb']}, {minMemoryGib: 80}, {dataResidency: 'EU'}, {privacy: 'own-hardware'}, {privacy: 'own-account'}, {tolerateInterruption: false}, {budget: '300 USD'},
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(some)), fc.constantFrom('cost', 'time', 'energy', 'balanced'), fc.uniqueArray(fc.constantFrom(...constraints), {minLength: 1, maxLength: 3}), async (spec, objective, chosen) => {
        const free = await plan({...spec, objective}, fresh, 1)
        const bound = await plan(withConstraints({...spec, objective}, Object.assign({}, ...chosen) as Spec), fresh, 1)

        const [winner] = bound.targets
        if (winner === undefined) return
        expect(valueOf(winner, objective)).toBeGreaterThanOrEqual(valueOf(best(free), objective) * (1 - 1e-12))
      }),
      {numRuns: 40, seed: 5},
    )
  })

  test('what the answer says would do, does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(tuning, training, timed), fc.double({min: 0.1, max: 30, noNaN: true}), fc.double({min: 0.05, max: 2, noNaN: true}), async (spec, budget, deadline) => {
        const document = await plan({...spec, constraints: {budget: `${budget.toFixed(2)} USD`, deadline: `${deadline.toFixed(3)} h`}}, world)
        if (document.targets.some(target => target.eligible)) return

        const raisedBudget = /the budget to (\d+ USD)/.exec(document.answer)?.[1]
        const raisedDeadline = /the deadline to ([\d.]+ (?:h|min|days|s))/.exec(document.answer)?.[1]
        const together = document.answer.includes(' and the deadline')
        const tries: Spec[] = together
          ? [{budget: raisedBudget, deadline: raisedDeadline}]
          : [...(raisedBudget === undefined ? [] : [{budget: raisedBudget, deadline: `${deadline.toFixed(3)} h`}]), ...(raisedDeadline === undefined ? [] : [{budget: `${budget.toFixed(2)} USD`, deadline: raisedDeadline}])]
        expect(tries.length, document.answer).toBeGreaterThan(0)
        for (const constraints of tries) expect((await plan({...spec, constraints}, world)).targets.some(target => target.eligible), JSON.stringify(constraints)).toBe(true)
      }),
      {numRuns: 15, seed: 3},
    )
  })
})

/** The machine and how it is bought: a looser limit may move it to other node counts. */
const wayOf = ({provider, service, instanceType, purchase}: PlanTarget): string => `${provider} ${service} ${instanceType} ${purchase}`

function valueOf(target: PlanTarget, objective: string): number {
  const {workHours, energyKwh} = target
  if (objective === 'time') return hours(target)
  if (objective === 'energy') return energyKwh?.p50 ?? Number.NaN
  return objective === 'cost' ? usd(target) : Math.cbrt(usd(target) * (workHours?.p50 ?? Number.NaN) * (energyKwh?.p50 ?? Number.NaN))
}

/** Of one accelerator; a slice has its share. */
function memoryGibOf({accelerator, acceleratorsBilled, nodes}: PlanTarget): number {
  return (catalog.accelerators.find(each => each.id === accelerator)?.memoryGib ?? 0) * Math.min(1, (acceleratorsBilled ?? 0) / nodes)
}

describe('constraints', () => {
  test.for<[string, Spec, (target: PlanTarget) => boolean]>([
    ['providers', {providers: ['lambda', 'rig']}, ({provider}) => provider === 'lambda' || provider === 'rig'],
    ['regions, with a star', {regions: 'us-*'}, ({provider, region}) => provider === 'rig' || region?.toLowerCase().startsWith('us-') === true],
    ['purchase', {purchase: ['spot', 'committed']}, ({purchase}) => purchase === 'spot' || purchase === 'committed'],
    ['accelerators, in any spelling', {accelerators: 'H100-SXM'}, ({accelerator}) => accelerator === 'h100-sxm-80gb'],
    ['accelerators, with a star', {accelerators: 'h100-*'}, ({accelerator}) => accelerator.startsWith('h100-')],
    ['accelerators, with their number', {accelerators: ['H100-SXM:8', 'a100-sxm-80gb:1..4']}, ({accelerator, acceleratorsBilled, nodes}) => {
      const each = (acceleratorsBilled ?? 0) / nodes
      return (accelerator === 'h100-sxm-80gb' && each === 8) || (accelerator === 'a100-sxm-80gb' && each <= 4)
    }],
    ['accelerators, by their memory', {accelerators: '24GB..48GB'}, target => memoryGibOf(target) > 22 && memoryGibOf(target) < 49],
    ['minMemoryGib', {minMemoryGib: '30 GiB'}, target => memoryGibOf(target) >= 30],
    ['maxNodes', {maxNodes: 1}, ({nodes}) => nodes === 1],
    ['privacy: own-hardware', {privacy: 'own-hardware'}, ({provider}) => provider === 'rig'],
    ['privacy: own-account', {privacy: 'own-account'}, ({ineligibleReason, purchase}) => ineligibleReason !== 'marketplace' && purchase !== 'community'],
    ['tolerateInterruption: false', {tolerateInterruption: false}, ({purchase}) => purchase !== 'spot' && purchase !== 'community'],
    ['dataResidency', {dataResidency: 'EU'}, ({provider, region, zone, instanceType}) => provider === 'rig' || countriesOf(provider, instanceType, region, zone).every(country => EU.includes(country ?? ''))],
  ])('%s holds for every target, and who is left out is told', async ([, constraints, holds]) => {
    const free = await plan({...tuning, constraints: {}}, fresh)
    const bound = await plan({...tuning, constraints}, fresh)

    expect(bound.targets.length).toBeGreaterThan(0)
    expect(bound.targets.length).toBeLessThan(free.targets.length)
    expect(bound.targets.filter(target => !holds(target)).map(target => target.id)).toEqual([])
    expect(bound.rejected.some(({reason}) => ['constraint', 'region', 'spot-slo', 'deadline', 'memory'].includes(reason))).toBe(true)
  })

  test('a place without an exact region fails regions and dataResidency', async () => {
    for (const constraints of [{regions: '*'}, {dataResidency: ['US', 'EU']}]) {
      const document = await plan({...tuning, constraints}, fresh)

      expect(document.targets.filter(target => target.provider === 'nebius')).toEqual([])
      expect(refusalOf(document, 'nebius')?.reason).toBe('region')
    }
  })

  test.for<[string, Spec, string]>([
    ['a provider', {constraints: {providers: 'awss'}}, 'UNKNOWN_PROVIDER'],
    ['a region', {constraints: {regions: 'eu-westt-1'}}, 'UNKNOWN_REGION'],
    ['a country', {constraints: {dataResidency: 'Germany'}}, 'UNKNOWN_COUNTRY'],
    ['an accelerator', {constraints: {accelerators: 'h1000'}}, 'UNKNOWN_ACCELERATOR'],
    ['an accelerator that may be several', {constraints: {accelerators: 'h100'}}, 'AMBIGUOUS_ACCELERATOR'],
    ['a number of accelerators', {constraints: {accelerators: 'h100-sxm-80gb:many'}}, 'BAD_RANGE'],
    ['a range of memory without its unit', {constraints: {accelerators: '24..80'}}, 'BAD_MEMORY'],
    ['a runtime', {configuration: {runtime: 'pytorchh'}}, 'UNKNOWN_RUNTIME'],
    ['where the data lies', {data: {inputGb: 1, inputAt: 'awz'}}, 'UNKNOWN_PROVIDER'],
    ['the region the data lies in', {data: {inputGb: 1, inputAt: 'aws@eu-west-9'}}, 'UNKNOWN_REGION'],
    ['a model', {model: 'Llama-3.1-71B'}, 'UNKNOWN_MODEL'],
    ['where the reference was measured', {reference: {on: 'h1000:8', throughput: 1}}, 'UNKNOWN_ACCELERATOR'],
  ])('a name that nothing bears is an error: %s', async ([, changes, code]) => {
    expect(await errorCode(plan({...tuning, ...changes}, world))).toBe(code)
  })

  test('what a provider cannot offer is told once for all of it', async () => {
    const document = await plan({...tuning, constraints: {providers: 'lambda'}}, world)

    expect(document.rejected.filter(entry => entry.provider === 'aws')).toEqual([
      {id: 'aws', provider: 'aws', reason: 'constraint', detail: expect.stringContaining('leaves aws out') as string, nearest: 'add aws to providers'},
    ])
  })
})

const EU = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ')

function countriesOf(provider: string, instanceType: string, region: string | null, zone: string | null): (string | undefined)[] {
  return catalog.offersOf(`${provider}/${instanceType}`).filter(offer => offer.region === region && (offer.zone ?? null) === zone).map(offer => offer.country)
}

describe('prices', () => {
  test('a term is bought whole: refused for a short run, a candidate for a long service, and never dearer than on demand', async () => {
    const short = await plan({...tuning, constraints: {providers: 'aws'}}, workspace(few, {rigs: []}))
    const long = await plan({...serving, constraints: {providers: 'aws'}}, workspace(few, {rigs: []}))

    expect(refusalOf(short, 'aws:p4d.24xlarge:reserved-1y')).toMatchObject({reason: 'term', detail: expect.stringMatching(/^pays [\d,]+ h for [\d.]+ h of work$/) as string})
    const reserved = long.targets.filter(target => target.purchase === 'reserved-1y')
    expect(reserved.length).toBeGreaterThan(0)
    for (const target of reserved) {
      const onDemand = long.targets.find(each => each.purchase === 'on-demand' && each.service === 'vm' && each.instanceType === target.instanceType)
      expect(usd(target)).toBeLessThan(usd(onDemand))
    }
  })

  test('a horizon too short for a term refuses it', async () => {
    const spec = {...serving, constraints: {providers: 'aws'}}
    const year = await plan({...spec, horizonMonths: 12}, workspace(few, {rigs: []}))
    const quarter = await plan({...spec, horizonMonths: 3}, workspace(few, {rigs: []}))

    expect(year.targets.some(target => target.purchase === 'reserved-1y')).toBe(true)
    expect(quarter.targets.some(target => target.purchase === 'reserved-1y')).toBe(false)
  })

  test('terms are held against the price on demand where the workload may run, in a plan and in an estimate', async () => {
    const spec = {...serving, constraints: {regions: 'us-east-1'}, horizonMonths: 11.5}
    const document = await plan(spec, workspace(few, {rigs: []}))
    const committed = document.targets.find(target => target.purchase === 'reserved-1y') ?? expect.fail('no committed target')

    const estimated = await estimate(spec, workspace(few, {rigs: []}), committed.id)

    expect(estimated.targets.map(target => target.id)).toEqual([committed.id])
  })

  test('an old price is shown, but cannot win unless the user accepts it', async () => {
    const careful = await plan(tuning, workspace(few, {rigs: []}))
    const daring = await plan(tuning, workspace(few, {rigs: [], acceptStale: true}))

    const stale = careful.targets.filter(target => target.ineligibleReason === 'stale')
    expect(stale.length).toBeGreaterThan(0)
    expect(Math.min(...stale.map(target => target.rank))).toBeGreaterThan(Math.max(...careful.targets.filter(target => target.eligible).map(target => target.rank)))
    expect(daring.targets.some(target => target.ineligibleReason === 'stale')).toBe(false)
    expect(best(daring).purchase).toBe('spot')
  })

  test('marketplaces, unit prices and prices "from" never win', async () => {
    const document = await plan({...tuning, constraints: {deadline: '90 days', providers: ['vast', 'runpod']}}, workspace(few, {rigs: [], acceptStale: true}))

    const flagged = document.targets.filter(target => catalog.offersOf(`${target.provider}/${target.instanceType}`).every(offer => offer.flags.length > 0))
    expect(flagged.length).toBeGreaterThan(0)
    expect(flagged.filter(target => target.eligible)).toEqual([])
  })

  test('spot and flex-start do not serve without end, unless interruptions are tolerated', async () => {
    const strict = await plan(serving, fresh)
    const tolerant = await plan(withConstraints(serving, {tolerateInterruption: true}), fresh)

    expect(strict.targets.filter(target => target.purchase === 'spot' || target.purchase === 'flex-start')).toEqual([])
    expect(refusalOf(strict, 'aws:p4d.24xlarge:spot')).toMatchObject({reason: 'spot-slo', nearest: 'constraints: {tolerateInterruption: true}'})
    expect(tolerant.targets.some(target => target.purchase === 'spot')).toBe(true)
  })

  test('own prices beat list prices, where they hold', async () => {
    const spec = {...tuning, constraints: {providers: 'lambda', accelerators: 'h100-sxm-80gb'}}
    const list = best(await plan(spec, world))
    const cheaper = best(await plan(spec, workspace(few, {prices: [{provider: 'lambda', adjust: '-12%'}]})))
    const [east] = (await plan(spec, workspace(few, {prices: [{provider: 'lambda', region: 'us-east-1', usdPerHour: 10}]}))).targets
    const expired = best(await plan(spec, workspace(few, {prices: [{provider: 'lambda', adjust: '-12%', until: '2026-11-01'}]})))
    const told = (await plan(spec, workspace(few, {prices: [{provider: 'lambda', adjust: '-12%', until: '2026-11-01'}, {provider: 'aws', adjust: '-1%', until: TODAY}]}))).notes
    const paid = best(await plan(spec, workspace(few, {prices: [{provider: 'lambda', prepaid: true}]})))

    expect(usd(cheaper) / usd(list)).toBeCloseTo(0.88, 6)
    expect(east).toMatchObject({region: 'us-east-1', nodes: list.nodes})
    expect(usd(east)).toBeLessThan(usd(list))
    expect(usd(expired)).toBe(usd(list))
    expect(told.filter(note => note.includes('own price'))).toEqual(['The own price of lambda ended on 2026-11-01 and is not used.'])
    expect(paid.cost.lines.find(line => line.item === 'compute')).toMatchObject({usd: 0})
  })

  test('an own price of today revives an old one', async () => {
    const document = await plan({...tuning, constraints: {providers: 'aws'}}, workspace(few, {rigs: [], prices: [{provider: 'aws', machine: 'p4d*', purchase: 'spot', region: 'us-east-2', usdPerHour: 3}]}))

    expect(best(document)).toMatchObject({instanceType: 'p4d.24xlarge', purchase: 'spot', region: 'us-east-2'})
  })

  test('an account that exists wins a near-tie, and the answer says what it costs', async () => {
    const cheap = {provider: 'lambda', instanceType: 'gpu_8x_h100_sxm5'}
    const near = (usdPerHour: number) => workspace(few, {rigs: [], have: ['coreweave'], prices: [{provider: 'coreweave', machine: 'gd-8xh100ib-i128', purchase: 'on-demand', usdPerHour}]})
    const spec = {...serving, constraints: {accelerators: 'h100-sxm-80gb', providers: ['lambda', 'coreweave']}}
    const lambda = catalog.offersOf('lambda/gpu_8x_h100_sxm5')[0]?.priceUsdPerHour ?? Number.NaN

    const within = await plan(spec, near(lambda * 1.02))
    const beyond = await plan(spec, near(lambda * 1.2))

    expect(best(within).provider).toBe('coreweave')
    expect(within.answer).toMatch(/You have an account there; lambda gpu_8x_h100_sxm5 would save [\d.,]+ USD a month\./)
    expect(best(beyond)).toMatchObject(cheap)
  })

  test('data in a region makes that region the best, although another has the same price', async () => {
    const spec = {...timed, constraints: {providers: 'aws', purchase: 'on-demand'}, data: {inputGb: 20_000, inputAt: 'aws@us-west-2'}}

    const [target] = (await plan(spec, workspace(few, {rigs: []}))).targets

    expect(target?.region).toBe('us-west-2')
    expect(target?.cost.lines.map(line => line.item)).not.toContain('input transfer')
  })

  test('all regions have a line each when asked for, the best as before', async () => {
    const folded = await plan(tuning, world)
    const unfolded = await plan(tuning, workspace(few, {allRegions: true}))

    expect(unfolded.targets[0]).toMatchObject({id: folded.targets[0]?.id, cost: {usd: folded.targets[0]?.cost.usd}})
    const regionsOf = (document: PlanDocument, type: string): number => document.targets.filter(target => target.instanceType === type && target.purchase === 'on-demand' && target.nodes === 1).length
    const others = folded.targets.find(target => target.instanceType === 'gpu_8x_h100_sxm5')?.otherRegions
    expect(regionsOf(folded, 'gpu_8x_h100_sxm5')).toBe(1)
    expect(regionsOf(unfolded, 'gpu_8x_h100_sxm5')).toBe(1 + (others?.count ?? Number.NaN))
  })
})

describe('references', () => {
  test('a measurement twice as fast as the estimate halves the work everywhere, and is called measured where it was made', async () => {
    const plain = await plan(tuning, world)
    const hardware = await estimate(tuning, world, 'h100-sxm-80gb:8')
    const [bare] = hardware.targets
    const reference = {on: 'h100-sxm-80gb:8', throughput: `${(bare?.throughput.p50 ?? Number.NaN) * 2} tokens/s`}
    const scaled = await plan({...tuning, reference}, world)

    for (const target of scaled.targets.filter(({eligible}) => eligible).slice(0, 20)) {
      const before = plain.targets.find(each => each.id === target.id)
      if (before === undefined || JSON.stringify(before.configuration) !== JSON.stringify(target.configuration)) continue
      expect((target.workHours?.p50 ?? Number.NaN) / (before.workHours?.p50 ?? Number.NaN)).toBeCloseTo(0.5, 6)
    }
    const [measured] = (await estimate({...tuning, reference}, world, 'h100-sxm-80gb:8')).targets
    expect(measured?.confidence).toBe('measured')
    expect(measured?.throughput.p50).toBeCloseTo((bare?.throughput.p50 ?? Number.NaN) * 2, 3)
  })

  test('a timed job takes as long where it was timed, and less on what is faster', async () => {
    const document = await estimate({...timed, data: {}}, world, 'a100-sxm-80gb', 'h200-sxm-141gb', 'a10-24gb')

    const work = (accelerator: string): number => [...document.targets].find(target => target.accelerator === accelerator)?.workHours?.p50 ?? Number.NaN
    expect(work('a100-sxm-80gb')).toBeCloseTo(3, 6)
    expect(work('h200-sxm-141gb')).toBeLessThan(2.5)
    expect(document.rejected).toMatchObject([{reason: 'memory'}])
  })
})

describe('hours that are given, work that is not', () => {
  const perUnit = ({cost}: PlanTarget): number => cost.perUnit?.usd.p50 ?? Infinity

  test.for<[string, Spec, unknown]>([
    ['fine-tuning around the clock', training, 'always'],
    ['fine-tuning 200 hours a month', training, {hoursPerMonth: 200}],
    ['requests around the clock', {...serving, traffic: {inputTokens: 800, outputTokens: 200, mode: 'offline', requests: 1e6}}, 'always'],
  ])('%s: a slow machine that costs little a month does not win, the one whose work costs least does', {timeout: 60_000}, async ([, spec, schedule]) => {
    const work = {...spec, schedule}

    const unasked = await plan(work, fresh)
    const byCost = await plan({...work, objective: 'cost'}, fresh)

    const cheapestWork = Math.min(...[...unasked.targets, ...byCost.targets].filter(target => target.eligible).map(perUnit))
    expect(unasked.objective).toBe('cost.perUnit')
    expect(perUnit(best(unasked))).toBe(cheapestWork)
    expect(unasked.understood.assumptions.map(({field}) => field)).toContain('objective')
    expect(unasked.answer).toMatch(/ USD\/1[MB] (?:output )?tokens/)
    expect(byCost.objective).toBe('cost')
    expect(usd(best(byCost))).toBeLessThanOrEqual(usd(best(unasked)))
  })

  test.for<[string, Spec]>([
    ['a service', {...serving, schedule: 'always'}],
    ['so many runs', {...training, schedule: {runsPerMonth: 4}}],
    ['one run', {...training, schedule: 'once'}],
  ])('%s is ranked by cost', async ([, spec]) => {
    const document = await plan(spec, world, 1)

    expect(document.objective).toBe('cost')
    expect(document.understood.assumptions.map(({field}) => field)).not.toContain('objective')
  })
})

test.for([
  ['energy', (target: PlanTarget) => target.energyKwh?.p50, / ([\d.,]+) kWh a run/],
  ['carbon', (target: PlanTarget) => target.carbonKg?.p50, / ([\d.,]+) kg CO2 a run/],
] as const)('asked for the least %s, the answer says how much that is', async ([objective, figureOf, pattern]) => {
  const document = await plan({...training, objective}, world, 1)

  const said = Number(pattern.exec(document.answer)?.[1]?.replaceAll(',', ''))
  expect(said / (figureOf(best(document)) ?? 0)).toBeCloseTo(1, 2)
})

test('a budget of nothing names the cheapest of a provider as the nearest, as any other budget does', async () => {
  const nearest = async (budget: string): Promise<readonly (readonly [string, string | null])[]> =>
    (await plan(withConstraints(serving, {budget}), world)).rejected.filter(({reason}) => reason === 'budget').map(({id, nearest: way}) => [id, way] as const)

  expect(await nearest('0 USD')).toEqual(await nearest('1 USD'))
})

test('the line of a decode step\'s weights holds what every token reads, in all stages, and no expert', async () => {
  const mixtral: Spec = {kind: 'llm-inference', model: 'Mixtral-8x7B', traffic: {inputTokens: 1000, outputTokens: 300, concurrency: 1}, configuration: {precision: 'bf16', tp: 1, pp: 2}}
  const input = await estimate(mixtral, world, 'h100-sxm-80gb:2')

  const weights = input.targets[0]?.operators?.find(({name}) => name === 'decode step: weights')
  // 32 layers of attention (queries and output 4096², keys and values 4096 × 1024 each) with a router of 8, and a head of 32,000 words: 2 bytes each.
  const shared = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 4096 * 8) + 4096 * 32_000
  expect((weights?.bytes ?? 0) / (2 * shared)).toBeCloseTo(1, 2)
  expect((weights?.flops ?? 0) / (2 * shared)).toBeCloseTo(1, 2)
})
