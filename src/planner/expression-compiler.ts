import {create, parseDependencies} from './mathjs.ts'
import {RigorError} from '../errors.ts'
import type {Interval} from '../performance/types.ts'
import {didYouMean} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {BASELINE, QUANTITIES, TEXTS, type ComparisonOutcome, type CompiledObjective, type CompiledPolicy, type ExpressionOptions, type ExpressionScope} from './expression.ts'

/**
 * mathjs only parses. Its tree is turned into closures over the scope by a list of what is allowed: names of the
 * scope, units, arithmetic, comparisons, logic and a few functions. Whatever else mathjs reads (assignments, function
 * definitions, indexing, objects, its own functions) is refused, so no expression reaches anything but its scope.
 * Dimensions are checked here, once; "unknown" (null) goes through all arithmetic, and through logic as Kleene has it.
 */

const LONGEST = 1000

/** What mathjs gives for a node; only these fields are read. */
interface Node {
  readonly type: string
  readonly fn?: unknown
  readonly op?: string
  readonly name?: string
  readonly value?: unknown
  readonly args?: readonly Node[]
  readonly content?: Node
  readonly object?: Node
  readonly index?: Node
  readonly dimensions?: readonly Node[]
  readonly dotNotation?: boolean
  readonly items?: readonly Node[]
  readonly conditionals?: readonly string[]
  readonly params?: readonly Node[]
  readonly condition?: Node
  readonly trueExpr?: Node
  readonly falseExpr?: Node
  toString(): string
}

/** Powers of money (USD), time (h), power (kW), mass (kg) and work (whatever the throughput counts). */
type Dimensions = readonly [money: number, hours: number, kilowatts: number, kilograms: number, work: number]
const NONE: Dimensions = [0, 0, 0, 0, 0]

interface Unit {
  readonly factor: number
  readonly dimensions: Dimensions
}

const MONEY: Dimensions = [1, 0, 0, 0, 0]
const TIME: Dimensions = [0, 1, 0, 0, 0]
const POWER: Dimensions = [0, 0, 1, 0, 0]
const ENERGY: Dimensions = [0, 1, 1, 0, 0]
const MASS: Dimensions = [0, 0, 0, 1, 0]
const WORK: Dimensions = [0, 0, 0, 0, 1]

const unitsOf = (dimensions: Dimensions, factors: Readonly<Record<string, number>>): Readonly<Record<string, Unit>> =>
  Object.fromEntries(Object.entries(factors).map(([name, factor]) => [name, {factor, dimensions}]))

const UNITS: Readonly<Record<string, Unit>> = {
  ...unitsOf(NONE, {k: 1e3, thousand: 1e3, M: 1e6, million: 1e6, billion: 1e9, percent: 0.01}),
  ...unitsOf(TIME, {
    ms: 1 / 3.6e6, s: 1 / 3600, sec: 1 / 3600, second: 1 / 3600, seconds: 1 / 3600, min: 1 / 60, minute: 1 / 60, minutes: 1 / 60, h: 1, hour: 1, hours: 1,
    d: 24, day: 24, days: 24, week: 168, weeks: 168, month: 730, months: 730, year: 8760, years: 8760,
  }),
  ...unitsOf(POWER, {W: 1e-3, watt: 1e-3, watts: 1e-3, kW: 1, MW: 1e3}),
  ...unitsOf(ENERGY, {Wh: 1e-3, kWh: 1, MWh: 1e3}),
  ...unitsOf(MASS, {g: 1e-3, kg: 1, t: 1e3, tonne: 1e3, tonnes: 1e3}),
}

/** Units that quantities of a dimension are shown in, where no name says. */
const SHOWN: readonly (readonly [string, Unit])[] = [['USD', {factor: 1, dimensions: MONEY}], ['h', {factor: 1, dimensions: TIME}], ['kW', {factor: 1, dimensions: POWER}], ['kWh', {factor: 1, dimensions: ENERGY}], ['kg', {factor: 1, dimensions: MASS}], ['USD/h', {factor: 1, dimensions: [1, -1, 0, 0, 0]}]]

