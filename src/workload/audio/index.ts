import type {Kind} from '../contract.ts'
import {audioDemand, type AudioDemand} from './demand.ts'
import {AUDIO} from './factors.ts'
import {audioConfigurations, audioLowerBound, audioRefusal, performAudio} from './performance.ts'
import {AudioSpec} from './schema.ts'

export const audio: Kind<AudioSpec, AudioDemand> = {
  id: AUDIO,
  title: 'Speech and sound: transcription, generation, training',
  throughputUnit: '× real time',
  spec: AudioSpec,
  example: {kind: 'audio', model: 'whisper-large-v3', task: 'transcribe', hours: 10_000},
  needsSoftware: true,
  independentReplicas: false,
  runsOnProcessors: true,
  demand: audioDemand,
  configurations: audioConfigurations,
  perform: performAudio,
  refuse: audioRefusal,
  lowerBoundSeconds: audioLowerBound,
}
