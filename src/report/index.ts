/** Output formats by name; each module loads only when it is asked for. A format is one file and one line here. */
export const reports = {
  table: () => import('./table.ts'),
  estimate: () => import('./estimate.ts'),
  json: () => import('./json.ts'),
} as const
