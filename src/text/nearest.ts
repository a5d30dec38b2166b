/** How far `a` is from `b`: insertions, deletions, changes and swaps of neighbours (optimal string alignment). Stops above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({length: b.length + 1}, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let best = row
    for (let column = 1; column <= b.length; column++) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1
      let value = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + change)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) value = Math.min(value, (beforeLast[column - 2] ?? 0) + 1)
      current.push(value)
      best = Math.min(best, value)
    }
    if (best > limit) return limit + 1
    beforeLast = last
    last = current
  }
  return last[b.length] ?? limit + 1
}

const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '')
const words = (name: string): readonly string[] => name.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== '')

/**
 * The known names most like `name`, best first: the same letters apart from case and punctuation, then those that
 * contain it or all its words, then those within a third of its length in edits. Ties keep the order of `known`.
 */
export function nearestNames(name: string, known: Iterable<string>, limit = 3): readonly string[] {
  const wanted = fold(name.slice(0, 100))
  if (wanted === '') return []
  const wantedWords = words(name.slice(0, 100))
  const allowed = Math.max(1, Math.floor(wanted.length / 3))
  const scored: {readonly name: string; readonly score: number}[] = []
  for (const candidate of new Set(known)) {
    const folded = fold(candidate)
    if (folded === '') continue
    let score: number
    if (folded === wanted) score = 0
    else if (wanted.length >= 2 && folded.startsWith(wanted)) score = 1 + (folded.length - wanted.length) / 1000
    else if (wanted.length >= 3 && wantedWords.length > 1 && wantedWords.every((word) => folded.includes(word))) score = 1.5 + (folded.length - wanted.length) / 1000
    else {
      const edits = distance(wanted, folded, allowed)
      if (edits <= allowed) score = 1 + edits
      else if (wanted.length >= 3 && folded.includes(wanted)) score = 3.5 + (folded.length - wanted.length) / 1000
      else if (folded.length >= 3 && wanted.includes(folded)) score = 4 + (wanted.length - folded.length) / 1000
      else continue
    }
    scored.push({name: candidate, score})
  }
  return scored.sort((a, b) => a.score - b.score).slice(0, limit).map((entry) => entry.name)
}

/** `did you mean "a", "b" or "c"?`, or `undefined` where nothing is near. */
export function didYouMean(name: string, known: Iterable<string>, limit = 3): string | undefined {
  const quoted = nearestNames(name, known, limit).map((near) => `"${near}"`)
  const last = quoted.pop()
  return last === undefined ? undefined : `did you mean ${quoted.length > 0 ? `${quoted.join(', ')} or ${last}` : last}?`
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function quoteChoices(names: readonly string[]): string {
  const quoted = names.map(name => `"${name}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`
}
