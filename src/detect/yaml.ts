import {Document, isMap, isNode, isScalar, isSeq, type Scalar, type YAMLMap} from 'yaml'

/** One line of the file: a value, or what is left for its reader to fill in. Both may have a remark. */
export type RigLine =
  | {readonly key: string; readonly value: unknown; readonly remark?: string | undefined}
  | {readonly key: string; readonly example: string; readonly remark: string}

export interface RigLines {
  readonly rig: readonly RigLine[]
  readonly node: readonly RigLine[]
}

/** Mappings that stand on one line each, and lists whose entries do. */
const ON_ONE_LINE: ReadonlySet<string> = new Set(['site', 'ssh'])
const ENTRIES_ON_ONE_LINE = ['levels', 'parts']

/** `rigs: {NAME: …}` of rigor.yaml with remarks. Written by the YAML library, which quotes whatever a machine calls its parts. */
export function rigYaml(name: string, heading: string, {rig, node}: RigLines, levelRemarks: readonly string[]): string {
  const document = new Document({rigs: {[name]: {...valuesOf(rig), nodes: [valuesOf(node)]}}}, {version: '1.2'})
  document.commentBefore = heading.split('\n').map((line) => ` ${line}`).join('\n')
  const entry = document.getIn(['rigs', name]) as YAMLMap<Scalar<string>>
  const [first] = (entry.get('nodes') as {items: YAMLMap<Scalar<string>>[]}).items
  remark(entry, [...rig, {key: 'nodes', value: []}])
  remark(first!, node)
  for (const key of ENTRIES_ON_ONE_LINE) {
    const list = first!.get(key)
    if (!isSeq(list)) continue
    for (const item of list.items) if (isMap(item)) item.flow = true
    if (list.items.length === 0) list.flow = true
  }
  const levels = first!.get('levels')
  if (isSeq(levels)) for (const [index, level] of levels.items.entries()) if (isMap(level)) level.comment = ` ${levelRemarks[index] ?? ''}`
  return document.toString({lineWidth: 0, flowCollectionPadding: false})
}

/** The values alone: what a program makes of the file. */
export const valuesOf = (lines: readonly RigLine[]): Readonly<Record<string, unknown>> => Object.fromEntries(lines.flatMap((line) => ('value' in line ? [[line.key, line.value]] : [])))

/** Lays remarks behind values, and lines to fill in before the value that follows them. */
function remark(map: YAMLMap<Scalar<string>>, lines: readonly RigLine[]): void {
  const pairs = new Map(map.items.map((pair) => [pair.key.value, pair]))
  let open: string[] = []
  for (const line of lines) {
    if ('example' in line) {
      open.push(` ${line.key}: ${line.example} # ${line.remark}`)
      continue
    }
    const pair = pairs.get(line.key)
    if (pair === undefined) continue
    if (open.length > 0) pair.key.commentBefore = open.join('\n')
    open = []
    if (isMap(pair.value) && ON_ONE_LINE.has(line.key)) pair.value.flow = true
    if (line.remark !== undefined && isNode(pair.value) && (isScalar(pair.value) || (isMap(pair.value) && pair.value.flow === true))) pair.value.comment = ` ${line.remark}`
  }
  if (open.length > 0) map.comment = open.join('\n')
}
