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
  /** The note of a "no", for the refusal: "OpenMM has no TPU build". */
  whyNot(kind: string, architecture: string): string | undefined
}

export function createSoftwareTable(rows: readonly SoftwareSupport[]): SoftwareTable {
  const supported = new Map<string, RuntimeSupport[]>()
  const refused = new Map<string, string>()
  for (const row of rows) {
    for (const kind of row.kinds) {
      const at = `${kind} ${row.architecture}`
      if (row.status === 'no') {
        if (!refused.has(at)) refused.set(at, `${row.runtime}: ${row.note ?? 'not supported'}`)
        continue
      }
      const list = supported.get(at) ?? []
      supported.set(at, list)
      list.push({runtime: row.runtime, precisions: row.precisions, status: row.status, standing: row.standing, note: row.note})
    }
  }
  for (const list of supported.values()) list.sort((a, b) => Number(a.status !== 'yes') - Number(b.status !== 'yes'))
  return {
    runtimesFor: (kind, architecture) => supported.get(`${kind} ${architecture}`) ?? [],
    whyNot: (kind, architecture) => refused.get(`${kind} ${architecture}`),
  }
}
