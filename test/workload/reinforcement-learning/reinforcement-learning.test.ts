import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {createCalibration} from '../../../src/performance/calibration.ts'
import {severalSockets} from '../../../src/performance/hardware.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {coreSpeed} from '../../../src/workload/reinforcement-learning/cores.ts'
import {ENGINE_FACTS, type AcceleratorEngine, type CoreEngine} from '../../../src/workload/reinforcement-learning/engines.ts'
import {environmentNamed, ENVIRONMENTS, type EngineId} from '../../../src/workload/reinforcement-learning/environments.ts'
import {REINFORCEMENT_LEARNING_QUANTITIES, type Factors} from '../../../src/workload/reinforcement-learning/factors.ts'
import {reinforcementLearning} from '../../../src/workload/reinforcement-learning/index.ts'
import {memoryLines} from '../../../src/workload/reinforcement-learning/memory.ts'
import {knowsDevices, readReinforcementLearningMeasurement} from '../../../src/workload/reinforcement-learning/measured.ts'
import {networkOf} from '../../../src/workload/reinforcement-learning/network.ts'
import {acceleratorStep, coreStep, vectorStep, type SimulatedWork, type VectorWork} from '../../../src/workload/reinforcement-learning/step.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
const withHost = (hardware: Hardware, vcpus: number, memoryGib = 256): Hardware => ({...hardware, host: {vcpus, memoryGib}})
const WALK = {kind: 'reinforcement-learning', environment: 'isaac-g1-rough', steps: '500M'}
const ATARI = {kind: 'reinforcement-learning', environment: 'atari-pong', steps: '50M'}
const OWN = {kind: 'reinforcement-learning', simulator: 'gpu', degreesOfFreedom: 20, substeps: 4, steps: '100M'}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const demand = reinforcementLearning.demand(reinforcementLearning.spec.parse(spec), own)
  const result = reinforcementLearning.perform(demand, hardware, configuration ?? reinforcementLearning.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = reinforcementLearning.demand(reinforcementLearning.spec.parse(spec), facts)
  expect(reinforcementLearning.configurations(demand, hardware, facts)).toEqual([])
  return reinforcementLearning.refuse(demand, hardware, facts).refusal
}

const FACTORS: Factors = {...REINFORCEMENT_LEARNING_QUANTITIES, streamShare: 0.9, clock: 1}
const PHYSICS: SimulatedWork = {degreesOfFreedom: 10, substeps: 2, contacts: 'few', stepSeconds: undefined, floorSeconds: undefined, coreSeconds: undefined, pictures: undefined, valueBytes: 4}
const isaac = ENGINE_FACTS['isaac-lab'] as AcceleratorEngine
const cores = (engine: EngineId): CoreEngine => ENGINE_FACTS[engine] as CoreEngine

describe('a network', () => {
  test('of numbers: a policy and a critic, two operations a weight', () => {
    const {parameters, forwardFlops, activations} = networkOf({observations: 4, actions: 1, hidden: [32, 32], camera: undefined, parameters: undefined})

    // (4 × 32 + 32) + (32 × 32 + 32) = 1,216 each; heads of 32 × 2 + 2.
    expect(parameters).toBe(2 * 1216 + 66)
    expect(forwardFlops).toBe(2 * (2 * 1216 + 66))
    expect(activations).toBe(4 + 2 * 64 + 2)
  })

  test('of pictures: 84 × 84 × 4 through the three convolutions of Mnih et al. 2015 leaves 3,136 values, and 1.7 million weights', () => {
    const {parameters} = networkOf({observations: 0, actions: 6, hidden: [512], camera: {width: 84, height: 84, cameras: 1, channels: 4}, parameters: undefined})

    // 8·8·4·32 + 32, 4·4·32·64 + 64, 3·3·64·64 + 64, 3136·512 + 512, 512·7 + 7.
    expect(parameters).toBe(8224 + 32_832 + 36_928 + 1_606_144 + 3591)
  })

  test('given by its weights costs two operations for each', () => {
    expect(networkOf({observations: 10, actions: 2, hidden: [], camera: undefined, parameters: 7e9}).forwardFlops).toBe(14e9)
  })
})

