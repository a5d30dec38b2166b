import {parseDocument} from 'yaml'
import {RigorError} from '../../errors.ts'
import {Rig} from '../rig.ts'

/** One `data/rigs/*.yaml` → a rig. Double keys and aliases (which can be made to explode) are refused. */
export function parseRig(text: string, file: string): Rig {
  const document = parseDocument(text, {uniqueKeys: true})
  const fault = document.errors[0]
  if (fault !== undefined) throw new RigorError('BAD_CATALOG', `${file} — ${fault.message.split('\n', 1)[0]!}`)
  let value: unknown
  try {
    value = document.toJS({maxAliasCount: 0})
  } catch (cause) {
    throw new RigorError('BAD_CATALOG', `${file} — YAML aliases are not allowed in a rig.`, {cause})
  }
  const parsed = Rig.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RigorError('BAD_CATALOG', `${file} — ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as the schema says'}.`)
}
