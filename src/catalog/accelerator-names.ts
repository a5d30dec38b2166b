import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import type {Accelerator} from './schema.ts'

const FORM_FACTOR = /^(?:sxm\d?|pcie|nvl)$/
/** Variants nobody means by the name without them. */
const QUALIFIERS: ReadonlySet<string> = new Set(['laptop', 'maxq', 'sff', 'ti', 'super', 'gre', 'ko', 'd', 'gddr6x'])
const qualifiersOf = ({id}: Accelerator): number => tokensOf(id).filter(token => QUALIFIERS.has(token)).length

const tokensOf = (name: string): string[] => name.slice(0, 200).toLowerCase().match(/[a-z0-9.]+/g) ?? []

/** Every spelling that may mean this accelerator, without separators. */
function acceleratorKeys(accelerator: Accelerator): Set<string> {
  const keys = new Set<string>()
  const tokens = tokensOf(accelerator.id)
  const addPrefixes = (parts: readonly string[]): void => {
    for (let length = 1; length <= parts.length; length++) keys.add(parts.slice(0, length).join(''))
  }
  addPrefixes(tokens)
  addPrefixes(tokens.map(token => (token.startsWith('sxm') ? 'sxm' : token)))
  if (['tpu', 'quadro', 'apple', 'radeon'].includes(tokens[0] ?? '')) addPrefixes(tokens.slice(1))
  addPrefixes(tokens.filter(token => !FORM_FACTOR.test(token)))
  for (const alias of [...accelerator.aliases, accelerator.name]) {
    const written = tokensOf(alias)
    keys.add(written.join(''))
    if (written[0] === accelerator.vendor) keys.add(written.slice(1).join(''))
  }
  // "rtx", "tpu" or "apple" alone name a whole range, not a part.
  for (const key of keys) if (!/\d/.test(key) && !accelerator.aliases.some(alias => alias.toLowerCase() === key)) keys.delete(key)
  return keys
}

/** Makers and marketing words that tell no two parts apart. */
const IDLE_WORDS = new Set(['nvidia', 'geforce', 'amd', 'instinct', 'intel', 'aws', 'google', 'tesla', 'grace', 'superchip', 'edition', 'generation', 'trillium', 'ironwood'])

/** What was typed, without separators and idle words: `NVIDIA GeForce RTX 4090 24GB` → `rtx409024gb`. */
function acceleratorKey(name: string): string {
  const key = tokensOf(name).filter(token => !IDLE_WORDS.has(token)).join('')
  return key
    .replace(/^(gh200)hopper/, '$1')
    // TPU7x is what Google's interface calls v7.
    .replace(/^tpuv?7x$/, 'tpuv7')
    // Apple's memory is the buyer's choice, not part of the name.
    .replace(/^((?:apple)?m\d(?:max|ultra)(?:\d+coregpu)?)\d+gb$/, '$1')
}

const acceleratorIndexes = new WeakMap<readonly Accelerator[], {exact: Map<string, Accelerator>; byKey?: Map<string, Accelerator[]>}>()

function acceleratorIndex(accelerators: readonly Accelerator[]): {exact: Map<string, Accelerator>; byKey?: Map<string, Accelerator[]>} {
  let index = acceleratorIndexes.get(accelerators)
  if (index === undefined) {
    index = {exact: new Map(accelerators.map(accelerator => [accelerator.id.toLowerCase(), accelerator]))}
    acceleratorIndexes.set(accelerators, index)
  }
  return index
}

/** Accelerators a loose name may mean, in catalog order. */
export function acceleratorsNamed(name: string, accelerators: readonly Accelerator[]): readonly Accelerator[] {
  const index = acceleratorIndex(accelerators)
  if (index.byKey === undefined) {
    index.byKey = new Map()
    for (const accelerator of accelerators) {
      for (const key of acceleratorKeys(accelerator)) {
        const list = index.byKey.get(key)
        if (list === undefined) index.byKey.set(key, [accelerator])
        else list.push(accelerator)
      }
    }
  }
  const matches = index.byKey.get(acceleratorKey(name)) ?? []
  const fewest = Math.min(...matches.map(qualifiersOf))
  return matches.filter(accelerator => qualifiersOf(accelerator) === fewest)
}

/**
 * The accelerator a name means: its id, or a spelling that fits one part only (`H100-SXM`, `rtx 4090`, `v5e`).
 * `h100` alone fits three parts and is an error that lists them.
 */
export function resolveAccelerator(name: string, accelerators: readonly Accelerator[]): Accelerator {
  const exact = acceleratorIndex(accelerators).exact.get(name.trim().toLowerCase())
  if (exact !== undefined) return exact
  const matches = acceleratorsNamed(name, accelerators)
  if (matches.length === 1) return matches[0]!
  if (matches.length > 1) {
    throw new RigorError('AMBIGUOUS_ACCELERATOR', `"${name}" may be any of ${matches.length} accelerators, and they differ.`, {
      hint: `Write one of them: ${quoteChoices(matches.map(accelerator => accelerator.id))}.`,
    })
  }
  const idByName = new Map<string, string>()
  for (const {id, aliases} of accelerators) for (const known of [id, id.replace(/-\d+gb$/, ''), ...aliases]) if (!idByName.has(known)) idByName.set(known, id)
  const near = [...new Set(nearestNames(name, idByName.keys(), 9).map(known => idByName.get(known)!))].slice(0, 3)
  throw new RigorError('UNKNOWN_ACCELERATOR', `"${name}" is not an accelerator of the catalog.`, {
    hint: `${near.length === 0 ? '' : `Did you mean ${quoteChoices(near)}? `}All of them: rigor hardware list`,
  })
}

/** The same among all that is known, parts with whole data sheets first: what their names mean does not depend on what else was ever measured. */
export function resolveAnyAccelerator(name: string, {accelerators, devices}: {readonly accelerators: readonly Accelerator[]; readonly devices: readonly Accelerator[]}): Accelerator {
  return resolveAccelerator(name, acceleratorsNamed(name, accelerators).length > 0 ? accelerators : [...accelerators, ...devices])
}
