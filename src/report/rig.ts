import type {Rig} from '../catalog/rig.ts'
import type {monthsOf} from '../cost/rig-month.ts'
import {hourOfWeekText, type StartTimes} from '../cost/tariff.ts'
import {POWER_FACTOR} from '../power/circuit-rules.ts'
import {circuitText, redundantText, type Reason, type Verdict} from '../power/rig-verdict.ts'
import {STATES, type ComponentWatts, type RigPower, type States} from '../power/rig-power.ts'
import type {DisplayCurrency} from './format.ts'
import {exactFigure, figure, significant} from './format.ts'
import {type Column, type Line, paint, type Style, wrap} from './layout.ts'
import {entries, indented, joinSections, labelled} from './sections.ts'
import {SITE_VERDICT} from './words.ts'

export interface RigPowerAnswer {
  readonly rig: Rig
  readonly power: RigPower
  readonly verdict: Verdict
  readonly reasons: readonly Reason[]
  readonly months: ReturnType<typeof monthsOf>
  /** When a run of the expected work costs least, where hours differ in price. */
  readonly start: StartTimes | undefined
}

export interface RigPowerView {
  readonly width: number
  readonly color: boolean
  readonly currency: DisplayCurrency
}

const watts = (value: number): string => significant(value, value < 99.5 ? 2 : 3)
const MARKS: Readonly<Record<Reason['level'], string>> = {ok: '✓', change: '→', unknown: '?', no: '✗'}
const LEVEL_STYLES: Readonly<Record<Reason['level'], Style | undefined>> = {ok: undefined, change: 'yellow', unknown: 'yellow', no: 'red'}

interface Row extends ComponentWatts {
  readonly style?: Style
}

/** What a rig draws by component and state, what carries it, what becomes of the heat, and whether the site can. */
export function renderRigPower({rig, power, verdict, reasons, months, start}: RigPowerAnswer, view: RigPowerView): string {
  const {width, color, currency} = view
  const {text, style} = SITE_VERDICT[verdict]
  const where = [rig.site.kind, rig.site.country].filter(part => part !== undefined).join(', ')
  return paint(joinSections([
    wrap([{text: `${rig.id}: `, style: 'bold'}, {text, style}, {text: ` — ${rig.title}; ${where}`}], width),
    entries('Verdict', reasons.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level)).map(({level, text: said}) => [{text: `${MARKS[level]} ${said}`, style: LEVEL_STYLES[level]}]), width, 2),
    wattLines(power, width),
    monthLines(months, currency, width),
    start === undefined ? [] : startLines(start, currency, width),
    circuitLines(rig, power, width),
    siteLines(rig, power, width),
    entries('Notes', power.notes, width),
  ]), color)
}

const ORDER: readonly Reason['level'][] = ['no', 'change', 'unknown', 'ok']

function wattLines({components, watts: wall, siteWatts, expectedWork, expectedInterval, nameplateWatts}: RigPower, width: number): Line[] {
  const of = (part: ComponentWatts['part']): readonly Row[] => components.filter(component => component.part === part)
  const total = (item: string, part: ComponentWatts['part'], states: States): Row => ({item, part, ...states, style: 'bold'})
  const rows: Row[] = [...of('machines'), total('at the wall', 'machines', wall), ...of('site'), ...(of('site').length === 0 ? [] : [total('at the meter', 'site', siteWatts)])]
  const columns: Column<Row>[] = [
    {title: 'W', align: 'left', priority: 0, shrinksTo: 12, cell: ({item}) => item, style: row => row.style},
    ...STATES.map((state): Column<Row> => ({title: state, align: 'right', priority: state === 'peak' ? 0 : 1, cell: row => watts(row[state]), style: row => row.style})),
  ]
  return [
    ...labelled('Power', `expected: ${expectedWork}, ${watts(expectedInterval.p10)} to ${watts(expectedInterval.p90)} W at the wall in four of five cases; peak: everything at its maximum, ${significant(wall.peak / POWER_FACTOR / 1000, 3)} kVA${nameplateWatts === undefined ? '' : `; nameplate ${watts(nameplateWatts)} W`}`, width),
    ...indented(columns, rows, width, {header: true}),
  ]
}