const NAME_OF: readonly string[] = ['money', 'time', 'power', 'mass', 'work']

type Type = {readonly kind: 'number'; readonly dimensions: Dimensions; readonly zero?: boolean; readonly unit?: string} | {readonly kind: 'text'} | {readonly kind: 'boolean'}
type Value = number | string | boolean | null

interface Compiled {
  readonly type: Type
  readonly constant: boolean
  readonly text: string
  evaluate(scope: ExpressionScope): Value
}

interface Context {
  readonly text: string
  readonly where: string
  readonly units: Readonly<Record<string, Unit>>
  readonly throughput: Unit & {readonly name: string}
  readonly names: Set<string>
  readonly comparisons: ((scope: ExpressionScope) => ComparisonOutcome)[]
}

const same = (a: Dimensions, b: Dimensions): boolean => a.every((power, index) => Math.abs(power - (b[index] ?? 0)) < 1e-9)
const combine = (a: Dimensions, b: Dimensions, sign: 1 | -1): Dimensions => [a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2], a[3] + sign * b[3], a[4] + sign * b[4]]
const raise = (a: Dimensions, power: number): Dimensions => [a[0] * power, a[1] * power, a[2] * power, a[3] * power, a[4] * power]
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

function describe(type: Type): string {
  if (type.kind !== 'number') return type.kind === 'text' ? 'text' : 'true or false'
  if (same(type.dimensions, NONE)) return 'a bare number'
  const known = SHOWN.find(([, unit]) => same(unit.dimensions, type.dimensions))
  if (type.unit !== undefined) return `a quantity in ${type.unit}`
  if (known !== undefined) return `a quantity in ${known[0]}`
  return `a quantity of ${type.dimensions.flatMap((power, index) => (power === 0 ? [] : [`${NAME_OF[index]}${power === 1 ? '' : `^${power}`}`])).join('·')}`
}

function bad(context: Context, why: string, hint: string): RigorError {
  return new RigorError('BAD_EXPRESSION', `${context.where}: ${why}.`, {hint})
}

const LANGUAGE = 'An expression has names (cost, duration, target.provider, …), numbers with units (9000 USD, 2 h), + - * / ^, < <= > >= == !=, and, or, not, in [..], min, max.'

// ---- leaves

function dottedName(node: Node): string | undefined {
  if (node.type === 'SymbolNode') return node.name
  if (node.type !== 'AccessorNode' || node.object === undefined || node.index?.dotNotation !== true) return undefined
  const [step] = node.index.dimensions ?? []
  const above = dottedName(node.object)
  return above !== undefined && step?.type === 'ConstantNode' && typeof step.value === 'string' ? `${above}.${step.value}` : undefined
}

const PERCENTILES: Readonly<Record<string, keyof Interval>> = {p10: 'p10', p50: 'p50', p90: 'p90'}

