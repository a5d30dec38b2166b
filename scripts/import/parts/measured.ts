import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvRecord} from '../../../src/catalog/csv.ts'
import {MEASUREMENT_COLUMNS} from '../../../src/catalog/parse/measured.ts'
import {publicationOf} from '../../../src/accuracy/publication.ts'
import {FOUND, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

interface Topic {
  /** `found/…` = rows that were found beside the raw facts (scripts/import/found). */
  readonly topic: string
  /** Which of its rows are work that rigor estimates; absent = all. */
  readonly kinds?: RegExp
  /** File of scripts/import/found with more rows, in the same columns. */
  readonly found?: string
  /** `kind` of a row, where the facts file it under how it ran; `undefined` = a row of no kind. */
  readonly kindOf?: (cells: Readonly<Record<string, string>>) => string | undefined
}

/** Jobs that the facts file under slices alone: what ran says which work it is. A product of matrices is none. */
const SMALL_JOBS: readonly (readonly [framework: RegExp, kind: string])[] = [[/^GROMACS/, 'hpc_md'], [/SFTTrainer/, 'llm_finetuning']]
const kindOfSlice = ({kind, framework}: Readonly<Record<string, string>>): string | undefined => (kind === 'mig_small_job' ? SMALL_JOBS.find(([pattern]) => pattern.test(framework!))?.[1] : kind)

/** Images and clips. */
const MEDIA = /^(?:image|video)_generation$/
/** Language models, text prompts with images among them. */
/** Networks that see images or volumes, or read texts. */
const SEE_OR_READ = /^(?:cv_|nlp_|embedding$)/
const LANGUAGE_MODELS = /^(?:llm_|multimodal_inference$)/

/**
 * File of data/measured → the topic of the facts it is made of. Results of MLPerf training are in none: they state the time to
 * a target quality and neither steps nor tokens, so no estimate can be held against them. The rates of diffusion models in their logs are found/diffusion-training.csv.
 */
const FILES: Readonly<Record<string, Topic>> = {
  'llm-inference.csv': {topic: 'llm_inference'},
  'llm-training.csv': {topic: 'llm_training'},
  'llm-finetuning.csv': {topic: 'llm_finetuning'},
  'memory-fit.csv': {topic: 'memory_fit'},
  'energy.csv': {topic: 'energy', kinds: LANGUAGE_MODELS},
  'analytics.csv': {topic: 'analytics'},
  'cfd.csv': {topic: 'hpc', kinds: /^hpc_cfd$/},
  'audio.csv': {topic: 'generative_media', kinds: /^speech_recognition$/, found: 'audio.csv'},
  'audio-mlperf.csv': {topic: 'mlperf_inference', kinds: /^audio_inference$/},
  'molecular-dynamics.csv': {topic: 'hpc', kinds: /^hpc_md$/, found: 'molecular-dynamics.csv'},
  'media.csv': {topic: 'generative_media', kinds: MEDIA},
  'media-energy.csv': {topic: 'energy', kinds: MEDIA},
  'media-mlperf.csv': {topic: 'mlperf_inference', kinds: MEDIA},
  'diffusion-training.csv': {topic: 'vision_nlp_training', kinds: /^image_generation_training$/, found: 'diffusion-training.csv'},
  'ml-tabular.csv': {topic: 'found/ml-tabular'},
  'mlperf.csv': {topic: 'mlperf_inference', kinds: /^(?:llm_|multimodal_inference$|(?:cv|nlp)_)/},
  'networks-training.csv': {topic: 'vision_nlp_training', kinds: SEE_OR_READ},
  'networks-inference.csv': {topic: 'vision_nlp_inference', kinds: SEE_OR_READ},
  'slices.csv': {topic: 'mig', found: 'slices.csv', kindOf: kindOfSlice},
  'reinforcement-learning.csv': {topic: 'rl', found: 'reinforcement-learning.csv'},
}

const IN_FOUND = 'found/'
const publication = (record: CsvRecord): string => publicationOf(record.cells['source']!)

/** `data/measured/*.csv`: the published measurements of what rigor estimates, in their own columns; `source` becomes an id. */
export function importPart({from, to, sources}: ImportContext): void {
  mkdirSync(join(to, 'measured'), {recursive: true})
  for (const [file, {topic, kinds, found, kindOf}] of Object.entries(FILES)) {
    const all = topic.startsWith(IN_FOUND) ? readFacts(FOUND, `${topic.slice(IN_FOUND.length)}.csv`) : readFacts(from, `measured/${topic}.csv`)
    const taken = all
      .map(record => (kindOf === undefined ? record : {...record, cells: {...record.cells, kind: kindOf(record.cells) ?? ''}}))
      .filter(({cells}) => cells['kind'] !== '' && (kinds === undefined || kinds.test(cells['kind']!)))
    const beside = found === undefined ? [] : readFacts(FOUND, found)
    const rows = [...taken, ...beside].map(record => MEASUREMENT_COLUMNS.map(column => (column === 'source' ? sources.sourceIdFor(publication(record)) : record.cells[column]!)))
    writeFileSync(join(to, 'measured', file), writeCsv(MEASUREMENT_COLUMNS, rows))
    console.error(`  ${file.padEnd(20)} ${taken.length} of ${all.length} rows of ${topic}${beside.length > 0 ? `, and ${beside.length} found beside them` : ''}`)
  }
}
