import type {Rig} from '../catalog/rig.ts'
import {MONTHS_PER_YEAR} from '../cost/cash-flow.ts'
import {leaseMonthsLeft} from '../cost/ownership.ts'
import {cheapestByWay, type Action, type BreakEven, type RentalVerdict} from '../planner/break-even.ts'
import type {Bar, Odds} from '../planner/break-even-odds.ts'
import {POINTS, stepsTo, tallestUsd, type CostLine} from './break-even-plot.ts'
import {figure, percent, significant, type DisplayCurrency} from './format.ts'
import {type Column, type Line, paint, type Style, wrap} from './layout.ts'
import {BESIDE, entries, indented, joinSections, labelled, tableIndent} from './sections.ts'
import {INELIGIBLE} from './words.ts'

export interface BreakEvenReport {
  readonly title: string
  readonly rig: Rig
  readonly answer: BreakEven
  readonly odds: Odds | null
  readonly plot: readonly CostLine[]
  readonly assumed: readonly string[]
  /** ISO. */
  readonly asOf: string
  readonly limit: number | undefined
}

export interface BreakEvenView {
  readonly width: number
  readonly color: boolean
  readonly currency: DisplayCurrency
}

const USUAL_RENTALS = 10
const ADVICE: Readonly<Record<Action, {readonly text: string; readonly style: Style}>> = {
  buy: {text: 'buy it', style: 'green'}, rent: {text: 'rent', style: 'yellow'}, keep: {text: 'keep it', style: 'green'}, sell: {text: 'sell it and rent', style: 'yellow'}, leave: {text: 'leave it off and rent', style: 'yellow'},
}

/** What nobody said the age of may be worth less than is counted. */
function adviceOf({action, resale, ageYears}: BreakEven, money: (usd: number) => string): {readonly text: string; readonly style: Style} {
  const {text, style} = ADVICE[action]
  if (action !== 'sell' || resale === null) return {text, style}
  return {text: ageYears === null && (resale.evenUsd ?? 0) > 0 ? `${text} if it brings more than ${money(resale.evenUsd ?? 0)}` : text, style}
}

/** Advice, how sure it is, from how much work on the rig wins against whom, and what matters most. */
export async function renderBreakEven(report: BreakEvenReport, view: BreakEvenView): Promise<string> {
  const {title, rig, answer, odds, assumed} = report
  const {width, color, currency} = view
  const money = (usd: number): string => `${usd < 0 ? '−' : ''}${figure(Math.abs(usd) * currency.perUsd)} ${currency.code}`
  const {text, style} = adviceOf(answer, money)
  const {best} = answer
  return paint(joinSections([
    wrap([{text: `${rig.id} or a cloud, for ${title}: `, style: 'bold'}, {text: best === null ? 'nobody rents what does this work' : text, style: best === null ? 'yellow' : style}, {text: best === null ? '' : ` — saves ${money(answer.savesUsdPerMonth)} a month against ${answer.action === 'buy' || answer.action === 'keep' ? best.id : `the rig`}`}], width),
    answerLines(report, money, width),
    rentalLines(report, currency, width),
    await plotLines(report, currency, width),
    odds === null ? [] : tornadoLines(odds, currency, width),
    entries('Notes', [...assumed, ...notesOf(report)], width),
  ]), color)
}

function answerLines({answer, odds, rig}: BreakEvenReport, money: (usd: number) => string, width: number): Line[] {
  const {ownership, units, unit, utilisationShare, best, months} = answer
  const each = unit === 'hour of service' ? `${figure(units)} hours of service` : unit === 'run' ? `${figure(units)} ${units === 1 ? 'run' : 'runs'}` : `${figure(units)} times the mix`
  return [
    ...labelled('Work', `${each} a month, ${percent(utilisationShare)} of the rig's hours${answer.acceleratorsUsed < ownership.accelerators ? ` on ${figure(answer.acceleratorsUsed)} of its ${ownership.accelerators} accelerators` : ''}; over ${months} ${months === 1 ? 'month' : 'months'}`, width),
    ...labelled('Rig', `${money(ownership.usdPerMonth)} a month ${answer.resale === null ? (rig.financing?.kind === 'lease' ? 'leased' : 'from its price') : `to keep${answer.resale.nowUsd === 0 ? '' : `: what it would sell for${answer.ageYears === null ? '' : ` after ${significant(answer.ageYears, 2)} years`} stays in it`}`}; ${ownership.lines.map(({item, usdPerMonth}) => `${item} ${money(usdPerMonth)}`).join(', ')}`, width),
    ...(best === null ? [] : labelled('Best cloud', `${best.id} at ${money(best.usdInMonth)} a month; the rig is cheaper ${evenText(best, answer)}`, width)),
    ...(answer.resale === null || best === null ? [] : labelled('Sale', saleText(answer.resale, money), width)),
    ...(best === null || rig.owned ? [] : labelled('Pays back', paybackText(best, months), width)),
    ...(odds === null ? [] : labelled('How sure', `the rig is the cheapest in ${percent(odds.probability)} of ${odds.samples.toLocaleString('en-US')} draws; it costs ${signed(odds.difference.p50, money)} a month than the cheapest cloud (${signed(odds.difference.p10, money)} to ${signed(odds.difference.p90, money)})`, width)),
  ]
}

