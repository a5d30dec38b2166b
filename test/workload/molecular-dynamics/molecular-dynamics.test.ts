import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {settingOf} from '../../../src/accuracy/setting.ts'
import {parseNotes} from '../../../src/accuracy/notes.ts'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {domainsOf} from '../../../src/workload/molecular-dynamics/domain.ts'
import {DESIGNS, gridParts} from '../../../src/workload/molecular-dynamics/engines.ts'
import {MOLECULAR_QUANTITIES, type MolecularFactors} from '../../../src/workload/molecular-dynamics/factors.ts'
import {gridPoints, pairsPerAtom, stepCost} from '../../../src/workload/molecular-dynamics/forces.ts'
import {molecularDynamics as kind} from '../../../src/workload/molecular-dynamics/index.ts'
import {cacheSeconds, clockHertz, heldClockShare, lanesShare, memorySeconds, vectorRate} from '../../../src/workload/molecular-dynamics/limits.ts'
import {readMolecularMeasurement} from '../../../src/workload/molecular-dynamics/measured.ts'
import {molecularStep, type Layout} from '../../../src/workload/molecular-dynamics/step.ts'
import {SYSTEMS} from '../../../src/workload/molecular-dynamics/systems.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
const SPEC = {kind: 'molecular-dynamics', engine: 'gromacs', atoms: '1M', nanoseconds: 10, cutoffNm: 1}
const WATER = {atoms: 1e6, cutoffNm: 1, electrostatics: 'pme', forceField: 'fixed-charge'} as const

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const demand = kind.demand(kind.spec.parse(spec), own)
  const result = kind.perform(demand, hardware, configuration ?? kind.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = kind.demand(kind.spec.parse(spec), facts)
  expect(kind.configurations(demand, hardware, facts)).toEqual([])
  return kind.refuse(demand, hardware, facts).refusal
}

describe('forces by hand', () => {
  test('pairs: half of the atoms of water in a sphere', () => {
    // 100 atoms/nm³ × 4/3 π × 1 nm³ ÷ 2.
    expect(pairsPerAtom(WATER, 1)).toBeCloseTo(209.44, 2)
    // A small system has no more than it has.
    expect(pairsPerAtom({...WATER, atoms: 101}, 5)).toBe(50)
    // Nothing repeats without water: all pairs within the diameter of the ball, 0.698 of them within 1.25 of its radius (2.26 nm of 2,489 atoms: 1.81 nm).
    const protein = {...WATER, atoms: 2489, electrostatics: 'implicit'} as const
    expect(pairsPerAtom(protein, 4)).toBe(1244)
    expect(pairsPerAtom(protein, 2.26)).toBeCloseTo(1244 * 0.698, -1)
    // 0.8442 per σ³, 2.5 σ: 4/3 π × 15.625 × 0.8442 ÷ 2 = 27.6.
    expect(pairsPerAtom({...WATER, forceField: 'lennard-jones'}, 0.85)).toBeCloseTo(27.6, 0)
  })

  test('a grid of 0.12 nm: ten thousand cubic nanometres ÷ 0.12³', () => {
    expect(gridPoints(WATER)).toBeCloseTo(1e4 / 0.12 ** 3, 3)
    // What published decks have: STMV 160³ at 1.2 nm, 6n4o 144³ at 0.8 nm.
    expect(Math.cbrt(gridPoints({...WATER, atoms: 1_066_628, cutoffNm: 1.2})) / 160).toBeCloseTo(0.955, 2)
    expect(Math.cbrt(gridPoints({...WATER, atoms: 239_131, cutoffNm: 0.8})) / 144).toBeCloseTo(0.967, 2)
  })

  test('one step of a million atoms', () => {
    const cost = stepCost(WATER, 0.16)
    const points = 1e4 / 0.12 ** 3

    expect(cost.pairFlops / (1e6 * ((100 * 4 * Math.PI * 1.16 ** 3) / 3 / 2) * 66)).toBeCloseTo(1, 9)
    expect(cost.gridBytes).toBeCloseTo(points * 56 + 1e6 * 128, 0)
    expect(cost.atomBytes).toBe(640e6)
    // 66 operations for each pair within the cutoff, and six arrays of 12 bytes.
    expect([cost.leastFlops / (1e6 * 209.4395 * 66), cost.leastBytes]).toEqual([expect.closeTo(1, 4), 72e6])
  })

  test.for([['reaction-field', 38], ['cutoff', 41], ['pme', 66]] as const)('%s: %d operations a pair, as GROMACS counts them', ([electrostatics, flops]) => {
    expect(stepCost({...WATER, electrostatics}, 0).leastFlops / stepCost(WATER, 0).leastFlops).toBeCloseTo(flops / 66, 9)
  })
})