function monthLines(months: ReturnType<typeof monthsOf>, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  const columns: Column<(typeof STATES)[number]>[] = [
    {title: 'state', align: 'left', priority: 0, cell: state => state},
    {title: 'kWh', align: 'right', priority: 0, cell: state => figure(months[state].kwh)},
    {title: code, align: 'right', priority: 0, cell: state => figure(months[state].usd * perUsd)},
    ...(months.peak.demandUsd > 0 ? [{title: 'of it for the peak', align: 'right' as const, priority: 2, cell: (state: (typeof STATES)[number]) => figure(months[state].demandUsd * perUsd)}] : []),
    {title: 'kg CO2e', align: 'right', priority: 1, cell: state => figure(months[state].carbonKg)},
  ]
  return [...labelled('Month', '730 hours in one state, with cooling and losses; CO2e of the electricity, making the machines is not counted', width), ...indented(columns, [...STATES], width, {header: true})]
}

function startLines({bestHour, bestUsd, worstHour, worstUsd, savingShare}: StartTimes, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  return labelled('Start', `${hourOfWeekText(bestHour)}: ${figure(bestUsd * perUsd)} ${code} of energy, ${Math.round(savingShare * 100)} % cheaper than at any hour; dearest ${hourOfWeekText(worstHour)}, ${figure(worstUsd * perUsd)} ${code}`, width)
}

function circuitLines(rig: Rig, power: RigPower, width: number): Line[] {
  const {circuits, suggested, suggestedForCooling} = power
  if (circuits === undefined) {
    const needs = [
      suggested === undefined ? [] : [`at least ${circuitText(suggested)}`],
      [redundantText(rig, power)],
      suggestedForCooling === undefined ? [] : [`for the cooling: ${circuitText(suggestedForCooling)}`],
    ].flat()
    return entries('Circuits', needs, width, 2)
  }
  const columns: Column<(typeof circuits.circuits)[number]>[] = [
    {title: 'circuit', align: 'left', priority: 0, shrinksTo: 12, cell: ({name}) => name},
    {title: 'W', align: 'right', priority: 0, cell: circuit => watts(circuit.watts)},
    {title: 'A', align: 'right', priority: 0, cell: ({amps}) => amps.toFixed(1)},
    ...(circuits.circuits.some(({lineAmps}) => lineAmps.length > 1) ? [{title: 'A by phase', align: 'left' as const, priority: 2, cell: ({lineAmps}: (typeof circuits.circuits)[number]) => (lineAmps.length > 1 ? lineAmps.map(each => each.toFixed(1)).join(' / ') : '')}] : []),
    {title: 'of A', align: 'right', priority: 0, cell: ({limitAmps}) => limitAmps.toFixed(1)},
    {title: 'may fail', align: 'left', priority: 1, cell: ({mayFail}) => (mayFail ? 'yes' : 'no')},
    {title: 'cords', align: 'left', priority: 2, shrinksTo: 10, cell: ({cords}) => cords.map(({id, count}) => `${count} of ${id}`).join(', ')},
  ]
  return [...labelled('Circuits', circuits.rule.name, width), ...indented(columns, circuits.circuits, width, {header: true})]
}

function siteLines(rig: Rig, {heat, ups, noiseDba, weightKg, heightUnits, circuitWatts, watts: wall}: RigPower, width: number): Line[] {
  const minutes = (value: number | undefined): string => (value === undefined ? 'unknown' : `${figure(value)} min`)
  return [
    ...labelled('Heat', `${figure(heat.kilowatts)} kW at the peak (${figure((heat.kilowatts * wall.expected) / wall.peak)} kW as expected): ${figure(heat.btuPerHour)} BTU/h, ${heat.tonsOfRefrigeration.toFixed(1)} tons of refrigeration; ${figure(heat.airflowCubicMetresPerHour)} m³/h (${figure(heat.airflowCfm)} CFM) of air that warms by ${heat.airRiseKelvin} K`, width),
    ...labelled('UPS', `${(ups.neededVa / 1000).toFixed(1)} kVA and ${figure(ups.neededBatteryWattHours)} Wh carry ${(circuitWatts / 1000).toFixed(1)} kW for ${ups.forMinutes} min, with a quarter in reserve${rig.site.ups === undefined ? '' : `; with what is there ${minutes(ups.minutesAtExpected)} as expected, ${minutes(ups.minutesAtPeak)} at the peak`}`, width),
    ...labelled('Noise', noiseDba === undefined ? 'unknown' : `${noiseDba.toFixed(0)} dBA at one metre (an order of magnitude: makers seldom publish it)`, width),
    ...labelled('Size', `${heightUnits === undefined ? 'rack units unknown' : `${exactFigure(heightUnits)} rack units`}, ${weightKg === undefined ? 'weight unknown' : `${significant(weightKg, 3)} kg`}`, width),
  ]
}
