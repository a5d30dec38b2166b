import type {CalibrationEntry, CalibrationEvidence} from '../catalog/schema.ts'
import {createCalibration, type Calibration} from '../performance/calibration.ts'
import type {CalibrationSpread} from '../catalog/schema.ts'

/** What is left out whole, so that figures are of things the factors have not seen. */
export const WAYS = ['model', 'accelerator', 'source'] as const
/** The same, and whole architectures: what is far from all that was measured, of which no figure but the intervals' is quoted. */
export const ALL_WAYS = [...WAYS, 'architecture'] as const
export type Way = (typeof ALL_WAYS)[number]

/** Factors fitted without some models, accelerators, architectures or sources. */
export interface HeldOutFold {
  /** Workload kinds the factors are for. */
  readonly kinds: readonly string[]
  readonly way: Way
  /** Ids of what was left out: catalog ids of models, accelerators and architectures (a name of its own for what the catalog lacks), ids of sources. */
  readonly held: readonly string[]
  readonly entries: readonly CalibrationEntry[]
  /** What the factors do rest on. */
  readonly evidence: readonly CalibrationEvidence[]
  /** All measurements of the kinds are of one group (one program, one source): leaving it out would leave nothing, so nothing is. */
  readonly alone?: true
}

/** As in `data/measured/held-out.json`: what a value is of stands once per group of kinds, each fold has its values in that order; null where it has none. */
export interface HeldOutFile {
  readonly schema: 'rigor.held-out/2'
  readonly groups: readonly {
    readonly kinds: readonly string[]
    readonly entries: readonly (readonly [kind: string, quantity: string, architecture: string, runtime: string])[]
    readonly evidence: readonly (readonly [kind: string, accelerator: string, architecture: string, model: string])[]
    readonly folds: readonly {
      readonly way: Way
      readonly held: readonly string[]
      readonly values: readonly (number | null)[]
      readonly measurements: readonly (number | null)[]
      readonly alone?: true
    }[]
  }[]
}

/** No source of its own: the folds are for scoring, and every row of them follows from data/measured. */
const FOLD_PROVENANCE = {measurements: 1, sourceId: 'data-measured', asOf: '2026-11-20', standing: 'modelled'} as const

export function parseHeldOut(text: string): readonly HeldOutFold[] {
  const file = JSON.parse(text) as HeldOutFile
  return file.groups.flatMap(({kinds, entries, evidence, folds}) => folds.map(({way, held, values, measurements, alone}) => ({
    kinds, way, held, ...(alone === undefined ? {} : {alone}),
    entries: entries.flatMap(([kind, quantity, architecture, runtime], index) => {
      const value = values[index]
      return typeof value === 'number' ? [{kind, quantity, architecture, runtime, value, ...FOLD_PROVENANCE}] : []
    }),
    evidence: evidence.flatMap(([kind, accelerator, architecture, model], index) => {
      const count = measurements[index]
      return typeof count === 'number' ? [{kind, accelerator, architecture, model, measurements: count}] : []
    }),
  })))
}

/** The calibration of a fold. Spreads are those of all rows: they were read off held-out residuals in the first place. */
export function calibrationOf(fold: HeldOutFold, spreads: readonly CalibrationSpread[]): Calibration {
  return createCalibration(fold.entries, spreads, fold.evidence)
}
