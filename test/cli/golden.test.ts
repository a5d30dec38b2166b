import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {planJsonSchema, PlanSchema, PlansSchema, UnrankedTarget} from '../../src/report/plan-schema.ts'
import {rigor, ROOT, type Outcome} from './rigor.ts'

/** The day of the bundled prices' reading, so that nothing here depends on today. */
const env = {RIGOR_AS_OF: '2026-11-21', NO_COLOR: '1'}
const EXAMPLES = ['chat-70b', 'chat-671b-moe', 'qlora-70b', 'finetune-8b', 'pretrain-7b', 'nightly-simulation', 'cfd-drone', 'train-detector', 'embed-archive', 'analytics-2tb', 'gradient-boosting', 'product-images', 'video-clips', 'protein-dynamics', 'gaming-4k', 'digital-twin', 'robot-walking', 'speech-archive', 'style-lora']

const folder = await mkdtemp(path.join(tmpdir(), 'rigor-plan-'))
afterAll(() => rm(folder, {recursive: true}))

const inColumns = (args: readonly string[], columns: number, stdin?: string): Promise<Outcome> => rigor(args, {env: {...env, COLUMNS: String(columns)}, ...(stdin === undefined ? {} : {stdin})})
const widest = (text: string): number => Math.max(...text.split('\n').map(line => [...line].length))