function compileName(written: string, context: Context): Compiled {
  const own = Object.hasOwn(context.units, written) ? context.units[written] : undefined
  if (own !== undefined) return {type: {kind: 'number', dimensions: own.dimensions}, constant: true, text: written, evaluate: () => own.factor}
  const base = written.startsWith(BASELINE) ? written.slice(BASELINE.length) : written
  const dot = base.lastIndexOf('.')
  const last = base.slice(dot + 1)
  // "latency.ttft.p99" is a name, "cost.p90" a percentile of one.
  const selects = !Object.hasOwn(QUANTITIES, base) && dot > 0 && Object.hasOwn(PERCENTILES, last) && Object.hasOwn(QUANTITIES, base.slice(0, dot))
  const quantity = selects ? base.slice(0, dot) : base
  const percentile = selects ? (PERCENTILES[last] ?? 'p50') : 'p50'
  const prefix = written.startsWith(BASELINE) ? BASELINE : ''
  const key = `${prefix}${quantity === 'cost.total' ? 'cost' : quantity}`
  if (Object.hasOwn(QUANTITIES, quantity)) {
    const unitName = QUANTITIES[quantity] ?? context.throughput.name
    const unit = QUANTITIES[quantity] === null ? context.throughput : unitName === '' ? {factor: 1, dimensions: NONE} : context.units[unitName]
    if (unit === undefined) throw new Error(`no unit ${unitName}`)
    context.names.add(key)
    return {
      type: {kind: 'number', dimensions: unit.dimensions, ...(unitName !== '' && {unit: unitName})},
      constant: false,
      text: written,
      evaluate(scope) {
        const value = Object.hasOwn(scope, key) ? scope[key] : undefined
        const number = typeof value === 'object' && value !== null ? value[percentile] : value
        return typeof number === 'number' ? finite(number * unit.factor) : null
      },
    }
  }
  if (TEXTS.includes(quantity) && !selects) {
    context.names.add(key)
    return {
      type: {kind: 'text'}, constant: false, text: written,
      evaluate(scope) {
        const value = Object.hasOwn(scope, key) ? scope[key] : undefined
        return typeof value === 'string' ? value : null
      },
    }
  }
  throw unknownName(written, context)
}

function unknownName(written: string, context: Context): RigorError {
  const names = [...Object.keys(QUANTITIES), ...TEXTS, 'baseline.cost', 'baseline.duration', ...Object.keys(context.units)]
  const near = written.includes('.') || written.length > 4 ? didYouMean(written, names) : didYouMean(written, [...Object.keys(QUANTITIES), ...TEXTS, ...Object.keys(context.units).filter((unit) => unit.toLowerCase() === written.toLowerCase())])
  const money = /^[$€£]/.test(written) ? 'write the currency behind the amount: 5 USD' : undefined
  return new RigorError('UNKNOWN_NAME', `${context.where}: "${echo(written, 60)}" is neither a quantity nor a unit.`, {
    hint: money ?? near ?? `Quantities: ${[...Object.keys(QUANTITIES), ...TEXTS].join(', ')}; baseline.… for what is compared with.`,
  })
}

function compileConstant(node: Node, context: Context): Compiled {
  const {value} = node
  const text = node.toString()
  if (typeof value === 'string') return {type: {kind: 'text'}, constant: true, text, evaluate: () => value}
  if (typeof value === 'boolean') return {type: {kind: 'boolean'}, constant: true, text, evaluate: () => value}
  if (typeof value === 'number' && Number.isFinite(value)) return {type: {kind: 'number', dimensions: NONE, zero: value === 0}, constant: true, text, evaluate: () => value}
  throw bad(context, `"${echo(text, 40)}" is not a number`, LANGUAGE)
}

// ---- arithmetic

function numberOf(compiled: Compiled, context: Context): Compiled & {readonly type: Type & {kind: 'number'}} {
  if (compiled.type.kind !== 'number') throw bad(context, `"${echo(compiled.text, 60)}" is ${describe(compiled.type)}, a number was expected`, LANGUAGE)
  return compiled as Compiled & {readonly type: Type & {kind: 'number'}}
}

function calculate(text: string, type: Type, parts: readonly Compiled[], rule: (...values: number[]) => number): Compiled {
  return {
    type, text,
    constant: parts.every((part) => part.constant),
    evaluate(scope) {
      const values: number[] = []
      for (const part of parts) {
        const value = part.evaluate(scope)
        if (typeof value !== 'number') return null
        values.push(value)
      }
      return finite(rule(...values))
    },
  }
}

