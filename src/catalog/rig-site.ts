import type {Rig} from './rig.ts'

type Ups = NonNullable<Rig['site']['ups']>

/** Output ÷ input under load (data/facility.csv: ups_double_conversion_efficiency, ups_line_interactive_efficiency). */
export const UPS_EFFICIENCY: Readonly<Record<Ups['kind'], number>> = {'double-conversion': 0.94, 'line-interactive': 0.93}

/** As a part of what knows it: nothing where there is no such supply, or a PUE holds its loss. */
export const upsEfficiencyOf = ({ups, pue}: Pick<Rig['site'], 'ups' | 'pue'>): {readonly upsEfficiency?: number} => (ups === undefined || pue !== undefined ? {} : {upsEfficiency: UPS_EFFICIENCY[ups.kind]})
