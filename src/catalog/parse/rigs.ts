import {parseDocument} from 'yaml'
import {RigorError} from '../../errors.ts'
import {Rig} from '../rig.ts'

/** One `data/rigs/*.yaml` → a rig. */
export function parseRig(text: string, file: string): Rig {
  const document = parseDocument(text, {uniqueKeys: true})
  const fault = document.errors[0]
  if (fault !== undefined) throw new RigorError('BAD_CATALOG', `${file} — ${fault.message.split('\n', 1)[0]!}`)
  const parsed = Rig.safeParse(document.toJS({maxAliasCount: 0}))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RigorError('BAD_CATALOG', `${file} — ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as the schema says'}.`)
}
