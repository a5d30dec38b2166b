import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, durationSeconds, lazyShape, resolution, word, yesOrNo} from '../fields.ts'

export const DETAILS = ['medium', 'ultra'] as const
export const DISPLAYS = ['monitor', 'stream', 'none'] as const

export const GraphicsSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('graphics'),
    /** Pixels of a frame: "3840x2160", "4k", "1440p". */
    resolution: resolution(),
    /** Hours of play, or of a session: "100 h". Frames are drawn as they are wanted. */
    playTime: durationSeconds().optional(),
    /** Frames that are rendered one after the other as fast as it goes, instead of a session. */
    frames: count({maximum: 1e9}).optional(),
    /** Frames a second that a session has to reach. Absent = 60. */
    framesPerSecond: count({maximum: 1000}).optional(),
    /** How much is drawn for a pixel. Absent = ultra. */
    detail: word(DETAILS).optional(),
    /** Light is traced along rays, too. Absent = no. */
    rayTracing: yesOrNo().optional(),
    /** `monitor`: on a screen at the machine. `stream`: as a video over the network. `none`: files. Absent = monitor for a session, none for frames. */
    display: word(DISPLAYS, {screen: 'monitor', file: 'none', files: 'none'}).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    if ((spec.playTime === undefined) === (spec.frames === undefined)) context.addIssue({code: 'custom', message: 'graphics are either a session (playTime) or frames that are rendered (frames)', path: ['playTime']})
    if (spec.frames !== undefined && spec.framesPerSecond !== undefined) context.addIssue({code: 'custom', message: 'framesPerSecond belongs to a session (playTime)', path: ['framesPerSecond']})
  })
export type GraphicsSpec = z.infer<typeof GraphicsSpec>
