import {exactly, intervalFromSigma, sum} from '../performance/interval.ts'
import type {Interval} from '../performance/types.ts'
import type {CostLine} from './types.ts'

/** A cost line before its spread is folded into the total. Its text is made when somebody reads it: a plan prices thousands of targets and shows ten. */
export interface IntervalLine {
  readonly item: string
  readonly usd: Interval
  readonly how: () => string
}

/** The total of all lines; its p50 is the sum of the lines' figures, in their order, to the last bit. */
export function totalUsd(lines: readonly IntervalLine[]): Interval {
  return sum(lines.map(line => line.usd))
}

export function plainLines(lines: readonly IntervalLine[]): readonly CostLine[] {
  return lines.map(line => ({item: line.item, usd: line.usd.p50, how: line.how()}))
}

/** A price whose age makes it uncertain: ln-spread `sigmaLog`. */
export function agedPrice(usd: number, sigmaLog: number): Interval {
  return sigmaLog === 0 ? exactly(usd) : intervalFromSigma(usd, sigmaLog)
}
