import type {Accelerator} from '../../catalog/schema.ts'
import type {Calibration} from '../../performance/calibration.ts'

/** Name in the calibration. */
export const DIFFUSION_TRAIN = 'diffusion-train'

/** What the fit may move, and where it starts: the rest is counted from the rates of generation. */
export const DIFFUSION_TRAIN_QUANTITIES = {
  /** How fast steps are ÷ how fast they are counted, exchanges apart. */
  speed: 1,
} as const

/** Where the factor is looked up, outermost first. */
export const speedScopes = ({architecture, id}: Pick<Accelerator, 'architecture' | 'id'>): readonly string[] => ['*', architecture, id]

export const trainSpeed = (calibration: Calibration, accelerator: Accelerator): number =>
  calibration.lookupIn(DIFFUSION_TRAIN, 'speed', speedScopes(accelerator).toReversed(), '*')?.value ?? DIFFUSION_TRAIN_QUANTITIES.speed
