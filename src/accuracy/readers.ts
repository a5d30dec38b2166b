import type {Accelerator} from '../catalog/schema.ts'
import type {Facts} from '../workload/contract.ts'
import {acceleratorOf as transcribes, predictMeasurement as predictAudio} from '../workload/audio/measured.ts'
import {knowsDevices, predictMeasurement as predictCfd} from '../workload/cfd/measured.ts'
import {predictMeasurement as predictDiffusionTraining} from '../workload/diffusion-train/measured.ts'
import {predictMeasurement as predictImages} from '../workload/image-generation/measured.ts'
import {predictMeasurement as predictFinetuning} from '../workload/llm-finetune/measured.ts'
import {predictMeasurement as predictInference} from '../workload/llm-inference/measured.ts'
import {predictMeasurement as predictPretraining} from '../workload/llm-pretrain/measured.ts'
import {knowsDevices as knowsMolecularDevices, predictMeasurement as predictMolecularDynamics} from '../workload/molecular-dynamics/measured.ts'
import {predictMeasurement as predictClips} from '../workload/video-generation/measured.ts'
import {knowsMachine, predictMeasurement as predictAnalytics} from '../workload/data-analytics/measured.ts'
import {predictMeasurement as predictTabular} from '../workload/ml-tabular/measured.ts'
import {knowsAccelerator} from '../workload/networks/measured.ts'
import {predictMeasurement as predictNlpInference} from '../workload/nlp-inference/measured.ts'
import {predictMeasurement as predictNlpTraining} from '../workload/nlp-train/measured.ts'
import {predictMeasurement as predictVisionInference} from '../workload/vision-inference/measured.ts'
import {predictMeasurement as predictVisionTraining} from '../workload/vision-train/measured.ts'
import {knowsDevices as knowsSimulators, predictMeasurement as predictReinforcementLearning} from '../workload/reinforcement-learning/measured.ts'
import {withEnergy} from './energy.ts'
import type {Prediction} from './score.ts'
import type {Setting} from './setting.ts'

type Predict = (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]) => Prediction

/** Answers rows of measured results for one workload kind. */
export interface MeasurementReader {
  readonly kind: string
  /** Values of the `kind` column it reads. */
  readonly labels: readonly string[]
  /** What its speeds (rates, and times of a run or a step) are called in the tables. */
  readonly speed: string
  /** What its watts and joules are called, and its memory, where they are a figure of their own. */
  readonly energy?: string
  readonly memory?: string
  /** The same as `speed` for accelerators with such a label, where it is not as for most. */
  readonly speedOn?: (accelerator: string) => string | undefined
  readonly predict: Predict
  /** Other kinds whose factors its answers rest on. */
  readonly restsOn?: readonly string[]
  /** As the kind does: accelerators with a part of a data sheet will do. */
  readonly readsPartialSheets?: boolean
  /** Whether it can tell the accelerators of a label; absent = labels name one sort of them. */
  readonly knowsAccelerator?: (label: string, accelerators: readonly Accelerator[]) => boolean
}

/** What the memory of all but language models is called. */
export const OTHER_MEMORY = 'memory of other work'

/** One line per kind that can be scored. */
export const readers: readonly MeasurementReader[] = [
  {kind: 'audio', labels: ['speech_recognition', 'audio_inference'], speed: 'transcription', memory: OTHER_MEMORY, predict: predictAudio, readsPartialSheets: true, knowsAccelerator: (label, accelerators) => transcribes(label, accelerators) !== undefined, speedOn: label => (/\bCPU\b/.test(label) ? 'transcription on processors' : undefined)},
  {kind: 'cfd', labels: ['hpc_cfd'], speed: 'cell updates', predict: predictCfd, readsPartialSheets: true, knowsAccelerator: knowsDevices, speedOn: label => (/\bCPU\b/.test(label) ? 'cell updates on processors' : undefined)},
  {kind: 'molecular-dynamics', labels: ['hpc_md'], speed: 'molecular dynamics', predict: predictMolecularDynamics, readsPartialSheets: true, knowsAccelerator: knowsMolecularDevices, speedOn: label => (/\bCPU\b/.test(label) ? 'molecular dynamics on processors' : undefined)},
  {kind: 'image-generation', labels: ['image_generation'], speed: 'images and clips', memory: OTHER_MEMORY, energy: 'energy of images and clips', predict: withEnergy(predictImages)},
  {kind: 'video-generation', labels: ['video_generation'], speed: 'images and clips', memory: OTHER_MEMORY, energy: 'energy of images and clips', predict: withEnergy(predictClips)},
  {kind: 'diffusion-train', labels: ['image_generation_training'], speed: 'diffusion training', restsOn: ['image-generation'], predict: predictDiffusionTraining},
  {kind: 'data-analytics', labels: ['data_analytics'], speed: 'analytics', predict: predictAnalytics, readsPartialSheets: true, knowsAccelerator: knowsMachine},
  {kind: 'llm-inference', labels: ['llm_inference', 'llm_serving', 'multimodal_inference'], speed: 'serving throughput', predict: withEnergy(predictInference)},
  {kind: 'ml-tabular', labels: ['ml_tabular'], speed: 'trees over tables', predict: predictTabular, readsPartialSheets: true},
  {kind: 'llm-pretrain', labels: ['llm_pretraining', 'llm_training'], speed: 'training step', predict: withEnergy(predictPretraining)},
  {kind: 'llm-finetune', labels: ['llm_finetuning'], speed: 'fine-tuning step', predict: withEnergy(predictFinetuning)},
  {kind: 'vision-train', labels: ['cv_training'], speed: 'vision training', predict: predictVisionTraining, readsPartialSheets: true, knowsAccelerator},
  {kind: 'vision-inference', labels: ['cv_inference'], speed: 'vision inference', memory: OTHER_MEMORY, predict: predictVisionInference, readsPartialSheets: true, knowsAccelerator, speedOn: label => (/\bCPU\b/.test(label) ? 'vision inference on processors' : undefined)},
  {kind: 'nlp-train', labels: ['nlp_training'], speed: 'NLP training', predict: predictNlpTraining, readsPartialSheets: true, knowsAccelerator},
  {kind: 'nlp-inference', labels: ['nlp_inference', 'embedding'], speed: 'NLP inference', predict: predictNlpInference, readsPartialSheets: true, knowsAccelerator},
  {kind: 'reinforcement-learning', labels: ['rl_env', 'rl_train'], speed: 'environment steps', memory: OTHER_MEMORY, predict: predictReinforcementLearning, readsPartialSheets: true, knowsAccelerator: knowsSimulators, speedOn: label => (/^CPU\b/.test(label) ? 'environment steps on processors' : undefined)},
]

export const readerOf = (label: string): MeasurementReader | undefined => readers.find(({labels}) => labels.includes(label))
