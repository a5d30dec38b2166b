import {createHash} from 'node:crypto'
import type {PlanDocument} from '../planner/document.ts'
import {planJson} from '../report/json.ts'
import {canonicalJson} from '../text/canonical-json.ts'
import {writeTextFile} from './text-file.ts'

const MILLISECONDS_PER_DAY = 86_400_000
const VALID_DAYS = 7

export interface PlanFile {
  readonly schema: 'rigor.planfile/1'
  readonly plan: Record<string, unknown>
  readonly catalogHash: string
  /** As-of + 7 days, ISO date. */
  readonly expiresAt: string
  /** SHA-256 over the canonical plan and the expiry. */
  readonly digest: string
}

export function planFileOf(document: PlanDocument, asOf: string): PlanFile {
  const plan = planJson(document)
  const expiresAt = new Date(Date.parse(`${asOf}T00:00:00Z`) + VALID_DAYS * MILLISECONDS_PER_DAY).toISOString().slice(0, 10)
  const digest = createHash('sha256').update(`${canonicalJson(plan)}\n${expiresAt}`).digest('hex')
  return {schema: 'rigor.planfile/1', plan, catalogHash: document.catalog.hash, expiresAt, digest}
}

export async function writePlanFile(file: string, document: PlanDocument, asOf: string): Promise<void> {
  const text = `${JSON.stringify(planFileOf(document, asOf), null, 2)}\n`
  await writeTextFile(file, text)
}
