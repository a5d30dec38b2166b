import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {frameMemory, type FrameWork} from './frame.ts'
import type {DISPLAYS, GraphicsSpec} from './schema.ts'

export const GRAPHICS = 'graphics'

export interface GraphicsDemand extends Demand {
  readonly work: FrameWork
  readonly display: (typeof DISPLAYS)[number]
  /** A session: so long, at this rate. `null` = frames as fast as they come. */
  readonly session: {readonly seconds: number; readonly framesPerSecond: number} | null
  readonly frames: number
  readonly configuration: Configuration
}

const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const

export function graphicsDemand(spec: GraphicsSpec, _facts: Facts): GraphicsDemand {
  const {configuration, resolution: {width, height}} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to graphics.`, {hint: 'They take runtime, and dp, the number of accelerators that render frames side by side.'})
  }
  const precision = onePrecision(spec)
  if (precision !== undefined && precision !== 'fp32') throw new RigorError('BAD_PRECISION', `Frames are drawn in fp32, not in ${precision}.`, {hint: 'Leave precision out.'})
  const assumptions = createAssumptions()
  const {playTime} = spec
  const session = playTime === undefined ? null : {seconds: playTime, framesPerSecond: assumptions.choose('framesPerSecond', spec.framesPerSecond, 60)}
  const display = assumptions.choose('display', spec.display, session === null ? ('none' as const) : ('monitor' as const))
  const detail = assumptions.choose('detail', spec.detail, 'ultra' as const)
  const rayTracing = assumptions.choose('rayTracing', spec.rayTracing, false)
  const work: FrameWork = {pixels: width * height, detail, rayTracing}
  const frames = session === null ? (spec.frames ?? 0) : session.seconds * session.framesPerSecond
  return {
    kind: GRAPHICS,
    summary: `${width} × ${height}, ${detail}${rayTracing ? ', rays traced' : ''}: ${session === null ? `${formatCount(frames, 3)} frames` : `${formatCount(session.seconds / 3600, 3)} h at ${session.framesPerSecond} frames/s`}${display === 'monitor' ? ' on a monitor' : display === 'stream' ? ' as a stream' : ''}`,
    assumptions: assumptions.list,
    throughputUnit: 'frames/s',
    costUnit: session === null ? {name: '1,000 frames', amount: 1000} : {name: 'hour of play', amount: 3600 * session.framesPerSecond},
    workUnits: frames,
    endless: false,
    minimumTotalMemoryGib: frameMemory(work).reduce((sum, {gib}) => sum + gib, 0),
    ...(display === 'monitor' ? {atHand: {why: 'a monitor cannot be plugged into a rented machine', elsewhere: 'display: stream'}} : {}),
    work,
    display,
    session,
    frames,
    configuration,
  }
}
