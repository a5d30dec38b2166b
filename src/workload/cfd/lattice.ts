import type {LATTICES, STORAGES} from './schema.ts'

export type Lattice = (typeof LATTICES)[number]
export type Storage = (typeof STORAGES)[number]

/**
 * What one cell of a lattice costs. Counts are those of a single-relaxation-time (BGK) step with in-place streaming, as FluidX3D does it
 * (Lehmann 2022, "Esoteric Pull and Esoteric Push"; Lehmann et al. 2022, "Accuracy and performance of the lattice Boltzmann method with
 * 64-bit, 32-bit and customized 16-bit number formats"): every distribution is read and written once, and one byte of flags is read.
 */
interface LatticeFacts {
  readonly velocities: number
  readonly dimensions: 2 | 3
  /** Distributions that leave through one face of a part. */
  readonly throughFace: number
}

/** Operations of one update for each velocity: 363 ÷ 19 of D3Q19. Other lattices: by their velocities, as nobody published counts. */
const FLOPS_PER_VELOCITY = 363 / 19

const LATTICE_FACTS: Readonly<Record<Lattice, LatticeFacts>> = {
  d2q9: {velocities: 9, dimensions: 2, throughFace: 3},
  d3q15: {velocities: 15, dimensions: 3, throughFace: 5},
  d3q19: {velocities: 19, dimensions: 3, throughFace: 5},
  d3q27: {velocities: 27, dimensions: 3, throughFace: 9},
}

/** Bytes of a stored distribution. */
const STORED_BYTES: Readonly<Record<Storage, number>> = {fp32: 4, fp16s: 2, fp16c: 2}
/** Operations that packing and unpacking adds for each velocity: (406 − 363) ÷ 19 where the hardware converts, (1275 − 363) ÷ 19 where code does. */
const CONVERSION_FLOPS: Readonly<Record<Storage, number>> = {fp32: 0, fp16s: 43 / 19, fp16c: 912 / 19}
/** Per cell beside the distributions: density (4 bytes), velocity (3 × 4), flags (1). */
const FIELD_BYTES = 17
const FLAG_BYTES = 1

export interface CellCost {
  /** Moved between memory and processors by one update. */
  readonly bytes: number
  readonly flops: number
  /** That one cell occupies. */
  readonly memoryBytes: number
  /** That one cell of a face sends to the neighbouring part in a step. */
  readonly haloBytes: number
  readonly dimensions: 2 | 3
}

export function cellCost(lattice: Lattice, storage: Storage): CellCost {
  const {velocities, dimensions, throughFace} = LATTICE_FACTS[lattice]
  const stored = STORED_BYTES[storage]
  return {
    bytes: 2 * velocities * stored + FLAG_BYTES,
    flops: (FLOPS_PER_VELOCITY + CONVERSION_FLOPS[storage]) * velocities,
    memoryBytes: velocities * stored + FIELD_BYTES,
    haloBytes: throughFace * stored,
    dimensions,
  }
}
