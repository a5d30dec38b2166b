import fs from 'node:fs'
import path from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {afterEach, describe, expect, test} from 'vitest'
import {readMachine} from '../../src/detect/read-machine.ts'
import {probe} from '../../src/probe.ts'
import {layOut, NONCE, recording} from './machines.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, {recursive: true, force: true})
})

/** The tools of a recording, some replaced by lines of shell; /proc and /sys are this machine's. */
function machineWith(tools: Readonly<Record<string, (folder: string) => string>>): {readonly folder: string; readonly environment: NodeJS.ProcessEnv} {
  const {folder, path: bin} = layOut(recording('workstation-rtx4090'))
  folders.push(folder)
  for (const [tool, lines] of Object.entries(tools)) {
    fs.rmSync(path.join(bin, tool), {force: true})
    fs.writeFileSync(path.join(bin, tool), `#!/bin/sh\n${lines(folder)}\n`, {mode: 0o755})
  }
  return {folder, environment: {PATH: bin}}
}

const beating = (folder: string): string => `trap '' TERM\nwhile :; do echo . >>'${folder}/beat'; sleep 0.05; done`

async function expectStopped(folder: string): Promise<void> {
  const {size} = fs.statSync(path.join(folder, 'beat'))
  await pause(400)
  expect(fs.statSync(path.join(folder, 'beat')).size).toBe(size)
}

describe.runIf(process.platform === 'linux')('this machine', () => {
  test('says all that it has to', async () => {
    const {environment} = machineWith({})

    const answer = await probe({nonce: NONCE, environment})

    expect(answer.complete).toBe(true)
    expect(readMachine(answer)).toMatchObject({accelerators: [{name: 'NVIDIA GeForce RTX 4090'}], processor: {threads: 32}})
  })

  test('takes too long: what it had said by then is kept, the rest is told of, and nothing stays', async () => {
    const {folder, environment} = machineWith({lsblk: beating})

    const answer = await probe({nonce: NONCE, environment, longestMilliseconds: 5000})

    const {accelerators, disks, unseen} = readMachine(answer)
    expect(answer.complete).toBe(false)
    expect([accelerators.length, disks]).toEqual([1, undefined])
    expect(unseen).toEqual(expect.arrayContaining([
      {what: 'disks', why: 'lsblk did not answer in time'},
      {what: 'network', why: 'not read, as the time was over before its turn'},
      {what: 'fans', why: 'not read, as the time was over before its turn'},
      {what: 'power supplies', why: 'dmidecode was not asked, as the time was over before its turn: add supplies: {count, ratedWatts, needed}'},
    ]))
    await expectStopped(folder)
  })

  test('says nothing at all: an error', async () => {
    const {folder, environment} = machineWith({uname: beating})

    await expect(probe({nonce: NONCE, environment, longestMilliseconds: 1500})).rejects.toMatchObject({code: 'PROBE_TIMEOUT'})
    await expectStopped(folder)
  })

  test('has a tool whose child keeps the output open: nobody waits for it, and it is ended', async () => {
    const {folder, environment} = machineWith({lscpu: (at) => `( ${beating(at)} ) &\nsleep 0.2\ncat '${at}/said/lscpu'`})

    const answer = await probe({nonce: NONCE, environment, longestMilliseconds: 15_000})

    expect(answer.complete).toBe(true)
    await expectStopped(folder)
  })
})
