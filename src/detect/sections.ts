/** What one command or one look into /sys gave. */
export interface Section {
  /** Exit status as written: `0`, `9`, `124` (it took too long); `absent` where there is no such program, `unasked` where the time was over before its turn. */
  readonly status: string
  readonly text: string
}

export interface Answer {
  readonly sections: ReadonlyMap<string, Section>
  /** The script got to its end: what has no section, it had no reason to ask for. */
  readonly complete: boolean
}

/** The output of the script, by the lines that carry the nonce. What it was cut off in took too long: half an answer is none. */
export function readSections(output: string, nonce: string): Answer {
  const sections = new Map<string, Section>()
  let open: {readonly name: string; readonly lines: string[]} | undefined
  for (const line of output.split('\n')) {
    if (!line.startsWith(`${nonce} `)) {
      open?.lines.push(line.replace(/\r$/, ''))
      continue
    }
    const [word, name = '', status = ''] = line.slice(nonce.length + 1).trim().split(' ')
    if (word === 'done') return {sections, complete: true}
    if (word === 'begin') open = {name, lines: []}
    else if (word === 'end' && open?.name === name) {
      sections.set(name, {status, text: open.lines.join('\n').trim()})
      open = undefined
    }
  }
  if (open !== undefined) sections.set(open.name, {status: '124', text: ''})
  return {sections, complete: false}
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

/** A number in plain decimals out of a text that may say "[N/A]": what looks like another notation is a mistake of whoever wrote it. */
export function numberOf(text: string | undefined): number | undefined {
  const plain = text?.trim() ?? ''
  return /^-?\d{1,30}(?:\.\d{1,30})?$/.test(plain) ? Number(plain) : undefined
}

/** Of what there is no less than nothing of: watts, bytes, lanes. */
export function amountOf(text: string | undefined): number | undefined {
  const value = numberOf(text)
  return value === undefined || value < 0 ? undefined : value
}

/** JSON of a program, or `undefined` where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
