/** What runs queries, by its name in data/software.csv. */
export interface Engine {
  readonly name: string
  /** Reads tables over several machines; all others stay in one. */
  readonly severalNodes: boolean
  /** Several accelerators of one machine share a query. */
  readonly severalAccelerators: boolean
  /**
   * Columns stream by, and what does not fit into memory goes to disk (or to the host, of an accelerator); without, all columns of a query stand in
   * memory at once, and the operating system swaps.
   */
  readonly spills: boolean
  /** Tried where nobody names one: programs that are in common use, and free. All others are asked for by name. */
  readonly byDefault: boolean
  /** Reads whole rows: a query passes over all bytes of its table. */
  readonly rows?: true
  /** Keeps tables in a format of its own; without, Parquet is all there is. */
  readonly native: boolean
}

/** From the documentation of each, as it is remembered: general knowledge. */
export const ENGINES = {
  'duckdb': {name: 'DuckDB', severalNodes: false, severalAccelerators: false, spills: true, byDefault: true, native: true},
  'clickhouse': {name: 'ClickHouse', severalNodes: true, severalAccelerators: false, spills: true, byDefault: true, native: true},
  'polars-gpu': {name: 'Polars', severalNodes: false, severalAccelerators: false, spills: false, byDefault: true, native: false},
  'rapids': {name: 'RAPIDS (cuDF, Dask)', severalNodes: true, severalAccelerators: true, spills: true, byDefault: true, native: false},
  'spark-rapids': {name: 'Spark', severalNodes: true, severalAccelerators: true, spills: true, byDefault: true, native: false},
  'chdb': {name: 'chDB', severalNodes: false, severalAccelerators: false, spills: true, byDefault: false, native: true},
  'datafusion': {name: 'DataFusion', severalNodes: false, severalAccelerators: false, spills: true, byDefault: false, native: false},
  'daft': {name: 'Daft', severalNodes: true, severalAccelerators: false, spills: true, byDefault: false, native: false},
  'doris': {name: 'Apache Doris', severalNodes: true, severalAccelerators: false, spills: true, byDefault: false, native: true},
  'starrocks': {name: 'StarRocks', severalNodes: true, severalAccelerators: false, spills: true, byDefault: false, native: true},
  'trino': {name: 'Trino', severalNodes: true, severalAccelerators: false, spills: true, byDefault: false, native: false},
  'spark-comet': {name: 'Spark with Comet', severalNodes: true, severalAccelerators: false, spills: true, byDefault: false, native: false},
  'postgresql': {name: 'PostgreSQL', rows: true, severalNodes: false, severalAccelerators: false, spills: true, byDefault: false, native: true},
  'umbra': {name: 'Umbra', severalNodes: false, severalAccelerators: false, spills: true, byDefault: false, native: true},
  'ursa': {name: 'Ursa', severalNodes: false, severalAccelerators: false, spills: true, byDefault: false, native: true},
  'sirius': {name: 'Sirius', severalNodes: false, severalAccelerators: false, spills: false, byDefault: false, native: true},
} as const satisfies Readonly<Record<string, Engine>>
export type EngineId = keyof typeof ENGINES

export const ENGINE_IDS = Object.keys(ENGINES) as EngineId[]
/** What people write. */
export const ENGINE_SPELLINGS: Readonly<Record<string, EngineId>> = {polars: 'polars-gpu', spark: 'spark-rapids', cudf: 'rapids', comet: 'spark-comet', postgres: 'postgresql'}

/** The engine of that name. */
export const engineOf = (id: string): Engine | undefined => (Object.hasOwn(ENGINES, id) ? ENGINES[id as EngineId] : undefined)
