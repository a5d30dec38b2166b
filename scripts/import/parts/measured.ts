import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvRecord} from '../../../src/catalog/csv.ts'
import {MEASUREMENT_COLUMNS} from '../../../src/catalog/parse/measured.ts'
import {readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** File of data/measured → the files of the facts it is made of. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  'llm-inference.csv': ['llm_inference'],
  'llm-training.csv': ['llm_training'],
  'llm-finetuning.csv': ['llm_finetuning'],
  'memory-fit.csv': ['memory_fit'],
  'energy.csv': ['energy'],
  'mlperf.csv': ['mlperf_inference', 'mlperf_training'],
}

/** A repository that many rows cite file by file is one source: a row's id says which result it is. */
const WHOLE_REPOSITORIES = /^(github:(?:mlcommons\/[^:]+|ml-energy\/leaderboard)):.*(@[0-9a-f]+)$/
const sourceOf = (record: CsvRecord): string => record.cells['source']!.replace(WHOLE_REPOSITORIES, '$1$2')

/** `data/measured/*.csv`: the language-model rows of the published measurements, in their own columns; `source` becomes an id. */
export function importPart({from, to, sources}: ImportContext): void {
  mkdirSync(join(to, 'measured'), {recursive: true})
  for (const [file, topics] of Object.entries(FILES)) {
    const rows = topics.flatMap(topic => readFacts(from, `measured/${topic}.csv`))
      .filter(record => record.cells['kind']!.startsWith('llm_'))
      .map(record => MEASUREMENT_COLUMNS.map(column => (column === 'source' ? sources.sourceIdFor(sourceOf(record)) : record.cells[column]!)))
    writeFileSync(join(to, 'measured', file), writeCsv(MEASUREMENT_COLUMNS, rows))
  }
}
