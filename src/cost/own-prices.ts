import type {Machine, Offer} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {priceIsFor, type OwnPriceRule} from './prices.ts'
import {RigorError} from '../errors.ts'
import {matchesGlob} from '../text/glob.ts'
import {didYouMean} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'

type View = Pick<Snapshot, 'machines' | 'regions' | 'offersOf'>
type Locate = (path: readonly PropertyKey[]) => string

/**
 * Refuses a rule of `prices:` that no offer of the catalog can meet: it would be passed over in silence, and the list
 * price would stand where the user believes in another. Whether the rule still holds today (`until`) does not count.
 */
export function checkOwnPrices(rules: readonly OwnPriceRule[], view: View, locate: Locate): void {
  for (const [index, rule] of rules.entries()) checkRule(rule, view, (field) => locate(['prices', index, ...(field === undefined ? [] : [field])]))
}

function checkRule(rule: OwnPriceRule, view: View, where: (field?: string) => string): void {
  const {provider, machine, region} = rule
  const own = provider === undefined ? view.machines : view.machines.filter((each) => each.provider === provider)
  if (provider !== undefined && own.length === 0) {
    const known = [...new Set(view.machines.map((each) => each.provider))].sort()
    throw new RigorError('UNKNOWN_PROVIDER', `${where('provider')} — "${echo(provider, 60)}" is not a provider of the catalog.`, {hint: didYouMean(provider, known) ?? `known: ${known.join(', ')}`})
  }
  const machines = machine === undefined ? own : own.filter((each) => matchesGlob(machine, each.instanceType))
  if (machine !== undefined && machines.length === 0) throw unknownMachine(machine, provider, own, view, where('machine'))
  const regions = new Set(view.regions.filter((each) => provider === undefined || each.provider === provider).map((each) => each.region))
  const offers = offersOf(machines, view)
  if (region !== undefined && ![...regions].some((name) => matchesGlob(region, name)) && !offers.some((offer) => matchesGlob(region, offer.region))) {
    throw new RigorError('UNKNOWN_REGION', `${where('region')} — ${provider === undefined ? 'no provider has' : `${provider} has no`} region "${echo(region, 60)}".`, {
      hint: didYouMean(region, regions) ?? 'Write it as the provider does, or with a star: eu-*.',
    })
  }
  if (offers.some((offer) => priceIsFor(rule, offer))) return
  throw new RigorError('PRICE_WITHOUT_OFFER', `${where()} — no offer of the catalog is ${describe(rule)}, so this price would change nothing.`, {hint: wayOut(rule, offers)})
}

function offersOf(machines: readonly Machine[], view: View): readonly Offer[] {
  return machines.flatMap((machine) => view.offersOf(`${machine.provider}/${machine.instanceType}`))
}

function unknownMachine(machine: string, provider: string | undefined, own: readonly Machine[], view: View, where: string): RigorError {
  const elsewhere = [...new Set(view.machines.filter((each) => matchesGlob(machine, each.instanceType)).map((each) => each.provider))]
  const of = provider === undefined ? 'the catalog' : provider
  return new RigorError('UNKNOWN_MACHINE', `${where} — no machine of ${of} is called "${echo(machine, 60)}".`, {
    hint:
      elsewhere.length > 0 ? `It is one of ${elsewhere.join(', ')}.`
      : (didYouMean(machine, own.map((each) => each.instanceType)) ?? `All of them: rigor catalog list${provider === undefined ? '' : ` --provider ${provider}`}`),
  })
}

/** "p5*, on-demand, in eu-west-1" */
function describe({provider, machine, region, purchase, service, adjust}: OwnPriceRule): string {
  // Without a purchase a price of one's own means on-demand offers.
  const bought = purchase ?? (adjust === undefined ? 'on-demand' : undefined)
  const parts = [[provider, machine].filter((part) => part !== undefined).join(':'), service, bought, region === undefined ? undefined : `in ${region}`]
  return echo(parts.filter((part) => part !== undefined && part !== '').join(', '), 200)
}

const MOST_NAMED = 12

/** Which of the rule's conditions leaves nothing, and what would be there without it. */
function wayOut(rule: OwnPriceRule, offers: readonly Offer[]): string {
  const elsewhere = offers.filter((offer) => priceIsFor({...rule, region: undefined}, offer))
  const listed = (names: readonly string[]): string => {
    const distinct = [...new Set(names)].sort()
    return `${distinct.slice(0, MOST_NAMED).join(', ')}${distinct.length > MOST_NAMED ? `, … (${distinct.length})` : ''}`
  }
  if (elsewhere.length > 0) return `Regions with such an offer: ${listed(elsewhere.map((offer) => offer.region))}.`
  if (offers.length === 0) return 'The catalog has no price for it at all; own prices change listed offers.'
  const ways = listed(offers.map((offer) => `${offer.purchase}${offer.service === 'vm' ? '' : ` (${offer.service})`}`))
  return `It is offered as ${ways}: ${rule.purchase === undefined && rule.service === undefined ? 'add purchase: to name one' : 'name one of these'}.`
}