/** Both in one dimension; a plain 0 fits any. Returns that dimension. */
function agree(a: Compiled, b: Compiled, what: string, context: Context): Type & {kind: 'number'} {
  const [left, right] = [numberOf(a, context).type, numberOf(b, context).type]
  if (same(left.dimensions, right.dimensions) || right.zero === true) return left
  if (left.zero === true) return right
  const wanted = left.unit ?? SHOWN.find(([, unit]) => same(unit.dimensions, left.dimensions))?.[0]
  const bareRight = same(right.dimensions, NONE)
  throw bad(context, `"${echo(a.text, 60)}" is ${describe(left)}, "${echo(b.text, 60)}" is ${describe(right)}: the two cannot be ${what}`, bareRight && wanted !== undefined ? `Write the unit: ${b.text} ${wanted}` : wanted === undefined ? LANGUAGE : `Expected on the right: ${describe(left)}.`)
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {add: (a, b) => a + b, subtract: (a, b) => a - b, multiply: (a, b) => a * b, divide: (a, b) => a / b}

function compileArithmetic(fn: string, node: Node, [a, b]: readonly [Compiled, Compiled], context: Context): Compiled {
  const rule = ARITHMETIC[fn]
  const text = node.toString()
  if (rule === undefined) throw bad(context, `"${echo(text, 60)}" is not understood`, LANGUAGE)
  if (fn === 'add' || fn === 'subtract') return calculate(text, agree(a, b, fn === 'add' ? 'added' : 'subtracted', context), [a, b], rule)
  const [left, right] = [numberOf(a, context), numberOf(b, context)]
  const dimensions = combine(left.type.dimensions, right.type.dimensions, fn === 'multiply' ? 1 : -1)
  const zero = left.type.zero === true || (fn === 'multiply' && right.type.zero === true)
  return calculate(text, {kind: 'number', dimensions, zero}, [left, right], rule)
}

function compilePower(node: Node, [a, b]: readonly [Compiled, Compiled], context: Context): Compiled {
  const [base, exponent] = [numberOf(a, context), numberOf(b, context)]
  const power = exponent.constant && same(exponent.type.dimensions, NONE) ? exponent.evaluate({}) : null
  if (typeof power !== 'number' || Math.abs(power) > 10) throw bad(context, `the exponent in "${echo(node.toString(), 60)}" is not a plain number from -10 to 10`, LANGUAGE)
  return calculate(node.toString(), {kind: 'number', dimensions: raise(base.type.dimensions, power)}, [base], (value) => value ** power)
}

const ROUNDINGS: Readonly<Record<string, (value: number) => number>> = {abs: Math.abs, round: Math.round, ceil: Math.ceil, floor: Math.floor}
const ROOTS: Readonly<Record<string, readonly [number, (value: number) => number]>> = {sqrt: [0.5, Math.sqrt], cbrt: [1 / 3, Math.cbrt]}
const PURE: Readonly<Record<string, (value: number) => number>> = {log: Math.log, log10: Math.log10, exp: Math.exp}

const FUNCTIONS = ['min', 'max', ...Object.keys(ROUNDINGS), ...Object.keys(ROOTS), ...Object.keys(PURE)]

function compileFunction(node: Node, context: Context): Compiled {
  const name = (node.fn as Node | undefined)?.name ?? ''
  if (!FUNCTIONS.includes(name)) {
    throw new RigorError('UNKNOWN_NAME', `${context.where}: "${echo(name, 60)}" is not a function of expressions.`, {hint: didYouMean(name, FUNCTIONS) ?? `Functions: ${FUNCTIONS.join(', ')}.`})
  }
  const text = node.toString()
  const parts = (node.args ?? []).map((argument) => numberOf(compile(argument, context), context))
  const [first] = parts
  const variadic = name === 'min' || name === 'max'
  if (first === undefined || parts.length > (variadic ? 20 : 1)) throw bad(context, `"${echo(text, 60)}" has the wrong number of arguments`, LANGUAGE)
  if (variadic) {
    const type = parts.slice(1).reduce((left: Type & {kind: 'number'}, part) => agree({...first, type: left}, part, 'compared', context), first.type)
    return calculate(text, type, parts, name === 'min' ? Math.min : Math.max)
  }
  const rounding = ROUNDINGS[name]
  if (rounding !== undefined) return calculate(text, {kind: 'number', dimensions: first.type.dimensions}, parts, rounding)
  const root = ROOTS[name]
  if (root !== undefined) return calculate(text, {kind: 'number', dimensions: raise(first.type.dimensions, root[0])}, parts, root[1])
  if (!same(first.type.dimensions, NONE)) throw bad(context, `${name} takes a bare number, "${echo(first.text, 60)}" is ${describe(first.type)}`, 'Divide it by a quantity of the same unit first.')
  return calculate(text, {kind: 'number', dimensions: NONE}, parts, PURE[name] ?? (() => Number.NaN))
}

// ---- comparison and logic

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  smaller: (a, b) => a < b, smallerEq: (a, b) => a <= b, larger: (a, b) => a > b, largerEq: (a, b) => a >= b, equal: (a, b) => a === b, unequal: (a, b) => a !== b,
}
const SIGN: Readonly<Record<string, string>> = {smaller: '<', smallerEq: '<=', larger: '>', largerEq: '>=', equal: '==', unequal: '!='}

