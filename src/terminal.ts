/** What the answer is written for. */
export interface Terminal {
  /** Columns to lay tables out in. */
  readonly columns: number
  readonly color: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_COLUMNS = 100

/** Width and colours of a stream: a pipe gets `COLUMNS` or 100 columns and, unless `FORCE_COLOR` says otherwise, no colours. */
export function terminalOf(stream: {readonly isTTY?: boolean; readonly columns?: number}, environment: Environment): Terminal {
  const wanted = Number(environment['COLUMNS'])
  const columns = stream.columns || (Number.isInteger(wanted) && wanted > 0 ? wanted : DEFAULT_COLUMNS)
  return {columns, color: wantsColor(stream.isTTY ?? false, environment)}
}

function wantsColor(isTerminal: boolean, environment: Environment): boolean {
  if (environment['NO_COLOR']) return false
  const forced = environment['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return isTerminal && environment['TERM'] !== 'dumb'
}