describe('plans of the examples', () => {
  for (const example of EXAMPLES) {
    test.for([80, 120])(`${example} at %d columns`, async columns => {
      const {code, stdout, stderr} = await inColumns(['plan', `examples/${example}.yaml`], columns)

      expect({code, stderr, fits: widest(stdout) <= columns}).toEqual({code: 0, stderr: '', fits: true})
      await expect(stdout).toMatchFileSnapshot(`golden/plan-${example}-${columns}.txt`)
    })
  }

  test('are the same from stdin, and whatever the time zone, the locale and the home', async () => {
    const text = await readFile(path.join(ROOT, 'examples/chat-70b.yaml'), 'utf8')
    const here = await rigor(['plan', 'examples/chat-70b.yaml', '--json'], {env})

    const there = await rigor(['plan', '-', '--json'], {cwd: folder, stdin: text, env: {...env, TZ: 'Asia/Kolkata', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', HOME: folder}})

    expect(there).toEqual(here)
  })
})

describe('estimates', () => {
  test.for<[example: string, flags: string[], name?: string]>([
    ['chat-70b', ['--on', 'rig:h100x10-pcie', '--on', 'lambda:gpu_8x_h100_sxm5']],
    ['finetune-8b', ['--on', 'h100-sxm-80gb:8', '--explain']],
    ['qlora-70b', ['--on', 'aws:p5.48xlarge', '--explain']],
    ['nightly-simulation', ['--on', 'rig:workstation-rtx4090', '--on', 'gcp:a3-highgpu-8g@us-central1']],
    ['chat-70b', ['--on', 'h100-sxm-80gb:4', '--explain'], 'chat-70b-explained'],
    ['pretrain-7b', ['--on', 'h100-sxm-80gb:8:x2', '--explain']],
    ['mig-small-jobs', ['--on', 'rig:h100x10-pcie', '--on', 'aws:p4d.24xlarge', '--on', 'rig:workstation-rtx4090']],
    ['product-images', ['--on', 'rig:h100x10-pcie', '--on', 'rtx-4090-24gb', '--explain']],
    ['video-clips', ['--on', 'h100-sxm-80gb:8', '--on', 'lambda:gpu_8x_b200_sxm6', '--explain']],
    ['analytics-2tb', ['--on', 'rig:laptop-rtx4090', '--on', 'aws:c7a.8xlarge', '--on', 'aws:g6.xlarge', '--explain']],
    ['gradient-boosting', ['--on', 'rig:laptop-rtx4090', '--on', 'aws:c7a.8xlarge', '--on', 'aws:g6.xlarge', '--explain']],
    ['medical-segmentation', ['--on', 'a100-sxm-80gb:8', '--on', 'rig:workstation-rtx4090', '--explain']],
    ['train-detector', ['--on', 'aws:p4d.24xlarge', '--explain']],
    ['robot-walking', ['--on', 'rig:workstation-rtx4090', '--on', 'l40s-48gb:4', '--explain']],
    ['cfd-drone', ['--on', 'rig:h100x10-pcie', '--on', 'rtx-3060-12gb', '--on', 'mi250-1gcd-64gb', '--explain']],
    ['protein-dynamics', ['--on', 'rig:h100x10-pcie', '--on', 'rtx-4090-24gb', '--on', 'cpu-epyc-9654:2', '--explain']],
  ])('%s %j', async ([example, flags, name = example]) => {
    const {code, stdout, stderr} = await inColumns(['estimate', `examples/${example}.yaml`, ...flags], 100)

    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    await expect(stdout).toMatchFileSnapshot(`golden/estimate-${name}.txt`)
  })
})

describe('rigs', () => {
  test.for<[string, string[], number]>([
    ['list-80', ['list'], 80], ['show-dgx', ['show', 'dgx-h100'], 80], ['power-80', ['power', 'h100x10-pcie'], 80], ['power-dgx-120', ['power', 'dgx-h100'], 120],
    ['power-chat', ['power', 'h100x10-pcie', '--workload', 'examples/chat-70b.yaml'], 100],
    ['tco-80', ['tco', 'h100x10-pcie'], 80], ['tco-dgx-120', ['tco', 'dgx-h100', '--use', '80%', '--months', '36', '--limit', '6'], 120],
    ['limits-finetune-80', ['power', 'h100x10-pcie', '--workload', 'examples/finetune-8b.yaml', '--limits'], 80],
    ['limits-desktop-80', ['power', 'workstation-rtx4090', '--kind', 'llm-inference', '--model', 'Llama-3.1-8B', '--set', 'traffic.concurrency=4', '--limits'], 80],
    ['limits-laptop-120', ['power', 'laptop-rtx4090', '--kind', 'llm-finetune', '--model', 'Llama-3.1-8B', '--set', 'method=qlora', '--set', 'tokens=10M', '--limits', '--currency', 'EUR'], 120],
  ])('rig %s', async ([name, args, columns]) => {
    const {code, stdout, stderr} = await inColumns(['rig', ...args], columns)

    expect({code, stderr, fits: widest(stdout) <= columns}).toEqual({code: 0, stderr: '', fits: true})
    await expect(stdout).toMatchFileSnapshot(`golden/rig-${name}.txt`)
  })

  test('a described site is judged, circuit by circuit', async () => {
    await writeFile(path.join(folder, 'rigor.yaml'), `rigs:
  lab:
    extends: dgx-h100
    site: {kind: office, circuits: [{volts: 400, phases: 3, amps: 32, count: 1, socket: industrial}, {volts: 230, phases: 1, amps: 16, count: 2, socket: household}], cooling: {cop: 3, capacity: 6 kW}, ups: {kind: double-conversion, rated: 9 kW, batteryWattHours: 1500}, noiseLimitDba: 60, tariff: {energy: 0.28 EUR/kWh, windows: [{days: mon-fri, from: "22:00", to: "06:00", energy: 0.19 EUR/kWh}], demand: {perKwMonth: 9 EUR, headroom: 1 kW}}}
`)
    const {code, stdout, stderr} = await rigor(['rig', 'power'], {cwd: folder, env: {...env, COLUMNS: '100'}})

    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    await expect(stdout).toMatchFileSnapshot('golden/rig-power-described.txt')

    const tuning = await rigor(['rig', 'power', '--workload', path.join(ROOT, 'examples/finetune-8b.yaml')], {cwd: folder, env: {...env, COLUMNS: '100'}})
    expect(tuning.stdout).toMatch(/^Start +Monday 22:00: .* cheaper than at any hour/m)
  })

  test('the same as JSON, with the watts that DESIGN names', async () => {
    const {stdout} = await rigor(['rig', 'power', 'dgx-h100', '--json'], {env})
    const power = JSON.parse(stdout) as Record<string, unknown>

    expect(power).toMatchObject({schema: 'rigor.rig-power/1', rig: 'dgx-h100', verdict: 'with-changes', nameplateWatts: 10_200, circuits: null})
    for (const key of ['idleWatts', 'expectedWatts', 'peakWatts']) expect(power[key]).toBeGreaterThan(1000)
  })

  test('power limits as JSON: every limit, and the best of them', async () => {
    const {code, stdout} = await rigor(['rig', 'power', 'h100x10-pcie', '--workload', 'examples/finetune-8b.yaml', '--limits', '--json'], {env})
    const {limits, best, ...rest} = JSON.parse(stdout) as {limits: Record<string, unknown>[]; best: Record<string, unknown>}

    expect({code, ...rest}).toMatchObject({code: 0, schema: 'rigor.rig-limits/1', rig: 'h100x10-pcie', target: 'rig:h100x10-pcie', unit: '1M tokens', owned: true})
    expect(limits[0]).toMatchObject({limitWatts: 350, limitShare: 1, clockShare: 1, speedShare: {p10: 1, p50: 1, p90: 1}, missesGoal: false})
    for (const each of ['energy', 'marginalCost', 'fullCost']) expect(limits).toContainEqual(best[each])
  })

  test.for([
    [['power', 'h100x10-pcie', '--limits'], 'MISSING_WORKLOAD', '--workload examples/finetune-8b.yaml'],
    [['power', 'workstation-rtx4090', '--workload', 'examples/finetune-8b.yaml', '--limits'], 'UNKNOWN_POWER', 'qlora'],
    [['power', 'dgx-h10'], 'UNKNOWN_RIG', '"dgx-h100"'], [['show', 'nothing-of-the-sort'], 'UNKNOWN_RIG', 'All of them'],
    [['power', 'laptop-rtx4090', '--workload', 'examples/chat-671b-moe.yaml'], 'UNKNOWN_POWER', ''],
  ] as const)('rig %j is told as %s', async ([args, code, hint]) => {
    const outcome = await rigor(['rig', ...args], {env})

    expect([outcome.code, outcome.stdout]).toEqual([2, ''])
    expect(outcome.stderr).toContain(`Code: ${code}`)
    expect(outcome.stderr).toContain(hint)
  })
})

describe('break-even', () => {
  const pinned = path.join(folder, 'breakeven')

  test.for<[string, string[], number]>([
    ['chat-80', ['examples/chat-70b.yaml', '--rig', 'dgx-h100', '--months', '36'], 80], ['finetune-120', ['examples/finetune-8b.yaml', '--use', '60%'], 120],
  ])('%s', async ([name, args, columns]) => {
    const {code, stdout, stderr} = await inColumns(['breakeven', ...args], columns)

    expect({code, stderr, fits: widest(stdout) <= columns}).toEqual({code: 0, stderr: '', fits: true})
    await expect(stdout).toMatchFileSnapshot(`golden/breakeven-${name}.txt`)
  })

  test('as JSON, with the odds of every way to rent, and as a picture', async () => {
    await mkdir(pinned, {recursive: true})
    const file = path.join(pinned, 'chat.svg')
    const {code, stdout} = await rigor(['breakeven', 'examples/chat-70b.yaml', '--rig', 'dgx-h100', '--json', '--limit', '5', '--plot', file], {env})
    const answer = JSON.parse(stdout) as {rentals: {probabilityRigWins: number | null}[]; plot: {points: unknown[]}[]; odds: {probability: number; tornado: unknown[]}}

    expect(code).toBe(0)
    expect(answer).toMatchObject({schema: 'rigor.breakeven/1', rig: 'dgx-h100', owned: false, unit: 'hour of service', units: 730, action: 'rent'})
    expect(answer.rentals).toHaveLength(5)
    expect(answer.odds.tornado).toHaveLength(8)
    expect(answer.plot[0]?.points).toHaveLength(61)
    expect(await readFile(file, 'utf8')).toMatch(/^<svg [\s\S]*hours of the rig a month[\s\S]*<\/svg>\n$/)
  })

  test('a mix of workloads is one, a month of it', async () => {
    const mix = `- {kind: llm-inference, name: chat, model: Llama-3.1-8B, traffic: {inputTokens: 800, outputTokens: 200, concurrency: 20}, schedule: {hoursPerMonth: 200}}
- {kind: llm-finetune, name: tune, model: Llama-3.1-8B, method: lora, tokens: 50M, sequenceLength: 2048, globalBatch: 32, schedule: {runsPerMonth: 8}}
`
    const {code, stdout} = await rigor(['breakeven', '-', '--json'], {env, stdin: mix})
    const answer = JSON.parse(stdout) as {unit: string; utilisationShare: number; rentals: {id: string}[]}

    expect(code).toBe(0)
    expect(answer).toMatchObject({unit: 'month of the mix', units: 1})
    expect(answer.utilisationShare).toBeGreaterThan(200 / 730)
    expect(answer.rentals.map(({id}) => id)).toContain('the cheapest of each')
  })

  test.for([
    [['examples/chat-70b.yaml', '--use', '0'], 'BAD_FLAG', 'more than 0'], [['examples/chat-70b.yaml', '--mix', 'examples/chat-70b.yaml'], 'BAD_FLAG', 'Give one of them'],
    [['examples/chat-70b.yaml', '--rig', 'dgx-h10'], 'UNKNOWN_RIG', '"dgx-h100"'], [['examples/chat-70b.yaml', '--plot', '/nowhere/at/all.svg'], 'FILE_NOT_FOUND', 'Make the folder first'],
  ] as const)('%j is told as %s', async ([args, code, hint]) => {
    const outcome = await rigor(['breakeven', ...args], {env})

    expect([outcome.code, outcome.stdout]).toEqual([2, ''])
    expect(outcome.stderr).toContain(`Code: ${code}`)
    expect(outcome.stderr).toContain(hint)
  })
})

describe('mistakes', () => {
  test.for<[string, string]>([
    ['unknown-model', 'kind: llm-inference\nmodel: Lama-3.1-70B\ntraffic: {concurrency: 50}\n'],
    ['wrong-unit', 'kind: llm-finetune\nmodel: Llama-3.1-8B\ntokens: 5M\nconstraints:\n  deadline: 5 GB\n'],
    ['no-unit', 'kind: llm-finetune\nmodel: Llama-3.1-8B\ntokens: 5M\nconstraints:\n  deadline: 5\n'],
    ['unknown-field', 'kind: llm-inference\nmodel: Llama-3.1-70B\ntraffic:\n  concurency: 50\n'],
    ['unknown-kind', 'kind: llm-inferrence\nmodel: Llama-3.1-70B\n'],
    ['bad-yaml', 'kind: llm-inference\nmodel: Llama-3.1-70B\ntraffic:\n  inputTokens: 800\n   outputTokens: 200\n'],
    ['twice-the-same-key', 'kind: llm-inference\nmodel: a\nmodel: b\n'],
    ['unknown-provider', 'kind: llm-inference\nmodel: Llama-3.1-70B\ntraffic: {concurrency: 50}\nconstraints: {providers: [awss, gcp]}\n'],
    ['ambiguous-accelerator', 'kind: llm-inference\nmodel: Llama-3.1-70B\ntraffic: {concurrency: 50}\nconstraints: {accelerators: h100}\n'],
    ['bad-objective', 'kind: llm-inference\nmodel: Llama-3.1-70B\ntraffic: {concurrency: 50}\nobjective: cost + duration\n'],
    ['contradiction', 'kind: llm-inference\nmodel: Llama-3.1-70B\ntraffic: {concurrency: 50}\nprecision: fp8\nconfiguration: {precision: bf16}\n'],
  ])('%s: exit 2, the place, the cause and the next step', async ([name, text]) => {
    const file = `${name}.yaml`
    await writeFile(path.join(folder, file), text)

    const {code, stdout, stderr} = await rigor(['plan', file], {cwd: folder, env: {...env, COLUMNS: '100'}})
    const json = await rigor(['plan', file, '--json'], {cwd: folder, env})

    expect({code, stdout}).toEqual({code: 2, stdout: ''})
    expect(stderr).toMatch(/^Error: .+\nCode: [A-Z_]+\nTry this: .+/s)
    await expect(stderr).toMatchFileSnapshot(`golden/error-${name}.txt`)
    expect(json.code).toBe(2)
    expect(JSON.parse(json.stdout)).toEqual({error: {code: expect.stringMatching(/^[A-Z_]+$/) as string, message: expect.any(String) as string, hint: expect.any(String) as string}})
  })
})

describe('nothing feasible', () => {
  test('exit 3 with the nearest miss, and the whole document under --json', async () => {
    const args = ['plan', 'examples/qlora-70b.yaml', '--set', 'constraints.deadline=30 min', '--set', 'constraints.budget=2 USD']

    const {code, stdout, stderr} = await inColumns(args, 100)
    const json = await rigor([...args, '--json'], {env})

    expect({code, stderr}).toEqual({code: 3, stderr: ''})
    expect(stdout).toMatch(/^Nothing feasible\. Nearest: raise the budget to [\d,]+ USD/)
    await expect(stdout).toMatchFileSnapshot('golden/nothing-feasible.txt')
    expect(json.code).toBe(3)
    expect(PlanSchema.parse(JSON.parse(json.stdout)).targets).toEqual([])
  })

  test('with several workloads the worst counts', async () => {
    const file = path.join(folder, 'two.yaml')
    await writeFile(file, 'workloads:\n  - {kind: llm-finetune, model: Llama-3.1-8B, tokens: 5M}\n  - {kind: llm-finetune, model: Llama-3.1-8B, tokens: 5M, constraints: {deadline: 1 s}}\n')

    const {code, stdout} = await rigor(['plan', file, '--json', '--limit', '2'], {env})

    const {plans} = PlansSchema.parse(JSON.parse(stdout))
    expect(code).toBe(3)
    expect(plans.map(plan => plan.targets.length > 0)).toEqual([true, false])
  })
})

describe('the JSON document', () => {
  test.for(EXAMPLES)('of %s is what its schema says', async example => {
    const {code, stdout, stderr} = await rigor(['plan', `examples/${example}.yaml`, '--json'], {env})

    const document: unknown = JSON.parse(stdout)
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    const plan = PlanSchema.parse(document)
    // Nothing is added, and nothing dropped.
    expect(plan).toEqual(document)
    expect(Object.keys(document as object).slice(0, 1)).toEqual(['schema'])
    expect(plan.targets.length).toBe(plan.feasible)
    expect(stdout).not.toContain(ROOT)
  })

  test('its keys are those that programs rely on, in that order', async () => {
    const {stdout} = await rigor(['plan', 'examples/chat-70b.yaml', '--json', '--limit', '1'], {env})
    const {targets} = JSON.parse(stdout) as {targets: Record<string, unknown>[]}

    expect(Object.keys(targets[0] ?? {}).filter(key => key !== 'operators')).toEqual([
      'rank', 'id', 'provider', 'service', 'instanceType', 'region', 'zone', 'otherRegions', 'purchase', 'nodes', 'accelerator', 'accelerators', 'acceleratorsBilled', 'eligible', 'ineligibleReason',
      'configuration', 'throughput', 'capacity', 'durationHours', 'workHours', 'latency', 'memoryGib', 'powerWatts', 'energyKwh', 'carbonKg', 'cost', 'availability', 'confidence', 'bottleneck', 'tradeoffs', 'why', 'warnings', 'rig',
    ])
  })

  test('an explanation is there only where it was asked for', async () => {
    const args = ['estimate', 'examples/chat-70b.yaml', '--on', 'h100-sxm-80gb:8', '--on', 'rig:laptop-rtx4090', '--json']
    const plain = await rigor(args, {env})

    const {code, stdout, stderr} = await rigor([...args, '--explain'], {env})

    const document = PlanSchema.parse(JSON.parse(stdout))
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(Object.keys(document.targets[0]?.explanation ?? {})).toEqual(['budget', 'limit', 'nearest', 'knownError'])
    for (const {operators} of document.targets[0]?.explanation?.budget ?? []) expect(operators.reduce((sum, {share}) => sum + share, 0)).toBeCloseTo(1, 4)
    for (const target of document.targets) delete target.explanation
    for (const {estimate} of document.rejected) delete estimate?.explanation
    expect(document).toEqual(JSON.parse(plain.stdout))
  })

  test('estimates and batch lines have the same shape', async () => {
    const estimated = await rigor(['estimate', 'examples/chat-70b.yaml', '--on', 'h100-sxm-80gb:8', '--on', 'rig:laptop-rtx4090', '--json'], {env})
    const lines = await rigor(['estimate', '--batch', '-'], {
      env,
      stdin: [
        {id: 1, workload: {kind: 'llm-finetune', model: 'Llama-3.1-8B', tokens: '5M'}, on: 'lambda:gpu_1x_h100_pcie'},
        {id: 'two', workload: {kind: 'llm-finetune', model: 'Llama-3.1-405B', method: 'full', tokens: '5M'}, on: 'a10-24gb', configuration: {offload: 'none'}},
        {id: null, workload: {kind: 'llm-finetune', model: 'no such model', tokens: '5M'}, on: 'a10-24gb'},
      ].map(line => JSON.stringify(line)).join('\n'),
    })

    const document = PlanSchema.parse(JSON.parse(estimated.stdout))
    expect(document.targets[0]?.cost).toMatchObject({usd: null, lines: [], notCosted: [{item: 'compute'}]})
    const answers = lines.stdout.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines.code).toBe(0)
    expect(answers.map(answer => Object.keys(answer))).toEqual([['id', 'estimate'], ['id', 'refused'], ['id', 'error']])
    expect(UnrankedTarget.safeParse(answers[0]?.['estimate']).error).toBeUndefined()
    expect(answers[1]?.['refused']).toMatchObject({reason: 'memory'})
    expect(answers[2]?.['error']).toMatchObject({code: 'UNKNOWN_MODEL'})
  })

  test('a batch that cannot be read is an error; a broken line breaks only itself', async () => {
    const missing = await rigor(['estimate', '--batch', path.join(folder, 'none.jsonl')], {env})
    const directory = await rigor(['estimate', '--batch', folder], {env})
    const lines = await rigor(['estimate', '--batch', '-'], {env, stdin: '{"id":1}\nnonsense\n[]\n\n{"id":2,"workload":{"kind":"generic","flops":1e20},"on":"h100-sxm-80gb","extra":1}\n{"id":3,"workload":{"kind":"generic","flops":1e20,"constraints":{"deadline":"1 s"}},"on":"lambda:gpu_8x_h100_sxm5"}\n'})

    expect([missing.code, directory.code]).toEqual([2, 2])
    expect([missing.stderr, directory.stderr]).toEqual([expect.stringContaining('FILE_NOT_FOUND'), expect.stringContaining('NOT_A_FILE')])
    expect({code: lines.code, stderr: lines.stderr}).toEqual({code: 0, stderr: ''})
    expect(lines.stdout.trim().split('\n').map(line => JSON.parse(line) as unknown)).toMatchObject([
      {id: 1, error: {code: 'BAD_LINE'}}, {id: null, error: {code: 'BAD_JSON'}}, {id: null, error: {code: 'BAD_LINE'}}, {id: 2, error: {code: 'BAD_LINE'}}, {id: 3, refused: {reason: 'deadline'}},
    ])
  })

  test('a plan file holds the document, until when it holds, and its digest', async () => {
    const file = path.join(folder, 'plan.json')

    const {code} = await rigor(['plan', 'examples/qlora-70b.yaml', '-o', file, '--limit', '3'], {env})

    const written = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    expect(code).toBe(0)
    expect(written).toMatchObject({schema: 'rigor.planfile/1', expiresAt: '2026-11-28', digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string})
    expect(PlanSchema.safeParse(written['plan']).error).toBeUndefined()
  })

  test('its schema can be handed to other programs', () => {
    const schema = planJsonSchema()

    expect(schema).toMatchObject({title: 'rigor.plan/1', type: 'object', additionalProperties: false})
    expect(JSON.stringify(schema)).toContain('"ineligibleReason"')
  })
})