function compileComparison(fn: string, a: Compiled, b: Compiled, context: Context): Compiled {
  const text = `${a.text} ${SIGN[fn]} ${b.text}`
  let test: (left: Value, right: Value) => boolean | null
  let shown: {readonly unit: string | null; readonly factor: number} = {unit: null, factor: 1}
  if (a.type.kind === 'number' && b.type.kind === 'number') {
    const rule = ORDER[fn]
    const type = agree(a, b, 'compared', context)
    shown = shownUnit(type, context)
    test = (left, right) => (typeof left === 'number' && typeof right === 'number' && rule !== undefined ? rule(left, right) : null)
  } else {
    if (a.type.kind !== b.type.kind) throw bad(context, `"${echo(a.text, 60)}" is ${describe(a.type)}, "${echo(b.text, 60)}" is ${describe(b.type)}: the two cannot be compared`, LANGUAGE)
    if (fn !== 'equal' && fn !== 'unequal') throw bad(context, `${describe(a.type)} has no order: "${echo(text, 80)}"`, 'Use == or !=, or in ["…", "…"].')
    test = (left, right) => (left === null || right === null ? null : (left === right) === (fn === 'equal'))
  }
  const present = (value: Value): number | string | null => (typeof value === 'number' ? finite(value / shown.factor) : typeof value === 'boolean' ? String(value) : value)
  const evaluate = (scope: ExpressionScope): boolean | null => test(a.evaluate(scope), b.evaluate(scope))
  context.comparisons.push((scope) => ({text, passed: evaluate(scope), actual: present(a.evaluate(scope)), limit: present(b.evaluate(scope)), unit: shown.unit}))
  return {type: {kind: 'boolean'}, constant: a.constant && b.constant, text, evaluate}
}

function shownUnit(type: Type & {kind: 'number'}, context: Context): {readonly unit: string | null; readonly factor: number} {
  if (type.unit === context.throughput.name) return {unit: type.unit, factor: context.throughput.factor}
  const named = type.unit === undefined ? undefined : context.units[type.unit]
  if (named !== undefined) return {unit: type.unit ?? null, factor: named.factor}
  const known = SHOWN.find(([, unit]) => same(unit.dimensions, type.dimensions))
  return {unit: known?.[0] ?? null, factor: 1}
}

