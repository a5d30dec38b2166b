import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, lazyShape, whole, word} from '../fields.ts'

export const METHODS = ['lbm', 'finite-volume'] as const
export const LATTICES = ['d2q9', 'd3q15', 'd3q19', 'd3q27'] as const
export const STORAGES = ['fp32', 'fp16s', 'fp16c'] as const
export const TURBULENCES = ['laminar', 'les', 'rans'] as const

/** Fields that only one of the methods has. */
const OF_METHOD = {lattice: 'lbm', storage: 'lbm', pressureCycles: 'finite-volume', correctors: 'finite-volume', turbulence: 'finite-volume'} as const

export const CfdSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('cfd'),
    /** `lbm`: lattice Boltzmann on a regular grid. `finite-volume`: an implicit solver on a mesh. */
    method: word(METHODS, {'lattice-boltzmann': 'lbm', fvm: 'finite-volume', fv: 'finite-volume'}),
    /** Cells of the grid or mesh: "500M". */
    cells: count({minimum: 1000, maximum: 1e14}),
    /** Time steps of the run; of a steady finite-volume run, its iterations. */
    timeSteps: count({maximum: 1e12}),
    /** Lattice Boltzmann: velocities of the lattice. Absent = d3q19. */
    lattice: word(LATTICES).optional(),
    /** Lattice Boltzmann: how distributions are kept between steps. Arithmetic stays at 32 bits. Absent = as `precision` says, fp32. */
    storage: word(STORAGES, {fp16: 'fp16s'}).optional(),
    /** Finite volume: multigrid cycles of the pressure solver in one corrector. Absent = 12. */
    pressureCycles: whole({maximum: 100_000}).optional(),
    /** Finite volume: pressure correctors in one iteration (SIMPLE: 1) or time step (PISO, PIMPLE: 2 or more). Absent = 1. */
    correctors: whole({maximum: 1000}).optional(),
    /** Finite volume: what is solved beside momentum and pressure. Absent = rans (two more equations). */
    turbulence: word(TURBULENCES).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    for (const [field, method] of Object.entries(OF_METHOD) as [keyof typeof OF_METHOD, string][]) {
      if (spec[field] !== undefined && spec.method !== method) context.addIssue({code: 'custom', message: `${field} belongs to method: ${method}`, path: [field]})
    }
  })
export type CfdSpec = z.infer<typeof CfdSpec>
