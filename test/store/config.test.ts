import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {checkNames, configWorkloads, flagOf, loadConfig, variableOf, type LoadOptions} from '../../src/store/config.ts'
import {sampleKinds as kinds} from '../workload/sample-kind.ts'

let root: string

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor config '))
})
afterEach(() => {
  fs.rmSync(root, {recursive: true})
})

function write(name: string, text: string): string {
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), {recursive: true})
  fs.writeFileSync(file, text)
  return file
}

const load = (options: Partial<LoadOptions> = {}) => loadConfig({cwd: path.join(root, 'project'), environment: {RIGOR_HOME: path.join(root, 'home')}, home: root, ...options})

function failure(act: () => unknown): RigorError {
  try {
    act()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('the config', () => {
  test('is empty where there is none', () => {
    expect(load()).toMatchObject({config: {defaults: {}}, settings: [], projectFile: undefined, userFile: undefined})
  })

  test('is the nearest rigor.yaml above the working directory', () => {
    write('rigor.yaml', 'have: [aws]\n')
    const near = write('project/rigor.yaml', 'have: gcp\n')
    fs.mkdirSync(path.join(root, 'project/a/b'), {recursive: true})

    const loaded = load({cwd: path.join(root, 'project/a/b')})

    expect(loaded.projectFile).toBe(near)
    expect(loaded.config.have).toEqual(['gcp'])
  })

  test('may be named, and must then exist', () => {
    write('project/rigor.yaml', 'have: [aws]\n')
    write('other.yaml', 'have: [lambda]\n')

    expect(load({configFile: '../other.yaml'}).config.have).toEqual(['lambda'])
    expect(load({environment: {RIGOR_CONFIG: '../other.yaml'}}).config.have).toEqual(['lambda'])
    expect(failure(() => load({configFile: 'rigr.yaml'}))).toMatchObject({code: 'FILE_NOT_FOUND', hint: 'did you mean "rigor.yaml"?'})
  })

  test('of comments only sets nothing', () => {
    write('project/rigor.yaml', '# later\n\n')

    expect(load().config).toEqual({defaults: {}})
  })

  test('flags beat the environment, which beats the project, which beats the user; each says where it came from', () => {
    const user = write('home/config/config.yaml', 'skills: [linux]\nhave: [aws]\ndefaults: {currency: GBP, ttl: 2h, limit: 5, failover: zone}\n')
    write('project/rigor.yaml', 'have: [gcp]\ndefaults:\n  currency: EUR\n  ttl: 8h\n  limit: 20\n')

    const {config, settings} = load({flags: {currency: 'chf'}, environment: {RIGOR_HOME: path.join(root, 'home'), RIGOR_TTL: '4h', RIGOR_CURRENCY: 'JPY', RIGOR_OFFLINE: '1', RIGOR_LIMIT: ''}})

    expect(config).toMatchObject({have: ['gcp'], skills: ['linux'], defaults: {currency: 'CHF', ttl: 14_400, limit: 20, failover: 'zone', offline: true}})
    expect(Object.fromEntries(settings.map(({key, origin}) => [key, `${origin.level} ${origin.where}`]))).toEqual({
      have: 'project rigor.yaml:1',
      skills: `user ${user}:1`,
      'defaults.currency': 'flag --currency',
      'defaults.ttl': 'environment RIGOR_TTL',
      'defaults.limit': 'project rigor.yaml:5',
      'defaults.failover': `user ${user}:3`,
      'defaults.offline': 'environment RIGOR_OFFLINE',
    })
  })

  test('says which variables mean nothing', () => {
    expect(load({environment: {RIGOR_CURENCY: 'EUR', RIGOR_ENDPOINT_AWS: 'http://localhost', RIGOR_HOME: root}}).unknownVariables).toEqual([{name: 'RIGOR_CURENCY', near: 'RIGOR_CURRENCY'}])
  })

  test('reads all that DESIGN shows', () => {
    write('project/rigor.yaml', `
have: [gcp, lambda]
workloads:
  - {name: chat, kind: llm-sample, model: Llama-3.1-70B, traffic: {inputTokens: 800}, schedule: always}
  - {file: jobs/pretrain.yaml}
  - {glob: "jobs/*.yaml"}
policies:
  - {name: budget, severity: error, workload: "chat*", assert: "cost.perMonth <= 9000 USD"}
prices:
  - {provider: aws, machine: "p5*", adjust: "-12%", until: 2027-06-30}
  - {provider: lambda, machine: gpu_8x_h100_sxm5, usdPerHour: 23.92, count: 1}
rigs: {lab: {extends: h100x10-pcie, owned: true, site: {country: DE, tariff: {energy: 0.24 EUR/kWh}}}}
measurements: [{workload: {kind: llm-sample}, on: "h100-pcie-80gb:8", throughput: 12300 tokens/s}]
skills: [linux, cuda]
defaults: {ttl: 8h, currency: EUR}
`)

    const {config} = load()

    expect(config.policies).toEqual([{name: 'budget', severity: 'error', workload: 'chat*', assert: 'cost.perMonth <= 9000 USD'}])
    expect(config.prices).toEqual([{provider: 'aws', machine: 'p5*', adjust: '-12%', until: '2027-06-30'}, {provider: 'lambda', machine: 'gpu_8x_h100_sxm5', usdPerHour: 23.92, count: 1}])
    expect(config.rigs?.['lab']?.site?.tariff?.energy).toEqual({amount: 0.24, currency: 'EUR'})
    expect(config.measurements?.[0]?.throughput).toEqual({amount: 12_300, noun: 'tokens', perSeconds: 1})
    expect(config.defaults).toEqual({ttl: 28_800, currency: 'EUR'})
  })
})

describe('a mistake in it is told with file and line', () => {
  test.for([
    ['haves: [aws]\n', 'UNKNOWN_FIELD', 'rigor.yaml:1 — "haves" is not a field of rigor.yaml', '"have"'],
    ['defaults:\n  curency: EUR\n', 'UNKNOWN_FIELD', 'rigor.yaml:2 — "defaults.curency"', '"currency"'],
    ['prices:\n  - {provider: aws}\n', 'BAD_FIELD', 'rigor.yaml:2 — prices[0]: an own price has adjust', ''],
    ['prices:\n  - {provider: aws, adjust: "12"}\n', 'BAD_FIELD', 'prices[0].adjust: a change of price is written "-12%"', ''],
    ['prices:\n  - {provider: aws, adjust: "-100%"}\n', 'BAD_FIELD', 'less than 100%', ''],
    ['prices:\n  - {provider: aws, usdPerHour: 3 EUR/h}\n', 'BAD_FIELD', 'in USD', ''],
    ['prices:\n  - {provider: aws, usdPerHour: 3, until: 2027-13-01}\n', 'BAD_FIELD', 'a date such as', ''],
    ['policies:\n  - {name: a, asert: "cost < 3 USD"}\n', 'UNKNOWN_FIELD', '"policies[0].asert"', '"assert"'],
    ['policies:\n  - {name: a}\n', 'MISSING_FIELD', '"policies[0].assert" is missing', ''],
    ['policies:\n  - {name: a, assert: "x", severity: fatal}\n', 'BAD_FIELD', '"fatal" is none of error, warn', ''],
    ['rigs: {lab: {extends: h100x10-pcie, site: {tarif: {energy: 3}}}}\n', 'UNKNOWN_FIELD', '"rigs.lab.site.tarif"', '"tariff"'],
    ['rigs: {lab: {site: {tariff: {energy: 0.24}}}}\n', 'BAD_FIELD', 'a tariff such as "0.31 EUR/kWh"', ''],
    ['rigs: {__proto__: {extends: x}}\n', 'UNKNOWN_FIELD', 'rigor.yaml:1 — "__proto__"', ''],
    ['rigs: {My Lab: {extends: x}}\n', 'BAD_FIELD', 'rigs', ''],
    ['have: 3\n', 'BAD_FIELD', 'have: 3 is neither text nor a list', ''],
    ['- a\n', 'BAD_FIELD', 'rigor.yaml:1', ''],
    ['have: [aws]\n---\nhave: [gcp]\n', 'BAD_FIELD', 'holds 2 documents', ''],
    ['measurements: [{workload: {kind: x}, on: y}]\n', 'BAD_FIELD', 'exactly one of throughput and duration', ''],
    ['workloads: [{fil: x}]\n', 'MISSING_FIELD', 'workloads[0]', ''],
  ] as const)('%s', ([text, code, message, hint]) => {
    write('project/rigor.yaml', text)

    const error = failure(() => load())

    expect(error).toMatchObject({code, exit: 2})
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  test('or with the flag or the variable', () => {
    expect(failure(() => load({flags: {currency: 'euro'}})).message).toContain('--currency=euro — currency: a currency has three letters')
    expect(failure(() => load({environment: {RIGOR_TTL: '8'}})).message).toContain('RIGOR_TTL=8 — ttl: "8" has no unit')
    expect(failure(() => load({environment: {RIGOR_OFFLINE: 'maybe'}})).message).toContain('expected true or false')
  })
})

describe('workloads of the config', () => {
  test('are inline, in files and behind globs, from the folder of the config', () => {
    write('project/rigor.yaml', 'workloads:\n  - {kind: plain, flops: 1, name: a}\n  - {file: one.yaml}\n  - {glob: "jobs/*.yaml"}\n')
    write('project/one.yaml', 'kind: plain\nflops: 2\n')
    write('project/jobs/z.yaml', 'kind: plain\nflops: 4\n')
    write('project/jobs/b.yaml', 'kind: plain\nflops: 3\n')
    fs.mkdirSync(path.join(root, 'project/deep'))

    const workloads = configWorkloads(load({cwd: path.join(root, 'project/deep')}), kinds)

    expect(workloads.map(({name, where, spec}) => [name, where, (spec as unknown as {flops: number}).flops])).toEqual([
      ['a', '../rigor.yaml:2', 1],
      ['plain', 'one.yaml:1', 2],
      ['plain-2', 'jobs/b.yaml:1', 3],
      ['plain-3', 'jobs/z.yaml:1', 4],
    ])
  })

  test.for([
    ['workloads: [{glob: "none/*.yaml"}]\n', 'FILE_NOT_FOUND', 'rigor.yaml:1 — no file matches "none/*.yaml"'],
    ['workloads: [{file: none.yaml}]\n', 'FILE_NOT_FOUND', 'There is no file none.yaml'],
    ['workloads:\n  - {kind: plain, flops: 1, nmae: a}\n', 'UNKNOWN_FIELD', 'rigor.yaml:2 — "nmae"'],
    ['workloads:\n  - {kind: plain, flops: 1, name: a}\n  - {kind: plain, flops: 1, name: a}\n', 'DUPLICATE_NAME', 'rigor.yaml:3'],
  ] as const)('%s is an error', ([text, code, message]) => {
    write('project/rigor.yaml', text)

    const error = failure(() => configWorkloads(load(), kinds))

    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
  })
})

test('names have their forms', () => {
  expect([variableOf('sshFrom'), flagOf('sshFrom')]).toEqual(['RIGOR_SSH_FROM', '--ssh-from'])
})

test('names that the config mentions are checked', () => {
  expect(failure(() => checkNames(['lamda'], ['aws', 'lambda'], 'a provider', 'rigor.yaml:1'))).toMatchObject({code: 'UNKNOWN_NAME', hint: 'did you mean "lambda"?'})
})
