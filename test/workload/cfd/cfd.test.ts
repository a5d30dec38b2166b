import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {decompose} from '../../../src/workload/cfd/domain.ts'
import {CFD_QUANTITIES, type CfdFactors} from '../../../src/workload/cfd/factors.ts'
import {finiteVolumeCost} from '../../../src/workload/cfd/finite-volume.ts'
import {cfd} from '../../../src/workload/cfd/index.ts'
import {cellCost} from '../../../src/workload/cfd/lattice.ts'
import {lbmStep} from '../../../src/workload/cfd/step.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
const LBM = {kind: 'cfd', method: 'lbm', cells: '500M', timeSteps: '10k'}
const MESH = {kind: 'cfd', method: 'finite-volume', cells: '30M', timeSteps: '2k'}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const demand = cfd.demand(cfd.spec.parse(spec), own)
  const result = cfd.perform(demand, hardware, configuration ?? cfd.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = cfd.demand(cfd.spec.parse(spec), facts)
  expect(cfd.configurations(demand, hardware, facts)).toEqual([])
  return cfd.refuse(demand, hardware, facts).refusal
}

describe('a cell', () => {
  test.for([
    // Bytes moved, bytes held, operations: the counts that FluidX3D's author publishes for D3Q19 (Lehmann 2022; Lehmann et al. 2022).
    ['d3q19', 'fp32', 153, 93, 363], ['d3q19', 'fp16s', 77, 55, 406], ['d3q19', 'fp16c', 77, 55, 1275],
    // By 2 q s + 1 and q s + 17.
    ['d2q9', 'fp32', 73, 53, (9 * 363) / 19], ['d3q27', 'fp16s', 109, 71, (27 * 406) / 19],
  ] as const)('%s stored as %s', ([lattice, storage, bytes, memoryBytes, flops]) => {
    const cost = cellCost(lattice, storage)

    expect([cost.bytes, cost.memoryBytes]).toEqual([bytes, memoryBytes])
    expect(cost.flops).toBeCloseTo(flops, 6)
  })

  test('of a mesh with turbulence holds 1.2 kB, which is what a solver ported whole was seen to take (NeoFOAM, 1.2 GB per million)', () => {
    const rans = finiteVolumeCost({turbulence: 'rans', correctors: 1, pressureCycles: 12, valueBytes: 8})

    expect(rans.memoryBytes).toBeCloseTo(1200, -1)
    // One sweep by hand: 3 faces × (2 × 8 + 8) + 4 × 8 = 104 bytes; 12 cycles × 4 passes × 4/3 of it.
    expect(rans.pressureBytes).toBeCloseTo(12 * 4 * (4 / 3) * 104, 6)
  })
})

describe('a step by hand', () => {
  const factors: CfdFactors = {...CFD_QUANTITIES, speed: 1, 'memory-bandwidth': 0.9, compute: 0.3, 'host-exchange': 0.1, 'step-overhead-seconds': 1e-5, streamShare: 0.9}

  test('one accelerator: memory and arithmetic meet at a rounded corner', () => {
    const step = lbmStep({lattice: 'd3q19', storage: 'fp32', cells: 1e8}, on('a100-sxm-80gb').accelerator, {parts: 1, slotBytesPerSecond: 31e9}, factors)!
    const memory = (1e8 * 153) / (2039e9 * 0.81)
    const compute = (1e8 * 363) / (19.5e12 * 0.3)

    expect(step.updateSeconds).toBeCloseTo(Math.cbrt(memory ** 3 + compute ** 3), 9)
    expect(step.seconds).toBeCloseTo(step.updateSeconds + 1e-5, 9)
    expect(step.exchangeSeconds).toBe(0)
  })

  test('eight parts of a cube: three faces each way leave each, out of the host and into it', () => {
    const step = lbmStep({lattice: 'd3q19', storage: 'fp32', cells: 8e6}, on('a100-sxm-80gb').accelerator, {parts: 8, slotBytesPerSecond: 31e9}, factors)!

    // 100³ cells a part, two faces in each of three dimensions, five distributions of four bytes, copied twice.
    expect(step.exchangedBytes).toBeCloseTo(6 * 100 ** 2 * 5 * 4 * 2, 3)
    expect(step.exchangeSeconds).toBeCloseTo(step.exchangedBytes / 3.1e9, 9)
  })
})

test('no cut of a box has fewer cells on its faces than the one that is taken: all of them, tried', () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 48}), fc.constantFrom<2 | 3>(2, 3), fc.integer({min: 1e4, max: 1e9}), (parts, dimensions, cells) => {
      const side = cells ** (1 / dimensions)
      const all: number[] = []
      for (let x = 1; x <= parts; x++) for (let y = 1; y <= parts; y++) for (let z = 1; z <= (dimensions === 3 ? parts : 1); z++) {
        if (x * y * z !== parts) continue
        const counts = dimensions === 3 ? [x, y, z] : [x, y]
        // Both faces of each cut dimension: the product of the other lengths.
        all.push(counts.reduce((sum, count, index) => sum + (count > 1 ? 2 * counts.reduce((area, other, at) => (at === index ? area : (area * side) / other), 1) : 0), 0))
      }
      expect(decompose(cells, parts, dimensions).faceCells / Math.max(1, Math.min(...all))).toBeCloseTo(Math.min(...all) === 0 ? 0 : 1, 6)
    }),
    {numRuns: 200, seed: 3},
  )
})

