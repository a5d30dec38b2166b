/** Figures an objective may look at; `null` = unknown. */
export interface Metrics {
  readonly costUsd: number | null
  readonly hours: number | null
  readonly workHours: number | null
  readonly energyKwh: number | null
  readonly carbonKg: number | null
}

/** Smaller is better; `null` = unknown, ranks last. `expression` gets the full scope of a target. */
export type Objective =
  | {readonly kind: 'plain'; readonly text: string; score(metrics: Metrics): number | null}
  | {readonly kind: 'expression'; readonly text: string; score(scope: unknown): number | null}

const PLAIN: Readonly<Record<string, (metrics: Metrics) => number | null>> = {
  cost: metrics => metrics.costUsd,
  time: metrics => metrics.hours,
  energy: metrics => metrics.energyKwh,
  carbon: metrics => metrics.carbonKg,
  // Dividing each by the best known, as the definition says, changes no order: it scales every score alike.
  balanced: ({costUsd, workHours, energyKwh}) => (costUsd === null || workHours === null || energyKwh === null ? null : Math.cbrt(costUsd * workHours * energyKwh)),
}

export const OBJECTIVES: readonly string[] = Object.keys(PLAIN)

/** One of the five words; `undefined` for an expression. */
export function plainObjective(text: string): Objective | undefined {
  const word = text.trim()
  const score = Object.hasOwn(PLAIN, word) ? PLAIN[word] : undefined
  return score === undefined ? undefined : {kind: 'plain', text: word, score}
}
