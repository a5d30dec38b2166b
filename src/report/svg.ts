/** What all pictures share: they stand alone (no script, no font, no address), and are light or dark as the reader has it. */

// Drawn 492 units wide: at 390 pixels the smallest letters are still 11 pixels high.
export const SVG_WIDTH = 492
/** Okabe and Ito's colours, told apart with colour-blindness and on both grounds. */
export const SVG_COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#8f8f00', '#7a5cff'] as const

const STYLE = `svg{--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--band:#0969da1f;--ground:#ffffff;max-width:100%;height:auto;background:var(--ground)}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--band:#4493f82e;--ground:#0d1117}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:14px;fill:var(--ink)}
.faint{fill:var(--faint)}.ground{fill:var(--ground)}.grid{stroke:var(--line);fill:none}.band{fill:var(--band)}.even{stroke:var(--faint);stroke-width:1.5}.dots{stroke-width:5;stroke-linecap:round;stroke-opacity:.55;fill:none}`

export const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
export const round = (value: number): string => String(Math.round(value * 10) / 10)

/** Frame, title and ground of a picture of so many units. */
export function svgOf({title, description, height, parts}: {readonly title: string; readonly description: string; readonly height: number; readonly parts: readonly string[]}): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SVG_WIDTH} ${height}" width="640" height="${Math.round((height / SVG_WIDTH) * 640)}" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc>`,
    `<style>${STYLE}</style><rect class="ground" width="${SVG_WIDTH}" height="${height}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

/** About what a letter of a picture's text takes, in units. */
const LETTER = 7.6

export interface LegendEntry {
  readonly text: string
  readonly colour: string
}

/** Entries one after the other, in as many rows as they take. */
export function legendOf(shown: readonly LegendEntry[], top: number, right: number): {readonly parts: readonly string[]; readonly height: number} {
  const start = 16
  let [left, row] = [start, 0]
  const parts = shown.map(({text, colour}) => {
    const wide = Math.round(text.length * LETTER) + 30
    if (left > start && left + wide > SVG_WIDTH - right) [left, row] = [start, row + 22]
    const part = `<circle cx="${left + 5}" cy="${top + row}" r="5" fill="${colour}"/><text x="${left + 15}" y="${top + row + 5}">${escapeXml(text)}</text>`
    left += wide
    return part
  })
  return {parts, height: row + 26}
}
