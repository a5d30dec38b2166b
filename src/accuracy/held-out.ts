import type {CalibrationEntry, CalibrationEvidence} from '../catalog/schema.ts'
import {createCalibration, type Calibration} from '../performance/calibration.ts'
import type {CalibrationSpread} from '../catalog/schema.ts'

/** What is left out whole, so that figures are of things the factors have not seen. */
export const WAYS = ['model', 'accelerator', 'source'] as const
export type Way = (typeof WAYS)[number]

/** Factors fitted without some models, accelerators or sources. */
export interface HeldOutFold {
  /** Workload kinds the factors are for. */
  readonly kinds: readonly string[]
  readonly way: Way
  /** Ids of what was left out: catalog ids of models and accelerators (a name of its own for what the catalog lacks), ids of sources. */
  readonly held: readonly string[]
  readonly entries: readonly CalibrationEntry[]
  /** What the factors do rest on. */
  readonly evidence: readonly CalibrationEvidence[]
}

/** As in `data/measured/held-out.json`: the rows of a fold as arrays, since there are many of them. */
export interface HeldOutFile {
  readonly schema: 'rigor.held-out/1'
  readonly folds: readonly {
    readonly kinds: readonly string[]
    readonly way: Way
    readonly held: readonly string[]
    readonly entries: readonly (readonly [kind: string, quantity: string, architecture: string, runtime: string, value: number])[]
    readonly evidence: readonly (readonly [kind: string, accelerator: string, architecture: string, model: string, measurements: number])[]
  }[]
}

/** No source of its own: the folds are for scoring, and every row of them follows from data/measured. */
const FOLD_PROVENANCE = {measurements: 1, sourceId: 'data-measured', asOf: '2026-11-20', standing: 'modelled'} as const

export function parseHeldOut(text: string): readonly HeldOutFold[] {
  const file = JSON.parse(text) as HeldOutFile
  return file.folds.map(({kinds, way, held, entries, evidence}) => ({
    kinds, way, held,
    entries: entries.map(([kind, quantity, architecture, runtime, value]) => ({kind, quantity, architecture, runtime, value, ...FOLD_PROVENANCE})),
    evidence: evidence.map(([kind, accelerator, architecture, model, measurements]) => ({kind, accelerator, architecture, model, measurements})),
  }))
}

/** The calibration of a fold. Spreads are those of all rows: they were read off held-out residuals in the first place. */
export function calibrationOf(fold: HeldOutFold, spreads: readonly CalibrationSpread[]): Calibration {
  return createCalibration(fold.entries, spreads, fold.evidence)
}