/** `x in ["a", "b"]`; mathjs alone would read a unit conversion. */
function compileMembership(subject: Compiled, list: Node, member: boolean, context: Context): Compiled {
  const items = (list.items ?? []).map((item) => compile(item, context))
  if (items.length === 0 || items.length > 1000) throw bad(context, 'the list after "in" is empty or too long', 'Write for example: target.provider in ["aws", "gcp"]')
  const text = `${subject.text} ${member ? 'in' : 'not in'} ${list.toString()}`
  for (const item of items) {
    if (item.type.kind !== subject.type.kind) throw bad(context, `"${echo(subject.text, 60)}" is ${describe(subject.type)}, "${echo(item.text, 60)}" in the list is ${describe(item.type)}`, 'Write for example: target.provider in ["aws", "gcp"]')
    if (subject.type.kind === 'number') agree(subject, item, 'compared', context)
  }
  const evaluate = (scope: ExpressionScope): boolean | null => {
    const value = subject.evaluate(scope)
    return value === null ? null : items.some((item) => item.evaluate(scope) === value) === member
  }
  context.comparisons.push((scope) => {
    const actual = subject.evaluate(scope)
    return {text, passed: evaluate(scope), actual: typeof actual === 'boolean' ? String(actual) : actual, limit: list.toString(), unit: null}
  })
  return {type: {kind: 'boolean'}, constant: false, text, evaluate}
}

function truth(compiled: Compiled, context: Context): Compiled {
  if (compiled.type.kind !== 'boolean') throw bad(context, `"${echo(compiled.text, 60)}" is ${describe(compiled.type)}, a comparison was expected`, LANGUAGE)
  return compiled
}

/** Kleene: false and unknown is false, true or unknown is true, the rest with an unknown is unknown. */
const LOGIC: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  and: (a, b) => (a === false || b === false ? false : a === null || b === null ? null : true),
  or: (a, b) => (a === true || b === true ? true : a === null || b === null ? null : false),
  xor: (a, b) => (a === null || b === null ? null : a !== b),
}

const negate = (inner: Compiled, text: string): Compiled => ({
  type: {kind: 'boolean'}, constant: inner.constant, text,
  evaluate(scope) {
    const value = inner.evaluate(scope)
    return value === null ? null : value !== true
  },
})

// ---- the tree

const isList = (node: Node | undefined): node is Node => node?.type === 'ArrayNode'

function compileOperator(node: Node, context: Context): Compiled {
  const fn = String(node.fn)
  const text = node.toString()
  const [first, second] = node.args ?? []
  if (first === undefined) throw bad(context, `"${echo(text, 60)}" is not understood`, LANGUAGE)
  if (second === undefined) {
    if (fn === 'not') return negate(truth(compile(first, context), context), text)
    if (fn === 'unaryMinus' || fn === 'unaryPlus') {
      const inner = numberOf(compile(first, context), context)
      return fn === 'unaryPlus' ? inner : calculate(text, inner.type, [inner], (value) => -value)
    }
    throw bad(context, `the operator in "${echo(text, 60)}" is not understood`, LANGUAGE)
  }
  if (fn === 'to' && isList(second)) {
    // "not x in [..]" binds as "(not x) in [..]" in mathjs; what is meant is plain.
    if (first.type === 'OperatorNode' && first.fn === 'not' && first.args?.[0] !== undefined) return compileMembership(compile(first.args[0], context), second, false, context)
    return compileMembership(compile(first, context), second, true, context)
  }
  if (fn === 'unequal' && isList(second)) return compileMembership(compile(first, context), second, false, context)
  if (fn === 'to') throw bad(context, `"${echo(text, 60)}" asks for a conversion`, 'Units convert by themselves. For membership write: target.provider in ["aws", "gcp"]')
  const [a, b] = [compile(first, context), compile(second, context)]
  if (Object.hasOwn(SIGN, fn)) return compileComparison(fn, a, b, context)
  const logic = Object.hasOwn(LOGIC, fn) ? LOGIC[fn] : undefined
  if (logic !== undefined) {
    const [left, right] = [truth(a, context), truth(b, context)]
    return {type: {kind: 'boolean'}, constant: left.constant && right.constant, text, evaluate: (scope) => logic(left.evaluate(scope), right.evaluate(scope))}
  }
  if (fn === 'pow') return compilePower(node, [a, b], context)
  if (Object.hasOwn(ARITHMETIC, fn)) return compileArithmetic(fn, node, [a, b], context)
  const meant = {bitAnd: 'and', bitOr: 'or', bitNot: 'not'}[fn]
  const hint = fn === 'mod' ? 'A percentage before + or - needs parentheses: (80%) + …' : meant === undefined ? LANGUAGE : `Write "${meant}".`
  throw bad(context, `the operator in "${echo(text, 60)}" is not understood`, hint)
}

