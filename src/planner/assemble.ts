import {adviseOn} from './advice.ts'
import {answerOf, whyOf} from './answer.ts'
import {describeTarget} from './describe.ts'
import type {PlanDocument, PlanTarget, RejectedTarget} from './document.ts'
import {explanationOf} from './explanation.ts'
import {commonNotes} from './notes.ts'
import type {Entry} from './plan.ts'
import {paretoFront} from './rank.ts'
import type {Session} from './session.ts'

/** A ranked entry as the document shows it; `detailed` adds the time budget by operator. */
export function targetOf(session: Session, entry: Entry, rank: number, ranked: readonly Entry[], detailed: boolean): PlanTarget {
  const {warnings, operators, ...rest} = describeTarget(session, entry.estimate, entry.otherRegions, detailed)
  return {
    rank, ...rest, why: whyOf(session, entry, rank, ranked), warnings,
    ...(operators === undefined ? {} : {operators}),
    ...(session.publishedErrors === undefined ? {} : {explanation: explanationOf(session, entry.estimate, session.publishedErrors)}),
  }
}

/** What `plan` and `estimate` have found, each in its own way. */
export interface Findings {
  readonly asked: 'plan' | 'estimate'
  readonly ranked: readonly Entry[]
  /** The best that an account of the user's displaced in a near-tie. */
  readonly displaced: Entry | null
  /** Those of `ranked` that are shown. */
  readonly targets: readonly PlanTarget[]
  readonly rejected: readonly RejectedTarget[]
  /** Targets looked at, feasible or not. */
  readonly considered: number
  readonly notes: readonly string[]
}

/** `rigor.plan/1`. */
export function documentOf(session: Session, {asked, ranked, displaced, targets, rejected, considered: looked, notes}: Findings): PlanDocument {
  const {demand, facts} = session
  const {snapshot} = facts
  const considered = {offers: snapshot.offerCount, targets: looked, candidates: session.candidatesSeen()}
  // Last, as it looks at hardware that nobody rents.
  const advice = asked === 'plan' ? adviseOn(session, ranked) : []
  return {
    schema: 'rigor.plan/1',
    workload: {...session.raw},
    understood: {summary: demand.summary, assumptions: [...demand.assumptions, ...session.objectiveAssumption]},
    objective: session.objective.text,
    catalog: {offers: snapshot.offerCount, asOf: snapshot.asOfByProvider, hash: snapshot.hash},
    considered,
    answer: answerOf(session, {asked, ranked, displaced, rejected, advice}),
    targets,
    feasible: ranked.length,
    rejected,
    advice,
    pareto: paretoFront(ranked),
    notes: [...notes, ...commonNotes(session, ranked[0])],
  }
}