const signed = (usd: number, money: (usd: number) => string): string => `${money(Math.abs(usd))} ${usd <= 0 ? 'less' : 'more'}`

function evenText({owningIsCheaper, evenUnits, evenRigHours, evenUtilisationShare}: RentalVerdict, {unit}: BreakEven): string {
  if (owningIsCheaper === 'never') return 'at no amount of work that it can do'
  if (owningIsCheaper === 'always') return 'at any amount of work'
  return `${owningIsCheaper === 'above' ? 'from' : 'up to'} ${figure(evenRigHours)} of its hours a month (${percent(evenUtilisationShare ?? 0)}${unit === 'run' ? `, ${figure(evenUnits)} ${evenUnits === 1 ? 'run' : 'runs'}` : ''})`
}

function saleText({nowUsd, evenUsd}: NonNullable<BreakEven['resale']>, money: (usd: number) => string): string {
  if (nowUsd === 0) return 'there is nothing to sell'
  const taken = `it is taken to bring ${money(nowUsd)} today`
  return evenUsd === null ? taken : evenUsd <= 0 ? `${taken}; even if it brings nothing, renting costs less` : `${taken}; selling it and renting costs less where it brings more than ${money(evenUsd)}`
}

function paybackText({paybackMonth, paybackMonthIfSold}: RentalVerdict, months: number): string {
  const kept = paybackMonth === null ? `not within ${months} months` : `in month ${paybackMonth}`
  return `${kept}, nothing sold; ${paybackMonthIfSold === null ? `not within ${months} months` : `in month ${paybackMonthIfSold}`} if it is sold then`
}

function rentalLines({answer, odds, limit}: BreakEvenReport, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  const ways = cheapestByWay(answer.rentals)
  const rows = ways.slice(0, limit ?? USUAL_RENTALS)
  if (rows.length === 0) return []
  const columns: Column<RentalVerdict>[] = [
    {title: 'cloud', align: 'left', priority: 0, shrinksTo: 22, cell: ({id, ineligibleReason}) => `${id}${ineligibleReason === null ? '' : ` ${INELIGIBLE[ineligibleReason].glyph}`}`},
    {title: `${code}/month`, align: 'right', priority: 0, cell: ({usdInMonth}) => figure(usdInMonth * perUsd)},
    {title: 'rig wins from', align: 'right', priority: 0, cell: ({owningIsCheaper, evenRigHours}) => (owningIsCheaper === 'above' ? `${figure(evenRigHours)} h` : owningIsCheaper === 'below' ? `below ${figure(evenRigHours)} h` : owningIsCheaper)},
    {title: 'use', align: 'right', priority: 1, cell: ({evenUtilisationShare}) => (evenUtilisationShare === null ? '' : percent(evenUtilisationShare))},
    {title: 'month', align: 'right', priority: 2, cell: ({paybackMonth}) => (paybackMonth === null ? '' : String(paybackMonth))},
    {title: 'rig wins', align: 'right', priority: 1, cell: ({id}) => (odds?.against.has(id) === true ? percent(odds.against.get(id) ?? 0) : '')},
  ]
  const reasons = Object.entries(INELIGIBLE).filter(([reason]) => rows.some(({ineligibleReason}) => ineligibleReason === reason)).map(([, {glyph, meaning}]) => `${glyph} ${meaning}`)
  return [
    ...labelled('Clouds', 'the cheapest of each provider and purchase; hours of the rig a month from which it is cheaper; month by which it has paid back; share of draws that it wins', width),
    ...indented(columns, rows, width, {header: true}),
    ...entries('', [`${rows.length} of ${ways.length} ways, of ${answer.rentals.length} offers, by cost at this amount of work.`, ...reasons], width),
  ]
}

const PLOT_ROWS = 12
const SYMBOLS = ['R', 'a', 'b', 'c', 'd']
/** Space that the chart takes beside its field: the axis, its arrow and the figures. */
const AXIS_COLUMNS = 10