describe('hardware by hand', () => {
  // Boost clocks of the data sheets.
  test.for([['a100-sxm-80gb', 1.41], ['h100-sxm-80gb', 1.98], ['v100-sxm2-32gb', 1.53], ['rtx-4090-24gb', 2.52], ['rtx-3090-24gb', 1.7], ['l40s-48gb', 2.52], ['t4-16gb', 1.59]] as const)('%s runs at %d GHz', ([id, ghz]) => {
    expect(clockHertz(on(id).accelerator) / 1e9 / ghz).toBeCloseTo(1, 1)
  })

  test('loops over pairs: half of the printed rate where schedulers have as many lanes as warps', () => {
    const share = (id: string, precision = 'fp32') => lanesShare(on(id).accelerator, DESIGNS.gromacs, precision)

    expect([share('a100-sxm-80gb'), share('v100-sxm2-32gb'), share('h100-sxm-80gb'), share('b200-sxm-180gb')]).toEqual([1, 1, 0.5, 0.5])
    expect(share('h100-sxm-80gb', 'fp64')).toBe(1)
    // Per multiprocessor and cycle an H100 does as much as an A100.
    const rate = (id: string) => (vectorRate(on(id).accelerator, 'fp32') * share(id)) / (on(id).accelerator.multiprocessors! * clockHertz(on(id).accelerator))
    expect(rate('h100-sxm-80gb') / rate('a100-sxm-80gb')).toBeCloseTo(1, 9)
  })

  test('cards with less than two watts for a multiprocessor and gigahertz hold less than the printed clock', () => {
    const held = (id: string) => heldClockShare(on(id).accelerator)

    expect([held('h100-sxm-80gb'), held('v100-sxm2-32gb'), held('rtx-3090-24gb')]).toEqual([1, 1, 1])
    // 300 W of 142 at 2.49 GHz, 70 of 40 at 1.58.
    expect([held('l40-48gb'), held('t4-16gb')]).toEqual([expect.closeTo(Math.sqrt(300 / (142 * 2.49 * 2)), 2), expect.closeTo(Math.sqrt(70 / (40 * 1.58 * 2)), 2)])
    expect(held('cpu-epyc-9654')).toBe(1)
  })

  test('what fits into the cache comes from there', () => {
    const {accelerator} = on('a100-sxm-80gb')
    const cache = 108 * clockHertz(accelerator) * 20
    const shares = {streamShare: 0.9, memoryShare: 0.5, cacheShare: 0.4}

    expect(1 / memorySeconds(accelerator, 1e6, shares)).toBeCloseTo(0.4 * cache, -3)
    expect(cacheSeconds(accelerator, 0.4)).toBe(memorySeconds(accelerator, 1e6, shares))
    // 108 × 0.37 MiB of 419 MB: a tenth stays, the rest comes from memory as well.
    expect(memorySeconds(accelerator, 108 * 0.37 * 2 ** 20 * 10, shares)).toBeCloseTo(0.9 / (accelerator.memoryBandwidthBytesPerSecond * 0.9 * 0.5) + 1 / (0.4 * cache), 18)
  })
})

