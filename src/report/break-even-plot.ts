import {rentFactor} from '../cost/ownership.ts'
import {HOURS_PER_MONTH} from '../cost/period.ts'
import {cheapestByWay, rentalMonth, rigMonth, type BreakEven, type BreakEvenQuestion, type RentalVerdict} from '../planner/break-even.ts'
import {figure} from './format.ts'
import {escapeXml, legendOf, round, SVG_COLOURS, svgOf} from './svg.ts'

/** What a month costs over the hours that the rig would work in it. */
export interface CostLine {
  readonly name: string
  /** [hours of the rig, USD], ascending. */
  readonly points: readonly (readonly [hours: number, usd: number])[]
}

/** As many columns as a chart in the terminal has at most. */
export const POINTS = 60
/** Beside the rig: more lines nobody can tell apart. */
const MOST_RENTALS = 4

/** Lines of the rig and of the cheapest rentals of each provider and purchase, the rig first. */
export function linesOfBreakEven(question: BreakEvenQuestion, {rentals, mostUnits}: BreakEven): readonly CostLine[] {
  const {rigAtWork: {rig, unitHours}} = question
  const factor = rentFactor(rig)
  const shown = cheapestByWay(rentals).filter(({ineligibleReason}) => ineligibleReason === null)
  const at = Array.from({length: POINTS + 1}, (_, index) => (mostUnits * index) / POINTS)
  const of = (rental: RentalVerdict): CostLine => ({
    name: rental.id,
    points: at.flatMap(units => {
      const usd = rentalMonth(rental, units, factor)
      return usd === null ? [] : [[units * unitHours, usd] as const]
    }),
  })
  const own: CostLine = {name: `rig:${rig.id}`, points: at.map(units => [units * unitHours, rigMonth(question, units).usdPerMonth] as const)}
  const lines = shown.map(of)
  const tallest = tallestUsd([own, ...lines])
  return [own, ...lines.filter(({points}) => points.some(([, usd]) => usd <= tallest)).slice(0, MOST_RENTALS)]
}

const mostOf = (lines: readonly CostLine[], of: 0 | 1): number => Math.max(...lines.flatMap(({points}) => points.map(point => point[of])))

/** So that what crosses the rig stays in the picture: a dear cloud runs out of it. */
const TALLEST = 2.5
export function tallestUsd(lines: readonly CostLine[]): number {
  const rig = mostOf(lines.slice(0, 1), 1)
  // A rig that earns money by being there (a buy-out far below its price) sets no scale.
  return Math.max(1, rig > 0 ? Math.min(mostOf(lines, 1), TALLEST * rig) : mostOf(lines, 1)) * 1.05
}

/** Round steps of 1, 2 or 5 that are about `count`. */
export function stepsTo(most: number, count: number): readonly number[] {
  const rough = most / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(times => times * power).find(each => each >= rough) ?? rough
  return Array.from({length: Math.floor(most / step + 1e-9) + 1}, (_, index) => index * step)
}

const [LEFT, RIGHT, TOP, ALONG, UP] = [74, 20, 62, 398, 300]

/** The same as a picture. */
export function breakEvenSvg(lines: readonly CostLine[], rigId: string): string {
  const [mostHours, mostUsd] = [Math.max(mostOf(lines, 0), 1e-9), Math.max(tallestUsd(lines), 1e-9)]
  const x = (hours: number): number => LEFT + (hours / mostHours) * ALONG
  const y = (usd: number): number => TOP + UP - (usd / mostUsd) * UP
  const [across, upwards] = [stepsTo(mostHours, 6), stepsTo(mostUsd, 6)]
  const colour = (index: number): string => SVG_COLOURS[index % SVG_COLOURS.length] ?? '#888888'
  const {parts: key, height} = legendOf(lines.map(({name}, index) => ({text: name, colour: colour(index)})), TOP + UP + 62, RIGHT)
  const title = `What a month costs: ${rigId} or a cloud`
  const labels = [
    ...across.map(hours => `<text class="faint" x="${round(x(hours))}" y="${TOP + UP + 20}" text-anchor="middle">${figureAt(hours)}</text>`),
    ...upwards.map(usd => `<text class="faint" x="${LEFT - 8}" y="${round(y(usd) + 5)}" text-anchor="end">${figureAt(usd)}</text>`),
  ]
  return svgOf({
    title, description: `USD a month over the hours that the rig would work in it, of ${HOURS_PER_MONTH}. Where the line of a cloud is above that of the rig, the rig is cheaper.`, height: TOP + UP + 52 + height,
    parts: [
      `<text x="${LEFT}" y="24" font-weight="600">${escapeXml(title)}</text><text class="faint" x="${LEFT}" y="46">where a line is above the rig's, the rig is cheaper</text>`,
      `<clipPath id="field"><rect x="${LEFT}" y="${TOP}" width="${ALONG}" height="${UP}"/></clipPath>`,
      `<path class="grid" d="${[...across.map(hours => `M${round(x(hours))} ${TOP}v${UP}`), ...upwards.map(usd => `M${LEFT} ${round(y(usd))}h${ALONG}`)].join('')}"/>`,
      `<g clip-path="url(#field)">${lines.map(({points}, index) => `<path fill="none" stroke="${colour(index)}" stroke-width="${index === 0 ? 3.5 : 2}" d="${points.map(([hours, usd], at) => `${at === 0 ? 'M' : 'L'}${round(x(hours))} ${round(y(usd))}`).join('')}"/>`).join('')}</g>`,
      ...labels,
      `<text x="${LEFT + ALONG / 2}" y="${TOP + UP + 42}" text-anchor="middle">hours of the rig a month</text>`,
      `<text transform="translate(16 ${TOP + UP / 2}) rotate(-90)" text-anchor="middle">USD a month</text>`,
      ...key,
    ],
  })
}

const figureAt = (value: number): string => (value === 0 ? '0' : figure(value))
