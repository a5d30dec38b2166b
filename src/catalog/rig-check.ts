import type {NodePart, Rig, RigNode} from './rig.ts'
import {sumOfParts} from './rig-parts.ts'
import type {Accelerator} from './schema.ts'

/** What cannot be, with the sum that shows it. `path` = where in the rig. */
export interface Impossibility {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly hint: string
}

type Form = Pick<Accelerator, 'id' | 'formFactor' | 'architecture'>

/** Accelerators that the largest boards of a form carry: HGX and its likes eight, of Volta (DGX-2) and Ampere (HGX A100 16-GPU) two of them under one host; OAM base boards eight. What is soldered in is there once. */
export function boardLimit({formFactor, architecture}: Pick<Accelerator, 'formFactor' | 'architecture'>): number | undefined {
  if (formFactor === 'sxm') return architecture === 'volta' || architecture === 'ampere' ? 16 : 8
  return formFactor === 'oam' ? 8 : formFactor === 'laptop' || formFactor === 'soc' ? 1 : undefined
}

/** Goes into a slot, so that another card may take its place. */
export const isCard = ({formFactor}: Pick<Accelerator, 'formFactor'>): boolean => formFactor === 'pcie' || formFactor === 'nvl'

/** Cards of one machine, where it does not say its slots: p2.16xlarge has sixteen, chassis of data/servers.csv ten. */
const MOST_CARDS = 16

/** More accelerators than a node has slots, than any board of their form carries, or than any chassis that is known holds. */
export function crowdingOf({acceleratorCount: count, acceleratorSlots: slots}: Pick<RigNode, 'acceleratorCount' | 'acceleratorSlots'>, accelerator: Form | undefined): Pick<Impossibility, 'message' | 'hint'> | undefined {
  if (slots !== undefined && count > slots) return {message: `${count} accelerators in ${slots} slots`, hint: `At most ${slots}, or a second node for the other ${count - slots}.`}
  if (accelerator === undefined) return undefined
  const board = boardLimit(accelerator)
  if (board === 1 && count > board) return {message: `${count} × ${accelerator.id} in one node: a machine has one`, hint: `Say count: ${count} for as many machines.`}
  if (board !== undefined && count > board) return {message: `${count} × ${accelerator.id} in one node: no ${accelerator.formFactor.toUpperCase()} board carries more than ${board}`, hint: `Split them over ${Math.ceil(count / board)} nodes.`}
  if (isCard(accelerator) && slots === undefined && count > MOST_CARDS) return {message: `${count} × ${accelerator.id} in one node: no chassis that is known holds more than ${MOST_CARDS} cards`, hint: `Split them over ${Math.ceil(count / MOST_CARDS)} nodes, or say acceleratorSlots: ${count} if its chassis has them.`}
  return undefined
}

/** What a node may say as a sum and part by part. Systems count a little less memory than is plugged in. */
const SAID_TWICE = [
  ['memoryGib', 'GiB', ({gib}: NodePart) => gib],
  ['localSsdGb', 'GB', ({gb, rotating}: NodePart) => (rotating === true ? undefined : gb)],
] as const
const SAME_SHARE = 0.1

const figure = (value: number): string => String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** Nodes that nobody can build: more accelerators than there is room for, links over more than there are, supplies or a rating too small for what hangs on them, a host that takes less at work than idle, parts that do not add up. */
export function impossibilitiesOf(rig: Pick<Rig, 'nodes'>, accelerators: readonly (Form & Pick<Accelerator, 'powerWatts'>)[]): readonly Impossibility[] {
  return rig.nodes.flatMap((node, index): Impossibility[] => {
    const accelerator = accelerators.find(({id}) => id === node.acceleratorId)
    const at = (...keys: readonly PropertyKey[]): readonly PropertyKey[] => ['nodes', index, ...keys]
    const found: Impossibility[] = []
    const {acceleratorCount: count, supplies, ratedMaximumWatts: rating} = node
    const crowding = crowdingOf(node, accelerator)
    if (crowding !== undefined) found.push({path: at('acceleratorCount'), ...crowding})
    for (const [level, {groupSize}] of node.levels.entries()) {
      const inner = node.levels[level - 1]?.groupSize ?? 0
      const message = groupSize > count ? `a link over ${groupSize} accelerators in a node of ${count}` : groupSize <= inner ? `a link over ${groupSize} accelerators outside one over ${inner}` : undefined
      if (message !== undefined) found.push({path: at('levels', level, 'groupSize'), message, hint: `Levels are groups of accelerators of one node, innermost first: each is larger than the one before, the last at most ${count}.`})
    }
    if (node.hostIdleWatts > node.hostMaximumWatts) {
      found.push({path: at('hostIdleWatts'), message: `a host that draws ${figure(node.hostIdleWatts)} W idle and ${figure(node.hostMaximumWatts)} W at full load`, hint: 'hostMaximumWatts is what all but the accelerators draws at full load: no less than hostIdleWatts.'})
    }
    for (const [key, unit, read] of SAID_TWICE) {
      const [said, added] = [node[key], sumOfParts(node.parts ?? [], read)]
      if (said !== undefined && added !== undefined && Math.abs(said / added - 1) > SAME_SHARE) {
        found.push({path: at(key), message: `${figure(said)} ${unit}, but the parts add up to ${figure(added)} ${unit}`, hint: `Leave ${key} out, or complete the parts.`})
      }
    }
    if (accelerator?.powerWatts === undefined) return found
    const cards = count * accelerator.powerWatts
    const sum = `${count} × ${figure(accelerator.powerWatts)} W of accelerators`
    if (rating !== undefined && rating < cards) {
      found.push({path: at('ratedMaximumWatts'), message: `a rating of ${figure(rating)} W, but ${sum} alone are ${figure(cards)} W`, hint: 'ratedMaximumWatts is what the nameplate says of the whole node.'})
    }
    if (supplies !== undefined) {
      const [host, given] = [node.hostMaximumWatts, supplies.needed * supplies.ratedWatts]
      if (cards + host > given) {
        found.push({
          path: at('supplies'),
          message: `${supplies.needed} × ${figure(supplies.ratedWatts)} W of supplies are ${figure(given)} W; ${sum} and ${figure(host)} W of the rest are ${figure(cards + host)} W`,
          hint: `At least ${Math.ceil((cards + host) / supplies.ratedWatts)} of these supplies have to be needed, beside those that may fail.`,
        })
      }
    }
    return found
  })
}
