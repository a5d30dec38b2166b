/** How a box of cells is cut into equal parts, one for each accelerator. */
export interface Decomposition {
  /** Parts along each dimension; their product is the number of parts. */
  readonly parts: readonly number[]
  /** Cells of all faces of one part that touch another part. Edges are periodic or closed: a dimension that is cut has two such faces. */
  readonly faceCells: number
}

/** All ways to write `parts` as a product of `dimensions` factors. */
function factorings(parts: number, dimensions: number): readonly (readonly number[])[] {
  if (dimensions === 1) return [[parts]]
  const found: (readonly number[])[] = []
  for (let first = 1; first <= parts; first++) {
    if (parts % first === 0) for (const rest of factorings(parts / first, dimensions - 1)) found.push([first, ...rest])
  }
  return found
}

const known = new Map<string, Decomposition>()

/** The cut of a cube (or square) of `cells` cells that has the fewest cells on its faces: what crosses between parts grows with them. */
export function decompose(cells: number, parts: number, dimensions: 2 | 3): Decomposition {
  const key = `${cells} ${parts} ${dimensions}`
  const before = known.get(key)
  if (before !== undefined) return before
  const side = cells ** (1 / dimensions)
  let best: Decomposition | undefined
  for (const each of factorings(parts, dimensions)) {
    const lengths = each.map(count => side / count)
    const volume = lengths.reduce((product, length) => product * length, 1)
    const faceCells = each.reduce((sum, count, index) => sum + (count > 1 ? (2 * volume) / lengths[index]! : 0), 0)
    if (best === undefined || faceCells < best.faceCells) best = {parts: each, faceCells}
  }
  const decomposition = best ?? {parts: [parts], faceCells: 0}
  if (known.size > 10_000) known.clear()
  known.set(key, decomposition)
  return decomposition
}
