import {decodeStep, newPassTime, prefill, shapeFor, type PassTime, type Serving} from './serving.ts'

/** Tokens of one request on average. */
export interface RequestShape {
  readonly newTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** What one replica does in the long run at some load. Seconds per request; rates per replica. */
export interface SteadyState {
  /** Sequences in flight. */
  inFlight: number
  requestsPerSecond: number
  ttftMedian: number
  ttftP99: number
  tpotMedian: number
  tpotP99: number
  /** Median gap between two tokens of a stream: longer gaps, in which prompts are taken in, show once there are enough of them. */
  gapMedian: number
  /** Of a first token, what is no wait: the handling of the request and its own prefill, or that of the batch it comes with. */
  ownSeconds: number
  /** Seconds of one decode step, and of the prefill that one more request adds. */
  stepSeconds: number
  prefillSeconds: number
  readonly step: PassTime
  readonly added: PassTime
  readonly alone: PassTime
  /** What `added` and `alone` were worked out for; they do not depend on the load. */
  serving: Serving | undefined
  shape: RequestShape | undefined
}

export const newSteadyState = (): SteadyState => ({
  inFlight: 0, requestsPerSecond: 0, ttftMedian: 0, ttftP99: 0, tpotMedian: 0, tpotP99: 0, gapMedian: 0, ownSeconds: 0, stepSeconds: 0, prefillSeconds: 0,
  step: newPassTime(), added: newPassTime(), alone: newPassTime(), serving: undefined, shape: undefined,
})

/** ln 100: the 99th percentile of an exponential tail. */
const LN_100 = Math.log(100)
/** z of the 99th percentile of the normal distribution. */
const Z_99 = 2.3263478740408408

/** Prompt tokens that one step takes in beside the decoding: the chunk of chunked prefill. */
const CHUNK_TOKENS = 8192

/** Answer tokens that a sequence in flight holds on average: half of those of one length; where lengths vary, E[n²] ÷ 2E[n], as a token is likelier to be one of a long answer. */
export const heldAnswer = ({factors}: Serving, outputTokens: number): number => (outputTokens * (1 + factors.answerVariance)) / 2

/**
 * Mean context that attention reads for a sequence while it decodes: the prompt and what is there of the answer; where programs have fixed shapes, all of the
 * smallest shape that holds it, which is the largest for half of a long answer, the next for a quarter, and so on.
 */
export function meanContext(serving: Serving, {cachedTokens, newTokens, outputTokens}: RequestShape): number {
  const prompt = cachedTokens + newTokens
  if (!serving.fixedShapes) return prompt + heldAnswer(serving, outputTokens)
  const end = prompt + 2 * heldAnswer(serving, outputTokens)
  let [sum, from] = [0, prompt]
  while (from < end) {
    const shape = shapeFor(from + 1)
    sum += shape * (Math.min(end, shape) - from)
    from = shape
  }
  return sum / (end - prompt)
}

/** What it reads at the token in the middle of an answer. */
const medianContext = (serving: Serving, shape: RequestShape): number => (serving.fixedShapes ? shapeFor(shape.cachedTokens + shape.newTokens + heldAnswer(serving, shape.outputTokens)) : meanContext(serving, shape))

/**
 * Wait in the prefill queue: M/D/1 (Pollaczek–Khinchine), mean ρP/(2(1−ρ)), tail exp(−2(1−ρ)t/P) scaled by ρ; never more
 * than the others' prefills together.
 */
function queueWait(busyShare: number, prefillSeconds: number, others: number, percentile99: boolean): number {
  const longest = others * prefillSeconds
  const left = 1 - Math.min(busyShare, 0.999)
  const mean = (busyShare * prefillSeconds) / (2 * left)
  const wait = percentile99 ? Math.max(mean, ((LN_100 + Math.log(Math.max(busyShare, 1e-9))) * prefillSeconds) / (2 * left)) : mean
  return Math.min(wait, longest)
}

/** The prefill of a request by itself, and what it adds to a pass that takes place anyway. */
function withPrefills(serving: Serving, shape: RequestShape, into: SteadyState): SteadyState {
  if (into.serving === serving && into.shape === shape) return into
  prefill(serving, shape.newTokens, shape.cachedTokens, 1, true, into.alone)
  prefill(serving, shape.newTokens, shape.cachedTokens, 1, false, into.added)
  into.serving = serving
  into.shape = shape
  return into
}

/**
 * Seconds to the first token of a request that no other prefill holds up: its own prefill, and where others decode, half of a step until the
 * engine looks, a step for each chunk, and as many as ranks in lockstep wait to have a prompt each.
 */
function firstToken({factors, groups}: Serving, {newTokens}: RequestShape, aloneSeconds: number, stepSeconds: number): number {
  const balancing = groups > 1 ? factors.balanceSteps : 0
  return factors.requestSeconds + aloneSeconds + stepSeconds * (0.5 + Math.ceil(newTokens / CHUNK_TOKENS) + balancing)
}

/** Passes hold prompts or answers, not both, and prompts come first, unless told otherwise (SGLang's enable_mixed_chunk). */
const SEPARATE_PASSES: ReadonlySet<string> = new Set(['sglang'])

/**
 * Share of the others' prompts that stand before one's own because many start together:
 * - where all prompts are taken in before anyone decodes, answers of about one length end together as well, and all stay in step: half of the others, on average;
 * - elsewhere requests come back as far apart as they were taken in. Only the first of each user, of the ten that benchmarks send, are in step: a tenth of that.
 */
const IN_STEP = {separate: 0.5, mixed: 0.05}

/** Poisson arrivals of fewer than so many on average have a median of none. */
const LN_2 = Math.log(2)

/**
 * Median gap between tokens where `promptsPerGap` prompts come in a gap on average, at random: none below ln 2 of them, and about ln 2 fewer than the mean
 * beyond (the lower bound of Poisson's median; Choi 1994).
 */
function medianGap(stepSeconds: number, {newTokens}: RequestShape, prefillSeconds: number, promptsPerGap: number): number {
  const chunks = Math.ceil(newTokens / CHUNK_TOKENS)
  return stepSeconds + (prefillSeconds / chunks) * Math.max(0, promptsPerGap * chunks - LN_2)
}

/**
 * Seconds of a prefill that a decode step hides: while its weights are read the matrix units wait, and multiply the prompt's chunk meanwhile
 * (Agrawal et al. 2024, Sarathi-Serve: decodes piggyback on chunks).
 */
function hiddenSeconds({layout}: Serving, {newTokens, outputTokens}: RequestShape, added: PassTime, step: PassTime, others: number): number {
  if (SEPARATE_PASSES.has(layout.runtime)) return 0
  // In the life of a request there are as many steps as tokens, for the prompts of all others.
  const steps = Math.min(Math.ceil(newTokens / CHUNK_TOKENS), (outputTokens - 1) / Math.max(1, others))
  return Math.min(added.weights + added.experts, step.spare * steps)
}

/**
 * Closed loop: `inFlight` requests, each followed by the next. During the life of a request every other one is prefilled once, and those
 * prefills take their time from the decoding (continuous batching, Yu et al. 2022; chunked prefill, Agrawal et al. 2024):
 *   life = prefill alone + (output − 1) · step + (inFlight − 1) · added prefill,   requests/s = inFlight ÷ life.
 * Of the others' prefills IN_STEP · queueShare · others^queueExponent, and those that came just before, stand before the first token; the rest slows the tokens after it.
 */
export function closedLoop(serving: Serving, shape: RequestShape, inFlight: number, into: SteadyState): SteadyState {
  if (serving.prefillersPerDecoder > 0) return closedLoopApart(serving, shape, inFlight, into)
  if (serving.staticBatch) return batchByBatch(serving, shape, inFlight, into)
  const {factors} = serving
  const step = decodeStep(serving, inFlight, meanContext(serving, shape), into.step)
  const {alone, added} = withPrefills(serving, shape, into)
  const others = Math.max(0, inFlight - 1)
  const prefillSeconds = added.total - hiddenSeconds(serving, shape, added, step, others)
  const stolen = others * prefillSeconds
  const gaps = Math.max(0, shape.outputTokens - 1)
  // Without tokens to decode there are no steps to share.
  const company = gaps > 0 ? Math.min(1, others) : 0
  const first = firstToken(serving, shape, alone.total, company * step.total)
  const life = first + gaps * step.total + stolen
  const busyShare = Math.min(1, (inFlight * prefillSeconds) / life)
  const inStep = SEPARATE_PASSES.has(serving.layout.runtime) ? IN_STEP.separate : IN_STEP.mixed
  const queued = gaps === 0 ? stolen : Math.min(stolen, inStep * factors.queueShare * prefillSeconds * others ** factors.queueExponent + company * queueWait(busyShare, prefillSeconds, others, false))
  into.inFlight = inFlight
  into.stepSeconds = step.total
  into.prefillSeconds = prefillSeconds
  into.requestsPerSecond = inFlight / life
  into.ownSeconds = factors.requestSeconds + alone.total
  into.ttftMedian = first + queued
  into.ttftP99 = first + Math.min(stolen, Math.max(3 * queued, queued + queueWait(busyShare, prefillSeconds, others, true)))
  const slowed = gaps > 0 ? (stolen - queued) / gaps : 0
  into.tpotMedian = step.total + slowed
  into.tpotP99 = step.total + slowed * (1 + (others > 0 ? Z_99 / Math.sqrt(others) : 0))
  into.gapMedian = prefillSeconds > 0 ? medianGap(step.total, shape, prefillSeconds, slowed / prefillSeconds) : step.total
  return into
}

/** All prompts of a batch in one pass, then a step for each token of its answers; the next batch begins when all are done. */
function batchByBatch(serving: Serving, shape: RequestShape, inFlight: number, into: SteadyState): SteadyState {
  const median = decodeStep(serving, inFlight, medianContext(serving, shape), into.step).total
  const step = decodeStep(serving, inFlight, meanContext(serving, shape), into.step)
  const {added} = withPrefills(serving, shape, into)
  const together = prefill(serving, shape.newTokens, shape.cachedTokens, inFlight, true, into.alone)
  // What stands in `alone` now is of this batch only.
  into.serving = undefined
  const first = serving.factors.requestSeconds + together.total
  into.inFlight = inFlight
  into.stepSeconds = step.total
  into.prefillSeconds = added.total
  into.requestsPerSecond = inFlight / (first + Math.max(0, shape.outputTokens - 1) * step.total)
  into.ownSeconds = first
  into.ttftMedian = first
  into.ttftP99 = first
  into.tpotMedian = median
  into.tpotP99 = Math.max(median, step.total)
  into.gapMedian = median
  return into
}

/** The share of a prefiller's time that random arrivals leave it busy at most. */
const MOST_BUSY = 0.95

/**
 * Closed loop over replicas that prefill (κ for each that decodes): a request waits for a prefiller, is prefilled, handed over and decoded, and
 * nothing slows its tokens. Per decoding replica (1 + κ) · inFlight requests live = λ · (wait + prefill + hand-over + gaps · step(b)), b = λ · gaps · step(b) of them
 * decoding (Little's law), and λ ≤ κ ÷ prefill. Rates are per replica of either sort (Zhong et al. 2024, DistServe).
 */
function closedLoopApart(serving: Serving, shape: RequestShape, inFlight: number, into: SteadyState): SteadyState {
  const {factors, prefillersPerDecoder: ratio} = serving
  const {alone, added} = withPrefills(serving, shape, into)
  const gaps = Math.max(0, shape.outputTokens - 1)
  const living = inFlight * (1 + ratio)
  const first = factors.requestSeconds + alone.total + serving.handOverSeconds
  const most = (MOST_BUSY * ratio) / alone.total
  let perSecond = 0
  let wait = 0
  let batch = Math.max(1, living)
  for (let round = 0; round < 12; round++) {
    const step = decodeStep(serving, Math.max(1, batch), meanContext(serving, shape), into.step)
    perSecond = Math.min(most, living / (first + wait + gaps * step.total))
    wait = perSecond < most ? queueWait((perSecond * alone.total) / ratio, alone.total, living, false) : Math.max(0, living / perSecond - first - gaps * step.total)
    batch = Math.max(1, Math.min(living, perSecond * gaps * step.total))
  }
  const busyShare = Math.min(MOST_BUSY, (perSecond * alone.total) / ratio)
  into.inFlight = batch
  into.stepSeconds = into.step.total
  into.prefillSeconds = added.total
  into.requestsPerSecond = perSecond / (1 + ratio)
  into.ownSeconds = first
  into.ttftMedian = first + wait
  into.ttftP99 = first + Math.max(wait, queueWait(busyShare, alone.total, living, true))
  into.tpotMedian = into.step.total
  into.tpotP99 = into.step.total
  into.gapMedian = into.step.total
  return into
}

/** Everything queued at once, `batch` in flight for as long as work is left: the closed loop without anyone waiting for a first token. */
export function saturated(serving: Serving, shape: RequestShape, batch: number, into: SteadyState): SteadyState {
  const ratio = serving.prefillersPerDecoder
  closedLoop(serving, shape, batch, into)
  if (serving.staticBatch) return into
  const gaps = Math.max(1, shape.outputTokens)
  if (ratio > 0) {
    const step = decodeStep(serving, batch, meanContext(serving, shape), into.step)
    into.inFlight = batch
    into.stepSeconds = step.total
    into.requestsPerSecond = Math.min(ratio / into.alone.total, batch / (gaps * step.total)) / (1 + ratio)
    return into
  }
  into.requestsPerSecond = batch / (gaps * into.stepSeconds + batch * into.prefillSeconds + serving.factors.stepSeconds)
  return into
}

/**
 * Open loop: requests arrive at `perSecond` at random. Prefills keep the engine busy for ρ = λ·P; decoding gets the rest, so a step takes
 * S(b)/(1−ρ), and Little's law gives the batch: b = λ·(output−1)·S(b)/(1−ρ) (least fixed point). Slots wait as in M/M/c (Sakasegawa 1977).
 * `false` = more than `slots` sequences would have to run at once: the replica cannot keep up.
 */
export function openLoop(serving: Serving, shape: RequestShape, perSecond: number, slots: number, into: SteadyState): boolean {
  const context = meanContext(serving, shape)
  const {alone, added} = withPrefills(serving, shape, into)
  const ratio = serving.prefillersPerDecoder
  if (ratio > 0) return openLoopApart(serving, shape, perSecond, slots, into)
  const gaps = Math.max(0, shape.outputTokens - 1)
  const busyAt = (sequences: number): number => perSecond * (added.total - hiddenSeconds(serving, shape, added, decodeStep(serving, Math.max(1, sequences), context, into.step), sequences))
  let batch = 0
  let converged = gaps === 0
  for (let round = 0; round < 60 && !converged; round++) {
    const free = 1 - busyAt(batch)
    const next = (perSecond * gaps * into.step.total) / free
    if (free <= 0.001 || next > slots) return false
    // The map grows with the batch and flattens towards its fixed point: overshooting would miss the least one.
    converged = next - batch <= 1e-3 * next
    batch = next
  }
  const busyShare = busyAt(batch)
  if (!converged || busyShare >= 0.999) return false
  const step = decodeStep(serving, Math.max(1, batch), context, into.step)
  const stepSeconds = step.total
  const stretched = stepSeconds / (1 - busyShare)
  const life = gaps * stretched
  const usedShare = Math.min(batch / slots, 0.999)
  const slotWait = (life / slots) * (usedShare ** (Math.sqrt(2 * (slots + 1)) - 1) / (1 - usedShare))
  const first = firstToken(serving, shape, alone.total, Math.min(1, batch) * stepSeconds)
  into.inFlight = batch
  into.stepSeconds = stepSeconds
  const prefillSeconds = busyShare / perSecond
  into.prefillSeconds = prefillSeconds
  into.requestsPerSecond = perSecond
  into.ownSeconds = serving.factors.requestSeconds + alone.total
  into.ttftMedian = first + queueWait(busyShare, prefillSeconds, Number.POSITIVE_INFINITY, false) + slotWait
  into.ttftP99 = first + queueWait(busyShare, prefillSeconds, Number.POSITIVE_INFINITY, true) + slotWait * LN_100
  into.tpotMedian = stretched
  into.gapMedian = medianGap(stepSeconds, shape, prefillSeconds, perSecond * stretched)
  const crowded = Math.min(slots, batch + Z_99 * Math.sqrt(batch))
  const crowdedStep = batch > 0 ? decodeStep(serving, Math.max(1, crowded), context, into.step).total : stepSeconds
  into.tpotP99 = crowdedStep / (1 - busyShare)
  decodeStep(serving, Math.max(1, batch), context, into.step)
  return true
}

/** Open loop over prefilling and decoding replicas: M/D/1 before the first, and tokens at the pace of the others' own batch. */
function openLoopApart(serving: Serving, shape: RequestShape, perSecond: number, slots: number, into: SteadyState): boolean {
  const {factors, prefillersPerDecoder: ratio} = serving
  const {alone, added} = into
  const arrivals = perSecond * (1 + ratio)
  const busyShare = (arrivals * alone.total) / ratio
  if (busyShare >= MOST_BUSY) return false
  const gaps = Math.max(0, shape.outputTokens - 1)
  let batch = 0
  let converged = gaps === 0
  for (let round = 0; round < 60 && !converged; round++) {
    const next = arrivals * gaps * decodeStep(serving, Math.max(1, batch), meanContext(serving, shape), into.step).total
    if (next > slots) return false
    converged = next - batch <= 1e-3 * next
    batch = next
  }
  if (!converged) return false
  const first = factors.requestSeconds + alone.total + serving.handOverSeconds
  const crowded = Math.min(slots, batch + Z_99 * Math.sqrt(batch))
  into.tpotP99 = decodeStep(serving, Math.max(1, crowded), meanContext(serving, shape), into.step).total
  into.tpotMedian = decodeStep(serving, Math.max(1, batch), meanContext(serving, shape), into.step).total
  into.gapMedian = into.tpotMedian
  into.inFlight = batch
  into.stepSeconds = into.step.total
  into.prefillSeconds = added.total
  into.requestsPerSecond = perSecond
  into.ownSeconds = first
  into.ttftMedian = first + queueWait(busyShare, alone.total, Number.POSITIVE_INFINITY, false)
  into.ttftP99 = first + queueWait(busyShare, alone.total, Number.POSITIVE_INFINITY, true)
  return true
}
