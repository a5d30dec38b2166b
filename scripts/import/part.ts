import type {SourceRegistry} from './sources.ts'

/** What every part of the import gets: where the raw facts lie, where the catalog goes, and the sources all parts share. */
export interface ImportContext {
  /** Folder of the raw facts. */
  readonly from: string
  /** Folder of the catalog, `data/`. */
  readonly to: string
  readonly sources: SourceRegistry
}

/** A module of scripts/import/parts: reads its facts, writes its files, answers what it wrote (for the log). */
export interface ImportPart {
  importPart(context: ImportContext): void | Promise<void>
}
