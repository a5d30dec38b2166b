import type {Rig} from '../catalog/rig.ts'
import {MONTHS_PER_YEAR} from '../cost/cash-flow.ts'
import type {OwnershipLine} from '../cost/ownership.ts'
import type {Crossing} from '../planner/crossing.ts'
import type {CloudLine, RigTco} from '../planner/rig-tco.ts'
import {exactFigure, figure, percent, significant, type DisplayCurrency} from './format.ts'
import {type Column, type Line, paint, wrap} from './layout.ts'
import {entries, indented, joinSections, labelled} from './sections.ts'
import {INELIGIBLE} from './words.ts'

export interface RigTcoAnswer {
  readonly rig: Rig
  /** What it is taken to do while it works. */
  readonly work: string
  readonly tco: RigTco
  readonly limit: number | undefined
}

export interface RigTcoView {
  readonly width: number
  readonly color: boolean
  readonly today: string
  readonly currency: DisplayCurrency
}

const USUAL_CLOUDS = 12

/** What owning costs by item, by use, and against what clouds ask. */
export function renderRigTco({rig, work, tco, limit}: RigTcoAnswer, view: RigTcoView): string {
  const {width, color, currency} = view
  const {ownership} = tco
  const perHour = ownership.usdPerUsefulAcceleratorHour
  const {code, perUsd} = currency
  return paint(joinSections([
    wrap([
      {text: `${rig.id}: ${figure(ownership.usdPerMonth * perUsd)} ${code} a month`, style: 'bold'},
      {text: ` over ${ownership.months} months at ${percent(ownership.utilisationShare)} use${perHour === null ? '' : `, ${significant(perHour * perUsd, 3)} ${code} per useful accelerator-hour`}${ownership.afterTax ? ', after tax' : ''} — ${rig.title}`},
    ], width),
    costLines(tco, currency, width),
    viewLines(tco, rig, currency, width),
    useLines(tco, currency, width),
    cloudLines(tco, limit ?? USUAL_CLOUDS, currency, width),
    entries('Not in it', ownership.notCosted.map(({item, reason}) => `${item}: ${reason}`), width, 2),
    entries('Notes', [
      `While it works it is taken to do ${work}. An owner's money is spent already: rigor breakeven says whether keeping it pays.`,
      ...(ownership.months > rig.serviceLifeYears * MONTHS_PER_YEAR * (1 + 1e-9) ? [`${ownership.months} months are more than its service life of ${figure(rig.serviceLifeYears)} years: upkeep and failures after it are taken to be those of before.`] : []),
    ], width),
  ]), color)
}

function costLines({ownership: {lines, usdPerMonth, usefulAcceleratorHoursPerMonth: hours}}: RigTco, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  const rows: readonly OwnershipLine[] = [...lines, {item: 'total', usdPerMonth, how: ''}]
  const style = ({item}: OwnershipLine): 'bold' | undefined => (item === 'total' ? 'bold' : undefined)
  const columns: Column<OwnershipLine>[] = [
    {title: 'item', align: 'left', priority: 0, cell: ({item}) => item, style},
    {title: `${code}/month`, align: 'right', priority: 0, cell: line => minus(exactFigure(line.usdPerMonth * perUsd)), style},
    ...(hours > 0 ? [{title: 'per useful hour', align: 'right' as const, priority: 1, cell: (line: OwnershipLine) => minus(significant((line.usdPerMonth * perUsd) / hours, 3)), style}] : []),
    {title: 'share', align: 'right', priority: 2, cell: line => minus(percent(line.usdPerMonth / usdPerMonth)), style},
    {title: 'how (in USD)', align: 'left', priority: 3, shrinksTo: 24, cell: ({how}) => how},
  ]
  return [...labelled('Costs', 'equal amounts at the ends of the months', width), ...indented(columns, rows, width, {header: true})]
}

/** A sign as wide as a digit. */
const minus = (text: string): string => text.replace(/^-/, '−')

function viewLines({ownership: {cashFlow, usdPerMonth, resaleUsd, months}}: RigTco, rig: Rig, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  const cents = (usd: number): string => significant(usd * perUsd, Math.max(3, Math.ceil(Math.log10(Math.max(1, Math.abs(usd * perUsd)))) + 2))
  return entries('Two views', [
    `cash: all payments less a sale for ${exactFigure(resaleUsd * perUsd)} ${code} after ${months} months are worth ${exactFigure(cashFlow.presentUsd * perUsd)} ${code} today at ${exactFigure(rig.financingSharePerYear * 100)} % a year, ${cents(cashFlow.usdPerMonth)} ${code} a month`,
    `wear and cost of capital, with what runs: ${cents(usdPerMonth)} ${code} a month`,
  ], width, 2)
}

function useLines({byUse}: RigTco, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  const columns: Column<RigTco['byUse'][number]>[] = [
    {title: 'use', align: 'right', priority: 0, cell: ({utilisationShare}) => percent(utilisationShare)},
    {title: `${code}/month`, align: 'right', priority: 0, cell: each => figure(each.usdPerMonth * perUsd)},
    {title: `${code} per useful accelerator-hour`, align: 'right', priority: 0, cell: each => (each.usdPerUsefulAcceleratorHour === null ? '' : significant(each.usdPerUsefulAcceleratorHour * perUsd, 3))},
  ]
  return [...labelled('By use', 'of all hours of the month', width), ...indented(columns, byUse, width, {header: true})]
}

export function crossingText({owningIsCheaper, utilisationShare}: Crossing): string {
  return utilisationShare === null ? owningIsCheaper : `${owningIsCheaper} ${percent(utilisationShare)}`
}

function cloudLines({clouds, ownership}: RigTco, limit: number, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  if (clouds.length === 0) return labelled('Clouds', 'nobody offers these accelerators at a price', width)
  const rows = clouds.slice(0, limit)
  const columns: Column<CloudLine>[] = [
    {title: 'provider', align: 'left', priority: 0, cell: ({provider}) => provider},
    {title: 'bought', align: 'left', priority: 0, cell: ({purchase, ineligibleReason}) => `${purchase}${ineligibleReason === null ? '' : ` ${INELIGIBLE[ineligibleReason].glyph}`}`},
    {title: `${code}/acc.-h`, align: 'right', priority: 0, cell: each => significant(each.usdPerAcceleratorHour * perUsd, 3)},
    {title: `${code}/month`, align: 'right', priority: 1, cell: each => figure(each.usdPerMonth * perUsd)},
    {title: 'owning is cheaper', align: 'left', priority: 0, cell: ({crossing}) => crossingText(crossing)},
    {title: 'machine', align: 'left', priority: 2, shrinksTo: 14, cell: ({parts}) => parts.map(({instanceType, rentedId, acceleratorId}) => (rentedId === acceleratorId ? instanceType : `${instanceType} (${rentedId})`)).join(' + ')},
    {title: 'as of', align: 'left', priority: 3, cell: ({parts}) => parts.map(({asOf}) => asOf).toSorted()[0] ?? ''},
  ]
  const reasons = Object.entries(INELIGIBLE).filter(([reason]) => rows.some(({ineligibleReason}) => ineligibleReason === reason)).map(([, {glyph, meaning}]) => `${glyph} ${meaning}`)
  return [
    ...labelled('Clouds', `${ownership.accelerators} accelerators, the same or as good, for the hours in use; a term is paid whole`, width),
    ...indented(columns, rows, width, {header: true}),
    ...entries('', [`${rows.length < clouds.length ? `${rows.length} of ${clouds.length} ways (--limit)` : `${clouds.length} ways`}, those that may win first, then by price.`, ...reasons], width),
  ]
}
