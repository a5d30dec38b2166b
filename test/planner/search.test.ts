import {describe, expect, test} from 'vitest'
import type {Offer} from '../../src/catalog/schema.ts'
import {refuseMachine, refuseOffer, refuseSite} from '../../src/planner/constraints.ts'
import type {PlanTarget} from '../../src/planner/document.ts'
import type {Estimate, Way} from '../../src/planner/evaluate.ts'
import {exactly} from '../../src/performance/interval.ts'
import type {Hardware, Performance} from '../../src/performance/types.ts'
import {cloudPlaces, rigPlaces} from '../../src/planner/places.ts'
import {withReference} from '../../src/planner/reference.ts'
import {searchConfigurations} from '../../src/planner/search.ts'
import {acceleratorsPerNode, createSession, ineligibleReasonOf, onDemandPrice, refuseEstimate, scoreOf, waysOf} from '../../src/planner/session.ts'
import {estimateEnergy, estimatePower} from '../../src/power/estimate.ts'
import type {AnyKind, Demand, Facts} from '../../src/workload/contract.ts'
import {sessionInput, type Workspace} from '../../src/workspace.ts'
import {MODEL, PERFORMANCE} from '../power/inputs.ts'
import {examples, plan, read, restricted, rigNamed, workspace, type Spec} from './world.ts'

/** Every offer of every region and zone, at every node count, in every configuration, by the same evaluator; nothing is skipped. */
async function everything(spec: Spec, world: Workspace): Promise<readonly Estimate[]> {
  const session = createSession({...(await sessionInput(world, read(spec))), refusesUnasked: true})
  const {kind, demand, facts} = session
  const {constraints} = session.spec
  const feasible: Estimate[] = []
  for (const place of [...rigPlaces(session.options.rigs, facts), ...cloudPlaces(facts, false)]) {
    if (refuseMachine(constraints, place.provider, place.accelerator, acceleratorsPerNode(place)) !== null) continue
    const offers: readonly Offer[] = place.kind === 'cloud' ? world.snapshot.offersOf(place.key) : []
    const onDemand = place.kind === 'cloud' ? onDemandPrice(session, place, offers) : null
    for (let nodes = 1; nodes <= Math.min(constraints.maxNodes ?? 16, place.maximumNodes); nodes++) {
      const hardware = place.hardware(nodes)
      const performances = kind.configurations(demand as never, hardware, facts).flatMap(configuration => {
        const result = kind.perform(demand, hardware, configuration, facts)
        if (!result.feasible || result.performance.refusedUnlessNamed !== undefined) return []
        // A target is the nodes that work.
        if (nodes > 1 && result.performance.acceleratorsUsed <= (nodes - 1) * acceleratorsPerNode(place)) return []
        return [session.reference === undefined ? result.performance : withReference(result.performance, hardware, session.reference)]
      })
      const ways: readonly Way[] = place.kind === 'rig' ? [{place}] : waysOf(session, place, offers, nodes)
      for (const way of ways) {
        const {offer} = way
        if (offer === undefined ? refuseSite(constraints, rigs[0]!.site) !== null : refuseOffer(constraints, offer) !== null) continue
        if (offer !== undefined && ineligibleReasonOf(offer, session.options) !== null) continue
        if (demand.endless && constraints.tolerateInterruption !== true && (offer?.purchase === 'spot' || offer?.purchase === 'flex-start')) continue
        for (const performance of performances) {
          const estimate = session.evaluator.estimate(way, nodes, performance)
          if (refuseEstimate(session, estimate, onDemand) === null) feasible.push(estimate)
        }
      }
    }
  }
  return feasible
}

/** The winner's value under an objective, worked out from its published figures and not taken from the ranking. */
function valueOf({cost, durationHours, workHours, energyKwh, carbonKg}: PlanTarget, objective: string): number | undefined {
  const usd = cost.usd?.p50 ?? Number.NaN
  switch (objective) {
    case 'cost':
      return usd
    case 'time':
      return durationHours?.p50
    case 'energy':
      return energyKwh?.p50
    case 'carbon':
      return carbonKg?.p50
    case 'balanced':
      return Math.cbrt(usd * (workHours?.p50 ?? Number.NaN) * (energyKwh?.p50 ?? Number.NaN))
    default:
      return usd + 2 * (durationHours?.p50 ?? Number.NaN) + 0.1 * (energyKwh?.p50 ?? Number.NaN)
  }
}

