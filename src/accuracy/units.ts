import {echo} from '../text/safe.ts'

/** Units of a metric, each with what one of it is in the first, which is the one that readers answer in. */
type Units = Readonly<Record<string, number>>

const MILLISECONDS_PER_SECOND = 1000
const SECONDS: Units = {s: 1, ms: 1 / MILLISECONDS_PER_SECOND}
const MILLISECONDS: Units = {ms: 1, s: MILLISECONDS_PER_SECOND}

/** By the metric's name, in order of precedence; a metric that is not here is no figure that any reader answers. */
const UNITS: readonly (readonly [pattern: RegExp, units: Units])[] = [
  [/^fits$/, {bool: 1}],
  [/^mlups$/, {'MLUP/s': 1}],
  [/^ns_per_day$/, {'ns/day': 1}],
  [/^env_steps_per_s$/, {'steps/s': 1, 'env frames/s': 1}],
  [/^env_frames_per_s$/, {'frames/s': 1}],
  [/^mfu$/, {fraction: 1, '%': 0.01}],
  [/tflops/, {'TFLOP/s': 1}],
  [/^gpu_hours$/, {'accelerator hours': 1}],
  [/^watts/, {W: 1, kW: 1000}],
  [/^joules_per_image$/, {'J/image': 1}],
  [/^joules_per_video$/, {'J/video': 1}],
  [/^joules_per_token$/, {'J/output token': 1}],
  [/^energy_kwh$/, {kWh: 1, MWh: 1000}],
  [/^memory_gib$/, {GiB: 1, GB: 1e9 / 2 ** 30}],
  [/tokens_per_s/, {'tokens/s': 1}],
  [/requests_per_s/, {'requests/s': 1}],
  [/queries_per_s/, {'queries/s': 1}],
  [/^realtime_factor_x$/, {'audio seconds per second': 1}],
  [/^time_s/, {...SECONDS, 's per image': 1, 's per clip': 1, 's per denoising step': 1}],
  [/samples_per_s/, {'samples/s': 1, 'sequences/s': 1, 'tokens/s': 1}],
  [/_ms(?:_|$)/, MILLISECONDS],
  [/_s(?:_|$)/, SECONDS],
]

/** Other words for a unit. Tables without one count samples; which of them count tokens, the kind's reader knows. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['Latency (ms)', 'ms'], ['s (median of 3)', 's'], ['s (mean over the jobs)', 's'], ['img/s', 'samples/s'], ['items/s (unit of the source table)', 'samples/s'], ['tok/s', 'samples/s'],
])

/** Of these the name alone does not say what is counted. */
const UNNAMED: ReadonlySet<string> = new Set(['mfu'])

/** The unit to ask a reader for, and what its answer is divided by to be in the row's own; or why nobody can tell what the row's figure means. */
export type UnitReading = {readonly unit: string; readonly perUnit: number} | {readonly problem: string}

export function readUnit(metric: string, written: string): UnitReading {
  const units = UNITS.find(([pattern]) => pattern.test(metric))?.[1]
  const text = OTHER_WORDS.get(written.trim()) ?? written.trim()
  if (units === undefined) return {unit: text, perUnit: 1}
  const accepted = Object.keys(units)
  const unit = accepted[0] ?? text
  if (text === '' && !UNNAMED.has(metric)) return {unit, perUnit: 1}
  const perUnit = Object.hasOwn(units, text) ? units[text] : undefined
  return perUnit === undefined ? {problem: `unit "${echo(text, 30)}" is not one of ${accepted.join(', ')}`} : {unit, perUnit}
}
