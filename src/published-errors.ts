import {figureOf} from './accuracy/figures.ts'
import {AccuracyRecord, RECORD_FILE} from './accuracy/record.ts'
import {readers} from './accuracy/readers.ts'
import type {PublishedErrors} from './planner/session.ts'
import {readAccuracyRecord} from './store/measured.ts'

/** What `rigor accuracy` said of the bundled results when it was last recorded. */
export function openPublishedErrors(packageRoot: string): PublishedErrors {
  const text = readAccuracyRecord(packageRoot, RECORD_FILE)
  return text === undefined ? () => undefined : publishedErrorsOf(AccuracyRecord.parse(JSON.parse(text)))
}

export function publishedErrorsOf({figures, outOfSample}: AccuracyRecord): PublishedErrors {
  return (kind, metric) => {
    // The first token alone and in a queue: the tables have no figure of either.
    if (metric.startsWith('ttft-')) return undefined
    // Figures go by the labels and the columns of published rows.
    const label = readers.find(reader => reader.kind === kind)?.labels[0] ?? kind
    const figure = figureOf(label, metric.endsWith('watts') ? 'watts' : metric.replace(/-(?:mixture|alone)$/, ''), metric.endsWith('-on-processors') ? 'CPU' : '')
    const known = Object.hasOwn(figures, figure) ? figures[figure] : undefined
    return known === undefined ? undefined : {figure, mape: known.mape, mdape: known.mdape, outOfSample}
  }
}
