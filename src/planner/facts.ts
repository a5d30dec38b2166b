import {createCalibrationByKind} from '../performance/calibration.ts'
import {createSoftwareTable} from '../catalog/software.ts'
import {resolveAudioModel, resolveMediaModel} from '../catalog/named-models.ts'
import {resolveModel} from '../catalog/model-names.ts'
import {resolveNetwork} from '../catalog/network-names.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {createStreamShares} from '../catalog/stream-share.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {createProfilesOf, type ProfilesOf} from '../performance/mig.ts'
import type {Facts} from '../workload/contract.ts'
import {withOwnHardware, type OwnHardware, type OwnView} from './own-hardware.ts'

/** The snapshot with the look-ups planning needs, made once. */
export interface PlanningFacts extends Facts {
  readonly snapshot: Snapshot
  accelerator(id: string): Accelerator | undefined
  /** The slices that an accelerator can be cut into, smallest first. */
  readonly migProfiles: ProfilesOf
  /** The user's own measurement of an accelerator, laid over the catalog's; for rigs and bare hardware, never for a cloud's. */
  own(accelerator: Accelerator): OwnView | undefined
}

export function createPlanningFacts(snapshot: Snapshot, ownHardware: readonly OwnHardware[] = []): PlanningFacts {
  const measured = new Map(ownHardware.map(each => [each.acceleratorId, each]))
  const views = new Map<string, OwnView>()
  const accelerators = new Map(snapshot.accelerators.map(accelerator => [accelerator.id, accelerator]))
  let devices: ReadonlyMap<string, Accelerator> | undefined
  const deviceNamed = (id: string): Accelerator | undefined => (devices ??= new Map(snapshot.devices.map(device => [device.id, device]))).get(id)
  let profilesOf: ProfilesOf | undefined
  let streamShares: ReturnType<typeof createStreamShares> | undefined
  const runtimes = new Map(snapshot.runtimes.map(runtime => [runtime.runtime, runtime]))
  return {
    snapshot,
    software: createSoftwareTable(snapshot.software),
    calibration: createCalibrationByKind(kind => snapshot.calibrationOf(kind)),
    accelerator: id => accelerators.get(id) ?? deviceNamed(id),
    own(accelerator) {
      const own = measured.get(accelerator.id)
      if (own === undefined) return undefined
      let view = views.get(accelerator.id)
      if (view === undefined) views.set(accelerator.id, (view = withOwnHardware(accelerator, own)))
      return view
    },
    migProfiles: id => (profilesOf ??= createProfilesOf(snapshot.migProfiles))(id),
    streamShare: accelerator => (streamShares ??= createStreamShares(snapshot.streams))(accelerator),
    audioModel: name => resolveAudioModel(name, snapshot.audioModels),
    mediaModel: name => resolveMediaModel(name, snapshot.mediaModels),
    languageModel: name => resolveModel(name, snapshot.models),
    network: name => resolveNetwork(name, snapshot.networks),
    runtime: name => runtimes.get(name) ?? runtimes.get('any'),
  }
}
