/** `p5*` against `p5.48xlarge`, `eu-*` against `eu-west-1`: `*` stands for any characters, case counts for nothing. */
export function matchesGlob(glob: string, text: string): boolean {
  const [first = '', ...rest] = glob.toLowerCase().split('*')
  const subject = text.toLowerCase()
  const last = rest.pop()
  if (last === undefined) return subject === first
  if (!subject.startsWith(first)) return false
  let position = first.length
  for (const piece of rest) {
    const found = subject.indexOf(piece, position)
    if (found < 0) return false
    position = found + piece.length
  }
  return subject.length - last.length >= position && subject.endsWith(last)
}
