/**
 * Fits factors that belong to scopes within scopes — all hardware, a vendor, an architecture; all runtimes, one of them — to
 * measurements. ln(factor) of a sample = its start + one part per scope the sample lies in; each part is drawn towards 0 (ridge), so that
 * a scope without evidence has its parent's value.
 *
 * Minimised is Σ weight · (√(r² + δ²) − δ) + Σ part² / (2 τ²) with r = ln(predicted ÷ measured): near-linear, as what is sought is a
 * small typical error, not a small worst one. Iteratively reweighted Gauss–Newton steps (Holland & Welsch 1977) damped as in Levenberg (1944).
 * Derivatives are taken factor by factor, so that the cost does not grow with the number of scopes. Deterministic.
 */

export interface Scope {
  /** Samples with the same key share a part. */
  readonly key: string
  /** How far the part may stray, in ln: the standard deviation of its prior. */
  readonly tau: number
}

export interface HierarchicalFactor<S> {
  readonly name: string
  /** ln of the value where nothing was measured. */
  startLn(sample: S): number
  /** Outermost first. Empty = the factor plays no part in this sample. */
  scopes(sample: S): readonly Scope[]
  /** Whether the sample may move the factor, which has its say in the prediction either way. All may unless told. */
  informs?(sample: S): boolean
  readonly lowestLn?: number
  readonly highestLn?: number
}

export interface HierarchicalProblem<S> {
  readonly factors: readonly HierarchicalFactor<S>[]
  readonly samples: readonly S[]
  weight(sample: S): number
  /** ln(predicted ÷ measured) with these ln-values of the factors, in their order; `undefined` = not answered. */
  residual(sample: S, lnValues: Float64Array): number | undefined
}

export interface HierarchicalFit<S> {
  /** `factor|scope` → part. */
  readonly parts: ReadonlyMap<string, number>
  /** ln-values of all factors for a sample, seen or not. */
  lnValues(sample: S): Float64Array
  readonly loss: number
}

/** Errors below this count quadratically. */
const DELTA = 0.08
/** Typical error that weights are relative to. */
const NOISE = 0.15
/** Of derivatives: wide enough to see past the kinks of a maximum. */
const STEP_LN = 0.03
const LONGEST_STEP_LN = 0.4
/** A residual beyond this is a row that means something else; it must not rule. */
const WORST = 1.6

/** The same for relative errors: beyond twice too much a row has no say. */
const WORST_RELATIVE = 1.2

/** An error as the loss sees it, and its slope over ln(predicted ÷ measured); a slope of 0 = no say. */
interface Lens {
  of(residual: number): number
  slope(residual: number): number
}
const logarithmic = (farthest: number): Lens => ({of: residual => Math.max(-farthest, Math.min(farthest, residual)), slope: residual => (Math.abs(residual) > farthest ? 0 : 1)})
const RELATIVE: Lens = {of: residual => Math.min(WORST_RELATIVE, Math.exp(residual) - 1), slope: residual => (Math.exp(residual) - 1 > WORST_RELATIVE ? 0 : Math.exp(residual))}

const cost = (residual: number, lens: Lens): number => (Math.sqrt(lens.of(residual) ** 2 + DELTA ** 2) - DELTA) / NOISE

