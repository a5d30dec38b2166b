import type {Rig} from './catalog/rig.ts'
import {HOURS_PER_MONTH} from './cost/period.ts'
import type {Schedule} from './cost/types.ts'
import {RigorError} from './errors.ts'
import type {Interval} from './performance/types.ts'
import {freeHours, rentalsOf, aroundMedian, type BreakEvenQuestion, type Rental} from './planner/break-even.ts'
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
  readonly rentals: readonly Rental[]
  readonly time: Interval | null
  readonly watts: Interval | null
  readonly acceleratorsUsed: number
  readonly accelerator: string
  readonly idle: {readonly machineWatts: number; readonly siteWatts: number}
  readonly working: {readonly machineWatts: number; readonly siteWatts: number}
}

/** Little work beside much, for the straight line between them. */
const LITTLE_SHARE = 0.5

async function count(workspace: Workspace, workload: ReadWorkload, rig: Rig, months: number): Promise<Counted> {
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
  const mostUnits = freeHours(rig) / unitHours
  const plan = (units: number) => {
    const asked: Schedule = endless ? {kind: 'hours-per-month', hours: units} : {kind: 'runs-per-month', runs: units}
    return planWorkload({...input, workload: {...input.workload, spec: {...input.workload.spec, schedule: asked, horizonMonths: months}}, options: {...options, rigs: []}})
  }
  const power = rigPower({rig, snapshot, calibration: facts.calibration, expected: work})
  if (power === undefined) throw new RigorError('UNKNOWN_POWER', `${rig.id} — the watts of its accelerators are not known.`, {hint: 'rigor hardware show ACCELERATOR says what is known of it.'})
  const [fewUnits, manyUnits] = [mostUnits * LITTLE_SHARE, mostUnits]
  const drawn = (state: 'idle' | 'expected') => ({machineWatts: power.watts[state], siteWatts: power.siteWatts[state]})
  return {
    name: workload.name, endless, unitHours,
    units: schedule.kind === 'once' ? null : schedule.kind === 'always' ? HOURS_PER_MONTH : schedule.kind === 'runs-per-month' ? schedule.runs : endless ? schedule.hours : schedule.hours / hours.work.p50,
    rentals: rentalsOf({little: plan(fewUnits), much: plan(manyUnits), fewUnits, manyUnits, endless}),
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

/** One workload, or several that are done side by side every month as their schedules say. */
export async function breakEvenQuestion(workspace: Workspace, {rig, workloads, months, use}: BreakEvenInput): Promise<BreakEvenQuestion & {readonly assumed: readonly string[]}> {
  const counted: Counted[] = []
  for (const workload of workloads) counted.push(await count(workspace, workload, rig, months))
  const [only] = counted
  if (only === undefined) throw new RigorError('MISSING_WORKLOAD', 'No workload is given.', {hint: 'Name a file: rigor breakeven examples/finetune-8b.yaml'})
  const base = {months, asOf: workspace.options.asOf}
  const most = freeHours(rig) / only.unitHours
  if (counted.length === 1) {
    const units = use === undefined ? Math.min(only.units ?? most, most) : Math.min(most, (use * HOURS_PER_MONTH) / only.unitHours)
    const assumed = [
      ...(use === undefined && only.units === null ? ['It says to run once: as many runs a month as the rig has hours for are compared (--use 40%, or schedule: {runsPerMonth: …}).'] : []),
      ...(use === undefined && only.units !== null && only.units > most * (1 + 1e-9) ? [`${figureOf(only.units)} a month are more than the rig has hours for (${figureOf(most)}): that many are compared.`] : []),
    ]
    return {...base, unit: only.endless ? 'hour of service' : 'run', rigAtWork: {rig, ...only}, rentals: only.rentals, units, assumed}
  }
  return {...base, ...mixOf(rig, counted, use)}
}

const figureOf = (value: number): string => String(Number(value.toPrecision(3)))

/** All of them are one unit: a month of the mix. What one provider sells one way for each of them is one way to rent it; the cheapest of each is another. */
function mixOf(rig: Rig, counted: readonly Counted[], use: number | undefined): Omit<BreakEvenQuestion, 'months' | 'asOf'> & {readonly assumed: readonly string[]} {
  const once = counted.find(({units}) => units === null)
  if (once !== undefined) throw new RigorError('MISSING_SCHEDULE', `${once.name} — a mix says how often a month each of its workloads runs.`, {hint: 'Add schedule: {runsPerMonth: 4}, {hoursPerMonth: 160} or always.'})
  const hoursOf = ({units, unitHours}: Counted): number => (units ?? 0) * unitHours
  const unitHours = counted.reduce((sum, each) => sum + hoursOf(each), 0)
  const weighted = (read: (each: Counted) => number): number => counted.reduce((sum, each) => sum + read(each) * hoursOf(each), 0) / unitHours
  const interval = (read: (each: Counted) => Interval | null): Interval | null => (counted.every(each => read(each) === null) ? null : {p10: weighted(each => read(each)?.p10 ?? 1), p50: 1, p90: weighted(each => read(each)?.p90 ?? 1)})
  const draw = (read: (each: Counted) => Counted['idle']): Counted['idle'] => ({machineWatts: weighted(each => read(each).machineWatts), siteWatts: weighted(each => read(each).siteWatts)})
  const most = freeHours(rig) / unitHours
  const units = use === undefined ? Math.min(1, most) : Math.min(most, (use * HOURS_PER_MONTH) / unitHours)
  return {
    unit: 'month of the mix', units,
    rigAtWork: {rig, idle: draw(({idle}) => idle), working: draw(({working}) => working), unitHours, acceleratorsUsed: weighted(each => each.acceleratorsUsed), time: interval(({time}) => time), watts: interval(({watts}) => watts), accelerator: counted[0]!.accelerator},
    rentals: rentalsOfMix(counted, interval(({time}) => time)),
    assumed: most < 1 ? [`The mix takes ${figureOf(unitHours)} h of the rig a month, which has ${figureOf(freeHours(rig))} h: ${figureOf(most * 100)} % of it is compared.`] : [],
  }
}

function rentalsOfMix(counted: readonly Counted[], time: Interval | null): readonly Rental[] {
  const monthUsd = ({usdPerUnit, usdPerMonth}: Rental, {units}: Counted): number => usdPerMonth + usdPerUnit * (units ?? 0)
  const cheapest = (each: Counted, fits: (rental: Rental) => boolean): Rental | undefined => each.rentals.filter(rental => fits(rental) && (rental.mostUnits === null || rental.mostUnits >= (each.units ?? 0))).toSorted((a, b) => Number(a.ineligibleReason !== null) - Number(b.ineligibleReason !== null) || monthUsd(a, each) - monthUsd(b, each))[0]
  const together = (id: string, provider: string, purchase: string, fits: (rental: Rental) => boolean): readonly Rental[] => {
    const chosen = counted.map(each => cheapest(each, fits))
    if (chosen.some(rental => rental === undefined)) return []
    const sum = (read: (rental: Rental, each: Counted) => number): number => counted.reduce((total, each, index) => total + read(chosen[index]!, each), 0)
    return [{
      id, provider, purchase, usdPerUnit: sum((rental, each) => rental.usdPerUnit * (each.units ?? 0)), usdPerMonth: sum(rental => rental.usdPerMonth), mostUnits: null,
      ineligibleReason: chosen.find(rental => rental?.ineligibleReason !== null)?.ineligibleReason ?? null, time, accelerator: chosen[0]?.accelerator ?? '',
    }]
  }
  const ways = new Map(counted.flatMap(({rentals}) => rentals).map(({provider, purchase}) => [`${provider}:${purchase}`, {provider, purchase}] as const))
  return [
    ...together('the cheapest of each', 'several', 'each its own', ({ineligibleReason}) => ineligibleReason === null),
    ...[...ways].flatMap(([id, {provider, purchase}]) => together(id, provider, purchase, rental => rental.provider === provider && rental.purchase === purchase)),
  ]
}
