import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {resolveRigs} from '../../src/config/rigs.ts'
import {withDisplacedWork} from '../../src/displaced-work.ts'
import {loadConfig} from '../../src/store/config.ts'
import {createWorkspace, type Workspace} from '../../src/workspace.ts'
import {catalog, errorCode, estimate, examples, plan, restricted, rigNamed, TODAY, workspace, type Spec} from './world.ts'

const clouds = restricted({machines: ({instanceType}) => ['gpu_8x_h100_sxm5', 'p5.48xlarge', 'gpu_1x_a10'].includes(instanceType)})
const job: Spec = {...examples['finetune-8b'], schedule: 'once'}
const TUNE = '{name: tuning, kind: llm-finetune, model: Llama-3.1-8B, method: full, tokens: 500M, sequenceLength: 4096, globalBatch: 64}'
const tune: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'full', tokens: '500M', sequenceLength: 4096, globalBatch: 64, schedule: 'once'}
const chat: Spec = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 4}, schedule: 'always'}

/** As the commands do: a rigor.yaml in a folder with a file of work, the rigs resolved, and what they displace priced. */
async function opened(rigs: string, files: Readonly<Record<string, string>> = {}, snapshot = clouds): Promise<Workspace> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rigor-displaced-'))
  mkdirSync(path.join(folder, 'jobs'))
  writeFileSync(path.join(folder, 'rigor.yaml'), `rigs:\n  lab: ${rigs}\n`)
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  const loaded = loadConfig({cwd: folder, home: folder, environment: {}})
  const {rigs: taking, known, assumed} = resolveRigs(loaded.config.rigs, catalog, loaded.locate)
  const options = {asOf: TODAY, rigs: taking, rigsAssumed: assumed, have: [], prices: [], skills: undefined, allRegions: false, acceptStale: false}
  return withDisplacedWork(createWorkspace(snapshot, loaded, known, options))
}

const worthOf = ({options: {rigs: [rig]}}: Workspace): readonly [number | undefined, string | undefined] => [rig?.displacedUsdPerHour, rig?.displacedHow]
const free = workspace(clouds, {rigs: [rigNamed('h100x10-pcie')], rigsAssumed: false})


describe('work that a rig would do otherwise', () => {
  test('is worth what the cheapest cloud asks for it, over the accelerator-hours it takes here', async () => {
    const cloud = (await plan(tune, workspace(clouds, {rigs: []}))).targets.find(({eligible}) => eligible)!
    const here = (await plan({...tune, objective: 'time'}, free)).targets.find(({provider}) => provider === 'rig')!
    const [usd, how] = worthOf(await opened('{extends: h100x10-pcie, displaced: {workload: jobs/tune.yaml}}', {'jobs/tune.yaml': TUNE}))

    // USD ÷ (hours × accelerators at it) × the rig's ten.
    expect(usd).toBeCloseTo((cloud.cost.usd!.p50 / (here.durationHours!.p50 * here.accelerators)) * 10, 9)
    expect(how).toMatch(new RegExp(`^tuning: [\\d.]+ USD at ${cloud.id.replaceAll(/[.+]/g, String.raw`\$&`)}, [\\d.]+ \\w+ of ${here.accelerators} accelerators here$`))
  })

  test('costs that where the rig is used, with where the figure comes from', async () => {
    const world = await opened(`{extends: h100x10-pcie, displaced: {workload: ${TUNE}}}`)
    const [worth] = worthOf(world)
    const target = (await estimate(job, world, 'rig:lab')).targets[0]!
    const line = target.cost.lines.find(({item}) => item === 'displaced work')

    expect(line?.usd).toBeCloseTo((target.durationHours!.p50 * worth! * target.accelerators) / 10, 6)
    expect(line?.how).toContain('that the hours are worth otherwise (tuning: ')
    expect((await plan(job, world)).answer).toContain('of power, wear and displaced work')
  })

  test('that is a service is held against its month', async () => {
    const cloud = (await plan(chat, workspace(clouds, {rigs: []}))).targets.find(({eligible}) => eligible)!
    const here = (await plan({...chat, objective: 'time'}, free)).targets.find(({provider}) => provider === 'rig')!
    const [usd] = worthOf(await opened(`{extends: h100x10-pcie, displaced: {workload: ${JSON.stringify(chat)}}}`))

    expect(usd).toBeCloseTo((cloud.cost.usd!.p50 / (730 * here.accelerators)) * 10, 9)
  })

  test('is priced where it may run and by cost, whatever its own objective, accounts and rigs are', async () => {
    const [plain] = worthOf(await opened(`{extends: h100x10-pcie, displaced: {workload: ${TUNE}}}`))
    const [fast] = worthOf(await opened(`{extends: h100x10-pcie, displaced: {workload: ${TUNE.replace('}', ', objective: time}')}}}`))
    const [dear] = worthOf(await opened(`{extends: h100x10-pcie, displaced: {workload: ${TUNE.replace('}', ', constraints: {providers: [aws]}}')}}}`))

    expect(fast).toBe(plain)
    expect(dear).toBeGreaterThan(plain!)
  })

  test('does not ask for itself: the wait for the rig and its own worth leave it as it is', async () => {
    const [plain] = worthOf(await opened(`{extends: h100x10-pcie, displaced: {workload: ${TUNE}}}`))
    const [busy] = worthOf(await opened(`{extends: h100x10-pcie, freeIn: 48h, waitingCost: 100 USD/h, displaced: {workload: ${TUNE.replace('}', ', reference: {on: "rig:lab", throughput: 60000 tokens/s}}')}}}`))

    // The reference on the very rig makes it another estimate, not an endless one.
    expect(busy).toBeGreaterThan(0)
    expect(worthOf(await opened(`{extends: h100x10-pcie, freeIn: 48h, waitingCost: 100 USD/h, displaced: {workload: ${TUNE}}}`))[0]).toBe(plain)
  })

  test('that no cloud does, or that does not run here, gives the hours no price, and says so', async () => {
    const nowhere = await opened(`{extends: h100x10-pcie, displaced: {workload: ${TUNE.replace('}', ', constraints: {purchase: [owned]}}')}}}`)
    const elsewhere = await opened('{extends: laptop-rtx4090, displaced: {workload: jobs/tune.yaml}}', {'jobs/tune.yaml': TUNE})

    expect(worthOf(nowhere)).toEqual([undefined, 'no cloud that may win does tuning, so it gives these hours no price'])
    expect(worthOf(elsewhere)).toEqual([undefined, 'tuning does not run on this rig, so it is not displaced'])
    expect((await estimate(job, nowhere, 'rig:lab')).targets[0]?.cost.notCosted).toContainEqual({item: 'displaced work', reason: 'no cloud that may win does tuning, so it gives these hours no price', usd: null})
  })

  test('has to be one workload, and a readable one', async () => {
    const two = {'jobs/two.yaml': `workloads: [${TUNE}, ${TUNE.replace('tuning', 'other')}]`}

    expect(await errorCode(opened('{extends: h100x10-pcie, displaced: {workload: jobs/two.yaml}}', two))).toBe('SEVERAL_WORKLOADS')
    expect(await errorCode(opened('{extends: h100x10-pcie, displaced: {workload: jobs/none.yaml}}'))).toBe('FILE_NOT_FOUND')
    expect(await errorCode(opened('{extends: h100x10-pcie, displaced: {workload: {kind: llm-finetune}}}'))).toBe('MISSING_FIELD')
    expect(await errorCode(opened('{extends: h100x10-pcie, displaced: {work: jobs/tune.yaml}}'))).toBe('UNKNOWN_FIELD')
  })
})
