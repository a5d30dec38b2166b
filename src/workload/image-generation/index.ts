import type {Kind} from '../contract.ts'
import {mediaDemand, type MediaDemand} from '../media/demand.ts'
import {mediaConfigurations, mediaLowerBound, mediaRefusal, performMedia} from '../media/performance.ts'
import {ImageGenerationSpec} from './schema.ts'

export const imageGeneration: Kind<ImageGenerationSpec, MediaDemand> = {
  id: 'image-generation',
  title: 'Images by a diffusion model',
  throughputUnit: 'images/s',
  spec: ImageGenerationSpec,
  example: {kind: 'image-generation', model: 'flux.1-dev', images: '20k', resolution: '1024x1024'},
  needsSoftware: true,
  independentReplicas: true,
  readsHost: true,
  demand: (spec, facts) => mediaDemand({kind: 'image-generation', modality: 'image', items: spec.images, frames: 1}, spec, facts),
  configurations: mediaConfigurations,
  perform: performMedia,
  refuse: mediaRefusal,
  lowerBoundSeconds: mediaLowerBound,
}
