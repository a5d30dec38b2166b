import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {applySettings, kindJsonSchema, parseSetting, readWorkloads, workloadFromFlags} from '../../src/workload/read.ts'
import {sampleKinds as kinds} from './sample-kind.ts'

const read = (text: string, file = 'job.yaml') => readWorkloads(text, {file, kinds})

function failure(act: () => unknown): RigorError {
  try {
    act()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const CHAT = 'kind: llm-sample\nmodel: Llama-3.1-70B\ntraffic: {inputTokens: 800, outputTokens: 2k}\n'

describe('a file with workloads', () => {
  test('is read from YAML', () => {
    const [workload] = read(`${CHAT}constraints:\n  deadline: 48h\n  budget: 200 USD\n`)

    expect(workload).toMatchObject({
      name: 'llm-sample',
      where: 'job.yaml:1',
      spec: {traffic: {inputTokens: 800, outputTokens: 2000}, constraints: {deadlineSeconds: 172_800, budget: {amount: 200, currency: 'USD'}, privacy: 'any'}},
    })
  })

  test('is read from JSON', () => {
    const [workload] = read('{"kind": "plain", "flops": "3e18"}', 'job.json')

    expect(workload?.spec).toMatchObject({kind: 'plain', flops: 3e18, horizonMonths: 12})
  })

  test.for([
    ['several documents', `${CHAT}---\nkind: plain\nflops: 1e18\n`],
    ['a list', '- {kind: llm-sample, model: m, traffic: {inputTokens: 1}}\n- {kind: plain, flops: 1}\n'],
    ['workloads:', 'workloads:\n  - {kind: llm-sample, model: m, traffic: {inputTokens: 1}}\n  - {kind: plain, flops: 1}\n'],
    ['a JSON list', '[{"kind": "llm-sample", "model": "m", "traffic": {"inputTokens": 1}}, {"kind": "plain", "flops": 1}]'],
  ] as const)('may hold many: %s', ([, text]) => {
    const workloads = read(text)

    expect(workloads.map((workload) => workload.name)).toEqual(['llm-sample-1', 'plain-1'])
  })

  test('lists the defaults that were taken, but not what is neutral', () => {
    const [workload] = read(`${CHAT}objective: time\n`)

    expect(workload?.defaulted()).toEqual([
      {field: 'method', value: 'full'},
      {field: 'replicas', value: 'auto'},
      {field: 'horizonMonths', value: '12'},
    ])
  })
})

describe('a mistake', () => {
  test.for([
    ['an unknown field', `${CHAT}modle: x\n`, 'UNKNOWN_FIELD', 'job.yaml:4 — "modle" is not a field of a workload of kind llm-sample.', 'did you mean "model"'],
    ['an unknown nested field', 'kind: llm-sample\nmodel: m\ntraffic:\n  inputTokens: 1\n  outputTokns: 3\n', 'UNKNOWN_FIELD', 'job.yaml:5 — "traffic.outputTokns"', '"outputTokens"'],
    ['an unknown field deep in a common one', `${CHAT}data:\n  inputGB: 3\n`, 'UNKNOWN_FIELD', 'job.yaml:5 — "data.inputGB"', '"inputGb"'],
    ['an unknown field in a union', `${CHAT}schedule:\n  runsPermonth: 3\n`, 'UNKNOWN_FIELD', 'job.yaml:5 — "schedule.runsPermonth"', '"runsPerMonth"'],
    ['__proto__', `${CHAT}__proto__: {a: 1}\n`, 'UNKNOWN_FIELD', 'job.yaml:4 — "__proto__"', ''],
    ['__proto__, nested', `${CHAT}data:\n  __proto__: {inputGb: 1}\n`, 'UNKNOWN_FIELD', 'job.yaml:5 — "data.__proto__"', ''],
    ['constructor', `${CHAT}constructor: {a: 1}\n`, 'UNKNOWN_FIELD', '"constructor"', ''],
    ['a wrong unit', `${CHAT}constraints:\n  deadline: 48 GB\n`, 'BAD_FIELD', 'job.yaml:5 — constraints.deadline: "48 GB" is not a duration: expected a duration such as "48h"', ''],
    ['no unit', `${CHAT}constraints:\n  deadline: 48\n`, 'BAD_FIELD', '48 has no unit', ''],
    ['a wrong word', `${CHAT}method: lorra\n`, 'BAD_FIELD', 'job.yaml:4 — method: "lorra" is none of full, lora — did you mean "lora"?', ''],
    ['a wrong word in a list', `${CHAT}constraints: {purchase: [spott]}\n`, 'BAD_FIELD', 'constraints.purchase[0]: "spott"', ''],
    ['a missing field', 'kind: llm-sample\nmodel: m\ntraffic: {}\n', 'MISSING_FIELD', 'job.yaml:3 — "traffic.inputTokens" is missing.', 'a number of tokens such as'],
    ['a missing kind', 'flops: 3\n', 'MISSING_KIND', 'job.yaml:1 — the workload has no "kind".', 'add kind: plain'],
    ['an unknown kind', 'kind: llm-sampel\n', 'UNKNOWN_KIND', 'job.yaml:1 — "llm-sampel"', '"llm-sample"'],
    ['a kind that is no word', 'kind: [a]\n', 'UNKNOWN_KIND', 'not a list', ''],
    ['a text for a workload', '- hello\n', 'BAD_FIELD', 'job.yaml:1 — a workload is a mapping of fields, not the text "hello".', ''],
    ['fields beside workloads:', 'workloads: []\npolicies: []\n', 'UNKNOWN_FIELD', 'job.yaml:2 — "policies"', 'rigor.yaml'],
    ['workloads: of the wrong sort', 'workloads: 3\n', 'BAD_FIELD', 'job.yaml:1', ''],
    ['an empty file', ' \n', 'EMPTY_FILE', 'job.yaml is empty.', ''],
    ['only comments', '# hi\n', 'EMPTY_FILE', 'job.yaml holds no document.', ''],
    ['an empty list', '[]', 'EMPTY_FILE', 'job.yaml holds no workload.', ''],
    ['a key that stands twice', 'kind: plain\nflops: 1\nflops: 2\n', 'DUPLICATE_KEY', 'job.yaml:3 — "flops" stands twice.', ''],
    ['a JSON key that stands twice', '{"kind": "plain",\n "flops": 1,\n "flops": 2}', 'DUPLICATE_KEY', 'job.yaml:3 — "flops" stands twice.', ''],
    ['broken YAML', 'kind: plain\n  flops: 1\n', 'BAD_YAML', 'job.yaml:', ''],
    ['two names alike', '- {kind: plain, flops: 1, name: a}\n- {kind: plain, flops: 1, name: a}\n', 'DUPLICATE_NAME', 'job.yaml:2', ''],
    ['two precisions', `${CHAT}precision: fp8\nconfiguration: {precision: bf16}\n`, 'CONTRADICTION', 'job.yaml:5 — precision is fp8', ''],
    ['replicas against dp', `${CHAT}replicas: 3\nconfiguration: {dp: 2}\n`, 'CONTRADICTION', 'replicas is 3', ''],
    ['a reference with both', `${CHAT}reference: {on: "a100-sxm-80gb", duration: 3 h, throughput: 5}\n`, 'BAD_FIELD', 'exactly one of duration', ''],
    ['infinity', 'kind: plain\nflops: .inf\n', 'BAD_FIELD', 'flops', ''],
    ['not a number', 'kind: plain\nflops: .nan\n', 'BAD_FIELD', 'flops', ''],
    ['too much', 'kind: plain\nflops: 1e300\n', 'BAD_FIELD', 'out of range', ''],
  ] as const)('%s is told with its place and the next step', ([, text, code, message, hint]) => {
    const error = failure(() => read(text))

    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
    expect(error.exit).toBe(2)
  })

  test('in JSON names the line as well', () => {
    const error = failure(() => read('{"kind": "plain",\n  "flops": 1,\n  "constraints": {\n    "deadlin": "3 h"}}', 'a.json'))

    expect(error.message).toBe('a.json:4 — "constraints.deadlin" is not a field of a workload of kind plain.')
  })

  test('in text from outside cannot steer the terminal', () => {
    const error = failure(() => read('kind: plain\n"\\e[31mred\\u202e": 1\nflops: 1\n'))

    expect(error.message).toContain(String.raw`\u{1b}[31mred\u{202e}`)
    // oxlint-disable-next-line no-control-regex -- these must not be in it
    expect(error.message + error.hint).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })
})

describe('hostile texts end quickly in a typed error', () => {
  const laughs = Array.from({length: 12}, (_, level) => `a${level}: &a${level} [${Array(9).fill(level === 0 ? 'x' : `*a${level - 1}`).join(', ')}]`).join('\n')

  test.for([
    ['brackets', '['.repeat(200_000), 'TOO_DEEP'],
    ['closed brackets', '['.repeat(5000) + ']'.repeat(5000), 'TOO_DEEP'],
    ['braces', '{"a":'.repeat(50_000), 'TOO_DEEP'],
    ['indentation', Array.from({length: 2000}, (_, level) => `${' '.repeat(level)}a:`).join('\n'), 'TOO_DEEP'],
    ['dashes', '- '.repeat(50_000), 'TOO_DEEP'],
    ['question marks', '? '.repeat(50_000), 'TOO_DEEP'],
    ['aliases that explode', laughs, 'TOO_MANY_ALIASES'],
    ['an alias inside itself', 'a: &a [*a, *a]', 'TOO_MANY_ALIASES'],
    ['anchors', '&a '.repeat(5000), 'TOO_MANY_ALIASES'],
    ['documents', '---\nkind: x\n'.repeat(20_000), 'TOO_MANY_DOCUMENTS'],
    ['11 MB', `name: ${'x'.repeat(11_000_000)}`, 'TOO_LARGE'],
    ['a tag', 'kind: !!js/function "f"', 'BAD_YAML'],
    ['a binary tag', 'kind: !!binary aGk=', 'BAD_YAML'],
    ['a merge key', 'a: &a {b: 1}\nc: {<<: *a}', 'BAD_YAML'],
    ['an alias to nothing', 'a: *b', 'BAD_YAML'],
    ['NUL', 'kind: plain\0', 'BAD_YAML'],
  ] as const)('%s', ([, text, code]) => {
    const started = performance.now()

    const error = failure(() => read(text))

    expect(error.code).toBe(code)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('flags', () => {
  const flags = (...settings: string[]) => workloadFromFlags(settings.map((each) => parseSetting(each)), {kinds})

  test('make a workload, each value typed by the schema', () => {
    const {spec} = flags('kind=llm-sample', 'model=m', 'traffic.inputTokens=800', 'verbose=true', 'replicas=2', 'constraints.providers=aws,gcp', 'schedule={runsPerMonth: 4}', 'name=123', 'constraints.deadline=2 days')

    expect(spec).toMatchObject({model: 'm', traffic: {inputTokens: 800}, verbose: true, replicas: 2, constraints: {providers: ['aws', 'gcp'], deadlineSeconds: 172_800}, schedule: {kind: 'runs-per-month', runs: 4}, name: '123'})
  })

  test('may be laid over a file', () => {
    const {spec} = applySettings({kind: 'plain', flops: 1}, [parseSetting('constraints.budget=40 EUR')], {kinds, locate: () => 'job.yaml:1'})

    expect(spec.constraints).toMatchObject({budget: {amount: 40, currency: 'EUR'}})
  })

  test.for([
    ['kind=plain flop=3', 'UNKNOWN_FIELD', '--set flop=3 — "flop"', '"flops"'],
    ['kind=llm-sample traffic.inputTokns=3', 'UNKNOWN_FIELD', '--set traffic.inputTokns=3', '"traffic.inputTokens"'],
    ['kind=plain flops=abc', 'BAD_FIELD', '--set flops=abc — flops: "abc" is not a number', ''],
    ['kind=plain __proto__.x=1', 'UNKNOWN_FIELD', '__proto__', ''],
    ['kind=plain constraints.__proto__=1', 'UNKNOWN_FIELD', '__proto__', ''],
    ['kind=plain', 'MISSING_FIELD', 'command line — "flops" is missing', ''],
    ['flops=3', 'MISSING_KIND', 'command line', 'plain'],
  ] as const)('%s is told with the flag', ([line, code, message, hint]) => {
    const error = failure(() => flags(...line.split(' ')))

    expect(error).toMatchObject({code, exit: 2})
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  test('need a field and a value', () => {
    expect(failure(() => parseSetting('flops')).code).toBe('BAD_FLAG')
  })
})

test('each kind has a JSON Schema that takes numbers and text', () => {
  const schema = kindJsonSchema(kinds[0]!) as {properties: {traffic: {properties: {inputTokens: {type: string[]}}}}; additionalProperties: boolean}

  expect(schema.additionalProperties).toBe(false)
  expect(schema.properties.traffic.properties.inputTokens.type).toEqual(['number', 'string'])
})

/** Specs that were right once, with one or more things changed at random. */
const good = [
  CHAT,
  `${CHAT}constraints: {deadline: 3 days, budget: 41 EUR, providers: [aws], minMemoryGib: 80 GB, privacy: own-account}\nschedule: {hoursPerMonth: 160}\ndata: {inputGb: 2 TB, inputAt: site}\n`,
  '{"kind": "plain", "flops": "3 million", "reference": {"on": "a100-sxm-80gb:8", "throughput": "12,300 tokens/s"}, "configuration": {"tp": 2, "zeroStage": 3}}',
]

test('whatever a file holds, it is read or refused with exit 2', () => {
  const mutation = fc.tuple(fc.nat(), fc.nat(20), fc.oneof(fc.string({maxLength: 8}), fc.constantFrom('"', '{', '[', ': ', '- ', '&a ', '*a', '\n', '  ', '1e999', '-1', 'null', '~', '__proto__', '\u202e', '\u0007', '!!str', '|', '%', '---\n')))
  fc.assert(
    fc.property(fc.constantFrom(...good), fc.array(mutation, {maxLength: 4}), (text, mutations) => {
      let mutated = text
      for (const [at, remove, insert] of mutations) {
        const place = at % (mutated.length + 1)
        mutated = mutated.slice(0, place) + insert + mutated.slice(place + remove)
      }
      let shown: string
      try {
        // Nothing that was let in is infinite or no number.
        shown = JSON.stringify(read(mutated).map(({spec}) => spec), (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? 'BAD NUMBER' : value))
      } catch (error) {
        if (!(error instanceof RigorError)) throw error
        shown = error.exit === 2 ? error.message + (error.hint ?? '') : `BAD EXIT ${error.exit}`
      }
      expect(shown).not.toMatch(/BAD NUMBER|BAD EXIT/)
      // oxlint-disable-next-line no-control-regex -- these must not be in it
      expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }),
    {numRuns: 3000, seed: 7},
  )
}, 60_000)
