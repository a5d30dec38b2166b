import {hasEnded} from '../cost/prices.ts'
import type {Scored} from './rank.ts'
import type {Estimate} from './evaluate.ts'
import {sayFigure} from './say.ts'
import type {Session} from './session.ts'

/** What a reader should know of any answer, whatever was asked: `first` is its best target. */
export function commonNotes(session: Session, first: (Pick<Scored, 'id'> & {readonly estimate: Estimate}) | undefined): string[] {
  const {demand, options, facts} = session
  const notes: string[] = []
  const {comparison} = demand
  if (comparison !== undefined) {
    const own = first?.estimate.cost.perUnit?.usd.p50
    const beside = own === undefined ? '' : `; ${first?.id} takes ${sayFigure(own)}`
    notes.push(`${comparison.label} charges ${sayFigure(comparison.usdPerUnit)} USD per ${demand.costUnit.name} of this traffic${beside}.`)
  }
  for (const rule of options.prices) {
    if (!hasEnded(rule, options.asOf)) continue
    const named = [rule.provider, rule.machine, rule.region, rule.purchase].filter(part => part !== undefined).join(' ')
    notes.push(`The own price${named === '' ? '' : ` of ${named}`} ended on ${rule.until} and is not used.`)
  }
  notes.push(...ownNotes(session))
  for (const {provider, reason} of facts.snapshot.leftOut) notes.push(`${provider} is left out: ${reason}`)
  return notes
}

/** What of the user's own measurements stands behind the figures, and what does not. */
function ownNotes({ownEvidence, kind, spec}: Session): string[] {
  if (ownEvidence === undefined) return []
  const count = ownEvidence.of(kind.id).length
  const many = count === 1 ? 'own measurement' : 'own measurements'
  if (count === 0) return [...ownEvidence.notes]
  return [spec.reference === undefined ? `${count} ${many} of this kind in use: rigor calibrate list.` : `The workload's reference is used instead of ${count} ${many}.`, ...ownEvidence.notes]
}
