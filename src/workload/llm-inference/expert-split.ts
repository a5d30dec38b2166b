import type {Configuration, PerformResult} from '../../performance/types.ts'
import type {InferenceDemand} from './demand.ts'
import {refused} from './refusals.ts'
import type {Layout} from './layout.ts'

/** Layouts whose experts cannot be dealt out as stated; `undefined` = they can. `replicas`: those that were asked for. */
export function refuseExpertSplit({model, copiesExperts}: InferenceDemand, {tp, ep}: Layout, replicas: number | 'auto'): (PerformResult & {feasible: false}) | undefined {
  if (ep <= 1) return undefined
  const {experts} = model
  if (experts === undefined) return refused('topology', `${model.id} is dense: ep ${ep} has no experts to deal out`, 'use ep 1')
  if (copiesExperts !== true && experts % ep !== 0) return refused('topology', `ep ${ep} does not divide the ${experts} experts`, `use ep ${greatestCommonDivisor(experts, ep)}`)
  const [narrow, wide] = ep < tp ? [ep, tp] : [tp, ep]
  if (wide % narrow !== 0) return refused('topology', `tp ${tp} and ep ${ep}: neither is a multiple of the other`, `use ep ${greatestCommonDivisor(experts, tp)}`)
  if (replicas !== 'auto' && (tp * replicas) % ep !== 0) {
    const group = ep / tp
    return refused('topology', `ep ${ep} spans ${group} replicas of tp ${tp}, ${replicas} make no whole groups`, `use dp ${Math.ceil(replicas / group) * group}`)
  }
  return undefined
}

/** Where a narrower tp runs than was asked for, experts that were spread over it, unasked, follow. */
export function followedExperts({model, configuration: stated}: InferenceDemand, {ep}: Configuration, asked: number, tp: number): Pick<Configuration, 'ep'> {
  if (stated.ep !== undefined || ep !== asked) return {}
  return {ep: model.experts !== undefined && model.experts % tp === 0 ? tp : 1}
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
