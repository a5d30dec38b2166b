export type Algorithm = 'gbdt' | 'random-forest'

/** What grows trees, by its name in data/software.csv. */
export interface Engine {
  readonly name: string
  readonly algorithms: readonly Algorithm[]
  /** Threads and kernels are waited for once for each level of a tree, or once for each leaf. */
  readonly growsBy: 'level' | 'leaf'
}

/** From the documentation of each: xgboost.readthedocs.io (grow_policy depthwise), lightgbm.readthedocs.io (leaf-wise growth), docs.rapids.ai (cuML: forests; boosting is left to XGBoost). */
export const ENGINES = {
  xgboost: {name: 'XGBoost', algorithms: ['gbdt', 'random-forest'], growsBy: 'level'},
  lightgbm: {name: 'LightGBM', algorithms: ['gbdt', 'random-forest'], growsBy: 'leaf'},
  rapids: {name: 'RAPIDS cuML', algorithms: ['random-forest'], growsBy: 'level'},
} as const satisfies Readonly<Record<string, Engine>>
export type EngineId = keyof typeof ENGINES
export const ENGINE_IDS = Object.keys(ENGINES) as EngineId[]

export const engineOf = (id: string): Engine | undefined => (Object.hasOwn(ENGINES, id) ? ENGINES[id as EngineId] : undefined)
