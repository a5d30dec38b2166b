import type {Rig} from '../catalog/rig.ts'
import {UPS_EFFICIENCY} from '../catalog/rig-site.ts'

type Ups = NonNullable<Rig['site']['ups']>

/** What a rating in VA gives in W. An assumption; makers state 0.9 to 1. */
const UPS_POWER_FACTOR = 0.9
/** Room above the highest load, for a machine that is added. An assumption. */
const UPS_RESERVE = 1.25
/** A battery is replaced when it holds 80 % of what it did: IEEE 485 buys 1.25 times as much. */
const BATTERY_AGEING = 1.25
/** Long enough to end jobs in good order, or for a generator to start. An assumption. */
const USUAL_MINUTES = 10

export interface UpsSizing {
  /** `undefined` = the site does not say. */
  readonly ratedWatts: number | undefined
  readonly neededVa: number
  readonly neededBatteryWattHours: number
  readonly forMinutes: number
  /** With the battery that is there, at the expected and at the highest draw; `undefined` = none is stated. */
  readonly minutesAtExpected: number | undefined
  readonly minutesAtPeak: number | undefined
  /** Whether what is there carries what circuits are laid for; `undefined` = not known. */
  readonly carriesPeak: boolean | undefined
}

/** Minutes = battery ÷ (watts ÷ efficiency of the inverter); the rating has to carry what circuits are laid for, the larger of peak and nameplate. */
export function upsSizing(ups: Ups | undefined, {expectedWatts, peakWatts, laidForWatts}: {readonly expectedWatts: number; readonly peakWatts: number; readonly laidForWatts: number}): UpsSizing {
  const efficiency = UPS_EFFICIENCY[ups?.kind ?? 'double-conversion']
  const minutes = (watts: number): number | undefined => (ups?.batteryWattHours === undefined ? undefined : (ups.batteryWattHours * efficiency * 60) / watts)
  return {
    ratedWatts: ups?.ratedWatts, neededVa: (laidForWatts * UPS_RESERVE) / UPS_POWER_FACTOR, neededBatteryWattHours: ((laidForWatts * USUAL_MINUTES) / 60 / efficiency) * BATTERY_AGEING, forMinutes: USUAL_MINUTES,
    minutesAtExpected: minutes(expectedWatts), minutesAtPeak: minutes(peakWatts), carriesPeak: ups?.ratedWatts === undefined ? undefined : ups.ratedWatts >= laidForWatts,
  }
}