const EXPRESSION = 'cost + 2 USD/h * duration + 0.1 USD/kWh * energy'
const OBJECTIVES = ['cost', 'time', 'energy', 'carbon', 'balanced', EXPRESSION]

const rigs = [rigNamed('h100x10-pcie'), rigNamed('workstation-rtx4090')]

/** Two clouds with spot, committed and on-demand prices in several regions, and two rigs. */
const world = workspace(
  restricted({
    machines: ({provider, instanceType}) => (provider === 'lambda' && /^gpu_[18]x_(?:a100|h100|gh200|a10)/.test(instanceType)) || (provider === 'aws' && /^(?:p5\.|p4d\.|g6e\.(?:xlarge|12xlarge)$)/.test(instanceType)),
    offers: ({region}) => /^(?:us|eu)-/.test(region),
  }),
  {rigs, acceptStale: true},
)

const specs: Readonly<Record<string, Spec>> = {
  'a service of 70B': examples['chat-70b'] ?? {},
  'a service of a mixture of 671B': examples['chat-671b-moe'] ?? {},
  'QLoRA of 70B': examples['qlora-70b'] ?? {},
  'full fine-tuning of 8B by a deadline that falls between doublings': {...examples['finetune-8b'], schedule: 'once', constraints: {deadline: '40 min'}},
  'pre-training of 7B': {...examples['pretrain-7b'], tokens: '50B'},
  'a timed job whose data lies in one region': {...examples['nightly-simulation'], data: {inputGb: 2000, inputAt: 'aws@eu-west-1'}},
  'an offline batch': {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {mode: 'offline', requests: '2M', inputTokens: 1000, outputTokens: 300}},
}

describe('the winner is the best of all that there is', () => {
  test.for(Object.entries(specs))('%s', {timeout: 60_000}, async ([, spec]) => {
    const all = await everything(spec, world)
    expect(all.length).toBeGreaterThan(10)
    expect(all.filter(({performance: {workSeconds, rooflineSeconds}}) => workSeconds !== null && workSeconds.p50 < rooflineSeconds * (1 - 1e-9))).toEqual([])

    for (const objective of OBJECTIVES) {
      const session = createSession(await sessionInput(world, read({...spec, objective})))
      const best = all.reduce((least, estimate) => Math.min(least, scoreOf(session, estimate) ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)

      const [winner] = (await plan({...spec, objective}, world, 1)).targets

      const value = winner === undefined ? undefined : valueOf(winner, objective)
      expect({objective, share: Number(((value ?? Number.NaN) / best).toFixed(9))}).toEqual({objective, share: 1})
    }
  })
})

test('long hours before the work keep no configuration that takes more energy', () => {
  // The same work on eight accelerators in an hour and on one in eight, after ten hours of set-up.
  const performances = [[8, 1], [1, 8]].map(([acceleratorsUsed = 1, hours = 1]) => ({...PERFORMANCE, acceleratorsUsed, workSeconds: exactly(3600 * hours)}))
  const kind = {configurations: () => performances, perform: (_demand: unknown, _hardware: unknown, performance: unknown) => ({feasible: true, performance})} as unknown as AnyKind
  const energyOf = (performance: Performance): number =>
    estimateEnergy(estimatePower(performance, MODEL), {setup: 10, data: 0, load: 0, work: exactly((performance.workSeconds?.p50 ?? 0) / 3600), failures: exactly(0)}, MODEL).kwh!.p50

  const kept = searchConfigurations(kind, {} as Demand, {accelerator: {}} as Hardware, {} as Facts).performances

  expect(Math.min(...kept.map(energyOf))).toBe(Math.min(...performances.map(energyOf)))
})
