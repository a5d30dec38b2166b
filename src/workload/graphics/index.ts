import type {Kind} from '../contract.ts'
import {GRAPHICS, graphicsDemand, type GraphicsDemand} from './demand.ts'
import {graphicsConfigurations, graphicsLowerBoundSeconds, graphicsRefusal, performGraphics} from './performance.ts'
import {GraphicsSpec} from './schema.ts'

export const graphics: Kind<GraphicsSpec, GraphicsDemand> = {
  id: GRAPHICS,
  title: 'Games and rendering',
  throughputUnit: 'frames/s',
  spec: GraphicsSpec,
  example: {kind: 'graphics', resolution: '3840x2160', playTime: '100 h', framesPerSecond: 60},
  needsSoftware: true,
  independentReplicas: true,
  demand: graphicsDemand,
  configurations: graphicsConfigurations,
  perform: performGraphics,
  refuse: graphicsRefusal,
  lowerBoundSeconds: graphicsLowerBoundSeconds,
}
