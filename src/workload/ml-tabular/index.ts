import type {Kind} from '../contract.ts'
import type {TabularDemand} from './demand.ts'
import {tabularDemand} from './demand.ts'
import {TABULAR} from './factors.ts'
import {performTabular, tabularConfigurations, tabularLowerBoundSeconds, tabularRefusal} from './performance.ts'
import {TabularSpec} from './schema.ts'

export const mlTabular: Kind<TabularSpec, TabularDemand> = {
  id: TABULAR,
  title: 'Trees over tables: gradient boosting, random forests',
  throughputUnit: 'rows/s',
  spec: TabularSpec,
  example: {kind: 'ml-tabular', rows: '10M', features: 100, rounds: 1000},
  needsSoftware: true,
  independentReplicas: false,
  readsPartialSheets: true,
  runsOnProcessors: true,
  demand: tabularDemand,
  configurations: tabularConfigurations,
  perform: performTabular,
  refuse: tabularRefusal,
  lowerBoundSeconds: tabularLowerBoundSeconds,
}
