import type {Operator} from '../performance/types.ts'
import type {Explanation, HardwareLimit, KnownFigureError, NearestMeasurement, OperatorShare, PlanTarget, PublishedError, TimeBudget} from '../planner/document.ts'
import {groupDigits} from '../units/format.ts'
import {longestFitting, WIDE} from './columns.ts'
import {figure, percent, seconds, significant, UNKNOWN} from './format.ts'
import {type Column, displayWidth, GLUE, type Line, type Span, type Style} from './layout.ts'
import {entries, indented, labelled, tableIndent} from './sections.ts'
import {DISTANCE} from './words.ts'

type Explained = Pick<PlanTarget, 'accelerators' | 'explanation' | 'operators' | 'throughput'>

const BOUND: Readonly<Record<Operator['bound'], {readonly words: string; readonly short: string; readonly style: Style}>> = {
  compute: {words: 'compute', short: 'compute', style: 'green'},
  'memory-bandwidth': {words: 'memory bandwidth', short: 'memory', style: 'cyan'},
  link: {words: 'link', short: 'link', style: 'yellow'},
  network: {words: 'network', short: 'network', style: 'yellow'},
  storage: {words: 'storage', short: 'storage', style: 'yellow'},
  host: {words: 'host', short: 'host', style: 'magenta'},
  overhead: {words: 'overhead', short: 'overhead', style: 'dim'},
}

const GROUP: Readonly<Record<string, string>> = {step: 'one step', run: 'the whole run'}

/** Where the time of each budget goes: a bar with a letter per operator, and the operators as its legend. */
export function budgetLines({explanation, operators}: Explained, width: number): Line[] {
  if (explanation === undefined || explanation.budget.length === 0) return labelled('Time goes', `${UNKNOWN}: this estimate does not come from operators`, width)
  const amounts = new Map(operators?.map(operator => [operator.name, operator]))
  const indent = width >= WIDE ? tableIndent(width) : 2
  const barWidth = Math.max(1, Math.min(WIDEST_BAR, width - indent))
  return explanation.budget.flatMap((budget, index) => {
    const total = budget.operators.reduce((sum, operator) => sum + operator.seconds, 0)
    const rows = keyed(budget, barWidth).map((row): Row => ({...row, amount: amounts.get(`${budget.group}: ${row.operator.name}`) ?? amounts.get(row.operator.name)}))
    const bar = rows.flatMap(barSpans)
    return [
      ...labelled(index === 0 ? 'Time goes' : '', `${Object.hasOwn(GROUP, budget.group) ? GROUP[budget.group] : budget.group}: ${seconds(total)}`, width),
      ...(bar.length === 0 ? [] : [[{text: ' '.repeat(indent)}, ...bar]]),
      ...indented(operatorColumns(rows, width), rows, width, {header: true, indent}),
    ]
  })
}

/** Longer bars say no more. */
const WIDEST_BAR = 72

interface KeyedOperator {
  readonly operator: OperatorShare
  /** Its letter in the bar; '' where its share fills no cell. */
  readonly key: string
  readonly cells: number
  readonly fill: string
}

interface Row extends KeyedOperator {
  readonly amount: Operator | undefined
}

const KEYS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Neighbours differ without any colour. */
const FILLS = ['█', '▓', '▒', '░'] as const

function keyed({operators}: TimeBudget, width: number): KeyedOperator[] {
  const cells = barCells(operators.map(({share}) => share), width)
  return operators.map((operator, index) => ({operator, cells: cells[index] ?? 0, key: (cells[index] ?? 0) > 0 ? (KEYS[index] ?? '·') : '', fill: FILLS[index % FILLS.length] ?? FILLS[0]}))
}

/** Cells of each part of a bar: whole numbers that add up to its width, the leftover ones going to the largest remainders (Hamilton). */
export function barCells(shares: readonly number[], width: number): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0)
  if (!(total > 0)) return shares.map(() => 0)
  const exact = shares.map(share => (share / total) * width)
  const cells = exact.map(Math.floor)
  const left = width - cells.reduce((sum, count) => sum + count, 0)
  const byRemainder = exact.map((value, index) => ({index, remainder: value - Math.floor(value)})).toSorted((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const {index} of byRemainder.slice(0, left)) cells[index] = (cells[index] ?? 0) + 1
  return cells
}

function barSpans({operator, key, cells, fill}: KeyedOperator): Span[] {
  return cells === 0 ? [] : [{text: `${key}${fill.repeat(cells - 1)}`, style: BOUND[operator.bound].style}]
}