describe('refusals', () => {
  test('a grid that does not fit names the largest that does', () => {
    const found = refusal({...LBM, cells: '2B'}, on('h100-sxm-80gb'))

    expect(found).toMatchObject({reason: 'memory', detail: 'needs 174 GiB per accelerator, has 79.7'})
    // (79.65 − 0.5) GiB ÷ 93 bytes.
    expect(found.nearest).toBe('914M cells are the largest grid here')
  })

  test('what has no program', () => {
    expect(refusal(LBM, on('tpu-v5e'))).toMatchObject({reason: 'software'})
    expect(refusal({...LBM, configuration: {runtime: 'ansys-fluent'}}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'configuration.runtime: fluidx3d'})
  })

  test('a grid over several machines', () => {
    expect(refusal({...LBM, configuration: {dp: 16}}, on('h100-sxm-80gb', 8, 2))).toMatchObject({reason: 'topology', nearest: 'one node'})
    expect(refusal({...LBM, cells: '10B'}, on('h100-sxm-80gb', 8, 2)).nearest).toBe('7.31B cells are the largest grid here')
  })

  test('doubles where no program or no unit has them', () => {
    expect(() => cfd.demand(cfd.spec.parse({...LBM, precision: 'fp64'}), facts)).toThrow(/keeps its cells in fp64/)
    expect(() => cfd.demand(cfd.spec.parse({...LBM, precision: 'fp16', storage: 'fp32'}), facts)).toThrow(/storage is fp32, precision is fp16/)
  })

  test('fields of the other method', () => {
    expect(cfd.spec.safeParse({...LBM, turbulence: 'les'}).success).toBe(false)
    expect(cfd.spec.safeParse({...MESH, lattice: 'd2q9'}).success).toBe(false)
  })

  test('degrees that grids do not have', () => {
    expect(() => cfd.demand(cfd.spec.parse({...LBM, configuration: {tp: 2}}), facts)).toThrow(/configuration.tp does not apply/)
    expect(refusal({...LBM, configuration: {dp: 16}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'dp 8'})
  })
})

describe('every field moves something, and the right way', () => {
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const figures = (performance: Performance) => ({
    seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, link: performance.load.linkShare, checkpoint: performance.checkpointBytes,
  })
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }

  test.for<[string, Record<string, unknown>, Moves]>([
    ['cells', {cells: '1B'}, {seconds: 'up', rate: 'up', memory: 'up', bound: 'up', link: 'down', checkpoint: 'up'}],
    ['timeSteps', {timeSteps: '20k'}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up', link: 'same', checkpoint: 'same'}],
    ['lattice', {lattice: 'd3q27'}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up', checkpoint: 'up'}],
    ['storage', {storage: 'fp16s'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down', checkpoint: 'down'}],
    ['storage in a format of its own', {storage: 'fp16c'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['precision', {precision: 'fp16'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['configuration.dp', {configuration: {dp: 2}}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up', link: 'down', checkpoint: 'same'}],
  ])('lattice Boltzmann: %s', ([, changed, moves]) => {
    expect(moved(run(LBM, on('h100-sxm-80gb', 8)), run({...LBM, ...changed}, on('h100-sxm-80gb', 8)), moves)).toEqual(moves)
  })

  test.for<[string, Record<string, unknown>, Moves]>([
    ['cells', {cells: '60M'}, {seconds: 'up', rate: 'up', memory: 'up', bound: 'up', link: 'down', checkpoint: 'up'}],
    ['timeSteps', {timeSteps: '4k'}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up', link: 'same'}],
    ['pressureCycles', {pressureCycles: 24}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'up'}],
    ['correctors', {correctors: 2}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'up'}],
    ['turbulence', {turbulence: 'laminar'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['precision', {precision: 'fp32'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['configuration.runtime', {configuration: {runtime: 'openfoam-gpu'}}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'same'}],
    ['configuration.dp', {configuration: {dp: 2}}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up', link: 'down'}],
  ])('finite volume: %s', ([, changed, moves]) => {
    expect(moved(run(MESH, on('h100-sxm-80gb', 8)), run({...MESH, ...changed}, on('h100-sxm-80gb', 8)), moves)).toEqual(moves)
  })

  test('what the hardware has: bandwidth, arithmetic, slot', () => {
    const plain = on('h100-sxm-80gb', 8)
    const seconds = (hardware: Hardware, spec: Record<string, unknown> = LBM): number => run(spec, hardware).workSeconds!.p50
    const {accelerator} = plain

    expect(seconds({...plain, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond * 2}})).toBeLessThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, peakFlops: {...accelerator.peakFlops, fp32: 6e12}}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, pcieGeneration: 3}})).toBeGreaterThan(seconds(plain))
    expect(run(LBM, plain).loadSeconds).toBeLessThan(run(LBM, {...plain, accelerator: {...accelerator, pcieGeneration: 3}}).loadSeconds)
    // A rig says how fast its slots are.
    expect(seconds({...plain, levels: [{kind: 'pcie', groupSize: 8, bytesPerSecond: 8e9, latencySeconds: 4e-6}]})).toBeGreaterThan(seconds(plain))
  })
})

test('laws: ordered intervals, never below the roofline or the bound, the parts are the whole, less memory for each of more', () => {
  fc.assert(
    fc.property(fc.integer({min: 1e6, max: 5e8}), fc.integer({min: 1, max: 1e6}), fc.constantFrom('fp32', 'fp16s', 'fp16c'), fc.constantFrom('d2q9', 'd3q15', 'd3q19', 'd3q27'), fc.constantFrom(1, 2, 4, 8), fc.constantFrom('h100-sxm-80gb', 'mi300x-192gb', 'rtx-4090-24gb'), (cells, timeSteps, storage, lattice, dp, accelerator) => {
      const spec = {...LBM, cells, timeSteps, storage, lattice, configuration: {dp}}
      const hardware = on(accelerator, 8)
      const demand = cfd.demand(cfd.spec.parse(spec), facts)
      if (cfd.configurations(demand, hardware, facts).length === 0) return
      const {workSeconds, rooflineSeconds, operators, memory, throughput, load} = run(spec, hardware)
      expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
      expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
      expect(workSeconds!.p50).toBeGreaterThanOrEqual(cfd.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
      expect((operators.reduce((sum, operator) => sum + operator.seconds, 0) * timeSteps) / workSeconds!.p50).toBeCloseTo(1, 6)
      expect(memory.lines.reduce((sum, line) => sum + line.gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
      expect((throughput.value!.p50 * workSeconds!.p50) / ((cells * timeSteps) / 1e6)).toBeCloseTo(1, 9)
      for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare]) expect(share >= 0 && share <= 1).toBe(true)
    }),
    {numRuns: 150, seed: 5},
  )
})

describe('what was published', () => {
  test('without any calibration, streams and data sheets alone come near what well-known cards do', () => {
    const bare = {...facts, calibration: createCalibration([])}
    // FluidX3D's table, MLUP/s at fp32: H100 SXM 17,602; A100 SXM 40 GB 8,522; RTX 3090 5,418.
    for (const [accelerator, published] of [['h100-sxm-80gb', 17_602], ['a100-sxm-40gb', 8522], ['rtx-3090-24gb', 5418]] as const) {
      const {value} = run({...LBM, cells: '100M'}, on(accelerator), undefined, bare).throughput
      expect(value!.p50 / published).toBeGreaterThan(0.8)
      expect(value!.p50 / published).toBeLessThan(1.2)
    }
  })

  // OpenFOAM HPC Challenge 1, occDrivAerStaticMesh: seconds of one SIMPLE iteration; NeoFOAM on the same case.
  test.for([
    ['a100-sxm-80gb', 8, 1, 236e6, 2.01], ['a100-sxm-80gb', 8, 2, 236e6, 1.18], ['h200-sxm-141gb', 4, 1, 65.3e6, 0.776],
  ] as const)('a mesh on %s × %d × %d: the measured time of a solver ported whole lies within the interval', ([accelerator, count, nodes, cells, seconds]) => {
    const {workSeconds} = run({...MESH, cells, timeSteps: 1, configuration: {runtime: 'ansys-fluent', dp: count * nodes}}, on(accelerator, count, nodes))

    expect(workSeconds!.p10).toBeLessThan(seconds)
    expect(workSeconds!.p90).toBeGreaterThan(seconds)
  })

  test('two processors of 96 cores beat an accelerator that is handed the pressure alone', () => {
    const spec = {...MESH, cells: '65M', timeSteps: 1, configuration: {runtime: 'openfoam-gpu'}}
    const processors = run(spec, on('cpu-epyc-9654', 2))
    const offloaded = run({...spec, configuration: {runtime: 'openfoam-gpu', dp: 4}}, on('a100-sxm-40gb', 4))

    // 6.08 s and 12.81 s were measured.
    for (const [{workSeconds}, measured] of [[processors, 6.08], [offloaded, 12.81]] as const) {
      expect(workSeconds!.p10).toBeLessThan(measured)
      expect(workSeconds!.p90).toBeGreaterThan(measured)
    }
    expect(processors.workSeconds!.p50).toBeLessThan(offloaded.workSeconds!.p50)
  })
})
