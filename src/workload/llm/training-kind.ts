import type {Configuration, Hardware, PerformResult} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import type {TrainingDemand} from './training-demand.ts'
import {performTraining, trainingLowerBoundSeconds} from './training-perform.ts'
import {refuseTraining, withNearest} from './training-refusals.ts'
import {chooseSoftware, isChoice, trainingConfigurations} from './training-search.ts'

/** What the training kinds do alike: everything after the demand. */
export const trainingEstimator = {
  readsHost: true,
  configurations: (demand: TrainingDemand, hardware: Hardware, facts: Facts): readonly Configuration[] => trainingConfigurations(demand, hardware, facts),
  perform(demand: TrainingDemand, hardware: Hardware, configuration: Configuration, facts: Facts): PerformResult {
    const result = performTraining(demand.work, hardware, configuration, facts)
    return result.feasible ? result : {feasible: false, refusal: withNearest(result.refusal, {...demand, configuration}, hardware, facts)}
  },
  refuse: (demand: TrainingDemand, hardware: Hardware, facts: Facts): PerformResult & {feasible: false} => refuseTraining(demand, hardware, facts),
  lowerBoundSeconds(demand: TrainingDemand, hardware: Hardware, facts: Facts): number {
    const choice = chooseSoftware(demand, hardware, facts)
    return isChoice(choice) ? trainingLowerBoundSeconds(demand.work, hardware, choice.precision) : Number.POSITIVE_INFINITY
  },
}
