/** Sound levels of several sources together: their powers add (ISO 3744), 10 · lg Σ 10^(L/10). `undefined` = one of them is unknown. */
export function levelOfAll(levelsDba: readonly (number | undefined)[]): number | undefined {
  if (levelsDba.length === 0 || levelsDba.includes(undefined)) return undefined
  return 10 * Math.log10(levelsDba.reduce<number>((sum, level) => sum + 10 ** ((level ?? 0) / 10), 0))
}
