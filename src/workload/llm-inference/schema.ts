import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, latencySeconds, lazyShape, perSecond, ratio, share, tokens, whole, word, yesOrNo} from '../fields.ts'
import {ModelField} from '../llm/model-field.ts'

const price = () => z.number({error: () => 'a price per million tokens is a number of USD'}).nonnegative().max(1e6)

/** A latency goal: "2 s" means the 99th percentile; `{median: "500 ms"}` says otherwise. */
const LatencyGoal = z
  .union([latencySeconds(), z.strictObject(lazyShape(() => ({median: latencySeconds()}))), z.strictObject(lazyShape(() => ({p99: latencySeconds()})))], {
    error: () => 'a latency goal is "2 s" (the 99th percentile) or {median: "500 ms"}',
  })
  .transform(goal => {
    if (typeof goal === 'number') return {percentile: 'p99', seconds: goal} as const
    return 'median' in goal ? ({percentile: 'median', seconds: goal.median} as const) : ({percentile: 'p99', seconds: goal.p99} as const)
  })
export type LatencyGoal = z.infer<typeof LatencyGoal>

const Traffic = z
  .strictObject(lazyShape(() => ({
    /** Prompt tokens of one request, on average. */
    inputTokens: tokens({maximum: 1e9}).optional(),
    /** Tokens generated per request, on average. */
    outputTokens: tokens({maximum: 1e9}).optional(),
    /** Share of the prompt whose cache is there already (system prompts, earlier turns). */
    prefixCacheShare: share({maximum: 0.999}).optional(),
    /** Image tokens of one request, on top of `inputTokens`. */
    imageTokens: tokens({maximum: 1e9}).optional(),
    /** Requests in flight at any time, on average: users who wait for their answer. */
    concurrency: count({maximum: 1e9}).optional(),
    requestsPerSecond: perSecond({maximum: 1e9}).optional(),
    /** Busiest time ÷ average. Machines are sized for the peak, costs are per token of the average. */
    peakFactor: ratio({minimum: 1, maximum: 1e4}).optional(),
    mode: word(['online', 'offline']).optional(),
    /** Offline: how many requests the run has. */
    requests: count({maximum: 1e15}).optional(),
  })))
  .superRefine((traffic, context) => {
    const offline = traffic.mode === 'offline'
    const loads = [traffic.concurrency !== undefined && 'concurrency', traffic.requestsPerSecond !== undefined && 'requestsPerSecond', offline && 'mode: offline'].filter(load => load !== false)
    const complain = (message: string, path: string[] = []): void => {
      context.addIssue({code: 'custom', message, path})
    }
    if (loads.length !== 1) complain(`traffic has exactly one of concurrency, requestsPerSecond and mode: offline; ${loads.length === 0 ? 'none is given' : `given: ${loads.join(', ')}`}`)
    if (offline && traffic.requests === undefined) complain('offline traffic needs its number of requests', ['requests'])
    if (!offline && traffic.requests !== undefined) complain('requests goes with mode: offline', ['requests'])
    if (offline && traffic.peakFactor !== undefined) complain('peakFactor goes with concurrency or requestsPerSecond', ['peakFactor'])
  })

export const InferenceSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('llm-inference'),
  model: ModelField,
  traffic: Traffic,
  slo: z.strictObject(lazyShape(() => ({ttft: LatencyGoal.optional(), tpot: LatencyGoal.optional()}))).optional(),
  replicas: z.union([z.literal('auto'), whole({maximum: 65_536})], {error: () => 'replicas is auto or a whole number'}).default('auto'),
  /** Several tokens a pass: so many are drafted by a layer of the model's own (MTP, EAGLE), and this share of them is right. */
  speculative: z.strictObject(lazyShape(() => ({draftTokens: whole({maximum: 16}), acceptance: share({maximum: 0.99})}))).optional(),
  /** Prompts on accelerators of their own, answers on others: neither waits for the other. */
  disaggregated: yesOrNo().optional(),
  /** What an API would charge, as a line to compare with. */
  apiPrice: z.strictObject(lazyShape(() => ({inputUsdPerMillion: price(), outputUsdPerMillion: price()}))).optional(),
  ...commonFields,
})))
export type InferenceSpec = z.infer<typeof InferenceSpec>
