import type {Accelerator} from '../catalog/schema.ts'
import {peakFlops} from './peak.ts'
import type {Hardware, Operator, Performance} from './types.ts'

/** The rate at which an operator works on what bounds it, and the data sheet's; `null` = there is none, or it is not known. */
export interface OperatorRate {
  readonly unit: 'FLOP/s' | 'bytes/s' | null
  readonly achieved: number | null
  readonly limit: number | null
}

const NO_RATE: OperatorRate = {unit: null, achieved: null, limit: null}

/** Operators count FLOP and bytes of one accelerator, as their seconds do. */
export function rateOf({bound, flops, bytes, seconds}: Operator, precision: string | undefined, hardware: Hardware | undefined): OperatorRate {
  const amount = bound === 'compute' ? flops : bound === 'host' || bound === 'overhead' ? undefined : bytes
  const achieved = amount === undefined || !(seconds > 0) ? Number.NaN : amount / seconds
  if (!Number.isFinite(achieved)) return NO_RATE
  return {unit: bound === 'compute' ? 'FLOP/s' : 'bytes/s', achieved, limit: hardware === undefined ? null : limitOn(bound, hardware, precision)}
}

/** How far the busiest operator is from its limit: achieved ÷ limit, 0 where no limit is known. Above 1 is beyond physics. */
export function greatestShare({operators, configuration}: Pick<Performance, 'operators' | 'configuration'>, hardware: Hardware): number {
  return operators.reduce((most, operator) => {
    const {achieved, limit} = rateOf(operator, configuration.precision, hardware)
    return achieved === null || limit === null || !(limit > 0) ? most : Math.max(most, achieved / limit)
  }, 0)
}

/**
 * The dense peak at which numbers of a precision are multiplied: at their width, or in 16 bits where the hardware has no units for it (and in 32
 * where it has none for 16, or, as Pascal cards, only a token few).
 */
function peakFor(accelerator: Accelerator, precision: string): number | null {
  const own = peakFlops(accelerator, precision)
  if (own !== undefined && WIDE_PRECISIONS.includes(precision)) return own
  const {bf16 = 0, fp16 = 0, fp32 = 0} = accelerator.peakFlops
  return Math.max(own ?? 0, bf16, fp16, fp32) || null
}

const WIDE_PRECISIONS: readonly string[] = ['fp32', 'tf32', 'fp64']

function limitOn(bound: Operator['bound'], {accelerator, acceleratorsPerNode, levels, network}: Hardware, precision = ''): number | null {
  switch (bound) {
    case 'compute':
      return peakFor(accelerator, precision)
    case 'memory-bandwidth':
      return accelerator.memoryBandwidthBytesPerSecond
    case 'link': {
      // Over uneven links it depends on who talks to whom.
      const [level, another] = levels ?? []
      return level === undefined || another !== undefined ? null : level.bytesPerSecond
    }
    case 'network':
      return network === undefined ? null : network.bytesPerSecondPerNode / Math.max(1, acceleratorsPerNode)
    case 'storage': case 'host': case 'overhead':
      return null
    default:
      return bound satisfies never
  }
}
