import {describe, expect, test} from 'vitest'
import {fitHierarchy, type HierarchicalProblem} from '../../scripts/calibrate/hierarchy.ts'

interface Row {
  readonly measured: number
  readonly says: boolean
}

/** Everything takes as long as one factor says. */
const problem = (samples: readonly Row[]): HierarchicalProblem<Row> => ({
  factors: [{name: 'seconds', startLn: () => 0, scopes: () => [{key: '*', tau: 10}], informs: ({says}) => says}],
  samples,
  weight: () => 1,
  residual: ({measured}, lnValues) => lnValues[0]! - Math.log(measured),
})
const fitted = (samples: readonly Row[]): number => Math.exp(fitHierarchy(problem(samples)).lnValues(samples[0]!)[0]!)

describe('a factor', () => {
  test('is what the measurements say', () => {
    expect(fitted([{measured: 1.3, says: true}])).toBeCloseTo(1.3, 1)
  })

  test('is not moved by rows that may not inform it, although it is in their predictions', () => {
    const rows = [{measured: 1.3, says: true}, ...Array.from({length: 3}, () => ({measured: 2, says: false}))]

    expect(fitted(rows)).toBeLessThan(1.35)
    expect(fitted(rows.map(row => ({...row, says: true})))).toBeGreaterThan(1.6)
  })
})
