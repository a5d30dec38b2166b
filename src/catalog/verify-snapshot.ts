import type * as z from 'zod'
import {Rig} from './rig.ts'
import {Accelerator, AudioModel, CalibrationEntry, LanguageModel, Machine, MediaModel, Offer, SoftwareSupport, Source} from './schema.ts'
import type {Snapshot} from './snapshot.ts'
import type {CatalogProblem} from './verify.ts'

/**
 * What can be checked of a compiled catalog, whose files are not at hand: every row against its schema, and every name
 * that must exist.
 */
export function verifySnapshot(snapshot: Snapshot): readonly CatalogProblem[] {
  const problems: CatalogProblem[] = []
  const sourceIds = new Set(snapshot.sources.map((source) => source.id))
  const acceleratorIds = new Set(snapshot.accelerators.map((accelerator) => accelerator.id))
  const conform = <T>(file: string, rows: readonly T[], schema: z.ZodType, keyOf: (row: T) => string): void => {
    for (const row of rows) {
      const parsed = schema.safeParse(row)
      if (!parsed.success) for (const issue of parsed.error.issues) problems.push({file, at: keyOf(row), message: `${issue.path.join('.')}: ${issue.message}`})
    }
  }
  const sourced = <T extends {readonly sourceId: string}>(file: string, rows: readonly T[], keyOf: (row: T) => string): void => {
    for (const row of rows) if (!sourceIds.has(row.sourceId)) problems.push({file, at: keyOf(row), message: `the source "${row.sourceId}" is unknown`})
  }
  const machineKey = ({provider, instanceType}: {readonly provider: string; readonly instanceType: string}): string => `${provider}/${instanceType}`
  conform('sources', snapshot.sources, Source, ({id}) => id)
  conform('accelerators', snapshot.accelerators, Accelerator, ({id}) => id)
  conform('devices', snapshot.devices, Accelerator, ({id}) => id)
  conform('machines', snapshot.machines, Machine, machineKey)
  conform('models', snapshot.models, LanguageModel, ({id}) => id)
  conform('audio-models', snapshot.audioModels, AudioModel, ({id}) => id)
  conform('mediaModels', snapshot.mediaModels, MediaModel, ({id}) => id)
  conform('software', snapshot.software, SoftwareSupport, ({runtime, architecture}) => `${runtime} ${architecture}`)
  conform('calibration', snapshot.calibration.entries, CalibrationEntry, ({kind, quantity}) => `${kind} ${quantity}`)
  conform('rigs', snapshot.rigs, Rig, ({id}) => id)
  sourced('accelerators', snapshot.accelerators, ({id}) => id)
  sourced('devices', snapshot.devices, ({id}) => id)
  sourced('machines', snapshot.machines, machineKey)
  sourced('models', snapshot.models, ({id}) => id)
  sourced('audio-models', snapshot.audioModels, ({id}) => id)
  sourced('mediaModels', snapshot.mediaModels, ({id}) => id)
  let offerCount = 0
  for (const machine of snapshot.machines) {
    const key = machineKey(machine)
    if (machine.acceleratorId !== undefined && !acceleratorIds.has(machine.acceleratorId)) problems.push({file: 'machines', at: key, message: `there is no accelerator "${machine.acceleratorId}"`})
    const offers = snapshot.offersOf(key)
    offerCount += offers.length
    conform('offers', offers, Offer, machineKey)
    sourced('offers', offers, machineKey)
  }
  if (offerCount !== snapshot.offerCount) problems.push({file: 'offers', at: '', message: `${offerCount} offers were found, ${snapshot.offerCount} should be there`})
  return problems
}
