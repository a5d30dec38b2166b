import type {NodePart, Rig} from './rig.ts'
import {sumOfParts} from './rig-parts.ts'
import type {Accelerator} from './schema.ts'

/** What cannot be, with the sum that shows it. `path` = where in the rig. */
export interface Impossibility {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly hint: string
}

/** Accelerators that the largest boards of a form carry: HGX and its likes eight, of Volta (DGX-2) and Ampere (HGX A100 16-GPU) two of them under one host; OAM base boards eight. */
export function boardLimit({formFactor, architecture}: Pick<Accelerator, 'formFactor' | 'architecture'>): number | undefined {
  return formFactor === 'sxm' ? (architecture === 'volta' || architecture === 'ampere' ? 16 : 8) : formFactor === 'oam' ? 8 : undefined
}

/** What a node may say as a sum and part by part. Systems count a little less memory than is plugged in. */
const SAID_TWICE = [
  ['memoryGib', 'GiB', ({gib}: NodePart) => gib],
  ['localSsdGb', 'GB', ({gb, rotating}: NodePart) => (rotating === true ? undefined : gb)],
] as const
const SAME_SHARE = 0.1

const figure = (value: number): string => String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** Nodes that nobody can build: more accelerators than slots or than any board carries, supplies too small for what hangs on them, a host that takes less at work than idle, parts that do not add up. */
export function impossibilitiesOf(rig: Pick<Rig, 'nodes'>, accelerators: readonly Pick<Accelerator, 'id' | 'formFactor' | 'architecture' | 'powerWatts'>[]): readonly Impossibility[] {
  return rig.nodes.flatMap((node, index): Impossibility[] => {
    const accelerator = accelerators.find(({id}) => id === node.acceleratorId)
    const at = (key: string): readonly PropertyKey[] => ['nodes', index, key]
    const found: Impossibility[] = []
    const {acceleratorCount: count, acceleratorSlots: slots, supplies} = node
    if (slots !== undefined && count > slots) found.push({path: at('acceleratorCount'), message: `${count} accelerators in ${slots} slots`, hint: `At most ${slots}, or a second node for the other ${count - slots}.`})
    if (node.hostIdleWatts > node.hostMaximumWatts) {
      found.push({path: at('hostIdleWatts'), message: `a host that draws ${figure(node.hostIdleWatts)} W idle and ${figure(node.hostMaximumWatts)} W at full load`, hint: 'hostMaximumWatts is what all but the accelerators draws at full load: no less than hostIdleWatts.'})
    }
    for (const [key, unit, read] of SAID_TWICE) {
      const [said, added] = [node[key], sumOfParts(node.parts ?? [], read)]
      if (said !== undefined && added !== undefined && Math.abs(said / added - 1) > SAME_SHARE) {
        found.push({path: at(key), message: `${figure(said)} ${unit}, but the parts add up to ${figure(added)} ${unit}`, hint: `Leave ${key} out, or complete the parts.`})
      }
    }
    if (accelerator === undefined) return found
    const board = boardLimit(accelerator)
    if (board !== undefined && count > board) found.push({path: at('acceleratorCount'), message: `${count} × ${accelerator.id} in one node: no ${accelerator.formFactor.toUpperCase()} board carries more than ${board}`, hint: `Split them over ${Math.ceil(count / board)} nodes.`})
    if (supplies !== undefined && accelerator.powerWatts !== undefined) {
      const [cards, host, given] = [count * accelerator.powerWatts, node.hostMaximumWatts, supplies.needed * supplies.ratedWatts]
      if (cards + host > given) {
        found.push({
          path: at('supplies'),
          message: `${supplies.needed} × ${figure(supplies.ratedWatts)} W of supplies are ${figure(given)} W; ${count} × ${figure(accelerator.powerWatts)} W of accelerators and ${figure(host)} W of the rest are ${figure(cards + host)} W`,
          hint: `At least ${Math.ceil((cards + host) / supplies.ratedWatts)} of these supplies have to be needed, beside those that may fail.`,
        })
      }
    }
    return found
  })
}
