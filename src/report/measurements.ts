import type {Interval} from '../performance/types.ts'
import type {Evidence} from '../planner/own-measurements.ts'
import {exactFigure, inFull, scaled, secondsUnit} from './format.ts'

/** A measured figure and the estimate of it, as people see them. */
export interface MeasurementFigures {
  readonly measured: string
  readonly predicted: string
  /** "1.12" */
  readonly ratio: string
  /** "inside the interval", "1.7 standard deviations off". */
  readonly apart: string
  readonly pulledText: string | undefined
}

export function measurementFigures({figure, offset, sigmaLog}: Evidence, pulled?: Interval): MeasurementFigures {
  // Durations are kept in seconds and shown in the unit that suits them.
  const {unit, factor} = figure.unit === 's' ? unitOf(figure.predicted.p50) : {unit: figure.unit, factor: 1}
  const show = (interval: Interval): string => inFull(scaled(interval, factor), unit)
  return {
    measured: `${exactFigure(figure.measured * factor)} ${unit}`,
    predicted: show(figure.predicted),
    ratio: (figure.measured / figure.predicted.p50).toPrecision(3),
    apart: figure.measured >= figure.predicted.p10 && figure.measured <= figure.predicted.p90 ? 'inside the interval' : `${(Math.abs(offset) / sigmaLog).toPrecision(2)} standard deviations off`,
    pulledText: pulled === undefined ? undefined : show(pulled),
  }
}

function unitOf(seconds: number): {unit: string; factor: number} {
  const {unit, perSecond} = secondsUnit(seconds)
  return {unit, factor: perSecond}
}
