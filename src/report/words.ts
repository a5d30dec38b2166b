import type {Distance} from '../performance/distance.ts'
import type {Bottleneck, Confidence, Configuration, RefusalReason} from '../performance/types.ts'
import type {IneligibleReason, PlanTarget, Tradeoff} from '../planner/document.ts'
import type {Verdict} from '../power/rig-verdict.ts'
import type {Style} from './layout.ts'

/** How a figure came about, as a glyph that is the fuller the better it is founded. */
export const CONFIDENCE: Readonly<Record<Confidence, {readonly glyph: string; readonly meaning: string}>> = {
  measured: {glyph: '●', meaning: 'measured'},
  calibrated: {glyph: '◐', meaning: 'calibrated on measurements'},
  computed: {glyph: '○', meaning: 'computed from data sheets'},
  assumed: {glyph: '?', meaning: 'rests on an assumption'},
}

/** Why a target may not win, as a mark behind its rank. */
export const INELIGIBLE: Readonly<Record<IneligibleReason, {readonly glyph: string; readonly meaning: string}>> = {
  stale: {glyph: '†', meaning: 'price too old to win (--accept-stale lifts this)'},
  'from-price': {glyph: '‡', meaning: 'a "from" price, cannot win'},
  unverified: {glyph: '§', meaning: 'price not verified, cannot win'},
  marketplace: {glyph: '¶', meaning: 'marketplace minimum, cannot win'},
}

/** How near the nearest published measurement is. */
export const DISTANCE: Readonly<Record<Distance, string>> = {
  measured: 'same accelerator and model', accelerator: 'same accelerator, other models', family: 'other accelerators of the architecture', none: 'nothing near',
}

export const NEAR_TIE_GLYPH = '≈'
export const REFUSED_GLYPH = '✗'

/** What a reason means, in the fewest words. */
export const REFUSAL: Readonly<Record<RefusalReason, string>> = {
  memory: 'too little memory',
  software: 'no software runs it there',
  topology: 'the work does not divide over the machine',
  'link-unknown': 'link between machines unknown',
  constraint: 'outside your constraints',
  deadline: 'too slow for the deadline',
  budget: 'over the budget',
  term: 'term longer than the work',
  region: 'region not allowed',
  slo: 'too slow for the SLO',
  'spot-slo': 'spot under an always-on SLO',
  'price-unknown': 'no price known',
  skills: 'skills missing',
  site: 'the site cannot carry it',
}

/** Whether a site carries a rig. */
export const SITE_VERDICT: Readonly<Record<Verdict, {readonly text: string; readonly style: Style}>> = {
  feasible: {text: 'feasible here', style: 'green'}, 'with-changes': {text: 'feasible with these changes', style: 'yellow'}, 'not-here': {text: 'not at this site', style: 'red'},
}

/** The hours a rig has left, and in the fewest words whether its site carries it. */
export function rigSiteText({rig, instanceType}: Pick<PlanTarget, 'rig' | 'instanceType'>): string {
  if (rig === undefined) return ''
  const free = `${Math.round(rig.freeHoursPerMonth)} h a month free`
  if (rig.site === null) return `${free}; whether its site carries it is not known`
  const about = (level: string): string => (rig.site?.reasons ?? []).filter(reason => reason.level === level).map(reason => reason.about).join(', ')
  const parts = [['no', 'cannot be had here'], ['change', 'to be changed'], ['unknown', 'not said']].flatMap(([level = '', text = '']) => (about(level) === '' ? [] : [`${about(level)} ${text}`]))
  return `${free}; ${SITE_VERDICT[rig.site.verdict].text}${parts.length === 0 ? '' : `: ${parts.join('; ')}`} (rigor rig power ${instanceType.split('/')[0]})`
}

const PURCHASE: Readonly<Record<string, string>> = {
  'on-demand': 'on demand', 'reserved-1y': 'reserved 1 y', 'reserved-3y': 'reserved 3 y', 'savings-plan-1y': 'savings plan 1 y', 'savings-plan-3y': 'savings plan 3 y',
  committed: 'committed 1 y', 'committed-3y': 'committed 3 y', 'capacity-block': 'capacity block', 'flex-start': 'flex start',
}

const SHORT_PURCHASE: Readonly<Record<string, string>> = {
  'on-demand': '', owned: '', 'reserved-1y': 'res 1y', 'reserved-3y': 'res 3y', 'savings-plan-1y': 'plan 1y', 'savings-plan-3y': 'plan 3y',
  committed: 'commit 1y', 'committed-3y': 'commit 3y', 'capacity-block': 'block', 'flex-start': 'flex',
}

export const purchaseText = (purchase: string): string => PURCHASE[purchase] ?? purchase
/** For narrow tables; on demand and owned go without saying (the legend says so). */
export const shortPurchase = (purchase: string): string => SHORT_PURCHASE[purchase] ?? purchase

export const BOTTLENECK: Readonly<Record<Bottleneck, string>> = {
  compute: 'arithmetic', 'memory-bandwidth': 'memory bandwidth', 'memory-capacity': 'memory capacity', link: 'the link between accelerators',
  network: 'the network between machines', storage: 'what storage gives', host: 'the host', overhead: 'fixed overheads', load: 'the load itself (the machine waits for requests)',
}

export const TRADEOFF_SIGN: Readonly<Record<Tradeoff['sign'], string>> = {'+': '+', '-': '−', '0': '·'}

/** The rig a target belongs to, by its TARGET text (`rig[:NAME[/NODE]][:COUNT]`); `null` for everything rented. */
export function rigName(id: string): string | null {
  const match = /^rig(?::(?<name>[^:/]+))?(?=[:/]|$)/.exec(id)
  return match === null ? null : (match.groups?.['name'] ?? 'rig')
}

export const serviceText = (target: Pick<PlanTarget, 'provider' | 'service'>): string =>
  target.service === 'vm' || target.service === '' || target.provider === 'rig' ? target.provider : `${target.provider}+${target.service}`

/** "fp8 tp2 dp4 batch 128 vllm": what differs from one accelerator running one replica. */
export function configurationText(configuration: Configuration, long = false): string {
  const parts: string[] = []
  if (configuration.precision !== undefined) parts.push(configuration.precision)
  for (const axis of ['tp', 'pp', 'dp', 'ep', 'cp'] as const) {
    const size = configuration[axis]
    if (size !== undefined && size > 1) parts.push(`${axis}${size}`)
  }
  if (configuration.migProfile !== undefined) parts.push(configuration.migProfile)
  if (configuration.zeroStage !== undefined && configuration.zeroStage > 0) parts.push(`zero${configuration.zeroStage}`)
  if (configuration.offload !== undefined && configuration.offload !== 'none') parts.push(`offload ${configuration.offload}`)
  if (configuration.batch !== undefined) parts.push(long ? `batch ${configuration.batch}` : `b${configuration.batch}`)
  if (long) {
    if (configuration.microBatch !== undefined) parts.push(`micro-batch ${configuration.microBatch}`)
    if (configuration.checkpointing !== undefined && configuration.checkpointing !== 'none') parts.push(`${configuration.checkpointing} checkpointing`)
  }
  if (configuration.runtime !== undefined) parts.push(configuration.runtime)
  return parts.join(long ? ', ' : ' ')
}

/** A word of a POSIX shell: quoted only where it has to be. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`)
