import {createCalibration} from '../performance/calibration.ts'
import {createSoftwareTable} from '../catalog/software.ts'
import {resolveModel} from '../catalog/model-names.ts'
import type {Accelerator} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import type {Facts} from '../workload/contract.ts'

/** The snapshot with the look-ups planning needs, made once. */
export interface PlanningFacts extends Facts {
  readonly snapshot: Snapshot
  accelerator(id: string): Accelerator | undefined
}

export function createPlanningFacts(snapshot: Snapshot): PlanningFacts {
  const accelerators = new Map(snapshot.accelerators.map(accelerator => [accelerator.id, accelerator]))
  const runtimes = new Map(snapshot.runtimes.map(runtime => [runtime.runtime, runtime]))
  return {
    snapshot,
    software: createSoftwareTable(snapshot.software),
    calibration: createCalibration(snapshot.calibration.entries, snapshot.calibration.spreads, snapshot.calibration.evidence),
    accelerator: id => accelerators.get(id),
    languageModel: name => resolveModel(name, snapshot.models),
    runtime: name => runtimes.get(name) ?? runtimes.get('any'),
  }
}