describe('a step by hand', () => {
  const factors: MolecularFactors = {...MOLECULAR_QUANTITIES, compute: 0.3, 'memory-bandwidth': 0.5, 'latency-cycles': 141_000, streamShare: 1}
  const layout: Layout = {parts: 1, design: DESIGNS.gromacs, precision: 'fp32', ensemble: 'nvt', update: 'accelerator', hostCores: 10}

  test('one accelerator: pairs and grid, atoms, list and launches, one after the other', () => {
    const hardware = on('a100-sxm-80gb')
    const {accelerator} = hardware
    const cost = stepCost(WATER, 0.16)
    const step = molecularStep(WATER, hardware, layout, factors)!
    const rate = 1 / memorySeconds(accelerator, cost.workingBytes, {streamShare: 1, memoryShare: 0.5, cacheShare: 0.5})

    const [pairs, grid] = [cost.pairFlops / (19.5e12 * 0.3), cost.gridFlops / (19.5e12 * 0.3) + cost.gridBytes / rate]
    // GROMACS's run side by side, AMBER's one after the other.
    expect(step.pairSeconds + step.gridSeconds).toBeCloseTo(Math.hypot(pairs, grid), 9)
    expect(step.gridSeconds / step.pairSeconds).toBeCloseTo(grid / pairs, 9)
    const amber = molecularStep(WATER, hardware, {...layout, design: {...DESIGNS.amber, listReachNm: 0.16}}, factors)!
    expect([amber.pairSeconds, amber.gridSeconds]).toEqual([expect.closeTo(pairs, 9), expect.closeTo(grid, 9)])
    expect(step.atomSeconds).toBeCloseTo(640e6 / rate, 9)
    // 141,000 cycles of 1.41 GHz.
    expect(step.overheadSeconds).toBeCloseTo(1e-4, 6)
    // A million atoms × 500 ns ÷ 10 cores, once in a hundred steps.
    expect(step.hostSeconds).toBeCloseTo(5e-4, 9)
    expect(step.exchangeSeconds).toBe(0)
    expect(step.seconds).toBeCloseTo(step.pairSeconds + step.gridSeconds + step.atomSeconds + step.overheadSeconds + step.hostSeconds, 12)
  })

  test('an update on the host: every step all atoms, there and back', () => {
    const host = molecularStep(WATER, on('a100-sxm-80gb'), {...layout, update: 'host'}, factors)!

    // 5 ms of ten cores, and 28 bytes an atom over a slot of 31 GB/s.
    expect(host.hostSeconds).toBeCloseTo(5e-4 + 5e-3 + 28e6 / 31e9, 6)
  })

  test('constant pressure: the same factor on everything', () => {
    const [plain, barostat] = [molecularStep(WATER, on('a100-sxm-80gb'), layout, factors)!, molecularStep(WATER, on('a100-sxm-80gb'), {...layout, ensemble: 'npt'}, factors)!]

    expect(barostat.seconds / plain.seconds).toBeCloseTo(factors.pressure, 9)
    expect(barostat.pairSeconds / plain.pairSeconds).toBeCloseTo(factors.pressure, 9)
  })

  test('a grid that one part holds is what the others wait for', () => {
    const parts = (count: number) => molecularStep({...WATER, cutoffNm: 0.5}, on('h100-sxm-80gb', 8), {...layout, parts: count}, factors)!
    const [one, eight] = [parts(1), parts(8)]

    // Domains fit the caches better, so that the grid alone is somewhat faster than it was; an eighth of everything it is not.
    expect(eight.pairSeconds + eight.gridSeconds).toBeGreaterThan(2 * ((one.pairSeconds + one.gridSeconds) / 8))
    expect([gridParts(DESIGNS.gromacs, on('h100-sxm-80gb').accelerator, 8), gridParts(DESIGNS.gromacs, on('h100-sxm-80gb').accelerator, 32), gridParts(DESIGNS.lammps, on('h100-sxm-80gb').accelerator, 8)]).toEqual([1, 8, 8])
  })

  test('a process of its own for the grid: the others cut the atoms among them', () => {
    const work = {...WATER, cutoffNm: 1.6}
    const step = (changed: Partial<Layout>) => molecularStep(work, on('h100-sxm-80gb', 8), {...layout, design: {...DESIGNS.gromacs, gridBeside: false}, ...changed}, factors)!
    const forces = (changed: Partial<Layout>) => step(changed).pairSeconds + step(changed).gridSeconds
    const {pairSeconds: pairs} = step({})
    const {gridSeconds: grid} = step({parts: 2, ranks: 3})

    // One process each: one accelerator has all atoms, the other the grid.
    expect(forces({parts: 2, ranks: 2})).toBeCloseTo(pairs, 9)
    // A third beside the grid takes half of the atoms, and what computes both is waited for.
    expect(forces({parts: 2, ranks: 3})).toBeCloseTo(pairs / 2 + grid, 9)
    expect(forces({parts: 2, ranks: 3, design: DESIGNS.gromacs})).toBeCloseTo(Math.hypot(pairs / 2, grid), 9)
    // Eight on four: seven of them have atoms, two on each but the one beside the grid.
    expect(forces({parts: 4, ranks: 8}) / Math.max((2 / 7) * pairs, pairs / 7 + grid)).toBeCloseTo(1, 2)
    // Nobody says how many: no slower than either.
    expect(forces({parts: 2})).toBeLessThanOrEqual(Math.min(forces({parts: 2, ranks: 2}), forces({parts: 2, ranks: 3})))
    expect(forces({parts: 4})).toBeLessThanOrEqual(Math.min(forces({parts: 4, ranks: 4}), forces({parts: 4, ranks: 8})))
  })

  test('NAMD: the part that holds the grid has as many pairs as the others', () => {
    const step = (parts: number) => molecularStep(WATER, on('h100-sxm-80gb', 8), {...layout, design: DESIGNS.namd, parts}, factors)!

    expect(step(4).pairSeconds).toBeCloseTo(step(1).pairSeconds / 4, 9)
    // Domains fit the cache better.
    expect(step(4).gridSeconds / step(1).gridSeconds).toBeGreaterThan(0.5)
  })

  test('several domains hand atoms to each other before each list, which is kept longer', () => {
    const step = (changed: Partial<Layout>) => molecularStep(WATER, on('h100-sxm-80gb', 8), {...layout, ...changed}, factors)!.hostSeconds

    // Half a million atoms on each of two domains: 500 ns × 3.3, ten cores, once in 300 steps.
    expect(step({parts: 2, ranks: 3})).toBeCloseTo((5e5 * 500e-9 * 3.3) / 10 / 300, 9)
    expect(step({parts: 2, ranks: 3, listSteps: 100})).toBeCloseTo(3 * step({parts: 2, ranks: 3}), 9)
  })

  test('lists of single atoms: each pair for both of its atoms, each neighbour fetched', () => {
    const spheres = {atoms: 2_048_000, cutoffNm: 0.85, electrostatics: 'cutoff', forceField: 'lennard-jones'} as const
    const hardware = on('a100-sxm-80gb')
    const step = molecularStep(spheres, hardware, {...layout, design: DESIGNS.lammps, precision: 'fp64'}, factors)!
    const {accelerator} = hardware
    const pairs = 2_048_000 * ((21.5 * 4 * Math.PI * 0.95 ** 3) / 3 / 2)

    // 33 operations twice at 0.3 of 9.7 TFLOP/s; twice 32 bytes at half of what the cache gives.
    expect(step.pairSeconds / ((2 * pairs * 33) / (0.3 * 9.7e12) + (2 * pairs * 32) / (0.5 * 108 * clockHertz(accelerator) * 20))).toBeCloseTo(1, 6)
  })

  test('copies: all positions to all, all forces summed', () => {
    const step = molecularStep(WATER, on('h100-sxm-80gb', 8), {...layout, parts: 8, design: DESIGNS.openmm}, {...factors, exchange: 0.5, 'message-seconds': 1e-5})!

    // (16 + 24) bytes × 7/8 of a million atoms.
    expect(step.exchangedBytes).toBeCloseTo(40e6 * 0.875, 3)
    // At half of 450 GB/s, with six messages of 10 µs and six hops.
    expect(step.exchangeSeconds).toBeGreaterThan(35e6 / 225e9 + 6e-5)
    expect(step.exchangeSeconds).toBeLessThan(35e6 / 225e9 + 6e-5 + 3e-5)
  })
})

