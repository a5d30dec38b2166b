import type {AnyKind} from './contract.ts'

/** Every workload kind: one line each. */
export const kinds: readonly AnyKind[] = []