/** The costs over the hours, one letter a line. */
async function plotLines({plot}: BreakEvenReport, {code, perUsd}: DisplayCurrency, width: number): Promise<Line[]> {
  if (width < BESIDE || plot.length < 2) return []
  const {plot: chart} = await import('simple-ascii-chart')
  const top = tallestUsd(plot) * perUsd
  const columns = Math.min(POINTS + 1, width - tableIndent(width) - AXIS_COLUMNS)
  const most = Math.max(...plot.flatMap(({points}) => points.map(([hours]) => hours)))
  const series = plot.map(({points}) => points.map(([hours, usd]): [number, number] => [hours, usd * perUsd]).filter(([, value]) => value <= top))
  const drawn = chart(series.filter(points => points.length > 0), {
    width: columns, height: PLOT_ROWS, yRange: [0, top], customXAxisTicks: [...stepsTo(most, 6)], customYAxisTicks: [...stepsTo(top, 5)],
    formatter: value => (value === 0 ? '0' : figure(value)),
    lineFormatter: ({x, y, plotX, plotY}) => ({x: plotX, y: plotY, symbol: SYMBOLS[series.findIndex(points => points.some(point => point[0] === x && point[1] === y))] ?? '·'}),
  })
  const indent = ' '.repeat(tableIndent(width))
  return [
    ...labelled('Costs', `${code} a month over the hours of the rig; ${plot.map(({name}, index) => `${SYMBOLS[index]} ${name}`).join(', ')}`, width),
    ...drawn.split('\n').map(line => line.trimEnd()).filter(line => line !== '').map((line): Line => [{text: `${indent}${line}`}]),
  ]
}

function tornadoLines({tornado}: Odds, {code, perUsd}: DisplayCurrency, width: number): Line[] {
  const shown = tornado.filter(({usdAtLow, usdAtHigh}) => Math.abs(usdAtHigh - usdAtLow) > 1e-6)
  const columns: Column<Bar>[] = [
    {title: 'what', align: 'left', priority: 0, cell: ({title}) => title},
    {title: 'low', align: 'right', priority: 0, cell: ({usdAtLow}) => withSign(usdAtLow * perUsd)},
    {title: 'high', align: 'right', priority: 0, cell: ({usdAtHigh}) => withSign(usdAtHigh * perUsd)},
    {title: 'how far that goes', align: 'left', priority: 1, shrinksTo: 24, cell: ({source}) => source},
  ]
  return [...labelled('What counts', `rig less the best cloud, ${code} a month, where one thing is at its 10th and 90th percentile; below 0 the rig is cheaper`, width), ...indented(columns, shown, width, {header: true})]
}

const withSign = (value: number): string => `${value < 0 ? '−' : value > 0 ? '+' : ''}${figure(Math.abs(value))}`

/** What of an owned rig's past is in neither side. */
function pastNote(rig: Rig, ageYears: number): string {
  const {financing} = rig
  const left = leaseMonthsLeft(rig, ageYears)
  if (financing?.kind !== 'lease') return 'What was paid for it, and what is still owed, is gone either way and in neither side.'
  const after = financing.buyoutUsd === undefined ? 'leased on at its rates' : 'bought out'
  return left > 0 ? `The rates of its lease are owed either way and in neither side; ${left} months from now it is ${after}.` : `Its lease is over: it ${financing.buyoutUsd === undefined ? `is ${after}` : `was ${after}, which is gone either way`}.`
}

function notesOf({rig, odds, answer: {ageYears, ownership, acceleratorsUsed, months, unit}, asOf}: BreakEvenReport): readonly string[] {
  const {takenHoursPerMonth = 0, boughtOn, serviceLifeYears, financing, freeInHours = 0} = rig
  const beyond = months / MONTHS_PER_YEAR - serviceLifeYears + (ageYears ?? 0)
  return [
    ...(acceleratorsUsed < ownership.accelerators ? [`All of the rig is charged to this work, which leaves ${figure(ownership.accelerators - acceleratorsUsed)} of ${ownership.accelerators} accelerators free: whatever else they do makes the rig cheaper than this says.`] : []),
    ...(takenHoursPerMonth > 0 ? [`Other work takes ${figure(takenHoursPerMonth)} h of the rig a month and carries as much of what it costs${rig.owned ? '; while it is kept for that, what this work adds (rigor plan) decides' : ''}.`] : []),
    ...(rig.owned && ageYears === null && financing?.kind !== 'lease' ? ['Nobody said when the rig was bought (boughtOn): it is taken to sell for its whole price, which is more than any machine that has been used brings.'] : []),
    ...(boughtOn !== undefined && boughtOn > asOf ? [`It is bought on ${boughtOn}, after today: it counts as new.`] : []),
    ...(rig.owned ? [pastNote(rig, ageYears ?? 0)] : []),
    ...(beyond > 1e-9 ? [`It is looked at for ${figure(beyond * MONTHS_PER_YEAR)} months beyond its service life of ${figure(serviceLifeYears)} years, with the upkeep and failures of before.`] : []),
    ...(unit !== 'hour of service' && freeInHours > 0 ? [`It is free in ${figure(freeInHours)} h; that waiting is in no figure.`] : []),
    ...(odds !== null && odds.cutShare > 0.005 ? [`In ${percent(odds.cutShare)} of the draws there is more work than the rig has hours for; as much as it can do is compared.`] : []),
    `Not in the rig's side: ${ownership.notCosted.map(({item}) => item).join(', ')}.`,
  ]
}
