import {canonicalAcceleratorText} from '../catalog/accelerator-selector.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {RigorError} from '../errors.ts'
import {matchesGlob} from '../text/glob.ts'
import {didYouMean} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import type {CommonSpec} from '../workload/common.ts'
import {isResidence} from './constraints.ts'

type NameView = Pick<Snapshot, 'accelerators' | 'machines' | 'regions' | 'runtimes' | 'software'>

/**
 * Checks every name in a workload that the catalog has to know: a name that nothing bears would quietly rule out
 * everything. Accelerators come back by their ids, whatever spelling they were given in.
 */
export function resolveNames(spec: CommonSpec, view: NameView, where: string): CommonSpec {
  const {constraints, configuration, data} = spec
  const {providers, regions, accelerators, dataResidency} = constraints
  if (providers !== undefined) for (const name of providers) checkKnown(name, [...providersOf(view), 'rig'], {code: 'UNKNOWN_PROVIDER', what: 'a provider of the catalog', field: 'constraints.providers', where})
  if (regions !== undefined) for (const pattern of regions) checkRegion(pattern, view, where)
  if (dataResidency !== undefined) {
    for (const name of dataResidency) {
      if (isResidence(name)) continue
      throw new RigorError('UNKNOWN_COUNTRY', `${where}, constraints.dataResidency — "${echo(name, 60)}" is not a country.`, {hint: 'Write countries by their two letters (DE), EU or EEA; names of regions go into constraints.regions.'})
    }
  }
  if (configuration.runtime !== undefined) {
    checkKnown(configuration.runtime, runtimesOf(view), {code: 'UNKNOWN_RUNTIME', what: 'a runtime of the catalog', field: 'configuration.runtime', where})
  }
  if (data.inputAt !== null && data.inputAt !== 'site') checkPlace(data.inputAt, view, where)
  if (accelerators === undefined) return spec
  return {...spec, constraints: {...constraints, accelerators: accelerators.map(text => canonicalAcceleratorText(text, view.accelerators, `${where}, constraints.accelerators`))}}
}

interface Naming {
  readonly code: string
  readonly what: string
  readonly field: string
  readonly where: string
}

function checkKnown(name: string, known: readonly string[], {code, what, field, where}: Naming): void {
  if (known.includes(name)) return
  throw new RigorError(code, `${where}, ${field} — "${echo(name, 60)}" is not ${what}.`, {hint: didYouMean(name, known) ?? `known: ${known.toSorted().join(', ')}`})
}

const runtimesBySoftware = new WeakMap<NameView['software'], readonly string[]>()

/** Every runtime that the catalog names; a batch asks for them line by line. */
function runtimesOf(view: NameView): readonly string[] {
  let known = runtimesBySoftware.get(view.software)
  if (known === undefined) {
    known = [...new Set([...view.software, ...view.runtimes].map(row => row.runtime))].filter(name => name !== 'any')
    runtimesBySoftware.set(view.software, known)
  }
  return known
}

const providersOf = (view: NameView): string[] => [...new Set(view.machines.map(machine => machine.provider))]

function checkRegion(pattern: string, view: NameView, where: string): void {
  if (view.regions.some(({region}) => matchesGlob(pattern, region))) return
  const near = didYouMean(pattern, new Set(view.regions.map(({region}) => region)))
  throw new RigorError('UNKNOWN_REGION', `${where}, constraints.regions — no region is called "${echo(pattern, 60)}".`, {hint: near ?? 'Write it as the provider does, or with a star: eu-*. Countries go into constraints.dataResidency.'})
}

/** `aws`, `aws@eu-west-1`. */
function checkPlace(place: string, view: NameView, where: string): void {
  const [provider = '', region] = place.split('@')
  checkKnown(provider, providersOf(view), {code: 'UNKNOWN_PROVIDER', what: 'a provider of the catalog (nor "site")', field: 'data.inputAt', where})
  if (region === undefined) return
  const regions = view.regions.filter(each => each.provider === provider).map(each => each.region)
  checkKnown(region, regions, {code: 'UNKNOWN_REGION', what: `a region of ${provider}`, field: 'data.inputAt', where})
}
