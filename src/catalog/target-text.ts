import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {acceleratorsNamed, resolveAnyAccelerator} from './accelerator-names.ts'
import type {Rig} from './rig.ts'
import {badTarget, findProvider, parseOffer, unknownProvider} from './target-offer.ts'
import {fold, slug, type HardwareTarget, type RigTarget, type Target, type TargetView} from './target.ts'
import {Purchase} from './words.ts'

const MOST_NODES = 65_536

/** TARGET text → a target whose names are the catalog's own. Slugged and raw spellings, any case, both resolve. */
export function parseTarget(text: string, view: TargetView): Target {
  const whole = text.trim()
  if (whole === '') throw badTarget(text, 'it is empty')
  if (whole.length > 300) throw badTarget(text, 'it is too long')
  const {body, nodes, purchase} = takeTail(whole, text)
  const colon = body.indexOf(':')
  const head = (colon < 0 ? body : body.slice(0, colon)).trim()
  const rest = colon < 0 ? undefined : body.slice(colon + 1).trim()
  if (/^rig$/i.test(head)) {
    if (purchase !== undefined && purchase !== 'owned') throw badTarget(text, `a rig is owned, not bought ${purchase}`)
    return parseRig(rest, nodes, text, view.rigs)
  }
  const provider = rest === undefined ? undefined : findProvider(head, view)
  if (provider !== undefined && rest !== undefined) return parseOffer(provider, rest, {nodes, purchase}, text, view)
  // "H100-SXM:8" against "asw:p5.48xlarge": what follows an accelerator is a count.
  if (rest !== undefined && !/^\d+$/.test(rest)) throw unknownProvider(head, text, view)
  return parseHardware(head, rest, {nodes, purchase}, text, view)
}

/** Takes `:xN` and `:purchase` (or `/spot`) off the end, in either order. */
function takeTail(whole: string, text: string): {readonly body: string; readonly nodes: number; readonly purchase: Purchase | undefined} {
  let body = whole
  let nodes: number | undefined
  let purchase: Purchase | undefined
  for (;;) {
    const segment = /^(.*)[:/]([^:/@]*)$/s.exec(body)
    const last = segment?.[2]?.trim() ?? ''
    const separator = segment === null ? '' : body[segment[1]?.length ?? 0]
    if (segment === null || segment[1] === undefined) break
    if (separator === ':' && nodes === undefined && /^x\d{1,9}$/i.test(last)) {
      nodes = Number(last.slice(1))
      if (nodes < 1 || nodes > MOST_NODES) throw badTarget(text, `${nodes} is no number of nodes (1 to ${MOST_NODES})`)
    } else if (purchase === undefined && isPurchase(last.toLowerCase())) purchase = last.toLowerCase() as Purchase
    else break
    body = segment[1].trim()
  }
  return {body, nodes: nodes ?? 1, purchase}
}

const isPurchase = (word: string): word is Purchase => (Purchase.options as readonly string[]).includes(word)

function parseHardware(head: string, rest: string | undefined, {nodes, purchase}: {readonly nodes: number; readonly purchase: Purchase | undefined}, text: string, view: TargetView): HardwareTarget {
  const times = /^(\d{1,6})\s*[x×]\s*(?=\S)(.*)$/is.exec(head)
  // "8x h100-sxm-80gb"; a name such as "3090x" has no accelerator behind its x.
  const leading = times?.[1] !== undefined && times[2] !== undefined && acceleratorsNamed(head, view.accelerators).length === 0 ? {count: Number(times[1]), name: times[2].trim()} : undefined
  if (leading !== undefined && rest !== undefined) throw badTarget(text, 'it gives a count twice')
  const name = leading?.name ?? head
  const accelerator = resolveTargetAccelerator(name, view)
  if (purchase !== undefined) throw badTarget(text, `bare hardware has no price, so it is not bought ${purchase}`, 'Name a machine instead: rigor catalog list --accelerator ' + accelerator)
  const count = leading?.count ?? (rest === undefined ? 1 : Number(rest))
  if (!Number.isSafeInteger(count) || count < 1 || count > MOST_NODES) throw badTarget(text, `${rest ?? count} is no number of accelerators (1 to ${MOST_NODES})`)
  return {kind: 'hardware', acceleratorId: accelerator, count, nodes}
}

