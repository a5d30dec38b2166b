import type {Rig} from './catalog/rig.ts'
import {HOURS_PER_MONTH} from './cost/period.ts'
import type {Schedule} from './cost/types.ts'
import {RigorError} from './errors.ts'
import type {Interval} from './performance/types.ts'
import {freeHours, rentalsOf, aroundMedian, type BreakEvenQuestion, type Rental} from './planner/break-even.ts'
import {mixRentals, mostUsed, weightedSpread} from './planner/break-even-mix.ts'
import {planWorkload} from './planner/plan.ts'
import {createSession, scheduleOf} from './planner/session.ts'
import {rigPower} from './power/rig-power.ts'
import {workedWatts} from './rig-work.ts'
import type {ReadWorkload} from './workload/read.ts'
import {sessionInput, type Workspace} from './workspace.ts'

/** A workload on a rig and in the clouds, counted in units of work a month. */
interface Counted {
  readonly name: string
  readonly endless: boolean
  readonly unitHours: number
  /** As its schedule says; `null` = it says once. */
  readonly units: number | null
  /** Hours a month of a work that ends, as its schedule says them; `null` = it says something else. */
  readonly hoursAsked: number | null
  readonly asked: Asked
  readonly rentals: readonly Rental[]
  readonly time: Interval | null
  readonly watts: Interval | null
  readonly acceleratorsUsed: number
  readonly accelerator: string
  readonly idle: {readonly machineWatts: number; readonly siteWatts: number}
  readonly working: {readonly machineWatts: number; readonly siteWatts: number}
}

/** Beside the asked amount all that the rig has hours for is planned, and half of it: a term that pays off between them is there too. */
const SHARES_PLANNED = [0.5, 1] as const

/** What is asked of a rig: all that it has hours for where nothing is said, and never more. */
interface Asked {
  readonly units: number
  readonly always: boolean
}

async function count(workspace: Workspace, workload: ReadWorkload, rig: Rig, {months, use}: Pick<BreakEvenInput, 'months' | 'use'>): Promise<Counted> {
  const {snapshot, facts, options} = workspace
  const work = await workedWatts(workspace, workload, rig)
  const {estimate: {durationHours, hours, power: {averageWatts}, performance: {acceleratorsUsed, workSeconds}, way: {place}}} = work
  const input = await sessionInput(workspace, workload)
  const session = createSession(input)
  const {endless} = session.demand
  const schedule = scheduleOf(session.spec, session.demand)
  // A rig is set up once, not for every run.
  const unitHours = endless ? 1 : workSeconds === null ? 0 : durationHours.p50 - hours.setup
  if (!(unitHours > 0)) throw new RigorError('UNKNOWN_TIME', `${workload.name} — how long a run takes on ${rig.id} is not known.`, {hint: `rigor estimate ${workload.where.replace(/:\d+$/, '')} --on rig:${rig.id} says more.`})
  const power = rigPower({rig, snapshot, calibration: facts.calibration, expected: work})
  if (power === undefined) throw new RigorError('UNKNOWN_POWER', `${rig.id} — the watts of its accelerators are not known.`, {hint: 'rigor hardware show ACCELERATOR says what is known of it.'})
  const drawn = (state: 'idle' | 'expected') => ({machineWatts: power.watts[state], siteWatts: power.siteWatts[state]})
  const units = schedule.kind === 'once' ? null : schedule.kind === 'always' ? HOURS_PER_MONTH : schedule.kind === 'runs-per-month' ? schedule.runs : endless ? schedule.hours : schedule.hours / hours.work.p50
  const most = freeHours(rig) / unitHours
  const askedUnits = Math.min(most, use === undefined ? (units ?? most) : (use * HOURS_PER_MONTH) / unitHours)
  const scheduled = (amount: number): Schedule => (!endless ? {kind: 'runs-per-month', runs: amount} : amount >= HOURS_PER_MONTH ? {kind: 'always'} : {kind: 'hours-per-month', hours: amount})
  const planned = new Set([askedUnits, ...SHARES_PLANNED.map(share => share * most)].filter(amount => amount > 0))
  const plans = [...planned].map(amount => ({units: amount, plan: planWorkload({...input, workload: {...input.workload, spec: {...input.workload.spec, schedule: scheduled(amount), horizonMonths: months}}, options: {...options, rigs: []}})}))
  return {
    name: workload.name, endless, unitHours, units, hoursAsked: schedule.kind === 'hours-per-month' && !endless ? schedule.hours : null, asked: {units: askedUnits, always: schedule.kind === 'always' && use === undefined},
    rentals: rentalsOf({plans, askedUnits, months, endless}),
    time: endless ? null : aroundMedian(hours.work), watts: aroundMedian(averageWatts),
    acceleratorsUsed, accelerator: place.accelerator.id, idle: drawn('idle'), working: drawn('expected'),
  }
}