describe('a step by hand', () => {
  const card = () => on('rtx-4090-24gb').accelerator

  test('on an accelerator: launches and work meet at a right angle', () => {
    const step = acceleratorStep(PHYSICS, isaac, 4096, card(), FACTORS)
    const floor = 2e-3 + 2 * (1e-3 + 1e-4 * 10)
    const work = (4096 * 30e3 * 10 * 2) / (1008e9 * 0.9)

    expect(step.floorSeconds).toBeCloseTo(floor, 12)
    expect(step.workSeconds).toBeCloseTo(work, 12)
    expect(step.seconds).toBeCloseTo(Math.sqrt(floor ** 2 + work ** 2), 12)
  })

  test('pictures: a pass, a camera for each environment, 500 bytes a pixel', () => {
    const step = acceleratorStep({...PHYSICS, pictures: {width: 100, height: 80, cameras: 2}}, isaac, 1000, card(), FACTORS)

    expect(step.pictureSeconds).toBeCloseTo(3e-3 + 1000 * 2 * 1.2e-5 + (1000 * 2 * 8000 * 500) / (1008e9 * 0.9), 12)
  })

  test('a step that is given whole is of an accelerator of 1 TB/s', () => {
    const step = acceleratorStep({...PHYSICS, stepSeconds: 1e-6, floorSeconds: 5e-3}, isaac, 1e5, card(), FACTORS)

    expect(step.workSeconds).toBeCloseTo(0.1 / (1.008 * 0.9), 9)
    expect(step.floorSeconds).toBe(5e-3)
  })

  test('on cores: workers share the work, one thread serves them all', () => {
    // 2 µs × 10 joints × 2 substeps + 20 µs of the task.
    const one = 60e-6
    const engine = cores('envpool')

    expect(coreStep(PHYSICS, engine, {envs: 1, cores: 8, threads: 16}, FACTORS).seconds).toBeCloseTo(one + 8e-7, 12)
    expect(coreStep(PHYSICS, engine, {envs: 8, cores: 8, threads: 16}, FACTORS).seconds).toBeCloseTo(8 * (one / 8 ** 0.96 + 8e-7), 12)
    // A second thread on each core adds a quarter: as ten cores.
    expect(coreStep(PHYSICS, engine, {envs: 16, cores: 8, threads: 16}, FACTORS).seconds).toBeCloseTo(16 * (one / 10 ** 0.96 + 8e-7), 12)
    expect(coreStep(PHYSICS, cores('for-loop'), {envs: 16, cores: 8, threads: 16}, FACTORS).seconds).toBeCloseTo(16 * (one / 0.52 + 1e-7), 12)
    // A step that the user timed is as long as that, whatever steps it; a clock half as fast again does it in two thirds.
    expect(coreStep({...PHYSICS, stepSeconds: 3e-3}, cores('subprocess'), {envs: 1, cores: 8, threads: 16}, {...FACTORS, clock: 1.5}).seconds).toBeCloseTo(2e-3 + 5e-5 / 1.5, 12)
  })

  test('learning: updates, each with its overhead, three passes an epoch', () => {
    const network = networkOf({observations: 4, actions: 1, hidden: [32, 32], camera: undefined, parameters: undefined})
    const work: VectorWork = {simulated: PHYSICS, engine: 'isaac-lab', envs: 1000, task: 'train', overlapped: false, precision: 'fp32', learner: {network, horizon: 16, epochs: 4, minibatches: 2}}
    const step = vectorStep(work, card(), {parts: 4, cores: 1, threads: 1, gradientSeconds: 1e-4}, FACTORS)
    const rate = 82.6e12 * 0.4

    expect(step.inferenceSeconds).toBeCloseTo(1.5e-3 + (1000 * network.forwardFlops) / rate, 12)
    // Eight updates in 16 steps: half an update a step.
    expect(step.learningSeconds).toBeCloseTo(0.5 * 1.5e-3 + (1000 * 4 * 3 * network.forwardFlops) / rate, 12)
    expect(step.reduceSeconds).toBeCloseTo(0.5 * (5e-4 + 1e-4), 12)
    expect(step.seconds).toBeCloseTo(step.simulator.seconds + step.inferenceSeconds + step.learningSeconds + step.reduceSeconds, 12)
    expect(vectorStep({...work, overlapped: true}, card(), {parts: 4, cores: 1, threads: 1, gradientSeconds: 1e-4}, FACTORS).seconds).toBeCloseTo(Math.max(step.simulator.seconds, step.seconds - step.simulator.seconds), 12)
  })

  test('memory: what was gathered, in 32 bits', () => {
    const network = networkOf({observations: 4, actions: 1, hidden: [32, 32], camera: undefined, parameters: undefined})
    const lines = memoryLines({simulated: PHYSICS, engine: 'isaac-lab', envs: 1024, task: 'train', overlapped: false, precision: 'fp32', learner: {network, horizon: 32, epochs: 4, minibatches: 2}}, {observations: 4, actions: 1}, FACTORS)

    expect(lines.find(({item}) => item === 'gathered steps')!.gib * 2 ** 30).toBeCloseTo(1024 * 32 * (4 + 1 + 6) * 4, 3)
    expect(lines.find(({item}) => item === 'environments')!.gib * 2 ** 30).toBeCloseTo(1024 * (1e5 + 15e3 * 10), 3)
  })
})

