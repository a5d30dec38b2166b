import {quotedBases} from '../accuracy/document.ts'
import type {PredictedRow} from '../accuracy/predict.ts'
import {isInSample, type AccuracySummary} from '../accuracy/summary.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {groupDigits} from '../units/format.ts'
import {echo} from '../text/safe.ts'
import {BASIS_TITLES, share} from './accuracy.ts'
import {escapeXml, legendOf, round, SVG_COLOURS, svgOf} from './svg.ts'

/** A picture and the name of its file. */
export interface Plot {
  readonly name: string
  readonly title: string
  readonly svg: string
}

interface Point {
  readonly measured: number
  readonly predicted: number
  readonly family: string
}

/** One scatter plot per figure: what was predicted against what was measured, coloured by the family of the accelerator. */
export function accuracyPlots(summary: AccuracySummary, rows: readonly PredictedRow[], accelerators: readonly Pick<Accelerator, 'id' | 'architecture'>[]): readonly Plot[] {
  const architectures = new Map<string, string>(accelerators.map(({id, architecture}) => [id, architecture]))
  // The generations of one maker's tensor processors are many, and have few results each.
  const familyOf = (accelerator: string): string => (architectures.get(accelerator) ?? accelerator).replace(/^tpu-.*$/, 'tpu')
  const bases = quotedBases(summary)
  const colours = coloursOf(rows.filter(({status}) => status === 'answered').map(({accelerator}) => familyOf(accelerator)))
  const figures = summary.groups.filter(({by, scores}) => by === 'figure' && scores !== undefined)
  // What is in sample has a picture only where nothing of the figure is out of it.
  return figures.filter(each => !each.inSample || !figures.some(({group, inSample}) => group === each.group && !inSample)).flatMap(({group, scores, inSample}): readonly Plot[] => {
    const basis = inSample ? 'all' : (bases.get(group) ?? 'all')
    const own = rows.filter(row => row.figure === group && row.status === 'answered' && isInSample(row) === inSample)
    const points = own.flatMap(({row, answers, accelerator}): readonly Point[] => {
      const answer = answers.get(basis)
      return answer === undefined || row.measured === undefined ? [] : [{measured: row.measured, predicted: answer.interval.p50, family: familyOf(accelerator)}]
    })
    if (points.length === 0) return []
    const units = [...new Set(own.map(({row}) => row.unit))]
    const unit = units.length === 1 ? echo(units[0] ?? '', 30) : 'each in its own unit'
    const without = inSample ? ', in sample' : basis === 'all' ? '' : `, ${BASIS_TITLES[basis]} left out`
    const title = `${group}: predicted against measured`
    return [{
      name: `${group.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'figure'}.svg`, title,
      svg: scatterSvg({title, subtitle: `${groupDigits(String(points.length))} results${without}; mean error ${share(scores?.mape ?? Number.NaN)}`, unit, points, colours}),
    }]
  })
}

/** One family has one colour in all plots. */
function coloursOf(families: readonly string[]): ReadonlyMap<string, string> {
  const byCount = [...Map.groupBy(families, family => family)].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
  return new Map(byCount.map(([family], index) => [family, SVG_COLOURS[index] ?? OTHER_COLOUR]))
}

interface Scatter {
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  readonly points: readonly Point[]
  readonly colours: ReadonlyMap<string, string>
}

const [LEFT, RIGHT, TOP, SIDE] = [66, 26, 62, 400]
const BAND = 0.25
const OTHER_COLOUR = '#888888'

function scatterSvg({title, subtitle, unit, points, colours}: Scatter): string {
  const logs = points.flatMap(({measured, predicted}) => [Math.log10(measured), Math.log10(predicted)])
  const [low, high] = [Math.floor(Math.min(...logs)), Math.max(Math.ceil(Math.max(...logs)), Math.floor(Math.min(...logs)) + 1)]
  const along = (log: number): number => ((log - low) / (high - low)) * SIDE
  const x = (value: number): number => LEFT + along(Math.log10(value))
  const y = (value: number): number => TOP + SIDE - along(Math.log10(value))
  const decades = Array.from({length: high - low + 1}, (_, index) => low + index)
  // Labels that would run into each other are left out.
  const step = Math.ceil(decades.length / 7)
  const grid = decades.map(log => `M${round(LEFT + along(log))} ${TOP}v${SIDE}M${LEFT} ${round(TOP + SIDE - along(log))}h${SIDE}`).join('')
  const labels = decades.filter(log => (log - low) % step === 0).map(log =>
    `<text class="faint" x="${round(LEFT + along(log))}" y="${TOP + SIDE + 20}" text-anchor="middle">${decadeText(log)}</text><text class="faint" x="${LEFT - 8}" y="${round(TOP + SIDE - along(log) + 5)}" text-anchor="end">${decadeText(log)}</text>`)
  const families = [...Map.groupBy(points, ({family}) => family)].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
  const colourOf = (family: string): string => colours.get(family) ?? OTHER_COLOUR
  const dots = families.map(([family, list]) => `<path class="dots" stroke="${colourOf(family)}" d="${[...new Set(list.map(point => `M${round(x(point.measured))} ${round(y(point.predicted))}h0`))].join('')}"/>`)
  const {parts: key, height: keyHeight} = legendOf(families.map(([family, list]) => ({text: `${echo(family, 30)} ${groupDigits(String(list.length))}`, colour: colourOf(family)})), TOP + SIDE + 62, RIGHT)
  return svgOf({
    title, description: `${subtitle}. On the line the prediction is right; in the shaded band it is off by no more than 25 %.`, height: TOP + SIDE + 52 + keyHeight,
    parts: [
      `<text x="${LEFT}" y="24" font-weight="600">${escapeXml(title)}</text><text class="faint" x="${LEFT}" y="46">${escapeXml(subtitle)}</text>`,
      `<clipPath id="field"><rect x="${LEFT}" y="${TOP}" width="${SIDE}" height="${SIDE}"/></clipPath>`,
      `<path class="grid" d="${grid}"/>`,
      `<g clip-path="url(#field)"><path class="band" d="${bandPath(low, high, x, y)}"/><path class="even" d="M${LEFT} ${TOP + SIDE}L${LEFT + SIDE} ${TOP}"/>${dots.join('')}</g>`,
      ...labels,
      `<text x="${LEFT + SIDE / 2}" y="${TOP + SIDE + 42}" text-anchor="middle">measured (${escapeXml(unit)})</text>`,
      `<text transform="translate(16 ${TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">predicted</text>`,
      ...key,
    ],
  })
}

/** Between 25 % too little and 25 % too much; drawn past the corners, and clipped. */
function bandPath(low: number, high: number, x: (value: number) => number, y: (value: number) => number): string {
  const [from, to] = [10 ** low, 10 ** high]
  const corner = (value: number, times: number): string => `${round(x(value))} ${round(y(value * times))}`
  return `M${corner(from, 1 - BAND)}L${corner(to, 1 - BAND)}L${corner(to, 1 + BAND)}L${corner(from, 1 + BAND)}Z`
}

const decadeText = (log: number): string => (log >= 0 && log <= 4 ? groupDigits(String(10 ** log)) : log < 0 && log >= -3 ? String(10 ** log) : `1e${log}`)
