import type {Kind} from '../contract.ts'
import {mediaDemand, type MediaDemand} from '../media/demand.ts'
import {mediaConfigurations, mediaLowerBound, mediaRefusal, performMedia} from '../media/performance.ts'
import {VideoGenerationSpec} from './schema.ts'

export const videoGeneration: Kind<VideoGenerationSpec, MediaDemand> = {
  id: 'video-generation',
  title: 'Clips by a diffusion model',
  throughputUnit: 'clips/h',
  spec: VideoGenerationSpec,
  example: {kind: 'video-generation', model: 'wan2.1-14b', clips: 200, resolution: '832x480', frames: 81},
  needsSoftware: true,
  independentReplicas: true,
  readsHost: true,
  demand: (spec, facts) => mediaDemand({kind: 'video-generation', modality: 'video', items: spec.clips, frames: spec.frames}, spec, facts),
  configurations: mediaConfigurations,
  perform: performMedia,
  refuse: mediaRefusal,
  lowerBoundSeconds: mediaLowerBound,
}