describe('domains', () => {
  test('eight of a cube of 20 nm: what lies within 1.2 nm on one side of each cut', () => {
    const {parts, haloAtoms, pulses} = domainsOf(8e5, 100, 8, 1.2)

    // Boxes of 20 × 10 × 5 nm need less than cubes of 10: (20 × 11.2 × 6.2 − 1000) nm³ against (11.2³ − 1000).
    expect([parts, pulses]).toEqual([[1, 2, 4], 2])
    expect(haloAtoms).toBeCloseTo((20 * 11.2 * 6.2 - 1000) * 100, 3)
  })

  test('no cut has fewer atoms to fetch: all of them, tried', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 64}), fc.integer({min: 1e4, max: 1e8}), fc.double({min: 0.5, max: 1.5, noNaN: true}), (parts, atoms, reach) => {
        const side = Math.cbrt(atoms / 100)
        let least = Number.POSITIVE_INFINITY
        for (let x = 1; x <= parts; x++) for (let y = 1; y <= parts; y++) for (let z = 1; z <= parts; z++) {
          if (x * y * z !== parts) continue
          const [whole, own] = [x, y, z].reduce<[number, number]>(([a, b], count) => [a * (count === 1 ? side : Math.min(side, side / count + reach)), (b * side) / count], [1, 1])
          least = Math.min(least, (whole - own) * 100)
        }
        expect(domainsOf(atoms, 100, parts, reach).haloAtoms).toBeCloseTo(least, 3)
      }),
      {numRuns: 60, seed: 4},
    )
  })
})