function operatorColumns(rows: readonly Row[], width: number): Column<Row>[] {
  // Where there is room for it, the rate in full goes before FLOP and bytes.
  const rates = rows.map(({operator}) => displayWidth(rateTexts(operator).at(width < WIDE ? -1 : 0) ?? ''))
  return [
    {title: '', align: 'left', priority: 0, cell: ({key}) => key, style: ({operator}) => BOUND[operator.bound].style},
    {title: 'operator', align: 'left', priority: 0, gap: 1, shrinksTo: Math.max(8, Math.min(30, width - 50)), widest: 44, cell: ({operator}) => operator.name},
    {title: 'time', align: 'right', priority: 1, cell: ({operator}) => seconds(operator.seconds)},
    {title: 'share', align: 'right', priority: 2, cell: ({operator}) => percent(operator.share)},
    {
      title: 'bound by', align: 'left', priority: 3, shrinksTo: 8, style: ({operator}) => BOUND[operator.bound].style,
      cell: ({operator}, room) => longestFitting([BOUND[operator.bound].words, BOUND[operator.bound].short], room),
    },
    ...(rates.some(rate => rate > 0)
      ? [{title: 'reaches', align: 'left' as const, priority: 4, shrinksTo: Math.max(...rates), cell: ({operator}: Row, room: number) => longestFitting(rateTexts(operator), room)}]
      : []),
    // They follow from the rates and the times: for whoever has the room.
    ...(width < WIDE ? [] : [...amountColumn('FLOP', rows, 5, ({amount}) => amount?.flops), ...amountColumn('bytes', rows, 6, ({amount}) => amount?.bytes)]),
  ]
}

const amountColumn = (title: string, rows: readonly Row[], priority: number, of: (row: Row) => number | undefined): Column<Row>[] =>
  rows.some(row => of(row) !== undefined) ? [{title, align: 'right', priority, cell: row => countText(of(row))}] : []

/** "612 of 989 TFLOP/s, 62 %" and shorter; '' where it is not known. */
function rateTexts({achieved, limit, unit}: OperatorShare): string[] {
  if (achieved === null || unit === null) return ['']
  const [size, prefix] = prefixOf(limit ?? achieved)
  const rate = `${prefix}${unit === 'bytes/s' ? 'B/s' : unit}`
  const share = limit === null || !Number.isFinite((100 * achieved) / limit) ? '' : percent(achieved / limit)
  if (limit === null || share === '') return [`${significant(achieved / size, 3)} ${rate}`]
  return [`${significant(achieved / size, 3)} of ${significant(limit / size, 3)} ${rate}, ${share}`, `${share} of ${significant(limit / size, 3)} ${rate}`]
}

