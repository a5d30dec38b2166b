import {homedir} from 'node:os'
import path from 'node:path'

/** Where rigor keeps what is not the project's: XDG folders, or all of them under `RIGOR_HOME`. */
export interface Paths {
  readonly config: string
  readonly data: string
  readonly state: string
  readonly cache: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** `RIGOR_HOME=/x` → `/x/config`, `/x/data`, …; otherwise the XDG base directories with their defaults, each with a `rigor` folder. */
export function userPaths(environment: Environment = process.env, home: string = homeFolder()): Paths {
  const own = environment['RIGOR_HOME']
  if (own) {
    const root = path.resolve(own)
    return {config: path.join(root, 'config'), data: path.join(root, 'data'), state: path.join(root, 'state'), cache: path.join(root, 'cache')}
  }
  const folder = (variable: string, ...fallback: string[]): string => {
    const chosen = environment[variable]
    // The XDG specification: a relative path in these variables is to be ignored.
    return path.join(chosen && path.isAbsolute(chosen) ? chosen : path.join(home, ...fallback), 'rigor')
  }
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    data: folder('XDG_DATA_HOME', '.local', 'share'),
    state: folder('XDG_STATE_HOME', '.local', 'state'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
  }
}

/** A user without HOME and without an entry among the system's users has no files of their own either: the root stands in. */
export function homeFolder(): string {
  try {
    return homedir()
  } catch {
    return path.parse(process.cwd()).root
  }
}