test.for([
  // Base clocks: 3.4, 2.2, 2.25 and 2.0 GHz (512-bit vectors), 3.55 (boost, as the sheet of that part counts).
  ['cpu-ryzen-9-5950x', 3.4], ['cpu-core-i7-8750h', 2.2], ['cpu-epyc-7742', 2.25], ['cpu-xeon-skylake-tpu-vm', 2], ['cpu-epyc-9654', 3.55],
] as const)('the clock of %s is read off its vector rate: %d GHz, of one socket or two', ([id, ghz]) => {
  const processor = facts.accelerator(id)!

  expect(coreSpeed(processor) * 2.4).toBeCloseTo(ghz, 1)
  expect(coreSpeed(severalSockets(processor, 2)) * 2.4).toBeCloseTo(ghz, 1)
})

describe('environments', () => {
  test('have names of their own, and engines that simulate somewhere', () => {
    const names = ENVIRONMENTS.flatMap(({id, aliases}) => [id, ...aliases])

    expect(new Set(names).size).toBe(names.length)
    expect(ENVIRONMENTS.filter(({engines, degreesOfFreedom, coreSeconds}) => engines.length === 0 || (degreesOfFreedom === 0 && coreSeconds === undefined))).toEqual([])
  })

  test.for([['Isaac-Velocity-Rough-G1-v0', 'isaac-g1-rough'], ['Isaac-Cartpole-Direct-v0', 'isaac-cartpole'], ['Humanoid-v4', 'mujoco-humanoid'], ['PongNoFrameskip-v4', 'atari-pong'], ['mujoco ant', 'mujoco-ant']])('%s is %s', ([written = '', id]) => {
    expect(environmentNamed(written)?.id).toBe(id)
  })

  test('one that nobody knows is told with near names and the way out', () => {
    expect(() => reinforcementLearning.demand(reinforcementLearning.spec.parse({...WALK, environment: 'isaac-g2-rough'}), facts)).toThrow(expect.objectContaining({code: 'UNKNOWN_ENVIRONMENT', hint: expect.stringMatching(/isaac-g1-rough[\s\S]*stepTime/) as string}))
  })
})