export interface BreakEvenInput {
  readonly rig: Rig
  readonly workloads: readonly ReadWorkload[]
  readonly months: number
  /** Share of all hours that the rig is to work, instead of what the schedules say. */
  readonly use: number | undefined
}

/** One workload, or several that are done one after the other every month as their schedules say. */
export async function breakEvenQuestion(workspace: Workspace, {rig, workloads, months, use}: BreakEvenInput): Promise<BreakEvenQuestion & {readonly assumed: readonly string[]}> {
  if (freeHours(rig) === 0) throw new RigorError('NO_FREE_HOURS', `${rig.id} — all ${HOURS_PER_MONTH} hours of its month are taken (takenHoursPerMonth).`, {hint: 'Say fewer, so that there are hours for this work.'})
  const counted: Counted[] = []
  // What a mix is done of is counted as its schedules say; how often it is done is asked of all of it.
  for (const workload of workloads) counted.push(await count(workspace, workload, rig, {months, use: workloads.length === 1 ? use : undefined}))
  const [only] = counted
  if (only === undefined) throw new RigorError('MISSING_WORKLOAD', 'No workload is given.', {hint: 'Name a file: rigor breakeven examples/finetune-8b.yaml'})
  const base = {months, asOf: workspace.options.asOf}
  if (counted.length > 1) return {...base, ...mixOf(rig, counted, use)}
  const {asked: {units, always}, unitHours} = only
  const assumed = use !== undefined ? [] : [
    ...(only.hoursAsked === null ? [] : [`${figureOf(only.hoursAsked)} hours of it a month are ${figureOf(only.units ?? 0)} runs on this rig: as many are compared everywhere, whereas a plan compares the hours.`]),
    ...(only.units === null ? ['It says to run once: as many runs a month as the rig has hours for are compared (--use 40%, or schedule: {runsPerMonth: …}).'] : []),
    ...(only.units !== null && only.units > units * (1 + 1e-9) ? [`${figureOf(only.units)} a month are more than the rig has hours for (${figureOf(freeHours(rig) / unitHours)}): that many are compared.`] : []),
  ]
  return {...base, unit: only.endless ? 'hour of service' : 'run', rigAtWork: {rig, ...only}, rentals: only.rentals, units, always, assumed}
}

const figureOf = (value: number): string => String(Number(value.toPrecision(3)))

/** All of them are one unit: a month of the mix. What one provider sells one way for each of them is one way to rent it; the cheapest of each is another. */
function mixOf(rig: Rig, counted: readonly Counted[], use: number | undefined): Omit<BreakEvenQuestion, 'months' | 'asOf'> & {readonly assumed: readonly string[]} {
  const once = counted.find(({units}) => units === null)
  if (once !== undefined) throw new RigorError('MISSING_SCHEDULE', `${once.name} — a mix says how often a month each of its workloads runs.`, {hint: 'Add schedule: {runsPerMonth: 4}, {hoursPerMonth: 160} or always.'})
  const hoursOf = ({units, unitHours}: Counted): number => (units ?? 0) * unitHours
  const unitHours = counted.reduce((sum, each) => sum + hoursOf(each), 0)
  if (!(unitHours > 0)) throw new RigorError('MISSING_SCHEDULE', 'Nothing of this mix runs in any month.', {hint: 'Say schedule: {runsPerMonth: 4}, {hoursPerMonth: 160} or always.'})
  const weighted = (read: (each: Counted) => number): number => counted.reduce((sum, each) => sum + read(each) * hoursOf(each), 0) / unitHours
  const draw = (read: (each: Counted) => Counted['idle']): Counted['idle'] => ({machineWatts: weighted(each => read(each).machineWatts), siteWatts: weighted(each => read(each).siteWatts)})
  const spread = (read: (each: Counted) => Interval | null): Interval | null => weightedSpread(counted.map(each => ({interval: read(each), weight: hoursOf(each)})))
  const most = freeHours(rig) / unitHours
  const units = use === undefined ? Math.min(1, most) : Math.min(most, (use * HOURS_PER_MONTH) / unitHours)
  return {
    unit: 'month of the mix', units, always: use === undefined && counted.every(({asked}) => asked.always),
    rigAtWork: {rig, idle: draw(({idle}) => idle), working: draw(({working}) => working), unitHours, acceleratorsUsed: weighted(each => each.acceleratorsUsed), time: spread(({time}) => time), watts: spread(({watts}) => watts), accelerator: mostUsed(counted.map(each => ({name: each.accelerator, weight: hoursOf(each)})))},
    rentals: mixRentals(counted.map(({rentals, units: each}) => ({rentals, units: each ?? 0}))),
    assumed: most < 1 ? [`The mix takes ${figureOf(unitHours)} h of the rig a month, which has ${figureOf(freeHours(rig))} h: ${figureOf(most * 100)} % of it is compared.`] : [],
  }
}