function compileCondition(node: Node, context: Context): Compiled {
  if (node.condition === undefined || node.trueExpr === undefined || node.falseExpr === undefined) throw bad(context, 'the condition is incomplete', LANGUAGE)
  const [condition, yes, no] = [truth(compile(node.condition, context), context), compile(node.trueExpr, context), compile(node.falseExpr, context)]
  const type = yes.type.kind === 'number' && no.type.kind === 'number' ? agree(yes, no, 'alternatives', context) : yes.type
  if (yes.type.kind !== no.type.kind) throw bad(context, `"${echo(yes.text, 60)}" and "${echo(no.text, 60)}" are of two sorts`, LANGUAGE)
  return {
    type, text: node.toString(), constant: false,
    evaluate(scope) {
      const holds = condition.evaluate(scope)
      return holds === null ? null : (holds === true ? yes : no).evaluate(scope)
    },
  }
}

/** `1 h < duration < 3 h` */
function compileChain(node: Node, context: Context): Compiled {
  const parts = (node.params ?? []).map((part) => compile(part, context))
  const links = (node.conditionals ?? []).map((fn, index) => {
    const [left, right] = [parts[index], parts[index + 1]]
    if (left === undefined || right === undefined || !Object.hasOwn(SIGN, fn)) throw bad(context, 'the chain of comparisons is not understood', LANGUAGE)
    return compileComparison(fn, left, right, context)
  })
  return {type: {kind: 'boolean'}, text: node.toString(), constant: false, evaluate: (scope) => links.map((link) => link.evaluate(scope)).reduce((a, b) => LOGIC['and']?.(a, b) ?? null, true)}
}

function compile(node: Node, context: Context): Compiled {
  switch (node.type) {
    case 'ParenthesisNode':
      if (node.content !== undefined) return compile(node.content, context)
      break
    case 'ConstantNode':
      return compileConstant(node, context)
    case 'SymbolNode':
    case 'AccessorNode': {
      const name = dottedName(node)
      if (name !== undefined) return compileName(name, context)
      break
    }
    case 'OperatorNode':
      return compileOperator(node, context)
    case 'RelationalNode':
      return compileChain(node, context)
    case 'ConditionalNode':
      return compileCondition(node, context)
    case 'FunctionNode':
      return compileFunction(node, context)
  }
  const what: Readonly<Record<string, string>> = {
    AssignmentNode: 'an assignment (to compare, write ==)', FunctionAssignmentNode: 'a function definition', BlockNode: 'several expressions', ArrayNode: 'a list outside "in"', ObjectNode: 'an object', RangeNode: 'a range', AccessorNode: 'indexing',
  }
  throw bad(context, `"${echo(String(node), 60)}" is ${what[node.type] ?? 'not understood'}, which expressions do not have`, LANGUAGE)
}

// ---- entry points

const PERIODS: Readonly<Record<string, number>> = {s: 1 / 3600, min: 1 / 60, h: 1, day: 24}

/** "output tokens/s" → work per time, and the words that count as work. */
function throughputUnit(text: string): {readonly unit: Unit & {readonly name: string}; readonly nouns: readonly string[]} {
  const [left = '', period] = text.split('/')
  const hours = period === undefined ? undefined : PERIODS[period.trim()]
  if (hours === undefined) return {unit: {name: text, factor: 1, dimensions: NONE}, nouns: []}
  const nouns = left.trim().split(/\s+/).flatMap((word) => [word, word.replace(/s$/, '')])
  return {unit: {name: text, factor: 1 / hours, dimensions: combine(WORK, TIME, -1)}, nouns}
}