describe('refusals', () => {
  test('no program', () => {
    expect(refusal(WALK, on('mi300x-192gb'))).toMatchObject({reason: 'software', detail: 'isaac-lab: NVIDIA only'})
    expect(refusal({...WALK, precision: 'fp16'}, on('tpu-v5e'))).toMatchObject({reason: 'software'})
  })

  test('cameras where nothing traces rays', () => {
    expect(refusal({...WALK, environment: 'isaac-cartpole-camera'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'topology', detail: expect.stringContaining('no ray-tracing cores') as string})
  })

  test('memory, with half as many environments', () => {
    expect(refusal({...WALK, environment: 'isaac-cartpole-camera', envs: 4096}, on('rtx-4090-24gb'))).toMatchObject({reason: 'memory', nearest: 'envs: 2048'})
    expect(refusal({...ATARI, engine: 'subprocess', task: 'rollout', envs: 2000}, withHost(on('rtx-4090-24gb'), 32, 128))).toMatchObject({reason: 'memory', nearest: 'envs: 426'})
  })

  test('cores that nobody counted', () => {
    expect(refusal(ATARI, on('rtx-4090-24gb'))).toMatchObject({reason: 'topology', nearest: 'cores: 16'})
    expect(run({...ATARI, cores: 16}, on('rtx-4090-24gb')).throughput.value!.p50).toBeGreaterThan(1000)
  })

  test('more accelerators than there are, and an accelerator’s work on processors', () => {
    expect(refusal({...WALK, configuration: {dp: 4}}, on('rtx-4090-24gb'))).toMatchObject({reason: 'topology', nearest: 'dp 1'})
    const {accelerator} = on('rtx-4090-24gb')
    const processor: Hardware = {accelerator: {...accelerator, ...facts.accelerator('cpu-epyc-7742')!}, acceleratorsPerNode: 1, nodes: 1, levels: [], network: undefined, host: {}}
    expect(refusal(WALK, processor)).toMatchObject({reason: 'software', nearest: null})
    expect(refusal({...WALK, environment: 'mujoco-humanoid'}, processor)).toMatchObject({reason: 'software', nearest: 'simulator: cpu'})
  })

  test.for<[string, Record<string, unknown>, RegExp]>([
    ['a degree that it does not have', {configuration: {tp: 2}}, /configuration.tp does not apply/],
    ['a program without the environment', {engine: 'mujoco-mjx'}, /MJX has no isaac-g1-rough/],
    ['a place where it is not simulated', {simulator: 'cpu'}, /isaac-g1-rough is not simulated on the cpu/],
    ['a program that simulates elsewhere', {engine: 'isaac-lab', simulator: 'cpu'}, /isaac-lab does not simulate on the cpu/],
    ['a runtime without the environment', {configuration: {runtime: 'vllm'}}, /vllm does not simulate isaac-g1-rough/],
    ['pictures from a program that draws none', {environment: 'mujoco-humanoid', camera: '64x64'}, /draws no pictures/],
    ['a format that nobody learns in', {precision: 'fp8'}, /not in fp8/],
  ])('%s', ([, changed, message]) => {
    expect(() => reinforcementLearning.demand(reinforcementLearning.spec.parse({...WALK, ...changed}), facts)).toThrow(message)
  })

  test.for<[string, Record<string, unknown>]>([
    ['neither an environment nor its cost', {environment: undefined, simulator: 'gpu'}], ['one of your own that is nowhere', {environment: undefined, stepTime: '1 ms'}], ['a network said twice', {hidden: [64], parameters: '1M'}], ['layers of text', {hidden: 'wide'}],
  ])('%s', ([, changed]) => {
    expect(reinforcementLearning.spec.safeParse({...WALK, ...changed}).success).toBe(false)
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
    ['environment', {environment: 'isaac-cartpole'}, {rate: 'up', memory: 'down', bound: 'down', checkpoint: 'down'}],
    ['steps', {steps: '1B'}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up'}],
    ['envs', {envs: 16_384}, {seconds: 'down', rate: 'up', memory: 'up', bound: 'same'}],
    ['task: rollout', {task: 'rollout'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down', link: 'down', checkpoint: 'down'}],
    ['pipeline', {pipeline: 'overlapped'}, {seconds: 'down', rate: 'up', memory: 'same', bound: 'same'}],
    ['stepTime', {stepTime: '100 us'}, {seconds: 'up', rate: 'down', memory: 'same'}],
    ['stepFloor', {stepFloor: '500 ms'}, {seconds: 'up', rate: 'down', memory: 'same'}],
    ['degreesOfFreedom', {degreesOfFreedom: 100}, {seconds: 'up', memory: 'up', bound: 'same'}],
    ['substeps', {substeps: 10}, {seconds: 'up', memory: 'same'}],
    ['contacts', {contacts: 'none'}, {seconds: 'down', memory: 'same'}],
    ['observations', {observations: 3000}, {seconds: 'up', memory: 'up', bound: 'up', checkpoint: 'up'}],
    ['actions', {actions: 300}, {seconds: 'up', memory: 'up', bound: 'up', checkpoint: 'up'}],
    ['hidden', {hidden: [2048, 2048]}, {seconds: 'up', memory: 'up', bound: 'up', checkpoint: 'up'}],
    ['parameters', {parameters: '50M'}, {seconds: 'up', memory: 'up', bound: 'up', checkpoint: 'up', link: 'up'}],
    ['horizon', {horizon: 96}, {seconds: 'down', memory: 'up', bound: 'same', link: 'down'}],
    ['epochs', {epochs: 20}, {seconds: 'up', memory: 'same', bound: 'up', link: 'up'}],
    ['minibatches', {minibatches: 64}, {seconds: 'up', memory: 'down', bound: 'same', link: 'up'}],
    ['precision', {precision: 'bf16'}, {seconds: 'down', memory: 'same', bound: 'down'}],
    ['configuration.dp', {configuration: {dp: 1}}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'up', link: 'down'}],
  ])('on accelerators: %s', ([, changed, moves]) => {
    const hardware = on('l40s-48gb', 8)

    expect(moved(run(WALK, hardware), run({...WALK, ...changed}, hardware), moves)).toEqual(moves)
  })

  test.for<[string, Record<string, unknown>, Moves]>([
    ['camera', {camera: '200x200'}, {seconds: 'up', memory: 'up', bound: 'up'}],
    ['cameras', {cameras: 3}, {seconds: 'up', memory: 'up', bound: 'up'}],
  ])('with cameras: %s', ([, changed, moves]) => {
    const spec = {...WALK, environment: 'isaac-cartpole-camera', envs: 256}

    expect(moved(run(spec, on('l40s-48gb')), run({...spec, ...changed}, on('l40s-48gb')), moves)).toEqual(moves)
  })

  test.for<[string, Record<string, unknown>, Moves]>([
    ['engine', {engine: 'subprocess'}, {seconds: 'up', rate: 'down'}],
    ['environment', {environment: 'mujoco-ant', simulator: 'cpu', task: 'simulate'}, {rate: 'up', memory: 'down'}],
    ['cores', {cores: 4}, {seconds: 'up', rate: 'down', memory: 'down'}],
    ['envs', {envs: 4}, {seconds: 'up', rate: 'down', memory: 'down'}],
    ['stepTime', {stepTime: '5 ms'}, {seconds: 'up', rate: 'down', memory: 'same'}],
    ['task', {task: 'simulate'}, {seconds: 'down', rate: 'up', memory: 'down'}],
    ['configuration.runtime', {configuration: {runtime: 'gymnasium'}}, {seconds: 'up', rate: 'down'}],
  ])('on cores: %s', ([, changed, moves]) => {
    const hardware = withHost(on('rtx-4090-24gb'), 32)

    expect(moved(run(ATARI, hardware), run({...ATARI, ...changed}, hardware), moves)).toEqual(moves)
  })

  test('simulator: thousands at once on the accelerator, or as many as there are threads', () => {
    const ant = {...WALK, environment: 'mujoco-ant'}
    const hardware = withHost(on('rtx-4090-24gb'), 32)

    expect(moved(run({...ant, simulator: 'cpu'}, hardware), run({...ant, simulator: 'gpu'}, hardware), {rate: 'up', memory: 'up'})).toEqual({rate: 'up', memory: 'up'})
  })

  test('what the hardware has: bandwidth, matmuls, ray tracing, cores and their clock', () => {
    const plain = on('rtx-4090-24gb')
    const seconds = (hardware: Hardware, spec: Record<string, unknown> = {...WALK, envs: 16_384}): number => run(spec, hardware).workSeconds!.p50
    const {accelerator} = plain

    expect(seconds({...plain, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond * 2}})).toBeLessThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, peakFlops: {...accelerator.peakFlops, fp32: 10e12}}})).toBeGreaterThan(seconds(plain))
    expect(seconds(withHost(plain, 64), ATARI)).toBeLessThan(seconds(withHost(plain, 16), ATARI))
    expect(seconds(on('l40-48gb'), WALK)).toBeGreaterThan(seconds(plain, WALK))
  })

  test('cores are shared by the accelerators of a machine', () => {
    const [one, four] = [1, 4].map(dp => run({...ATARI, task: 'simulate', configuration: {dp}}, withHost(on('l40s-48gb', 4), 64)).throughput.value!.p50) as [number, number]

    expect(four / one).toBeGreaterThan(0.9)
    expect(four / one).toBeLessThan(1.3)
  })
})

