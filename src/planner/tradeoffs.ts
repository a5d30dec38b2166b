import {groupDigits} from '../units/format.ts'
import type {Place} from './places.ts'
import type {Tradeoff} from './document.ts'

/** What a tradeoff may be derived from: data fields of the place and the way it is bought, nothing else. */
export interface TradeoffInput {
  readonly place: Place
  readonly service: string
  readonly purchase: string
  readonly marketplace: boolean
  /** Newest release year among the accelerators of the catalog that have a price. */
  readonly newestReleaseYear: number
  readonly provisioningHours: number | null
  readonly skills: readonly string[] | undefined
  readonly nodes: number
  /** The site of a rig lacks circuits for it. */
  readonly layingCircuits: boolean
}

/** Years after which a data-centre accelerator has lost most of its price: 25 to 35 % of it are left (`residual_h100_year3` in data/facility.csv). */
const OLD_GENERATION_YEARS = 3

/** From here nobody works beside it: 10 dB, twice as loud, above conversation (`noise_conversation` in data/facility.csv, 60 dBA). The limit is an assumption. */
const LOUD_DBA = 70

const VENDOR_SKILLS: Readonly<Record<string, string>> = {nvidia: 'cuda', amd: 'rocm'}

/** Skills that a target asks for, in the words of `skills:` of the config. What a provider manages asks for none. */
export function skillsFor({place, service, nodes, layingCircuits}: Pick<TradeoffInput, 'place' | 'service' | 'nodes' | 'layingCircuits'>): readonly string[] {
  if (place.kind === 'cloud' && service !== 'vm' && service !== 'kubernetes') return []
  const vendor = VENDOR_SKILLS[place.accelerator.vendor]
  return [
    'linux', ...(service === 'kubernetes' ? ['kubernetes'] : []), ...(vendor === undefined ? [] : [vendor]),
    ...(nodes > 1 ? ['distributed training'] : []), ...(layingCircuits ? ['electrical work'] : []),
  ]
}

export function tradeoffsOf(input: TradeoffInput): Tradeoff[] {
  const {place, purchase} = input
  const lines: Tradeoff[] = []
  const add = (topic: Tradeoff['topic'], sign: Tradeoff['sign'], text: string): void => void lines.push({topic, sign, text})
  if (place.kind === 'rig') {
    const {rig, node} = place
    const noise = node.noiseDba
    add('elasticity', '-', `ends at ${counted(node.acceleratorCount * node.count)}, and draws ${rig.site.whenIdle === 'on' ? 'idle power' : 'nothing'} when unused`)
    add('capital', '-', capitalText(place))
    add('upkeep', '-', `${thousands(rig.upkeepUsdPerYear)} USD of upkeep a year, ${hours(rig.setupHours)} of set-up once`)
    if (noise !== undefined) add('noise', noise >= LOUD_DBA ? '-' : '0', `about ${noise} dBA at 1 m${noise >= LOUD_DBA ? ': needs a room of its own' : ''}`)
    add('privacy', '+', 'data stays on own hardware')
  } else if (place.kind === 'cloud') {
    if (purchase === 'flex-start') add('elasticity', '-', 'starts when there is capacity, so it may wait in a queue first (not in the hours); ends after seven days')
    else if (purchase === 'on-demand' || purchase === 'spot' || purchase === 'community') add('elasticity', '+', 'grows and shrinks by the hour, nothing tied up')
    else add('capital', '-', `bound for the whole ${purchase} term`)
    if (purchase === 'spot' || purchase === 'community') add('interruption', '-', 'can be taken away at any time')
    if (input.service === 'vm' || input.service === 'kubernetes') add('managed', '0', 'self-run machine')
    else add('managed', '+', `managed by ${input.service}: less to run, priced accordingly`)
    add('privacy', input.marketplace ? '-' : '0', input.marketplace ? "on a stranger's hardware" : "in the provider's data centre, under your account")
    if (input.provisioningHours !== null && input.provisioningHours > 0) add('setup', '0', `usually usable after ${minutes(input.provisioningHours)}`)
  }
  const asked = place.kind === 'bare' ? [] : skillsFor(input)
  const missing = input.skills === undefined ? [] : asked.filter(skill => !input.skills?.some(own => own.toLowerCase() === skill))
  if (missing.length > 0) add('skills', '-', `needs ${missing.join(' and ')}, not among your skills`)
  else if (asked.length > 0) add('skills', '0', `self-run: asks for ${asked.join(', ')}`)
  const {releaseYear, name} = place.accelerator
  if (releaseYear !== undefined) {
    const behind = input.newestReleaseYear - releaseYear
    if (behind <= 0) add('newest-hardware', '+', `${name} is of the newest generation (${releaseYear})`)
    else if (behind >= OLD_GENERATION_YEARS && place.kind === 'rig') add('obsolescence', '-', `${name} is from ${releaseYear}: ${behind} years behind the newest`)
  }
  return lines
}

function capitalText(place: Place & {kind: 'rig'}): string {
  const {financing, residualShare, serviceLifeYears} = place.rig
  if (financing?.kind === 'lease') return `leased for ${thousands(financing.usdPerMonth)} USD a month over ${financing.months} months${financing.buyoutUsd === undefined ? '' : `, then bought out for ${thousands(financing.buyoutUsd)} USD`}`
  return `${thousands(nodePrice(place))} USD of capital tied up, ${percent(residualShare)} of it left after ${serviceLifeYears} years`
}

export function nodePrice(place: Place & {kind: 'rig'}): number {
  return place.node.priceUsd * place.node.count
}

const counted = (accelerators: number): string => `${accelerators} accelerator${accelerators === 1 ? '' : 's'}`
const percent = (share: number): string => `${Math.round(share * 100)} %`
const hours = (count: number): string => `${Math.round(count * 10) / 10} h`
const minutes = (count: number): string => (count < 1 ? `${Math.round(count * 60)} min` : hours(count))
/** 12345 → "12,345". */
const thousands = (amount: number): string => groupDigits(String(Math.round(amount)))
