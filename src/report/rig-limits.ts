import type {Rig} from '../catalog/rig.ts'
import type {BestLimits, PowerLimit, PowerLimits} from '../planner/power-limits.ts'
import {exactFigure, figure, percent, significant} from './format.ts'
import {type Column, type Line, paint, wrap} from './layout.ts'
import type {RigPowerView} from './rig.ts'
import {entries, indented, joinSections, labelled} from './sections.ts'

/** What lower power limits of a rig's boards make of a workload: speed, watts, energy and cost per unit, and the best of them. */
export function renderRigLimits(rig: Rig, title: string, limits: PowerLimits, view: RigPowerView): string {
  const {width, color} = view
  const {acceleratorName, acceleratorsUsed, target, unit} = limits
  return paint(joinSections([
    wrap([{text: `${rig.id}: `, style: 'bold'}, {text: `${title} under lower power limits — ${acceleratorsUsed} × ${acceleratorName}${target === `rig:${rig.id}` ? '' : ` (${target})`}`}], width),
    [...labelled('Limits', `of each board; speed ÷ that at the first; figures per ${unit}`, width), ...tableOf(limits, view)],
    bestLines(limits, view),
    entries('Notes', limits.notes, width),
  ]), color)
}

/** The table needs the room that a label leaves elsewhere. */
const INDENT = 2

function tableOf({limits, best, owned}: PowerLimits, {width, currency: {code, perUsd}}: RigPowerView): Line[] {
  const money = (usd: number): string => significant(usd * perUsd, 3)
  const columns: Column<PowerLimit>[] = [
    {title: 'limit W', align: 'right', priority: 0, cell: ({limitWatts}) => String(limitWatts)},
    {title: 'speed', align: 'right', priority: 0, cell: ({speedShare}) => percent(speedShare.p50)},
    {title: 'p10–p90 %', align: 'right', priority: 2, cell: ({speedShare: {p10, p90}}) => `${Math.round(p10 * 100)}–${Math.round(p90 * 100)}`},
    {title: 'board W', align: 'right', priority: 1, cell: ({acceleratorWatts}) => significant(acceleratorWatts, 3)},
    {title: 'wall W', align: 'right', priority: 1, cell: ({wallWatts}) => significant(wallWatts, 3)},
    {title: 'Wh', align: 'right', priority: 0, cell: ({wattHoursPerUnit}) => significant(wattHoursPerUnit, 3)},
    {title: `${code} energy`, align: 'right', priority: 1, cell: ({energyUsdPerUnit}) => money(energyUsdPerUnit)},
    {title: `${code} of use`, align: 'right', priority: 0, cell: ({marginalUsdPerUnit}) => money(marginalUsdPerUnit)},
    {title: `${code} with the hours`, align: 'right', priority: 0, cell: ({fullUsdPerUnit}) => money(fullUsdPerUnit)},
    {title: '', align: 'left', priority: 0, gap: 1, cell: limit => marksOf(limit, best, owned)},
  ]
  return indented(columns, limits, width, {header: true, indent: INDENT})
}

/** E: least energy; U: least that use adds; H: least with the hours. */
function marksOf(limit: PowerLimit, best: BestLimits, owned: boolean): string {
  const marks = [...(limit === best.energy ? ['E'] : []), ...(limit === best.marginalCost ? ['U'] : []), ...(limit === best.fullCost ? ['H'] : [])]
  return marks.length === 0 ? '' : `← ${marks.map(mark => (mark === (owned ? 'U' : 'H') ? `${mark}*` : mark)).join(' ')}`
}

function bestLines({best, limits: [own], unit, owned, tariffUsdPerKwh}: PowerLimits, {width, currency: {code, perUsd}}: RigPowerView): Line[] {
  if (own === undefined) return []
  const said = (limit: PowerLimit, read: (limit: PowerLimit) => number, show: (value: number) => string): string =>
    `${limit.limitWatts} W (${percent(limit.limitShare)}), ${show(read(limit))}${limit === own ? ': no lower limit is better' : ` instead of ${show(read(own))}, at ${percent(limit.speedShare.p50)} of the speed`}`
  const money = (usd: number): string => `${significant(usd * perUsd, 3)} ${code}`
  const chosen = (mine: boolean): string => (mine ? ' *' : '')
  return entries('Best', [
    `E  least energy: ${said(best.energy, limit => limit.wattHoursPerUnit, value => `${figure(value)} Wh per ${unit}`)}`,
    `U  least cost where the hours of the rig are free${chosen(owned)}: ${said(best.marginalCost, limit => limit.marginalUsdPerUnit, money)}`,
    `H  least cost where the hours are paid for (capital, upkeep, idle energy)${chosen(!owned)}: ${said(best.fullCost, limit => limit.fullUsdPerUnit, money)}`,
    `*  how plans rank this rig, which is ${owned ? 'owned' : 'planned'}; ${exactFigure(tariffUsdPerKwh * perUsd)} ${code}/kWh`,
  ], width, 3)
}
