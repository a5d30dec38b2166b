import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Facts} from '../contract.ts'
import {measuredMedia, predictMedia} from '../media/measured.ts'

/** The estimator's answer to the setting of a published result. */
export const predictMeasurement = (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction => predictMedia(setting, 'image-generation', 'image', facts, accelerators)
/** What ran where watts or joules were read. */
export const measuredRun = (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): ReturnType<typeof measuredMedia> => measuredMedia(setting, 'image-generation', 'image', facts, accelerators)
