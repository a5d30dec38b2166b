import type {Kind} from '../contract.ts'
import type {AnalyticsDemand} from './demand.ts'
import {analyticsDemand} from './demand.ts'
import {ANALYTICS} from './factors.ts'
import {analyticsConfigurations, analyticsLowerBoundSeconds, analyticsRefusal, performAnalytics} from './performance.ts'
import {AnalyticsSpec} from './schema.ts'

export const dataAnalytics: Kind<AnalyticsSpec, AnalyticsDemand> = {
  id: ANALYTICS,
  title: 'Data analytics: queries over tables',
  throughputUnit: 'GB/s',
  spec: AnalyticsSpec,
  example: {kind: 'data-analytics', bytes: '2 TB', queries: 200, engine: 'duckdb'},
  needsSoftware: true,
  independentReplicas: false,
  readsHost: true,
  readsPartialSheets: true,
  runsOnProcessors: true,
  demand: analyticsDemand,
  configurations: analyticsConfigurations,
  perform: performAnalytics,
  refuse: analyticsRefusal,
  lowerBoundSeconds: analyticsLowerBoundSeconds,
}
