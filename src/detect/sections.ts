/** What one command or one look into /sys gave. */
export interface Section {
  /** Exit status as written: `0`, `9`, `124` (it took too long); `absent` where there is no such program. */
  readonly status: string
  readonly text: string
}

export type Sections = ReadonlyMap<string, Section>

/** The output of the script, by the lines that carry the nonce. `undefined` = it did not get to its end, or never began. */
export function readSections(output: string, nonce: string): Sections | undefined {
  const sections = new Map<string, Section>()
  let open: {readonly name: string; readonly lines: string[]} | undefined
  for (const line of output.split('\n')) {
    if (!line.startsWith(`${nonce} `)) {
      open?.lines.push(line.replace(/\r$/, ''))
      continue
    }
    const [word, name = '', status = ''] = line.slice(nonce.length + 1).trim().split(' ')
    if (word === 'done') return sections
    if (word === 'begin') open = {name, lines: []}
    else if (word === 'end' && open?.name === name) {
      sections.set(name, {status, text: open.lines.join('\n').trim()})
      open = undefined
    }
  }
  return undefined
}

/** Lines of KEY=TEXT; a list begins anew at each `first` key. */
export function readRecords(text: string, first: string): readonly Readonly<Record<string, string>>[] {
  const records: Record<string, string>[] = []
  for (const line of text.split('\n')) {
    const [, key, value] = /^([a-z_]+)=(.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    if (key === first || records.length === 0) records.push({})
    records.at(-1)![key] = value.trim()
  }
  return records
}

/** A finite number out of a text that may say "[N/A]". */
export function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text.trim())
  return Number.isFinite(value) ? value : undefined
}

/** JSON of a program, or `undefined` where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