type Parse = (text: string) => unknown
let parser: Parse | undefined

/** Made at the first expression; it has no state. */
function parse(text: string): Node {
  parser ??= (create({...parseDependencies}) as {readonly parse: Parse}).parse
  return parser(text) as Node
}

function createContext(text: string, options: ExpressionOptions): Context {
  const {unit, nouns} = throughputUnit(options.throughputUnit)
  const money = Object.fromEntries(Object.entries(options.rates).map(([code, {perUsd}]) => [code, {factor: 1 / perUsd, dimensions: MONEY}]))
  const work = Object.fromEntries(nouns.filter((noun) => noun !== '').map((noun) => [noun, {factor: 1, dimensions: WORK}]))
  return {
    text,
    where: options.where ?? `"${echo(text, 120)}"`,
    units: {...UNITS, ...money, USD: {factor: 1, dimensions: MONEY}, ...work},
    throughput: unit,
    names: new Set(),
    comparisons: [],
  }
}

function compileText(text: string, options: ExpressionOptions): {readonly compiled: Compiled; readonly context: Context} {
  const context = createContext(text, options)
  if (text.length > LONGEST) throw bad(context, `it is longer than ${LONGEST} characters`, 'Split it into several policies.')
  if (text.trim() === '') throw bad(context, 'it is empty', LANGUAGE)
  const prepared = text.replaceAll('≤', '<=').replaceAll('≥', '>=').replaceAll('≠', '!=').replaceAll('×', '*').replaceAll(/\bnot\s+in\s*\[/g, '!= [')
  let tree: Node
  try {
    tree = parse(prepared)
  } catch (cause) {
    // mathjs throws plain errors for text it cannot read, and a RangeError for nesting beyond its stack.
    const why = cause instanceof Error && cause.name === 'SyntaxError' ? echo(cause.message, 120).replace(/\.$/, '') : 'it cannot be read'
    const comma = /\d,\d{3}(?!\d)/.test(text) ? 'Write numbers without separators: 9000 USD.' : undefined
    throw new RigorError('BAD_EXPRESSION', `${context.where}: ${why}.`, {hint: comma ?? (/&&|\|\|/.test(text) ? 'Write "and" and "or".' : LANGUAGE), cause})
  }
  return {compiled: compile(tree, context), context}
}

/** An objective: a number in any unit, smaller is better. */
export function compileObjective(text: string, options: ExpressionOptions): CompiledObjective {
  const {compiled, context} = compileText(text, options)
  if (compiled.type.kind !== 'number') throw bad(context, `an objective is a quantity to make small, this is ${describe(compiled.type)}`, 'For example: "cost + 2 USD/h * duration".')
  if (context.names.size === 0) throw bad(context, 'the objective names no quantity, so all targets would be alike', 'For example: "cost + 2 USD/h * duration".')
  return {
    text,
    names: [...context.names],
    score(scope) {
      const value = compiled.evaluate(scope)
      return typeof value === 'number' ? value : null
    },
  }
}

/** A policy: true, false, or unknown where a quantity it needs is. */
export function compilePolicy(text: string, options: ExpressionOptions): CompiledPolicy {
  const {compiled, context} = compileText(text, options)
  if (compiled.type.kind !== 'boolean') throw bad(context, `a policy is a comparison, this is ${describe(compiled.type)}`, 'For example: "cost.perMonth <= 9000 USD".')
  const names = [...context.names]
  return {
    text,
    names,
    evaluate(scope) {
      const value = compiled.evaluate(scope)
      return {
        passed: typeof value === 'boolean' ? value : null,
        comparisons: context.comparisons.map((compare) => compare(scope)),
        unknown: names.filter((name) => (Object.hasOwn(scope, name) ? (scope[name] ?? null) : null) === null),
      }
    },
  }
}
