import {expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {planWorkload} from '../../src/planner/plan.ts'
import {renderPlan} from '../../src/report/table.ts'
import {planJson} from '../../src/report/json.ts'
import {kinds} from '../../src/workload/index.ts'
import {sessionInput} from '../../src/workspace.ts'
import {faultsOf, tooFast} from '../planner/sound.ts'
import {examples, read, restricted, rigNamed, TODAY, workspace} from '../planner/world.ts'
import {createRandom, mutate, type Mapping} from './mutate.ts'

const SPECS = 10_000
const SEED = 20_261_121

/** A small world with everything in it: a rig, on-demand, spot, committed, managed, marketplace and TPU. */
const world = workspace(
  restricted({
    machines: ({provider, instanceType}) =>
      ['aws/p5.48xlarge', 'gcp/tpu-v5litepod-16', 'lambda/gpu_1x_a10', 'vast/H100 80GB', 'paperspace/A100-80G'].includes(`${provider}/${instanceType}`),
    offers: ({region}) => !/^(?:ap|sa|me|af|ca|il|mx)-/.test(region),
  }),
  {rigs: [rigNamed('h100x10-pcie')]},
)

const bases: readonly Mapping[] = [...Object.values(examples), ...kinds.map(kind => kind.example)]

test(`${SPECS.toLocaleString('en')} mutated specs are planned soundly or refused in words`, {timeout: 180_000}, async () => {
  const random = createRandom(SEED)
  const outcomes = {planned: 0, nothing: 0, refused: 0}
  const faults: string[] = []
  for (let index = 0; index < SPECS && faults.length < 20; index++) {
    const spec = mutate(bases[index % bases.length] ?? {}, random)
    try {
      const workload = read(spec)
      const input = await sessionInput(world, workload)
      const document = planWorkload(input)
      outcomes[document.targets.length > 0 ? 'planned' : 'nothing'] += 1
      const found = [...faultsOf(document), ...(await tooFast(document, world, input.workload))]
      if (found.length > 0) faults.push(`${JSON.stringify(spec)}\n  ${found.slice(0, 3).join('\n  ')}`)
      if (index % 50 === 0) {
        planJson(document)
        renderPlan(document, {width: 80, color: false, today: TODAY, limit: 10, allRegions: false, have: [], verbose: true, workloadArgument: undefined})
      }
    } catch (error) {
      outcomes.refused += 1
      if (!(error instanceof RigorError)) faults.push(`${JSON.stringify(spec)}\n  ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join('\n  ') : String(error)}`)
      else if (error.exit !== 2 || error.message === '') faults.push(`${JSON.stringify(spec)}\n  exit ${error.exit}: ${error.message}`)
    }
  }

  expect(faults.join('\n')).toBe('')
  expect(outcomes.planned + outcomes.nothing).toBeGreaterThan(SPECS / 2)
  expect(outcomes.planned).toBeGreaterThan(SPECS / 3)
})