function resolveTargetAccelerator(name: string, view: TargetView): string {
  const machines = view.machines.filter((machine) => fold(machine.instanceType) === fold(name))
  const needsProvider = (cause?: unknown): RigorError =>
    new RigorError('BAD_TARGET', `"${echo(name)}" names no provider.`, {
      hint: `Write ${quoteChoices([...machines.map((machine) => `${machine.provider}:${slug(machine.instanceType)}`), ...view.rigs.filter((rig) => fold(rig.id) === fold(name)).map((rig) => `rig:${rig.id}`)])}.`,
      cause,
    })
  let id: string
  try {
    id = resolveAnyAccelerator(name, view).id
  } catch (error) {
    if (!(error instanceof RigorError) || error.code !== 'UNKNOWN_ACCELERATOR') throw error
    if (machines.length > 0 || view.rigs.some((rig) => fold(rig.id) === fold(name))) throw needsProvider(error)
    throw new RigorError('UNKNOWN_ACCELERATOR', `"${echo(name)}" is not an accelerator of the catalog.`, {...(error.hint !== undefined && {hint: error.hint}), cause: error})
  }
  // "p5.48xlarge" is known as an alias of its accelerator, but who writes it means eight of them.
  if (id !== name.trim().toLowerCase() && machines.some((machine) => machine.acceleratorCount > 1)) throw needsProvider()
  return id
}

/** The rig that `rig` alone means: the one that is the user's by default, a server before a workstation. */
function defaultRig(rigs: readonly Rig[], text: string): Rig {
  const rig = rigs.find((each) => each.builtinDefault && each.class === 'server') ?? rigs.find((each) => each.owned && each.class === 'server') ?? rigs[0]
  if (rig === undefined) throw new RigorError('UNKNOWN_RIG', `"${echo(text)}" — no rig takes part.`, {hint: 'Describe yours under rigs: in rigor.yaml, or extend a built-in one: rigs: {lab: {extends: h100x10-pcie}}'})
  return rig
}

function parseRig(rest: string | undefined, nodes: number, text: string, rigs: readonly Rig[]): RigTarget {
  const parts = rest === undefined || rest === '' ? [] : rest.split(':').map((part) => part.trim())
  const last = parts.at(-1)
  const count = last !== undefined && /^\d{1,9}$/.test(last) && !rigs.some((rig) => parts.length === 1 && rig.id === last) ? Number(parts.pop()) : undefined
  if (parts.length > 1) throw badTarget(text, `"${echo(parts[1] ?? '', 40)}" is no number of accelerators`)
  const [name, nodeName, more] = parts[0]?.split('/') ?? []
  if (more !== undefined) throw badTarget(text, 'a rig has nodes, and nodes have no parts')
  const rig = name === undefined || name === '' ? defaultRig(rigs, text) : rigs.find((each) => fold(each.id) === fold(name))
  if (rig === undefined) {
    const near = nearestNames(name ?? '', rigs.map((each) => each.id))
    throw new RigorError('UNKNOWN_RIG', `"${echo(name ?? '', 60)}" is not a rig.`, {hint: `${near.length > 0 ? `Did you mean ${quoteChoices(near)}? ` : ''}All of them: ${rigs.map((each) => each.id).join(', ')}.`})
  }
  const node = nodeName === undefined ? undefined : rig.nodes.find((each) => fold(each.id) === fold(nodeName))
  if (nodeName !== undefined && node === undefined) {
    throw new RigorError('UNKNOWN_RIG_NODE', `"${echo(nodeName, 60)}" is not a node of the rig ${rig.id}.`, {hint: `It has ${quoteChoices(rig.nodes.map((each) => each.id))}.`})
  }
  const meant = node === undefined ? rig.nodes : [node]
  if (count !== undefined && meant.length > 1) {
    throw badTarget(text, `the nodes of ${rig.id} differ, so a count needs one of them`, `Write ${quoteChoices(meant.map((each) => `rig:${rig.id}/${each.id}:${Math.min(count, each.acceleratorCount)}`))}.`)
  }
  // A count is taken of one node: accelerators of several are that many nodes.
  const has = meant[0]?.acceleratorCount ?? 0
  if (count !== undefined && (count < 1 || count > has)) throw badTarget(text, `${count} accelerators are asked for, ${rig.id}${node === undefined ? '' : `/${node.id}`} has ${has}`, `Take 1 to ${has}.`)
  const machines = meant.reduce((sum, each) => sum + each.count, 0)
  if (nodes > machines) throw badTarget(text, `${nodes} nodes are asked for, ${rig.id}${node === undefined ? '' : `/${node.id}`} has ${machines}`)
  return {kind: 'rig', rig: rig.id, ...(node !== undefined && {node: node.id}), ...(count !== undefined && {count}), nodes}
}
