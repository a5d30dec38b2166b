import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {loadExpressions, QUANTITIES, TEXTS, type ExpressionScope} from '../../src/planner/expression.ts'

const {compileObjective, compilePolicy} = await loadExpressions()
const options = {throughputUnit: 'output tokens/s', rates: {EUR: {perUsd: 0.8, asOf: '2026-11-01'}}}

const scope: ExpressionScope = {
  cost: {p10: 80, p50: 100, p90: 130},
  'cost.perMonth': {p10: 8000, p50: 9000, p90: 11_000},
  'cost.perUnit': {p10: 1, p50: 1.5, p90: 2},
  duration: {p10: 8, p50: 10, p90: 13},
  energy: {p10: 40, p50: 50, p90: 60},
  carbon: null,
  'power.peak': {p10: 2500, p50: 3000, p90: 3500},
  throughput: {p10: 900, p50: 1000, p90: 1100},
  'latency.ttft.p99': {p10: 1, p50: 1.5, p90: 2.5},
  'catalog.age': 12,
  confidence: 'calibrated',
  'target.provider': 'aws',
  'target.region': 'eu-west-1',
  'target.purchase': 'on-demand',
  'target.accelerator': 'h100-sxm-80gb',
  'target.nodes': 2,
  'baseline.cost': {p10: 90, p50: 95, p90: 100},
}

