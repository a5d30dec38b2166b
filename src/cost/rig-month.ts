import type {Rig} from '../catalog/rig.ts'
import type {STATES, RigPower} from '../power/rig-power.ts'
import {demandUsd, monthUsd} from './tariff.ts'

export interface RigMonth {
  readonly kwh: number
  readonly carbonKg: number | null
  readonly usd: number
  /** Part of it that is for the height of the draw, not for the energy. */
  readonly demandUsd: number
}

/** What a month in one state costs at the meter. */
export function monthsOf({site}: Rig, {months, siteWatts}: RigPower): Readonly<Record<(typeof STATES)[number], RigMonth>> {
  const of = (state: (typeof STATES)[number]): RigMonth => ({...months[state], usd: monthUsd(site, siteWatts[state]), demandUsd: demandUsd(site, siteWatts[state])})
  return {idle: of('idle'), expected: of('expected'), peak: of('peak')}
}
