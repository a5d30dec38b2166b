import fs from 'node:fs'
import path from 'node:path'
import {readEnergy} from '../../src/accuracy/energy.ts'
import {calibrationOf, parseHeldOut, type HeldOutFold} from '../../src/accuracy/held-out.ts'
import {settingOf, type Setting} from '../../src/accuracy/setting.ts'
import type {Measurement} from '../../src/catalog/parse/measured.ts'
import type {Accelerator} from '../../src/catalog/schema.ts'
import {workOf} from '../../src/performance/load.ts'
import type {Load, WorkLoad} from '../../src/performance/types.ts'
import type {PlanningFacts} from '../../src/planner/facts.ts'
import {acceleratorWatts} from '../../src/power/model.ts'
import {measurements, root} from './fit.ts'

/** A published reading of accelerators at work, with what the estimators see in it. */
export interface PowerSample {
  readonly measurement: Measurement
  readonly setting: Setting
  readonly accelerator: Accelerator
  /** Catalog id of the model. */
  readonly model: string
  readonly idleWatts: number
  readonly rangeWatts: number
  /** Of one accelerator; all of them where `scope` says so. */
  readonly watts: number
  readonly tokensPerSecond: number
  /** As predicted, and with its operations and bytes scaled to the speed that was measured: errors of the speed are not the power model's. */
  readonly predicted: Load
  readonly predictedTokensPerSecond: number
  readonly measuredWork: WorkLoad
  readonly configurationKey: string
}

/** Everything about a run, and nothing of what was read off it. */
function keyOf(setting: Setting): string {
  const {metric: _metric, unit: _unit, scope: _scope, ...run} = setting
  return JSON.stringify(run)
}

/** Rows of accelerator watts that have joules per token beside them, and why the others were left out, each with its count. */
export function powerSamples(facts: PlanningFacts): {readonly samples: readonly PowerSample[]; readonly leftOut: ReadonlyMap<string, number>} {
  const rows = measurements('energy')
  const joules = new Map(rows.flatMap(row => (row.metric === 'joules_per_token' && row.value !== undefined ? [[keyOf(settingOf(row)), row.value] as const] : [])))
  const leftOut = new Map<string, number>()
  const leaveOut = (why: string): readonly PowerSample[] => {
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1)
    return []
  }
  const samples = rows.flatMap((measurement): readonly PowerSample[] => {
    if (measurement.metric !== 'watts' || measurement.scope !== 'all_accelerators' || !(measurement.value !== undefined && measurement.value > 0)) return []
    const setting = settingOf(measurement)
    const configurationKey = keyOf(setting)
    const perToken = joules.get(configurationKey)
    if (perToken === undefined) return leaveOut('its speed is not stated')
    return sampleOf(measurement, setting, configurationKey, measurement.value / perToken, facts) ?? leaveOut('not answered')
  })
  return {samples, leftOut}
}

function sampleOf(measurement: Measurement, setting: Setting, configurationKey: string, tokensPerSecond: number, facts: PlanningFacts): readonly PowerSample[] | undefined {
  const {accelerators} = facts.snapshot
  const reading = readEnergy(setting, facts, accelerators)
  if (reading.status !== 'case') return undefined
  const {performance, accelerator, accelerators: count, model} = reading.case
  const {idle, maximum} = acceleratorWatts(accelerator, accelerators)
  const predictedTokensPerSecond = performance.throughput.value?.p50 ?? 0
  if (idle === null || maximum === null || !(predictedTokensPerSecond > 0)) return undefined
  const work = workOf(performance.load)
  const ratio = tokensPerSecond / predictedTokensPerSecond
  const scaled = (share: number): number => Math.min(1, share * ratio)
  return [{
    measurement, setting, accelerator, model, idleWatts: idle, rangeWatts: maximum - idle, watts: (measurement.value ?? 0) / count, tokensPerSecond, predicted: performance.load, predictedTokensPerSecond,
    // What slows a run is not known: kernels that take longer, as likely as gaps between them.
    measuredWork: {...work, flopsShare: scaled(work.flopsShare), bytesShare: scaled(work.bytesShare), cacheBytesShare: scaled(work.cacheBytesShare)},
    configurationKey,
  }]
}

/** Facts with speeds that were fitted without a group, where there is such a fold: a figure that is out of sample has its speed out of sample as well. */
export function heldOutSpeeds(facts: PlanningFacts, kinds: readonly string[]): (way: string, group: string) => PlanningFacts | undefined {
  const file = path.join(root, 'data/measured/held-out.json')
  const folds = fs.existsSync(file) ? parseHeldOut(fs.readFileSync(file, 'utf8')).filter(fold => fold.kinds.some(kind => kinds.includes(kind))) : []
  const known = new Map<HeldOutFold, PlanningFacts>()
  return (way, group) => {
    const fold = folds.find(each => each.way === way && each.held.includes(group))
    if (fold === undefined) return undefined
    let without = known.get(fold)
    if (without === undefined) known.set(fold, (without = {...facts, calibration: calibrationOf(fold, facts.snapshot.calibration.spreads)}))
    return without
  }
}
