/** A document of the simplest YAML, with the line of each key. */
export interface SimpleDocument {
  readonly value: Readonly<Record<string, unknown>>
  /** Line of the value at a path, or of the nearest one above it; from 1. */
  lineAt(path: readonly PropertyKey[]): number
}

interface Node {
  readonly line: number
  readonly value: Record<string, unknown>
  readonly children: Map<string, Node | number>
}

const LINE = /^( *)([A-Za-z][A-Za-z0-9]*):(?: +([^ ].*))?$/
/** Nothing that YAML could take for a number, a truth value, nothing, or punctuation. */
const WORD = /^[A-Za-z][A-Za-z0-9_./+-]*(?::[A-Za-z0-9][A-Za-z0-9_./+-]*)*(?: [A-Za-z0-9][A-Za-z0-9_./+-]*)*$/
const NUMBER = /^(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/
const AMOUNT = /^\d{1,15}(?:\.\d{1,9})? ?[A-Za-z]+(?:\/[A-Za-z]+)?$/
const RESERVED = /^(?:null|true|false|yes|no|on|off|y|n)$/i
const PRINTABLE = /^[\u0020-\u007e\n]*$/
const LONGEST = 20_000

/**
 * Reads what most workload files are — nested mappings of words, numbers and amounts, short lists, comments — without
 * a YAML parser, which needs some 8 ms in a new process. Anything beyond that, and anything that might be an error, is
 * `undefined`: then the whole text is YAML's to read. What is read here, YAML reads to the same value.
 */
export function readSimpleYaml(text: string): SimpleDocument | undefined {
  if (text.length > LONGEST || !PRINTABLE.test(text)) return undefined
  const open: {readonly indent: number; readonly node: Node}[] = []
  let root: Node | undefined
  // A key without a value: the next line has to lie deeper.
  let pending: {readonly key: string; readonly line: number; readonly parent: Node} | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const content = withoutComment(raw)
    if (content === '') continue
    const [, spaces, key, written] = LINE.exec(content) ?? []
    if (spaces === undefined || key === undefined || RESERVED.test(key)) return undefined
    const indent = spaces.length
    const line = index + 1
    if (pending !== undefined || root === undefined) {
      if (indent <= (open.at(-1)?.indent ?? -1)) return undefined
      const node: Node = {line, value: {}, children: new Map()}
      if (pending === undefined) root = node
      else {
        pending.parent.value[pending.key] = node.value
        pending.parent.children.set(pending.key, {...node, line: pending.line})
      }
      open.push({indent, node: pending === undefined ? node : (pending.parent.children.get(pending.key) as Node)})
      pending = undefined
    } else {
      while (open.length > 0 && indent < open.at(-1)!.indent) open.pop()
      if (open.at(-1)?.indent !== indent) return undefined
    }
    const {node} = open.at(-1)!
    if (Object.hasOwn(node.value, key)) return undefined
    if (written === undefined) {
      pending = {key, line, parent: node}
      continue
    }
    const value = readValue(written)
    if (value === undefined) return undefined
    node.value[key] = value
    node.children.set(key, line)
  }
  if (root === undefined || pending !== undefined) return undefined
  return {value: root.value, lineAt: (path) => lineAt(root, path)}
}

/** The line without its comment and the blanks at its end. */
function withoutComment(raw: string): string {
  const at = raw.startsWith('#') ? 0 : raw.search(/\s#/)
  return (at < 0 ? raw : raw.slice(0, at)).trimEnd()
}

/** A scalar, `{a: 1, b: c}` or `[a, b]`; `undefined` = not so simple. */
function readValue(written: string): unknown {
  const inner = written.slice(1, -1).trim()
  if (written.startsWith('{') && written.endsWith('}')) return inner === '' ? {} : readPairs(inner)
  if (written.startsWith('[') && written.endsWith(']')) {
    const entries = inner === '' ? [] : inner.split(',').map((entry) => readScalar(entry.trim()))
    return entries.includes(undefined) ? undefined : entries
  }
  return readScalar(written)
}

function readPairs(inner: string): Record<string, unknown> | undefined {
  const value: Record<string, unknown> = {}
  for (const pair of inner.split(',')) {
    const [, key, written] = /^([A-Za-z][A-Za-z0-9]*): +([^ ].*)$/.exec(pair.trim()) ?? []
    const scalar = written === undefined ? undefined : readScalar(written)
    if (key === undefined || scalar === undefined || RESERVED.test(key) || Object.hasOwn(value, key)) return undefined
    value[key] = scalar
  }
  return value
}

function readScalar(written: string): string | number | undefined {
  if (NUMBER.test(written)) return Number(written)
  return (WORD.test(written) && !RESERVED.test(written)) || AMOUNT.test(written) ? written : undefined
}

function lineAt(root: Node, path: readonly PropertyKey[]): number {
  let node = root
  let {line} = root
  for (const step of path) {
    const child = node.children.get(String(step))
    if (child === undefined) return line
    if (typeof child === 'number') return child
    node = child
    ;({line} = child)
  }
  return line
}
