import {echo} from '../text/safe.ts'

const LONGEST = 120

/** What a machine calls something, as rig files take it: printable, and not long. `undefined` = nothing is left. */
export function labelOf(text: string): string | undefined {
  let kept = ''
  for (const character of echo(text.trim(), LONGEST)) if (kept.length + character.length <= LONGEST) kept += character
  return kept.trim() === '' ? undefined : kept.trim()
}
