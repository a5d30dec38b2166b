import * as z from 'zod'

/** The closed lists of words of the catalog; apart from the schemas, so that naming a way to buy does not cost building them all. */

/** How a fact came to us. Anything but `read` lowers the confidence of what uses it. */
export const Standing = z.enum(['read', 'recalled', 'derived', 'modelled'])
export type Standing = z.infer<typeof Standing>

/** Number formats whose dense peak rate an accelerator may have. */
export const Precision = z.enum(['fp64', 'fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'int8', 'fp4', 'mxfp4', 'nvfp4', 'int4', 'nf4'])
export type Precision = z.infer<typeof Precision>

export const Purchase = z.enum([
  'on-demand', 'spot', 'reserved-1y', 'reserved-3y', 'savings-plan-1y', 'savings-plan-3y', 'committed', 'committed-3y',
  'capacity-block', 'flex-start', 'calendar', 'community', 'owned',
])
export type Purchase = z.infer<typeof Purchase>

export const Service = z.enum(['vm', 'vertex-ai', 'sagemaker', 'azure-ml', 'kubernetes'])
export type Service = z.infer<typeof Service>

/** Why an offer may not win, whatever its price. `stale` is computed from its age. */
export const OfferFlag = z.enum(['from-price', 'unverified', 'marketplace', 'unit-price'])
export type OfferFlag = z.infer<typeof OfferFlag>

/** What most of the work of a network is, which decides what hardware reaches on it. */
export const NetworkFamily = z.enum(['convolutional', 'grouped-convolutional', 'depthwise-convolutional', 'volumetric-convolutional', 'vision-transformer', 'windowed-transformer', 'encoder', 'encoder-decoder', 'decoder', 'recurrent'])
export type NetworkFamily = z.infer<typeof NetworkFamily>
