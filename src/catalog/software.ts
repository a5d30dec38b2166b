import type {SoftwareSupport, Standing} from './schema.ts'

export interface RuntimeSupport {
  readonly runtime: string
  /** Lower-case precisions this runtime really runs on this architecture. */
  readonly precisions: readonly string[]
  readonly status: 'yes' | 'partial'
  readonly standing: Standing
  readonly note: string | undefined
}

/** What really runs where (`data/software.csv`). */
export interface SoftwareTable {
  /** Runtimes with status yes (first) or partial. */
  runtimesFor(kind: string, architecture: string): readonly RuntimeSupport[]
  /** The note of a "no", for the refusal: "OpenMM has no TPU build". Of the named runtime, or of the first. */
  whyNot(kind: string, architecture: string, runtime?: string): string | undefined
}

/** A kind's rows by architecture. */
interface KindSupport {
  readonly supported: ReadonlyMap<string, readonly RuntimeSupport[]>
  readonly refused: ReadonlyMap<string, readonly {readonly runtime: string; readonly text: string}[]>
}

function supportOf(rows: readonly SoftwareSupport[], kind: string): KindSupport {
  const supported = new Map<string, RuntimeSupport[]>()
  const refused = new Map<string, {readonly runtime: string; readonly text: string}[]>()
  for (const row of rows) {
    if (!row.kinds.includes(kind)) continue
    if (row.status === 'no') {
      const reasons = refused.get(row.architecture) ?? []
      refused.set(row.architecture, reasons)
      reasons.push({runtime: row.runtime, text: `${row.runtime}: ${row.note ?? 'not supported'}`})
      continue
    }
    const list = supported.get(row.architecture) ?? []
    supported.set(row.architecture, list)
    list.push({runtime: row.runtime, precisions: row.precisions, status: row.status, standing: row.standing, note: row.note})
  }
  for (const list of supported.values()) list.sort((a, b) => Number(a.status !== 'yes') - Number(b.status !== 'yes'))
  return {supported, refused}
}

/** The rows of a kind are gathered when it is first asked for: a plan has one kind, the table has all. */
export function createSoftwareTable(rows: readonly SoftwareSupport[]): SoftwareTable {
  const byKind = new Map<string, KindSupport>()
  const of = (kind: string): KindSupport => {
    const known = byKind.get(kind)
    if (known !== undefined) return known
    const made = supportOf(rows, kind)
    byKind.set(kind, made)
    return made
  }
  return {
    runtimesFor: (kind, architecture) => of(kind).supported.get(architecture) ?? [],
    whyNot(kind, architecture, runtime) {
      const reasons = of(kind).refused.get(architecture) ?? []
      return (reasons.find(reason => reason.runtime === runtime) ?? reasons[0])?.text
    },
  }
}
