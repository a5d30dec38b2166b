import {predictNetworks} from '../networks/measured.ts'
import {KIND} from './schema.ts'

/** The estimator's answer to the setting of a published result. */
export const predictMeasurement = predictNetworks(KIND, false)
