import {sliceOf} from '../performance/hardware.ts'
import {rateOf} from '../performance/operator-rate.ts'
import type {Hardware, Operator, Performance} from '../performance/types.ts'
import {POWER_KIND} from '../power/model.ts'
import type {Explanation, HardwareLimit, KnownFigureError, NearestMeasurement, OperatorShare, TimeBudget} from './document.ts'
import type {Estimate} from './evaluate.ts'
import {isWholeRig, type Place} from './places.ts'
import {acceleratorsPerNode, hardwareAt, type PublishedErrors, type Session} from './session.ts'

/** Where an estimate's time goes, how far that is from what the hardware could do, and what published measurements say of such estimates. */
export function explanationOf(session: Session, estimate: Estimate, publishedErrors: PublishedErrors): Explanation {
  const {performance, way: {place}, nodes} = estimate
  const {calibration} = session.facts
  const {kind} = session.demand
  const {model} = session.work
  // The operators of a rig's unlike groups are those of one of them: their rates have no one limit.
  const at = isWholeRig(place) ? undefined : hardwareAt(session, place, nodes)
  const hardware = at === undefined || 'reason' in at ? undefined : sliceOf(at)
  const measured = calibration.nearest(kind, place.accelerator, model)
  const kinds = [kind, ...(estimate.power.acceleratorWatts === null ? [] : [POWER_KIND])]
  return {
    budget: budgetsOf(performance, hardware),
    limit: limitOf(performance, place, nodes),
    nearest: nearestOf(measured),
    knownError: kinds.flatMap(each => {
      const distance = each === kind ? measured.distance : calibration.distance(each, place.accelerator, model)
      const own = each === kind ? performance.spreadMetrics : undefined
      return calibration.errors(each, distance).filter(({metric}) => own === undefined || own.includes(metric)).map(({metric, spread, from, measurements}): KnownFigureError => ({
        kind: each, metric, distance, from, p10: Math.exp(spread.lowLog), p90: Math.exp(spread.highLog), measurements, published: publishedErrors(each, metric) ?? null,
      }))
    }),
  }
}

function nearestOf({distance, rows}: ReturnType<Session['facts']['calibration']['nearest']>): NearestMeasurement | null {
  const [first] = rows
  if (first === undefined) return null
  const same = (key: 'accelerator' | 'model'): string | null => (rows.every(row => row[key] === first[key]) ? first[key] : null)
  return {
    distance,
    accelerator: same('accelerator'),
    model: same('model'),
    measurements: rows.reduce((sum, row) => sum + row.measurements, 0),
    rows: rows.map(({accelerator, model, measurements}) => ({accelerator, model, measurements})),
  }
}

/** Of a run without an end, one unit of throughput: the roofline is per unit as well. */
function limitOf({acceleratorsUsed, endless, workSeconds, throughput, rooflineSeconds}: Performance, place: Place, nodes: number): HardwareLimit | null {
  const rate = throughput.value?.p50 ?? 0
  const estimateSeconds = endless ? (rate > 0 ? 1 / rate : null) : (workSeconds?.p50 ?? null)
  if (estimateSeconds === null || !(rooflineSeconds > 0)) return null
  const accelerators = isWholeRig(place) ? acceleratorsUsed : acceleratorsPerNode(place) * nodes
  return {per: endless ? 'throughput-unit' : 'run', accelerators, rooflineSeconds, estimateSeconds, ratio: estimateSeconds / rooflineSeconds}
}

/** "decode step: weights" belongs to "decode step"; what names no budget is of one step, or of the run where it adds up to that. */
export function budgetsOf(performance: Pick<Performance, 'operators' | 'workSeconds' | 'configuration'>, hardware: Hardware | undefined): TimeBudget[] {
  const nameOf = ({name}: Operator): string => (name.includes(': ') ? name.slice(0, name.indexOf(': ')) : '')
  return [...Map.groupBy(performance.operators, nameOf)].map(([name, operators]): TimeBudget => {
    const total = operators.reduce((sum, {seconds}) => sum + seconds, 0)
    return {
      group: name === '' ? unnamedGroup(total, performance) : name,
      operators: operators
        .map((operator): OperatorShare => ({
          name: name === '' ? operator.name : operator.name.slice(name.length + 2),
          seconds: operator.seconds,
          share: total > 0 ? operator.seconds / total : 0,
          bound: operator.bound,
          ...rateOf(operator, performance.configuration.precision, hardware),
        }))
        .toSorted((a, b) => b.seconds - a.seconds),
    }
  })
}

const unnamedGroup = (total: number, {workSeconds}: Pick<Performance, 'workSeconds'>): string =>
  workSeconds !== null && Math.abs(total - workSeconds.p50) <= workSeconds.p50 * 1e-6 ? 'run' : 'step'