const PREFIXES: readonly (readonly [size: number, prefix: string])[] = [[1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']]
const prefixOf = (count: number, largest = 1e12): readonly [size: number, prefix: string] => PREFIXES.find(([size]) => size <= largest && count >= size) ?? [1, '']

/** 2.1e14 → "210 T"; "" where the operator has none. */
function countText(count: number | undefined): string {
  if (count === undefined) return ''
  const [size, prefix] = prefixOf(count, Number.POSITIVE_INFINITY)
  return `${figure(count / size)} ${prefix}`.trimEnd()
}

/** How far the estimate is from what the hardware could do, and what published measurements say of such estimates. */
export function evidenceLines(target: Explained, width: number): Line[] {
  const {explanation} = target
  if (explanation === undefined) return []
  return [
    ...labelled('Limit', limitText(explanation.limit, target), width, {hanging: 2}),
    ...labelled('Nearest', nearestText(explanation.nearest), width, {hanging: 2}),
    ...errorLines(explanation, width),
  ]
}

/** Below this there is nothing left to gain. */
const AT_THE_LIMIT = 1.005

function limitText(limit: HardwareLimit | null, {accelerators, throughput}: Explained): string {
  if (limit === null) return `${UNKNOWN}: either the time or the peak rates of this hardware are not known`
  const {per, rooflineSeconds, estimateSeconds, ratio} = limit
  const unit = throughput.unit.replace(/s?\/s$/, '')
  if (ratio < AT_THE_LIMIT) return per === 'run' ? `nothing left: no implementation takes less than ${seconds(rooflineSeconds)}` : `nothing left: the load asks for one ${unit} every ${seconds(rooflineSeconds)}`
  // The rest of an accelerator that a slice was cut from is no idle accelerator.
  const idle = limit.accelerators - Math.max(1, accelerators)
  const unused = idle >= 1 ? `; ${significant(limit.accelerators / accelerators, 2)}× of it because ${idle} of ${limit.accelerators} accelerators stay idle` : ''
  return `${significant(ratio, 2)}× the time that no implementation beats: ${seconds(rooflineSeconds)}${per === 'run' ? '' : ` per ${unit}`} at the data sheet's rates, here ${seconds(estimateSeconds)}${unused}`
}

const NOTHING_PUBLISHED = 'no published measurement is known for this'
/** Of a long list the best measured say enough. */
const MODELS_SHOWN = 3

function nearestText(nearest: NearestMeasurement | null): string {
  if (nearest === null) return NOTHING_PUBLISHED
  const {distance, accelerator, model, measurements, rows} = nearest
  const count = `${configurations(measurements)} of ${accelerator ?? `${new Set(rows.map(row => row.accelerator)).size} accelerators`}`
  if (model !== null) return `${DISTANCE[distance]}: ${count} with ${model}`
  const shown = rows.slice(0, MODELS_SHOWN).map(row => `${accelerator === null ? `${row.accelerator} with ` : ''}${row.model} (${figureCount(row.measurements)})`)
  const models = new Set(rows.map(row => row.model)).size
  return `${DISTANCE[distance]}: ${count} with ${models} ${models === 1 ? 'model' : 'models'}, ${rows.length > MODELS_SHOWN ? 'most often ' : ''}${shown.join(', ')}`
}

const figureCount = (count: number): string => groupDigits(String(count))
const configurations = (count: number): string => `${figureCount(count)} ${count === 1 ? 'configuration' : 'configurations'}`

/** One line per figure, then what is to be known of some of them. */
function errorLines({knownError, nearest}: Explanation, width: number): Line[] {
  if (knownError.length === 0) return labelled('Known error', nearest === null ? NOTHING_PUBLISHED : 'how far such predictions are off was not recorded', width)
  const published = knownError.some(error => error.published !== null)
  const share = (of: (error: PublishedError) => number): ((error: KnownFigureError) => string) => error => (error.published === null ? '' : `${significant(of(error.published) * 100, 2)} %`)
  const columns: Column<KnownFigureError>[] = [
    {title: 'figure', align: 'left', priority: 0, shrinksTo: 8, widest: 30, cell: ({metric}) => (Object.hasOwn(FIGURE, metric) ? FIGURE[metric] : undefined) ?? metric.replaceAll('-', ' ')},
    {title: '80 % within', align: 'right', priority: 1, cell: ({p10, p90}) => `${away(p10)} … ${away(p90)}`},
    {title: 'configurations', align: 'right', priority: 3, cell: error => `${figureCount(error.measurements)}${error.distance === error.from ? GLUE : WIDENED}`},
    ...(published ? [{title: 'median error', align: 'right' as const, priority: 2, cell: share(({mdape}) => mdape)}, {title: 'mean error', align: 'right' as const, priority: 2, cell: share(({mape}) => mape)}] : []),
  ]
  return [
    ...labelled('Known error', 'how far measurements lay from such predictions, which were made without them', width),
    ...indented(columns, knownError, width, {header: true}),
    ...entries('', errorNotes(knownError, published), width, 2),
  ]
}

const WIDENED = '*'
/** As the lines above call them. */
const FIGURE: Readonly<Partial<Record<string, string>>> = {
  ttft: 'first token', 'ttft-alone': 'first token, alone', 'ttft-queued': 'first token, queued', tpot: 'each next token', 'tpot-mixture': 'each next token', 'throughput-mixture': 'throughput', 'step-time-alone': 'step time',
}

function errorNotes(errors: readonly KnownFigureError[], published: boolean): string[] {
  const notes: string[] = []
  const widened = [...new Set(errors.filter(({distance, from}) => distance !== from).map(({from}) => DISTANCE[from]))]
  if (widened.length > 0) notes.push(`${WIDENED} known only nearer to a measurement (${widened.join('; ')}), and widened for this`)
  if (published) notes.push(`median and mean error: over all that was published of the figure${errors.some(error => error.published?.outOfSample === false) ? ', the very results that the factors were fitted to' : ''}`)
  return notes
}

/** 0.88 → "−12 %", 2.8 → "×2.8": percentages above a hundred are hard to read. */
const away = (ratio: number): string => (ratio >= 2 ? `×${significant(ratio, 2)}` : `${ratio < 1 ? '−' : '+'}${percent(Math.abs(ratio - 1))}`)
