import {createReadStream} from 'node:fs'
import {createInterface} from 'node:readline'
import {once} from 'node:events'
import type {Resolved} from './planner/resolve.ts'
import {targetOf} from './planner/assemble.ts'
import {verdictsOn, type TargetVerdict} from './planner/estimate.ts'
import {resolveTarget} from './planner/resolve.ts'
import {createSession, type Session} from './planner/session.ts'
import {estimateText} from './report/json.ts'
import {RigorError} from './errors.ts'
import {echo} from './text/safe.ts'
import {kinds} from './workload/index.ts'
import {openTextFile} from './store/text-file.ts'
import {parseWorkload} from './workload/read.ts'
import {sessionInput, type Workspace} from './workspace.ts'
import {JsonSyntax, readJson} from './text/json.ts'
import {escapeJson} from './command.ts'

/** Sessions and targets are kept for the lines that repeat them; this many of each. */
const REMEMBERED = 512

function remember<Value>(map: Map<string, Value>, key: string, value: Value): Value {
  if (map.size >= REMEMBERED) map.clear()
  map.set(key, value)
  return value
}

/** Answers `{"id", "workload", "on", "configuration"?}` line by line, in order, as they come: nothing waits for the end of the input. */
export async function answerBatch(file: string, workspace: Workspace): Promise<void> {
  // A file that cannot be opened must fail here and not in the middle of the loop.
  const input = file === '-' ? process.stdin : createReadStream(file, {fd: openTextFile(file)})
  const answer = createAnswerer(workspace)
  let pending: string[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    const text = pending.join('')
    pending = []
    size = 0
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  }
  let line = 0
  for await (const text of createInterface({input, crlfDelay: Number.POSITIVE_INFINITY})) {
    line += 1
    if (text.trim() === '') continue
    const answered = await answer(text, line)
    pending.push(answered)
    size += answered.length
    if (size > 65_536 || file === '-') await flush()
  }
  if (pending.length > 0) await flush()
}

function createAnswerer(workspace: Workspace): (text: string, line: number) => Promise<string> {
  const sessions = new Map<string, Session>()
  const targets = new Map<string, Resolved>()

  async function sessionOf(workload: Record<string, unknown>, line: number): Promise<Session> {
    const key = JSON.stringify(workload)
    const known = sessions.get(key)
    if (known !== undefined) return known
    const read = parseWorkload(workload, {kinds, locate: path => `line ${line}${path.length > 0 ? `, ${path.join('.')}` : ''}`})
    return remember(sessions, key, createSession(await sessionInput(workspace, read)))
  }

  return async (text, line) => {
    let id: unknown = null
    try {
      const fields = readLine(text, line)
      id = fields['id'] ?? null
      const question = questionOf(fields, line)
      const target = targets.get(question.on) ?? remember(targets, question.on, resolveTarget(question.on, workspace.facts, workspace.knownRigs, workspace.options))
      const session = await sessionOf(question.workload, line)
      return answerOf(id, session, verdictsOn(session, target))
    } catch (error) {
      if (!(error instanceof RigorError)) throw error
      return toLine(id, 'error', JSON.stringify({code: error.code, message: error.message}))
    }
  }
}

interface Question {
  readonly workload: Record<string, unknown>
  readonly on: string
}

const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function readLine(text: string, line: number): Record<string, unknown> {
  let parsed: unknown
  try {
    // Stricter than JSON.parse: a key that stands twice and nesting without end are refused.
    parsed = readJson(text).value
  } catch (error) {
    if (!(error instanceof JsonSyntax)) throw error
    throw new RigorError(error.code, `line ${line} is not JSON: ${error.message}.`, {cause: error})
  }
  if (!isMapping(parsed)) throw new RigorError('BAD_LINE', `line ${line} is not an object with id, workload and on.`)
  return parsed
}

function questionOf(fields: Record<string, unknown>, line: number): Question {
  const {id: _, workload, on, configuration, ...others} = fields
  const unknown = Object.keys(others)[0]
  const bad = (message: string): RigorError => new RigorError('BAD_LINE', `line ${line}: ${message}`)
  if (unknown !== undefined) throw bad(`"${echo(unknown)}" is not a field; a line has id, workload, on and configuration.`)
  if (!isMapping(workload)) throw bad('workload is missing.')
  if (typeof on !== 'string') throw bad('on is missing; it is a target such as "h100-sxm-80gb:8".')
  if (configuration === undefined) return {workload, on}
  if (!isMapping(configuration)) throw bad('configuration is a mapping such as {"tp": 8}.')
  const own = workload['configuration']
  return {on, workload: {...workload, configuration: isMapping(own) ? {...own, ...configuration} : configuration}}
}

/** A rig with several sorts of nodes answers with its best. */
function answerOf(id: unknown, session: Session, verdicts: readonly TargetVerdict[]): string {
  const feasible = verdicts.filter(verdict => verdict.feasible).toSorted((a, b) => (a.entry.score ?? Number.POSITIVE_INFINITY) - (b.entry.score ?? Number.POSITIVE_INFINITY))
  const [best] = feasible
  if (best !== undefined) {
    const {rank: _, ...target} = targetOf(session, best.entry, 1, [best.entry], false)
    return toLine(id, 'estimate', estimateText(target))
  }
  const refused = verdicts.find(verdict => !verdict.feasible)
  if (refused === undefined) return toLine(id, 'error', JSON.stringify({code: 'BAD_TARGET', message: 'the target has no accelerators'}))
  const {reason, detail, nearest} = refused.refusal
  return toLine(id, 'refused', JSON.stringify({reason, detail, nearest}))
}

/** `{"id": …, "estimate" | "refused" | "error": …}`: exactly one of the three. */
function toLine(id: unknown, what: 'estimate' | 'refused' | 'error', json: string): string {
  return `${escapeJson(`{"id":${JSON.stringify(id)},"${what}":${json}}`)}\n`
}
