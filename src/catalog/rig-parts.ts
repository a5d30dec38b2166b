import type {NodePart, RigNode} from './rig.ts'

/** What a workload finds beside the accelerators of a node: as it is said, else as its parts add up to. */
export function hostOf({vcpus, memoryGib, localSsdGb, parts = []}: Pick<RigNode, 'vcpus' | 'memoryGib' | 'localSsdGb' | 'parts'>): {readonly vcpus: number | undefined; readonly memoryGib: number | undefined; readonly localSsdGb: number | undefined} {
  return {vcpus, memoryGib: memoryGib ?? sumOfParts(parts, ({gib}) => gib), localSsdGb: localSsdGb ?? sumOfParts(parts, ({gb, rotating}) => (rotating === true ? undefined : gb))}
}

/** Of those that say it; `undefined` where none does. */
export function sumOfParts(parts: readonly NodePart[], read: (part: NodePart) => number | undefined): number | undefined {
  const values = parts.flatMap(part => (read(part) === undefined ? [] : [part.count * (read(part) ?? 0)]))
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}