describe('systems', () => {
  test.for(['STMV', 'jac', 'dhfr', 'factorix', 'hecbiosim-3m'])('%s is known', name => {
    expect(() => kind.demand(kind.spec.parse({...SPEC, atoms: undefined, system: name}), facts)).not.toThrow()
  })

  test('names are unique and sourced', () => {
    const names = SYSTEMS.flatMap(({id, aliases}) => [id, ...aliases])

    expect(new Set(names).size).toBe(names.length)
    expect(SYSTEMS.every(({source, atoms}) => source.length > 5 && atoms > 100)).toBe(true)
  })

  test('one that nobody knows has to say its atoms', () => {
    expect(() => kind.demand(kind.spec.parse({...SPEC, atoms: undefined, system: 'stmw'}), facts)).toThrow(expect.objectContaining({code: 'UNKNOWN_SYSTEM', hint: expect.stringContaining('stmv')}))
    expect(kind.spec.safeParse({...SPEC, system: 'stmv'}).success).toBe(false)
    expect(kind.spec.safeParse({kind: 'molecular-dynamics', nanoseconds: 1}).success).toBe(false)
  })
})

describe('refusals', () => {
  test('a system that does not fit names the largest that does', () => {
    const found = refusal({...SPEC, atoms: '100M'}, on('rtx-4090-24gb'))

    expect(found).toMatchObject({reason: 'memory'})
    expect(found.nearest).toMatch(/^about \d+M atoms are the largest system here$/)
  })

  test('what has no program, or not this one', () => {
    expect(refusal({...SPEC, engine: undefined}, on('tpu-v5e'))).toMatchObject({reason: 'software'})
    expect(refusal({...SPEC, engine: 'namd'}, on('rx-7900-xtx-24gb'))).toMatchObject({reason: 'software', nearest: 'engine: gromacs or openmm or lammps'})
    expect(refusal({...SPEC, precision: 'fp64'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', detail: 'GROMACS does not compute in fp64 on NVIDIA H100 SXM5 80GB', nearest: 'precision fp32'})
  })

  test('what a program cannot compute', () => {
    expect(refusal({...SPEC, forceField: 'polarizable'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'engine: openmm'})
    expect(refusal({...SPEC, electrostatics: 'implicit'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'engine: openmm or amber or namd'})
    expect(refusal({...SPEC, engine: 'openmm', update: 'host'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'engine: gromacs'})
  })

  test('a simulation over machines by a program that stays on one; more than there is', () => {
    expect(refusal({...SPEC, engine: 'openmm', configuration: {tp: 16}}, on('h100-sxm-80gb', 8, 2))).toMatchObject({reason: 'topology', nearest: 'tp 8'})
    expect(refusal({...SPEC, configuration: {tp: 16}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'tp × dp of 8 or less'})
    expect(refusal({...SPEC, configuration: {dp: 4}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'dp 1'})
    expect(refusal({...SPEC, configuration: {tp: 12}}, on('h100-sxm-80gb', 8, 2))).toMatchObject({reason: 'topology', nearest: 'tp 8'})
  })

  test('an unknown link', () => {
    expect(refusal({...SPEC, configuration: {tp: 2}}, {...on('h100-sxm-80gb', 8), levels: undefined})).toMatchObject({reason: 'link-unknown'})
  })

  test('fields that contradict each other, or mean nothing here', () => {
    const demand = (changed: Record<string, unknown>) => () => kind.demand(kind.spec.parse({...SPEC, ...changed}), facts)

    expect(demand({configuration: {pp: 2}})).toThrow(/configuration.pp does not apply/)
    expect(demand({configuration: {runtime: 'openmm'}})).toThrow(/engine is gromacs, configuration.runtime is openmm/)
    expect(demand({engine: undefined, configuration: {runtime: 'vllm'}})).toThrow(/"vllm" is no program/)
    expect(demand({precision: 'fp8'})).toThrow(/not in fp8/)
    expect(demand({forceField: 'lennard-jones', electrostatics: 'pme'})).toThrow(/carry no charges/)
    expect(demand({engine: 'openmm', forceField: 'polarizable', electrostatics: 'cutoff'})).toThrow(/not modelled/)
  })
})

describe('every field moves something, and the right way', () => {
  const figures = (performance: Performance) => ({
    seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, link: performance.load.linkShare, host: performance.load.hostShare, checkpoint: performance.checkpointBytes,
  })
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }

  test.for<[string, Record<string, unknown>, Moves]>([
    ['atoms', {atoms: '2M'}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up', checkpoint: 'up'}],
    ['system', {atoms: undefined, system: 'cellulose'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down', checkpoint: 'down'}],
    ['engine', {engine: 'openmm'}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'same', checkpoint: 'same'}],
    ['nanoseconds', {nanoseconds: 20}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up', checkpoint: 'same'}],
    ['simulations', {simulations: 3, configuration: {dp: 1}}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up'}],
    ['ensemble', {ensemble: 'npt'}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'same'}],
    ['timeStepFs', {timeStepFs: 4}, {seconds: 'down', rate: 'up', memory: 'same', bound: 'down'}],
    ['cutoffNm', {cutoffNm: 1.2}, {memory: 'up', bound: 'up'}],
    ['electrostatics: lj-pme', {electrostatics: 'lj-pme'}, {seconds: 'up', rate: 'down', bound: 'up'}],
    ['electrostatics: reaction-field', {electrostatics: 'reaction-field'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['forceField', {forceField: 'lennard-jones'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['update', {update: 'host'}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'same', host: 'up'}],
    ['configuration.tp', {configuration: {tp: 2}}, {memory: 'down', bound: 'down', link: 'up', checkpoint: 'same'}],
    ['configuration.runtime', {engine: undefined, configuration: {runtime: 'namd'}}, {seconds: 'up', rate: 'down'}],
  ])('%s', ([, changed, moves]) => {
    const hardware = on('h100-sxm-80gb', 8)
    const plain = {...SPEC, configuration: {tp: 1}}

    expect(moved(run(plain, hardware), run({...plain, ...changed, configuration: {tp: 1, ...(changed['configuration'] as object | undefined)}}, hardware), moves)).toEqual(moves)
  })

  test('simulations side by side: eight on eight accelerators take as long as one, and none has less than one', () => {
    const eight = run({...SPEC, simulations: 8, configuration: {tp: 1}}, on('h100-sxm-80gb', 8))
    const one = run({...SPEC, configuration: {tp: 1}}, on('h100-sxm-80gb', 8))

    expect(eight.workSeconds!.p50).toBeCloseTo(one.workSeconds!.p50, 6)
    expect(eight.throughput.value!.p50).toBeCloseTo(8 * one.throughput.value!.p50, 6)
    expect([eight.acceleratorsUsed, one.acceleratorsUsed]).toEqual([8, 1])
    expect(run({...SPEC, simulations: 8, configuration: {dp: 4}}, on('h100-sxm-80gb', 8)).configuration).toMatchObject({tp: 2, dp: 4})
  })

  test('precision: doubles on processors and in LAMMPS', () => {
    const processors = on('cpu-epyc-9654', 2)

    expect(run({...SPEC, precision: 'fp64'}, processors).workSeconds!.p50).toBeGreaterThan(run(SPEC, processors).workSeconds!.p50)
    expect(run({...SPEC, engine: 'lammps'}, on('rtx-4090-24gb')).workSeconds!.p50).toBeGreaterThan(run({...SPEC, engine: 'lammps', precision: 'fp32'}, on('rtx-4090-24gb')).workSeconds!.p50)
  })

  test('what the hardware has: bandwidth, arithmetic, multiprocessors, links, cores of the host', () => {
    const plain = on('h100-sxm-80gb', 8)
    const {accelerator} = plain
    const seconds = (hardware: Hardware, changed: Record<string, unknown> = {}): number => run({...SPEC, configuration: {tp: 1}, ...changed}, hardware).workSeconds!.p50

    expect(seconds({...plain, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond / 2}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, peakFlops: {...accelerator.peakFlops, fp32: 20e12}}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, multiprocessors: 264}})).not.toBe(seconds(plain))
    expect(seconds({...plain, host: {vcpus: 16}})).toBeGreaterThan(seconds({...plain, host: {vcpus: 192}}))
    const copies = {engine: 'openmm', configuration: {tp: 8}}
    expect(seconds({...plain, levels: [{kind: 'nvswitch', groupSize: 8, bytesPerSecond: 50e9, latencySeconds: 3e-6}]}, copies)).toBeGreaterThan(seconds(plain, copies))
    const host = {update: 'host'}
    expect(seconds({...plain, accelerator: {...accelerator, pcieGeneration: 3}}, host)).toBeGreaterThan(seconds(plain, host))
  })

  test('processors: a second socket halves the work of each, as one device', () => {
    const [one, two] = [run(SPEC, on('cpu-epyc-9654')), run(SPEC, on('cpu-epyc-9654', 2))]

    expect(two.workSeconds!.p50).toBeLessThan(one.workSeconds!.p50 * 0.65)
    expect([one.acceleratorsUsed, two.acceleratorsUsed]).toEqual([1, 2])
  })
})

test('laws: ordered intervals, never below the roofline or the bound, the parts are the whole, more atoms take longer', () => {
  fc.assert(
    fc.property(
      fc.integer({min: 2000, max: 5e6}), fc.double({min: 0.1, max: 1000, noNaN: true}), fc.constantFrom('gromacs', 'openmm', 'amber', 'namd', 'lammps'), fc.constantFrom('pme', 'implicit', 'reaction-field', 'cutoff', 'lj-pme'),
      fc.constantFrom(1, 2, 4, 8), fc.constantFrom('h100-sxm-80gb', 'mi300x-192gb', 'rtx-4090-24gb', 't4-16gb', 'cpu-epyc-9654'), fc.constantFrom('nve', 'nvt', 'npt'), fc.integer({min: 1, max: 20}),
      (atoms, nanoseconds, engine, electrostatics, tp, accelerator, ensemble, simulations) => {
        const spec = {kind: 'molecular-dynamics', engine, atoms, nanoseconds, electrostatics, ensemble, simulations, configuration: {tp}}
        const hardware = on(accelerator, 8)
        const demand = kind.demand(kind.spec.parse(spec), facts)
        if (kind.configurations(demand, hardware, facts).length === 0) return
        const {workSeconds, rooflineSeconds, operators, memory, throughput, load, configuration} = run(spec, hardware)
        const steps = Math.ceil(simulations / configuration.dp!) * demand.timeSteps
        expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
        expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
        expect(workSeconds!.p50).toBeGreaterThanOrEqual(kind.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
        expect((operators.reduce((sum, operator) => sum + operator.seconds, 0) * steps) / workSeconds!.p50).toBeCloseTo(1, 6)
        expect(memory.lines.reduce((sum, line) => sum + line.gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
        expect((throughput.value!.p50 * workSeconds!.p50) / (86_400 * nanoseconds * simulations)).toBeCloseTo(1, 9)
        for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare, load.work!.flopsShare, load.work!.bytesShare, load.work!.activeShare]) expect(share >= 0 && share <= 1).toBe(true)
        const more = kind.perform(kind.demand(kind.spec.parse({...spec, atoms: atoms * 2}), facts), hardware, configuration, facts)
        // Domains thinner than the reach take more messages: fewer of them where the box grows.
        if (more.feasible && (tp === 1 || atoms > 200_000)) expect(more.performance.workSeconds!.p50).toBeGreaterThan(workSeconds!.p50)
      },
    ),
    {numRuns: 200, seed: 6},
  )
})

describe('what was published', () => {
  test('a small system is bound by launches, and no faster on a larger accelerator', () => {
    const small = {...SPEC, engine: 'openmm', atoms: 2500, electrostatics: 'implicit'}

    expect(run(small, on('b200-sxm-180gb')).bottleneck).toBe('overhead')
    // OpenMM 8.4: 3,228 ns/day on an L40, 2,268 on a B200.
    expect(run(small, on('l40-48gb')).throughput.value!.p50).toBeGreaterThan(run(small, on('b200-sxm-180gb')).throughput.value!.p50)
  })

  test('without any calibration, counts and data sheets alone come near what is measured', () => {
    const bare = {...facts, calibration: createCalibration([])}
    // OpenMM 8.4, ApoA1 with PME at 4 fs: A100 480 ns/day, H100 742, RTX PRO 6000 948, B200 876.
    for (const [accelerator, published] of [['a100-sxm-80gb', 480], ['h100-sxm-80gb', 742], ['rtx-pro-6000-blackwell-server-96gb', 948], ['b200-sxm-180gb', 876]] as const) {
      const {value} = run({...SPEC, engine: 'openmm', atoms: undefined, cutoffNm: undefined, system: 'apoa1', timeStepFs: 4}, on(accelerator), undefined, bare).throughput
      expect(value!.p50 / published).toBeGreaterThan(0.5)
      expect(value!.p50 / published).toBeLessThan(2)
    }
  })

  test('what notes of results say', () => {
    expect(parseNotes('239,131 atoms; time step 1 fs; NPT; PME; cutoff 8 A; 7 threads per GCD')).toMatchObject({atoms: 239_131, timeStepFs: 1, ensemble: 'npt', cutoffNm: 0.8, hostThreads: 7})
    expect(parseNotes('90,116 atoms; best of a sweep over ranks/threads; update not on GPU')).toMatchObject({hostUpdate: true})
    // Of some of the source's systems only.
    expect(parseNotes('one PME rank; HECBioSim cases have the update step on CPU')).toEqual({hostUpdateOf: 'HECBioSim'})
    expect(parseNotes('system LUMI, 8 MPI ranks x 4 threads; nstlist 300')).toEqual({processes: 8, threadsPerProcess: 4, listSteps: 300})
    expect(parseNotes('24 CPU cores (7413) in total; update on GPU not stated')).toEqual({allHostCores: 24})
    // The step of the inner loop is not that of the run.
    expect(parseNotes('Langevin-middle integrator, 4 fs step with HMR (AMOEBA: see source, multiple-time-step 2 fs)').timeStepFs).toBeUndefined()
  })

  test('a title becomes a question', () => {
    const read = (changed: Record<string, unknown>) => {
      const accelerators = ['h100-sxm-80gb', 'a100-sxm-80gb'].map(id => on(id).accelerator)
      const measurement = {id: 'x', kind: 'hpc_md', model: 'OpenMM ApoA1 92,224 atoms RF', phase: 'simulate', framework: 'OpenMM 8.4 CUDA', accelerator: 'H100 (form not stated)', accelerators: 1, nodes: 1, interconnect: '', precision: 'mixed', metric: 'ns_per_day', value: 1, unit: 'ns/day', scope: 'system', date: '2025', source: 's', notes: '', ...changed}
      return readMolecularMeasurement(settingOf(measurement as never), accelerators)
    }

    expect(read({})).toMatchObject({status: 'case', case: {engine: 'openmm', timeStepFs: 4, work: {atoms: 92_224, electrostatics: 'reaction-field', cutoffNm: 1}, hardware: {accelerator: {id: 'h100-sxm-80gb'}}}})
    expect(read({model: 'OpenMM DHFR 23,558 atoms AMOEBA polarizable PME'})).toMatchObject({case: {timeStepFs: 2, work: {forceField: 'polarizable'}}})
    const gromacs = (changed: Record<string, unknown>) => read({framework: 'GROMACS 2024.1', accelerators: 4, notes: 'one PME rank; HECBioSim cases have the update step on CPU', ...changed})
    expect(gromacs({model: 'GROMACS HECBioSim 3M atoms'})).toMatchObject({case: {layout: {update: 'host'}}})
    expect(gromacs({model: 'GROMACS STMV ~1.07M atoms'})).toMatchObject({case: {layout: {update: 'accelerator'}}})
    expect(gromacs({model: 'GROMACS stmv.tpr', notes: '8 MPI ranks x 4 threads'})).toMatchObject({case: {layout: {ranks: 8, hostCores: 8}}})
    // Its "ns/day" are G atom steps a second.
    expect(read({framework: 'LAMMPS 22Jul2025', model: 'LAMMPS LJ'})).toMatchObject({case: {unit: 'Gatom-step/s', work: {atoms: 2_048_000, forceField: 'lennard-jones'}}})
    expect(read({framework: 'GENESIS'})).toMatchObject({status: 'unanswered'})
    expect(read({model: 'something in water'})).toMatchObject({status: 'unanswered', reason: 'neither the system nor its atoms are known'})
    expect(read({model: 'something in water', notes: '70,000 atoms; PME'})).toMatchObject({status: 'case', case: {work: {atoms: 70_000}}})
  })
})
