import type {Rig} from '../catalog/rig.ts'
import type {Refusal} from '../performance/types.ts'
import type {Estimate, RigPart} from './evaluate.ts'
import {rigPlaces, wholeRigPlace} from './places.ts'
import {refuseEstimate, scoreOf, type Judged, type Session} from './session.ts'

/**
 * A rig's unlike groups of nodes working together, each in its fastest configuration: for runs of independent work only
 * (a service places its replicas on one group). `undefined` where fewer than two groups can do it.
 */
export function judgeWholeRig(session: Session, rig: Rig): Judged | Refusal | undefined {
  const estimate = estimateWholeRig(session, rig)
  return estimate === undefined ? undefined : (refuseEstimate(session, estimate, null)?.refusal ?? {estimate, score: scoreOf(session, estimate)})
}

/** What they would do together, whether that keeps the limits or not. */
export function estimateWholeRig(session: Session, rig: Rig): Estimate | undefined {
  const {demand, kind, facts} = session
  if (!kind.independentReplicas || demand.endless || rig.nodes.length < 2) return undefined
  const parts: RigPart[] = []
  for (const place of rigPlaces([rig], facts)) {
    const [performance] = session.search(place, place.maximumNodes).performances.toSorted((a, b) => (a.workSeconds?.p50 ?? Infinity) - (b.workSeconds?.p50 ?? Infinity))
    if (performance !== undefined && performance.workSeconds !== null) parts.push({place, performance})
  }
  const whole = wholeRigPlace(rig, parts.map(part => part.place))
  return whole === undefined ? undefined : session.evaluator.estimateTogether(whole, parts)
}
