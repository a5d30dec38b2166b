import type {Rig} from '../catalog/rig.ts'
import {HOURS_PER_MONTH} from '../cost/period.ts'
import type {CommonSpec} from '../workload/common.ts'
import type {ReadWorkload} from '../workload/read.ts'
import type {PlanTarget} from './document.ts'
import {plainObjective} from './objective.ts'
import {planWorkload} from './plan.ts'
import {sayHours, sayUsd} from './say.ts'
import type {SessionInput} from './session.ts'

/** What an hour of a rig is worth to its owner otherwise, and how that came about; without the figure, why there is none. */
export interface DisplacedWorth {
  readonly displacedUsdPerHour?: number
  readonly displacedHow: string
}

/**
 * The value of the hours that named work would have on the rig: what the cheapest cloud asks for it ÷ the accelerator-hours
 * that it takes on the rig × the rig's accelerators. A service is held against its month, other work against one run, as
 * fast as the rig does it. Plans the work without any rig's own hours being worth something, so this never asks for itself.
 */
export function priceDisplaced(input: SessionInput, rig: Rig): DisplacedWorth {
  const {workload, facts} = input
  const {endless} = workload.kind.demand(workload.spec, facts, input.referenceHardware)
  const bestOf = (taking: readonly Rig[], objective: SessionInput['objective'], changes: Partial<CommonSpec> = {}): PlanTarget | undefined => {
    const spec: CommonSpec = {...workload.spec, ...changes, schedule: {kind: endless ? 'always' : 'once'}}
    const options = {...input.options, rigs: taking, rigsAssumed: false, have: [], allRegions: false}
    const [target] = planWorkload({...input, workload: {...workload, spec} satisfies ReadWorkload, options, objective, limit: 1}).targets
    return target
  }
  const cloud = bestOf([], input.objective)
  // The hours of this very work are worth nothing beside itself, and it waits for nobody.
  const free = {...rig, displacedUsdPerHour: 0, freeInHours: 0}
  const {purchase: _, ...constraints} = workload.spec.constraints
  const here = bestOf([free], plainObjective('time') ?? input.objective, {constraints: {...constraints, providers: ['rig']}})
  if (cloud?.eligible !== true || cloud.cost.usd === null) return {displacedHow: `no cloud that may win does ${workload.name}, so it gives these hours no price`}
  if (here === undefined || here.durationHours === null) return {displacedHow: `${workload.name} does not run on this rig, so it is not displaced`}
  const usd = cloud.cost.usd.p50
  const hours = endless ? HOURS_PER_MONTH : here.durationHours.p50
  const accelerators = rig.nodes.reduce((total, node) => total + node.acceleratorCount * node.count, 0)
  return {
    displacedUsdPerHour: (usd / (hours * here.accelerators)) * accelerators,
    displacedHow: `${workload.name}: ${sayUsd(usd)}${endless ? ' a month' : ''} at ${cloud.id}, ${sayHours(hours)} of ${here.accelerators} accelerators here`,
  }
}