test('an environment of one’s own is assumed, wide, and says so', () => {
  const {basis, workSeconds, notes} = run(OWN, on('rtx-4090-24gb'))

  expect(basis).toBe('assumed')
  expect(workSeconds!.p90 / workSeconds!.p10).toBeGreaterThan(3)
  expect(notes).toContainEqual(expect.stringContaining('Nobody measured such an environment'))
})

test('what binds is named, with its share', () => {
  expect(run(WALK, on('rtx-4090-24gb')).notes[0]).toMatch(/^The simulator binds: \d+ % of the time/)
  expect(run({...WALK, parameters: '500M'}, on('rtx-4090-24gb'))).toMatchObject({bottleneck: 'compute', notes: [expect.stringMatching(/^Learning binds: 9\d %/)]})
  expect(run({...ATARI, engine: 'for-loop', cores: 8}, on('rtx-4090-24gb'))).toMatchObject({bottleneck: 'host'})
  expect(run({...WALK, environment: 'isaac-cartpole', envs: 64}, on('l40-48gb')).notes[0]).toContain('launches: more environments cost little')
})

test('laws: ordered intervals, never below the roofline or the bound, the parts are the whole, shares within 0 and 1', () => {
  const ids = ENVIRONMENTS.map(({id}) => id)
  fc.assert(
    fc.property(fc.constantFrom(...ids), fc.integer({min: 1, max: 20_000}), fc.integer({min: 1000, max: 1e9}), fc.constantFrom('train', 'rollout', 'simulate'), fc.constantFrom('serial', 'overlapped'), fc.constantFrom(1, 2, 8), fc.constantFrom('l40s-48gb', 'h100-sxm-80gb', 'rtx-4090-24gb'), (environment, envs, steps, task, pipeline, dp, accelerator) => {
      const spec = {kind: 'reinforcement-learning', environment, envs, steps, task, pipeline, configuration: {dp}}
      const hardware = withHost(on(accelerator, 8), 64, 4096)
      const demand = reinforcementLearning.demand(reinforcementLearning.spec.parse(spec), facts)
      if (reinforcementLearning.configurations(demand, hardware, facts).length === 0) return
      const {workSeconds, rooflineSeconds, operators, memory, throughput, load} = run(spec, hardware)
      expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
      expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
      expect(workSeconds!.p50).toBeGreaterThanOrEqual(reinforcementLearning.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
      expect((operators.reduce((sum, operator) => sum + operator.seconds, 0) * steps) / envs / dp / workSeconds!.p50).toBeCloseTo(1, 6)
      expect(memory.lines.reduce((sum, line) => sum + line.gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
      expect(memory.neededGib.p10 <= memory.neededGib.p50 && memory.neededGib.p50 <= memory.neededGib.p90).toBe(true)
      expect((throughput.value!.p50 * workSeconds!.p50) / steps).toBeCloseTo(1, 9)
      for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare, load.work!.activeShare, load.work!.flopsShare, load.work!.bytesShare]) expect(share >= 0 && share <= 1).toBe(true)
    }),
    {numRuns: 150, seed: 5},
  )
})

describe('what was published', () => {
  test('without any calibration the starts come within a factor of two of well-known rates', () => {
    const bare = {...facts, calibration: createCalibration([])}
    // Isaac Lab's own table, RTX 4090: G1 on rough ground 82,000 steps/s with learning, cartpole 510,000.
    for (const [environment, published] of [['isaac-g1-rough', 82_000], ['isaac-cartpole', 510_000]] as const) {
      const {value} = run({...WALK, environment}, on('rtx-4090-24gb'), undefined, bare).throughput
      expect(value!.p50 / published).toBeGreaterThan(0.5)
      expect(value!.p50 / published).toBeLessThan(2)
    }
  })

  test('a setting is read, or said why not', () => {
    const accelerators = [...facts.snapshot.accelerators, ...facts.snapshot.devices]
    const setting = {kind: 'rl_train', model: 'Isaac Lab Velocity-Rough-G1', parametersBillion: undefined, phase: 'step+inference+train', framework: 'Isaac Lab (PhysX), RSL-RL PPO', accelerator: 'L40 48GB', accelerators: 16, nodes: 4, interconnect: '', precision: '', tp: undefined, pp: undefined, dp: undefined, ep: undefined, cp: undefined, microBatch: 4096, globalBatch: undefined, concurrency: undefined, inputTokens: undefined, outputTokens: undefined, sequenceLength: undefined, dataset: '', tokens: undefined, metric: 'env_steps_per_s', unit: 'steps/s', scope: 'system', notes: {}} as const
    const read = (changed: Record<string, unknown>) => readReinforcementLearningMeasurement({...setting, ...changed}, accelerators)

    expect(read({})).toMatchObject({status: 'case', case: {parts: 16, work: {envs: 4096, engine: 'isaac-lab', task: 'train'}, place: {severalNodes: true}}})
    expect(read({model: 'MuJoCo walker2d x1', framework: 'MJX-JAX', phase: 'simulate', microBatch: undefined, notes: {environments: 32_768}})).toMatchObject({case: {work: {envs: 2048, simulated: {substeps: 4}}}})
    expect(read({accelerator: 'CPU DGX-A100 256-thread EPYC 7742 x2', model: 'Atari Pong env stepping', framework: 'EnvPool benchmark: envpool-async', phase: 'simulate', metric: 'env_frames_per_s'})).toMatchObject({case: {framesPerStep: 4, work: {envs: 256}}})
    for (const changed of [{model: 'Isaac Lab Moonwalk'}, {framework: 'Gazebo'}, {phase: 'daydream'}, {microBatch: undefined}, {metric: 'fits'}, {accelerator: 'B-52'}]) expect(read(changed)).toMatchObject({status: 'unanswered'})
    expect([knowsDevices('CPU Threadripper 3995WX 64-core', accelerators), knowsDevices('B-52', accelerators)]).toEqual([true, false])
  })
})
