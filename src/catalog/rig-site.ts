import type {Rig} from './rig.ts'

type Ups = NonNullable<Rig['site']['ups']>

/** Output ÷ input under load (data/facility.csv: ups_double_conversion_efficiency, ups_line_interactive_efficiency). */
export const UPS_EFFICIENCY: Readonly<Record<Ups['kind'], number>> = {'double-conversion': 0.94, 'line-interactive': 0.93}

/** Of the energy, as a part of what knows it: nothing where there is no such supply, or a PUE holds its loss. */
export const upsEfficiencyOf = ({ups, pue}: Pick<Rig['site'], 'ups' | 'pue'>): {readonly upsEfficiency?: number} => (ups === undefined || pue !== undefined ? {} : {upsEfficiency: UPS_EFFICIENCY[ups.kind]})

/** Built for machines: power, its supply against failures and cooling are the building's. */
export const isHall = ({kind}: Pick<Rig['site'], 'kind'>): boolean => kind === 'colocation' || kind === 'datacentre'

/** Watts into a UPS for each that it gives, as three see them: the meter, the circuits of the machines, and the air of their room. */
export interface UpsInput {
  readonly meter: number
  readonly circuits: number
  readonly room: number
}

/**
 * In a data centre or a colocation the UPS is the building's: it stands before the machines' circuits, in a room of its own. Elsewhere (and where nobody says
 * where) it stands beside the machines: the circuits feed it, and it warms their room, whatever the meter counts. A PUE holds the loss, so the meter sees none of
 * it beside that; a COP is of the cooling of all heat, that of the UPS included.
 */
export function upsInputOf(site: Pick<Rig['site'], 'ups' | 'pue' | 'kind' | 'coolingCop'>): UpsInput {
  const input = site.ups === undefined ? 1 : 1 / UPS_EFFICIENCY[site.ups.kind]
  const beside = !isHall(site)
  return {meter: 1 / (upsEfficiencyOf(site).upsEfficiency ?? 1), circuits: beside ? input : 1, room: beside || site.coolingCop !== null ? input : 1}
}
