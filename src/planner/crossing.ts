/** Use at which owning and renting cost the same, of the months' hours: owning is cheaper above (or below) it, everywhere or nowhere. */
export interface Crossing {
  readonly owningIsCheaper: 'always' | 'never' | 'above' | 'below'
  readonly utilisationShare: number | null
}

/** Owning less renting at half and at full use; both are straight lines over the use. */
export function crossingOf(half: number, full: number): Crossing {
  const none = 2 * half - full
  if (none <= 0 && full <= 0) return {owningIsCheaper: 'always', utilisationShare: null}
  if (none > 0 && full > 0) return {owningIsCheaper: 'never', utilisationShare: null}
  return {owningIsCheaper: full <= 0 ? 'above' : 'below', utilisationShare: none / (none - full)}
}
