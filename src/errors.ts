/** Exit codes of DESIGN: 0 done, 1 a check failed, 2 bad input, 3 nothing feasible, 4 provider failed, 5 resources left, 6 not permitted, 70 a bug. */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 70 | 130

/**
 * The only error thrown on purpose. The message says what happened, with the value and where it came from;
 * the hint says what to do next; the code is stable and listed in docs/errors.md.
 */
export class RigorError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly exit: ExitCode

  constructor(code: string, message: string, options: {hint?: string; exit?: ExitCode; cause?: unknown} = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause})
    this.name = 'RigorError'
    this.code = code
    this.hint = options.hint
    this.exit = options.exit ?? 2
  }
}
