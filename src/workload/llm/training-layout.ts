import type {Configuration, Hardware, Refusal} from '../../performance/types.ts'
import type {TrainingLayout, TrainingWork} from './training.ts'

/** A configuration that gives everything, or why it cannot be. What the configuration leaves open takes the value that changes nothing. */
export function resolveLayout(
  work: TrainingWork, hardware: Hardware, configuration: Configuration, runtime: string, precision: string,
): TrainingLayout | Refusal {
  const tp = configuration.tp ?? 1
  const pp = configuration.pp ?? 1
  const cp = configuration.cp ?? 1
  const ep = configuration.ep ?? 1
  const accelerators = Math.floor(hardware.acceleratorsPerNode * hardware.nodes) || 1
  const perReplica = tp * pp * cp
  const dp = configuration.dp ?? Math.max(1, Math.floor(accelerators / perReplica))
  if (perReplica * dp > accelerators) {
    return {
      reason: 'topology',
      detail: `tp ${tp} × pp ${pp} × cp ${cp} × dp ${dp} is ${perReplica * dp} accelerators, the target has ${accelerators}`,
      nearest: `${Math.ceil((perReplica * dp) / Math.max(1, Math.floor(hardware.acceleratorsPerNode)))} such nodes, or dp ${Math.max(1, Math.floor(accelerators / perReplica))}`,
    }
  }
  if (work.model.heads % tp !== 0) {
    const divisors = [8, 4, 2, 1].filter(candidate => work.model.heads % candidate === 0 && candidate <= tp)
    return {reason: 'topology', detail: `tp ${tp} does not divide ${work.model.heads} attention heads`, nearest: `tp ${divisors[0] ?? 1}`}
  }
  if (pp > work.model.layers) return {reason: 'topology', detail: `pp ${pp} is more than ${work.model.layers} layers`, nearest: `pp ${work.model.layers}`}
  const experts = work.model.experts ?? 1
  if (ep > 1 && (experts % ep !== 0 || (dp * cp * tp) % ep !== 0)) {
    return {
      reason: 'topology',
      detail: `ep ${ep} must divide ${experts} experts and the ${dp * cp * tp} accelerators of dp × cp × tp`,
      nearest: `ep ${greatestCommonDivisor(experts, dp * cp * tp)}`,
    }
  }
  const microBatch = configuration.microBatch ?? 1
  const batch = configuration.batch ?? work.globalBatch
  const microBatches = Math.max(1, Math.ceil(batch / (dp * microBatch)))
  return {
    runtime, precision, tp, pp, dp, ep, cp, microBatch, microBatches,
    checkpointing: configuration.checkpointing ?? 'none',
    zeroStage: configuration.zeroStage ?? (dp * cp > 1 ? 1 : 0),
    offload: configuration.offload ?? 'none',
    sequencesPerStep: dp * microBatch * microBatches,
  }
}

export function isRefusal(value: TrainingLayout | Refusal): value is Refusal {
  return 'reason' in value
}

export function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right)
}