/** `farthest`: a residual beyond it has no say. `relativeIterations`: so many steps more on |predicted ÷ measured − 1|, which is what is scored: twice too much counts more than half. `from`: parts to start with. */
export function fitHierarchy<S>(problem: HierarchicalProblem<S>, {iterations = 25, relativeIterations = 0, farthest = WORST, from, say = () => {}}: {iterations?: number; farthest?: number; relativeIterations?: number; from?: ReadonlyMap<string, number>; say?: (text: string) => void} = {}): HierarchicalFit<S> {
  const {factors, samples} = problem
  const {partIndex, taus} = numbered(problem)
  const partsOf = samples.map(sample => factors.map(factor => factor.scopes(sample).map(({key}) => partIndex.get(`${factor.name}|${key}`)!)))
  const startsOf = samples.map(sample => Float64Array.from(factors, factor => factor.startLn(sample)))
  const clamp = (factor: HierarchicalFactor<S>, ln: number): number => Math.min(factor.highestLn ?? Infinity, Math.max(factor.lowestLn ?? -Infinity, ln))
  const valuesAt = (parts: Float64Array, index: number): Float64Array => {
    const own = partsOf[index]!
    return startsOf[index]!.map((start, position) => clamp(factors[position]!, own[position]!.reduce((total, part) => total + parts[part]!, start)))
  }
  const size = taus.length
  const weights = samples.map(sample => problem.weight(sample))
  const plain = logarithmic(farthest)
  let lens = plain
  const lossAt = (parts: Float64Array): {loss: number; residuals: (number | undefined)[]} => {
    let loss = 0
    for (let part = 0; part < size; part++) loss += (parts[part]! / taus[part]!) ** 2 / 2
    const residuals = samples.map((sample, index) => problem.residual(sample, valuesAt(parts, index)))
    for (const [index, residual] of residuals.entries()) if (residual !== undefined) loss += weights[index]! * cost(residual, lens)
    return {loss, residuals}
  }

  let parts = new Float64Array(size)
  for (const [name, part] of from ?? []) {
    const index = partIndex.get(name)
    if (index !== undefined) parts[index] = part
  }
  let {loss, residuals} = lossAt(parts)
  let damping = 1e-2
  let stalled = false
  say(`${samples.length} samples, ${size} parts, loss ${loss.toFixed(1)}`)
  for (let iteration = 0; iteration < iterations + relativeIterations; iteration++) {
    if (iteration >= iterations || stalled) {
      if (lens === RELATIVE && stalled) break
      if (lens === plain) {
        if (relativeIterations === 0) break
        iteration = Math.max(iteration, iterations)
        lens = RELATIVE
        damping = 1e-2
        ;({loss, residuals} = lossAt(parts))
      }
      stalled = false
    }
    const matrix = new Float64Array(size * size)
    const gradient = new Float64Array(size)
    for (let part = 0; part < size; part++) {
      matrix[part * size + part] = 1 / taus[part]! ** 2
      gradient[part] = parts[part]! / taus[part]! ** 2
    }
    for (const [index, sample] of samples.entries()) {
      const residual = residuals[index]
      if (residual === undefined || lens.slope(residual) === 0) continue
      const error = lens.of(residual)
      const steepness = lens.slope(residual)
      const own = partsOf[index]!
      const values = valuesAt(parts, index)
      const slopes: {parts: readonly number[]; slope: number}[] = []
      for (const [position, indices] of own.entries()) {
        if (indices.length === 0) continue
        const factor = factors[position]!
        if (factor.informs?.(sample) === false) continue
        const before = values[position]!
        const direction = clamp(factor, before + STEP_LN) > before ? 1 : -1
        values[position] = before + direction * STEP_LN
        const moved = problem.residual(sample, values)
        values[position] = before
        if (moved !== undefined && moved !== residual) slopes.push({parts: indices, slope: (steepness * (moved - residual)) / (direction * STEP_LN)})
      }
      const weight = weights[index]! / Math.sqrt(error ** 2 + DELTA ** 2) / NOISE
      for (const left of slopes) {
        for (const row of left.parts) {
          gradient[row]! += weight * error * left.slope
          for (const right of slopes) for (const column of right.parts) matrix[row * size + column]! += weight * left.slope * right.slope
        }
      }
    }
    let accepted = false
    for (let attempt = 0; attempt < 8 && !accepted; attempt++) {
      const step = solve(matrix, gradient, size, damping)
      const next = parts.map((part, index) => part - Math.max(-LONGEST_STEP_LN, Math.min(LONGEST_STEP_LN, step[index]!)))
      const tried = lossAt(next)
      if (tried.loss < loss) {
        accepted = true
        const gain = loss - tried.loss
        ;({loss, residuals} = tried)
        parts = next
        damping = Math.max(1e-6, damping / 4)
        stalled = gain < 5e-4 * loss
      } else damping *= 6
    }
    if (!accepted) stalled = true
  }
  say(`loss ${loss.toFixed(1)}`)
  const named = new Map([...partIndex].map(([name, index]) => [name, parts[index]!]))
  return {
    parts: named,
    lnValues: sample => Float64Array.from(factors, factor =>
      clamp(factor, factor.scopes(sample).reduce((total, {key}) => total + (named.get(`${factor.name}|${key}`) ?? 0), factor.startLn(sample)))),
    loss,
  }
}

/**
 * Numbers the parts by key, backwards: `hopper|vllm@0.12` before `hopper|vllm`, `*` last. Scopes that share no sample are then apart, and most of the
 * matrix before its diagonal stays empty: the solver need not look there.
 */
function numbered<S>({factors, samples}: HierarchicalProblem<S>): {readonly partIndex: ReadonlyMap<string, number>; readonly taus: readonly number[]} {
  const found = new Map<string, Scope>()
  for (const sample of samples) for (const factor of factors) for (const scope of factor.scopes(sample)) found.set(`${factor.name}|${scope.key}`, scope)
  const ordered = [...found].sort(([left, a], [right, b]) => (a.key < b.key ? 1 : a.key > b.key ? -1 : left < right ? -1 : 1))
  return {partIndex: new Map(ordered.map(([name], index) => [name, index])), taus: ordered.map(([, {tau}]) => tau)}
}

/** (matrix + damping · diagonal) · x = right side, by Cholesky within the envelope: what is 0 before the first entry of a row stays 0. */
function solve(matrix: Float64Array, right: Float64Array, size: number, damping: number): Float64Array {
  const lower = matrix.slice()
  const first = Int32Array.from({length: size}, (_, row) => {
    let column = 0
    while (column < row && lower[row * size + column] === 0) column++
    return column
  })
  for (let row = 0; row < size; row++) lower[row * size + row]! *= 1 + damping
  for (let row = 0; row < size; row++) {
    for (let column = first[row]!; column <= row; column++) {
      let total = lower[row * size + column]!
      for (let k = Math.max(first[row]!, first[column]!); k < column; k++) total -= lower[row * size + k]! * lower[column * size + k]!
      lower[row * size + column] = row === column ? Math.sqrt(Math.max(total, 1e-12)) : total / lower[column * size + column]!
    }
  }
  const x = right.slice()
  for (let row = 0; row < size; row++) {
    let total = x[row]!
    for (let k = first[row]!; k < row; k++) total -= lower[row * size + k]! * x[k]!
    x[row] = total / lower[row * size + row]!
  }
  for (let row = size - 1; row >= 0; row--) {
    let total = x[row]!
    for (let k = row + 1; k < size; k++) total -= lower[k * size + row]! * x[k]!
    x[row] = total / lower[row * size + row]!
  }
  return x
}
