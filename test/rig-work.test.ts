import {describe, expect, test} from 'vitest'
import type {Rig} from '../src/catalog/rig.ts'
import {workedWatts} from '../src/rig-work.ts'
import {catalog, read, rigNamed, workspace} from './planner/world.ts'

const CHAT = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 500, outputTokens: 200, concurrency: 4}}
const BATCH = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {mode: 'offline', requests: 1e6, inputTokens: 1000, outputTokens: 300}}

const used = async (spec: Readonly<Record<string, unknown>>, rig: Rig): Promise<Record<string, number>> => Object.fromEntries((await workedWatts({...workspace(catalog), knownRigs: [rig]}, read(spec), rig)).nodesInUse)

describe('nodes in use', () => {
  test('are one of two like ones where one is enough', async () => {
    const dgx = rigNamed('dgx-h100')
    expect(await used(CHAT, {...dgx, nodes: dgx.nodes.map(node => ({...node, count: 2}))})).toEqual({dgx: 1})
  })

  test('are those of one sort where a service takes one', async () => {
    expect(Object.keys(await used(CHAT, rigNamed('h100x10-sxm')))).toHaveLength(1)
  })

  test('are all of the groups that a whole rig works with, and none of a group that cannot', async () => {
    const rig = rigNamed('h100x10-sxm')
    const [sxm, pcie] = rig.nodes
    const small = {...pcie!, id: 'small', acceleratorId: 'rtx-a400-4gb', acceleratorCount: 1}

    expect(await used({...BATCH, objective: 'time'}, {...rig, nodes: [{...sxm!, count: 2}, pcie!, small]})).toEqual({sxm: 2, pcie: 1})
  })
})
