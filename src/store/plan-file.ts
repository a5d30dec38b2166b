import {createHash} from 'node:crypto'
import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {RigorError} from '../errors.ts'
import type {PlanDocument} from '../planner/document.ts'
import {planJson} from '../report/json.ts'
import {canonicalJson} from '../text/canonical-json.ts'
import {echo} from '../text/safe.ts'

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
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw writeError(cause, file)
  }
}

function writeError(cause: unknown, file: string): unknown {
  const shown = echo(file, 300)
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new RigorError('FILE_NOT_FOUND', `${shown} cannot be written: there is no folder ${echo(path.dirname(file), 300)}.`, {hint: 'Make the folder first, or name another place.', cause})
    case 'EISDIR':
      return new RigorError('NOT_A_FILE', `${shown} is a folder.`, {hint: 'Name a file in it.', cause})
    default:
      return cause
  }
}