function failure(act: () => unknown): RigorError {
  try {
    act()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('an objective', () => {
  test.for([
    ['cost', 100],
    ['cost + 2 USD/h * duration', 120],
    ['cost+2USD/h*duration', 120],
    ['cost.p90', 130],
    ['cost.total.p10', 80],
    ['duration', 10],
    ['80% * cost + 0 USD', 80],
    ['cost + 10%', 110],
    ['cost + 40 EUR', 150],
    ['-throughput', -3_600_000],
    ['max(cost, 200 USD)', 200],
    ['min(duration, 3 days, 5 h)', 5],
    ['sqrt(cost * cost)', 100],
    ['cost ^ 2 / (1 USD)', 10_000],
    ['energy / duration', 5],
    ['catalog.age', 288],
    ['cost.perUnit', 1.5],
    ['target.nodes * 1 USD + cost', 102],
    ['duration > 5 h ? cost : 2 * cost', 100],
    ['cost + 9k USD', 9100],
  ] as const)('%s = %d', ([text, value]) => {
    expect(compileObjective(text, options).score(scope)).toBeCloseTo(value, 6)
  })

  test.for(['carbon', 'carbon + 2 kg', 'cost + carbon * 1 USD/kg', 'max(1 kg, carbon)', 'carbon > 1 kg ? cost : 2 * cost', 'power.average', 'cost / (duration - 10 h)', 'log(0 * duration / 1 h)'])('%s is unknown', (text) => {
    expect(compileObjective(text, options).score(scope)).toBeNull()
  })

  test('has to name a quantity', () => {
    expect(failure(() => compileObjective('9k USD', options)).message).toContain('names no quantity')
  })

  test('says which names it reads', () => {
    expect(compileObjective('cost.total.p90 + 2 USD/h * duration', options).names).toEqual(['cost', 'duration'])
  })
})

describe('a policy', () => {
  test.for([
    ['cost.perMonth <= 9000 USD', true],
    ['cost.perMonth <= 9k USD', true],
    ['cost.perMonth ≤ 8999.99 USD', false],
    ['cost.perMonth.p90 <= 9000 USD', false],
    ['cost <= 80 EUR', true],
    ['cost <= 110% * baseline.cost', true],
    ['cost <= baseline.cost + 10%', true],
    ['cost <= baseline.cost', false],
    ['power.peak < 3.5 kW and latency.ttft.p99 < 2 s', true],
    ['latency.ttft.p99.p90 < 2 s', false],
    ['throughput >= 1000 tokens/s', true],
    ['throughput > 60000 tokens/min', false],
    ['energy < 1 MWh', true],
    ['8 h < duration < 12 h', true],
    ['8 h < duration < 9 h', false],
    ['target.provider in ["aws", "gcp"]', true],
    ['target.provider in ["gcp"]', false],
    ['not target.provider in ["gcp"]', true],
    ['target.provider not in ["gcp", "azure"]', true],
    ['not (target.provider in ["aws"])', false],
    ['target.nodes in [1, 2]', true],
    ['target.region == "eu-west-1"', true],
    ["target.region != 'eu-west-1'", false],
    ['confidence == "measured" or confidence == "calibrated"', true],
    ['catalog.age <= 30 days', true],
    ['cost > 0', true],
    ['carbon < 5 kg', null],
    ['carbon < 5 kg or cost < 200 USD', true],
    ['carbon < 5 kg and cost < 200 USD', null],
    ['carbon < 5 kg and cost > 200 USD', false],
    ['not (carbon < 5 kg)', null],
    ['baseline.duration > 1 h', null],
    ['true', true],
  ] as const)('%s → %s', ([text, passed]) => {
    expect(compilePolicy(text, options).evaluate(scope).passed).toBe(passed)
  })

  test('shows both sides in the unit of the name, and what was unknown', () => {
    expect(compilePolicy('power.peak <= 2 kW and carbon < 1 t', options).evaluate(scope)).toEqual({
      passed: false,
      comparisons: [
        {text: 'power.peak <= 2 kW', passed: false, actual: 3000, limit: 2000, unit: 'W'},
        {text: 'carbon < 1 t', passed: null, actual: null, limit: 1000, unit: 'kg'},
      ],
      unknown: ['carbon'],
    })
  })
})

describe('a mistake is told with what was expected', () => {
  test.for([
    ['cost.perMonht <= 3 USD', 'UNKNOWN_NAME', '"cost.perMonht"', '"cost.perMonth"'],
    ['durtion < 3 h', 'UNKNOWN_NAME', '"durtion"', '"duration"'],
    ['target.providr == "aws"', 'UNKNOWN_NAME', '', '"target.provider"'],
    ['cost < 3', 'BAD_EXPRESSION', 'a bare number', 'Write the unit: 3 USD'],
    ['throughput > 1000', 'BAD_EXPRESSION', 'a bare number', '1000 output tokens/s'],
    ['cost < 3 h', 'BAD_EXPRESSION', '"3 h" is a quantity in h', 'a quantity in USD'],
    ['cost + duration < 3 USD', 'BAD_EXPRESSION', 'cannot be added', ''],
    ['cost', 'BAD_EXPRESSION', 'a policy is a comparison', ''],
    ['cost <= 9,000 USD', 'BAD_EXPRESSION', '', 'without separators'],
    ['cost < $5', 'UNKNOWN_NAME', '', '5 USD'],
    ['cost < 3 USD && true', 'BAD_EXPRESSION', '', '"and"'],
    ['cost < 3 USD & true', 'BAD_EXPRESSION', '', '"and"'],
    ['target.provider < "b"', 'BAD_EXPRESSION', 'no order', ''],
    ['target.provider == 3', 'BAD_EXPRESSION', 'cannot be compared', ''],
    ['cost in EUR < 3', 'BAD_EXPRESSION', 'conversion', ''],
    ['target.provider in []', 'BAD_EXPRESSION', 'empty', ''],
    ['target.provider in [1]', 'BAD_EXPRESSION', 'in the list', ''],
    ['throughput > 3 runs/h', 'UNKNOWN_NAME', '"runs"', ''],
    ['', 'BAD_EXPRESSION', 'empty', ''],
    ['cost <', 'BAD_EXPRESSION', '', ''],
    ['1e400 < cost', 'BAD_EXPRESSION', '', ''],
  ] as const)('%s', ([text, code, message, hint]) => {
    const error = failure(() => compilePolicy(text, options))

    expect(error).toMatchObject({code, exit: 2})
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  test('and names the place', () => {
    expect(failure(() => compilePolicy('cots < 3 USD', {...options, where: 'rigor.yaml:12 — policy "budget"'})).message).toMatch(/^rigor\.yaml:12 — policy "budget": "cots"/)
  })
})

describe('an expression reaches nothing but its scope', () => {
  test.for([
    'cost.constructor', 'cost["constructor"]', 'constructor', '__proto__', 'cost.__proto__ < 1', 'toString', 'import({a: 1})', 'evaluate("1")', 'parse("1")', 'createUnit("x")', 'config({})', 'simplify("x")',
    'f(x) = x; f(1)', 'x = 5', 'cost = 5', 'a; b', '{a: 1}', '[1, 2][1]', '1:3', 'cost!', "cost'", 'cost ?? 1', 'i', 'pi', 'e', 'Infinity', 'NaN', 'null', 'undefined', 'process', 'globalThis', 'random()',
    'hasOwnProperty("x")', 'baseline', 'baseline.constructor', 'target', 'cost.p90.p90', 'target.provider.p90', 'cost.p10.constructor("return 1")()', 'chain(1)', 'typed("a")', 'min.constructor("x")', 'sqrt', 'min()', 'bigint("3")',
    '"a" + "b"', '-"a"', 'help(1)', 'cost.valueOf()', 'reviver', `${'('.repeat(400)}1${')'.repeat(400)}`, 'x'.repeat(2000), '9'.repeat(500), '2^99999', 'duration ^ duration', 'cost^1e9',
  ])('%s', (text) => {
    expect(['BAD_EXPRESSION', 'UNKNOWN_NAME']).toContain(failure(() => compileObjective(text, options)).code)
  })

  test('a scope with a prototype gives away nothing of it', () => {
    const inherited = Object.create({cost: 5}) as ExpressionScope

    expect(compileObjective('cost', options).score(inherited)).toBeNull()
  })

  test('whatever is written compiles or is a typed error, and no result is infinite', () => {
    const piece = fc.oneof(
      fc.constantFrom(...Object.keys(QUANTITIES), ...TEXTS, 'USD', 'h', 'kWh', '2', '1e308', '0', '+', '-', '*', '/', '^', '(', ')', '<', '==', ' in ', '["aws"]', ' and ', 'not ', 'min(', ',', '.p90', '%', '"a"', '?', ':', ' '),
      fc.string({maxLength: 3}),
    )
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 12}), (pieces) => {
        const text = pieces.join('')
        for (const compile of [compileObjective, compilePolicy]) {
          let outcome: number | boolean | null | RigorError
          try {
            const compiled = compile(text, options)
            outcome = 'score' in compiled ? compiled.score(scope) : compiled.evaluate(scope).passed
          } catch (error) {
            if (!(error instanceof RigorError)) throw error
            outcome = error
          }
          expect(outcome instanceof RigorError ? outcome.exit === 2 : outcome === null || typeof outcome === 'boolean' || Number.isFinite(outcome)).toBe(true)
        }
      }),
      {seed: 11, numRuns: 5000},
    )
  }, 60_000)
})
