/** How a box of atoms is cut into equal domains, one for each part. */
export interface Domains {
  /** Domains along each dimension; their product is the number of parts. */
  readonly parts: readonly [number, number, number]
  /** Atoms of other domains within reach of one. */
  readonly haloAtoms: number
  /** Messages one after the other, each way: a dimension that is cut needs one, or more where domains are thinner than the reach. */
  readonly pulses: number
}

const known = new Map<string, Domains>()

/**
 * The cut of a cube of `atoms` atoms that has the fewest atoms to fetch: a domain needs the positions of all atoms within `reachNm` of it on one side of each cut
 * (eighth shell, Liem et al. 1991; Hess et al. 2008), and sends their forces back.
 */
export function domainsOf(atoms: number, atomsPerCubicNm: number, parts: number, reachNm: number): Domains {
  const key = `${atoms} ${atomsPerCubicNm} ${parts} ${reachNm}`
  const before = known.get(key)
  if (before !== undefined) return before
  const side = Math.cbrt(atoms / atomsPerCubicNm)
  let best: Domains | undefined
  for (let x = 1; x <= parts; x++) {
    if (parts % x !== 0) continue
    for (let y = 1; y <= parts / x; y++) {
      if ((parts / x) % y !== 0) continue
      const cuts = [x, y, parts / x / y] as const
      let [whole, own, pulses] = [1, 1, 0]
      for (const count of cuts) {
        const length = side / count
        // Of a box that is thinner than the reach all of it is fetched.
        whole *= count === 1 ? length : Math.min(side, length + reachNm)
        own *= length
        pulses += count === 1 ? 0 : Math.min(count - 1, Math.ceil(reachNm / length))
      }
      const haloAtoms = (whole - own) * atomsPerCubicNm
      if (best === undefined || haloAtoms < best.haloAtoms) best = {parts: cuts, haloAtoms, pulses}
    }
  }
  const domains = best ?? {parts: [parts, 1, 1], haloAtoms: 0, pulses: 0}
  if (known.size > 10_000) known.clear()
  known.set(key, domains)
  return domains
}
