import {openSnapshot} from '../../src/store/snapshot.ts'
import {bundledResults, score, type Scored} from '../../src/scoring.ts'
import {share} from '../../src/report/accuracy.ts'
import type {GroupSummary} from '../../src/accuracy/summary.ts'
import {markdownTable, thousands} from './markdown.ts'

/** The published results that come with rigor, predicted and scored. */
export async function scoredResults(root: string): Promise<Scored> {
  const snapshot = await openSnapshot({packageRoot: root})
  return score(bundledResults(root, snapshot), snapshot)
}

/** For the README: by kind and figure, and what fits. */
export function accuracyTable({summary}: Scored): string {
  const of = (by: GroupSummary['by']): readonly GroupSummary[] => summary.groups.filter(group => group.by === by)
  const rows = [...of('figure'), ...of('all').map(all => ({...all, group: 'all of these'}))].map(({group, rows: count, coverage, scores}) => [
    group, thousands(count), share(coverage), ...(scores === undefined ? ['–', '–', '–', '–'] : [share(scores.mape), share(scores.mdape), share(scores.p90), share(scores.inside)]),
  ])
  const table = markdownTable(['figure', 'rows', 'answered', 'mean error', 'median error', '90th percentile', 'inside p10–p90'], rows, [1, 2, 3, 4, 5, 6])
  const fits = summary.fits[0]?.[1]
  return fits === undefined ? table : `${table}\n\nWhether it fits was answered rightly in ${share(fits.rightShare)} of ${thousands(fits.answered)} configurations.`
}
