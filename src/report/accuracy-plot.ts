import {quotedBases} from '../accuracy/document.ts'
import type {PredictedRow} from '../accuracy/predict.ts'
import {isInSample, type AccuracySummary} from '../accuracy/summary.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {groupDigits} from '../units/format.ts'
import {echo} from '../text/safe.ts'
import {BASIS_TITLES, share} from './accuracy.ts'

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
  return new Map(byCount.map(([family], index) => [family, COLOURS[index] ?? OTHER_COLOUR]))
}

interface Scatter {
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  readonly points: readonly Point[]
  readonly colours: ReadonlyMap<string, string>
}

// Drawn 480 units wide: at 390 pixels the smallest letters are still 11 pixels high.
const WIDTH = 492
const [LEFT, RIGHT, TOP, SIDE] = [66, 26, 62, 400]
const BAND = 0.25
/** Okabe and Ito's colours, told apart with colour-blindness and on both grounds. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#8f8f00', '#7a5cff']
const OTHER_COLOUR = '#888888'

const STYLE = `svg{--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--band:#0969da1f;--ground:#ffffff;max-width:100%;height:auto;background:var(--ground)}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--band:#4493f82e;--ground:#0d1117}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:14px;fill:var(--ink)}
.faint{fill:var(--faint)}.ground{fill:var(--ground)}.grid{stroke:var(--line);fill:none}.band{fill:var(--band)}.even{stroke:var(--faint);stroke-width:1.5}.dots{stroke-width:5;stroke-linecap:round;stroke-opacity:.55;fill:none}`

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const round = (value: number): string => String(Math.round(value * 10) / 10)

/** A picture that stands alone: no script, no font, no address; light or dark as the reader has it. */
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
  const {entries, height: legendHeight} = legend(families.map(([family, list]) => ({text: `${echo(family, 30)} ${groupDigits(String(list.length))}`, colour: colourOf(family)})))
  const height = TOP + SIDE + 52 + legendHeight
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="640" height="${Math.round((height / WIDTH) * 640)}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title><desc>${escape(`${subtitle}. On the line the prediction is right; in the shaded band it is off by no more than 25 %.`)}</desc>`,
    `<style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text x="${LEFT}" y="24" font-weight="600">${escape(title)}</text><text class="faint" x="${LEFT}" y="46">${escape(subtitle)}</text>`,
    `<clipPath id="field"><rect x="${LEFT}" y="${TOP}" width="${SIDE}" height="${SIDE}"/></clipPath>`,
    `<path class="grid" d="${grid}"/>`,
    `<g clip-path="url(#field)"><path class="band" d="${bandPath(low, high, x, y)}"/><path class="even" d="M${LEFT} ${TOP + SIDE}L${LEFT + SIDE} ${TOP}"/>${dots.join('')}</g>`,
    ...labels,
    `<text x="${LEFT + SIDE / 2}" y="${TOP + SIDE + 42}" text-anchor="middle">measured (${escape(unit)})</text>`,
    `<text transform="translate(16 ${TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">predicted</text>`,
    ...entries.map(({text, colour: fill, left, top}) => `<circle cx="${left + 5}" cy="${TOP + SIDE + 62 + top}" r="5" fill="${fill}"/><text x="${left + 15}" y="${TOP + SIDE + 67 + top}">${escape(text)}</text>`),
    '</svg>\n',
  ].join('\n')
}

/** Between 25 % too little and 25 % too much; drawn past the corners, and clipped. */
function bandPath(low: number, high: number, x: (value: number) => number, y: (value: number) => number): string {
  const [from, to] = [10 ** low, 10 ** high]
  const corner = (value: number, times: number): string => `${round(x(value))} ${round(y(value * times))}`
  return `M${corner(from, 1 - BAND)}L${corner(to, 1 - BAND)}L${corner(to, 1 + BAND)}L${corner(from, 1 + BAND)}Z`
}

const decadeText = (log: number): string => (log >= 0 && log <= 4 ? groupDigits(String(10 ** log)) : log < 0 && log >= -3 ? String(10 ** log) : `1e${log}`)

/** About what a letter of the plot's text takes, in units. */
const LETTER = 7.6

function legend(families: readonly {readonly text: string; readonly colour: string}[]): {readonly entries: readonly {readonly text: string; readonly colour: string; readonly left: number; readonly top: number}[]; readonly height: number} {
  const start = 16
  let [left, top] = [start, 0]
  const entries = families.map(family => {
    const wide = Math.round(family.text.length * LETTER) + 30
    if (left > start && left + wide > WIDTH - RIGHT) [left, top] = [start, top + 22]
    const entry = {...family, left, top}
    left += wide
    return entry
  })
  return {entries, height: top + 26}
}
