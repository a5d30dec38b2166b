import fs from 'node:fs'
import path from 'node:path'
import {afterEach, describe, expect, test} from 'vitest'
import {readMachine} from '../../src/detect/read-machine.ts'
import {DETECT_SCRIPT} from '../../src/detect/script.ts'
import {readSections} from '../../src/detect/sections.ts'
import {layOut, machineOf, NONCE, recording, runScript, sectionsOf, type LaidOut} from './machines.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, {recursive: true})
})

function machine(files: Readonly<Record<string, string>> = {}, base = recording('workstation-rtx4090')): LaidOut {
  const laidOut = layOut(new Map([...base, ...Object.entries(files)]))
  folders.push(laidOut.folder)
  return laidOut
}

/** Puts a program of its own in the place of a tool. */
const replaceTool = ({path: bin}: LaidOut, tool: string, lines: string): void => fs.writeFileSync(path.join(bin, tool), `#!/bin/sh\n${lines}\n`, {mode: 0o755})

const everything = (folder: string): readonly string[] => fs.readdirSync(folder, {recursive: true, encoding: 'utf8'}).sort().map((file) => `${file} ${fs.statSync(path.join(folder, file)).mtimeMs}`)

describe('the script', () => {
  test.for(['sh', 'bash', 'dash', 'busybox'])('runs under %s, quietly', async (shell, {skip}) => {
    const laidOut = machine()
    const real = ['/bin', '/usr/bin'].map((folder) => path.join(folder, shell)).find((file) => fs.existsSync(file))
    if (real === undefined) return skip(`no ${shell} here`)
    if (shell === 'busybox') replaceTool(laidOut, 'busybox-sh', `exec ${real} sh "$@"`)

    const {code, stdout, stderr} = await runScript(laidOut, shell === 'busybox' ? path.join(laidOut.path, 'busybox-sh') : real)

    expect([code, stderr]).toEqual([0, ''])
    expect(readMachine(readSections(stdout, NONCE)!)).toMatchObject({accelerators: [{name: 'NVIDIA GeForce RTX 4090'}], processor: {threads: 32}, memoryGib: 62})
  })

  test('writes nothing', async () => {
    const laidOut = machine()
    const before = everything(laidOut.folder)

    await runScript(laidOut)

    expect(everything(laidOut.folder)).toEqual(before)
    expect(DETECT_SCRIPT).not.toMatch(/\b(?:sudo|su|mktemp|tee)\b|>>|>(?!\/dev\/null\b|&1)/)
  })

  test('asks for no serial number, UUID or address', () => {
    expect(DETECT_SCRIPT).not.toMatch(/serial|uuid|\/address|gpu_bus_id|product_serial|chassis_serial/i)
  })

  test('a tool that reads what is left of the input leaves the script whole', async () => {
    const laidOut = machine()
    replaceTool(laidOut, 'lscpu', 'cat >/dev/null\ncat "$0.json"')

    const {stdout} = await runScript(laidOut)

    expect(readSections(stdout, NONCE)?.get('memory')?.text).toContain('MemTotal')
  })

  test('a tool that plays the script cannot end a section', async () => {
    const laidOut = machine()
    replaceTool(laidOut, 'lsblk', `printf '%s\\n' 'deadbeef end lsblk 0' 'end lsblk 0' 'done'; echo '{"blockdevices":[]}'`)

    const {stdout} = await runScript(laidOut)

    expect(readSections(stdout, NONCE)?.get('lsblk')?.text).toBe('deadbeef end lsblk 0\nend lsblk 0\ndone\n{"blockdevices":[]}')
  })

  test('a driver that does not know a field is asked for fewer', async () => {
    const laidOut = machine()
    replaceTool(laidOut, 'nvidia-smi', `case $1 in
  topo) exit 1 ;;
  *mig.mode*) echo 'Field "mig.mode.current" is not a valid field to query.'; exit 2 ;;
  *) printf '%s\\n' 'index, memory.total [MiB], power.limit [W], power.draw [W], name' '0, 12196, 250.00, 55.10, Tesla P100-PCIE-12GB' ;;
esac`)

    const {stdout} = await runScript(laidOut)

    expect(readMachine(readSections(stdout, NONCE)!).accelerators).toMatchObject([{name: 'Tesla P100-PCIE-12GB', limitWatts: 250, mig: false}])
  })

  test('an empty machine gives empty sections, and each has its reason', async () => {
    const laidOut = machine({}, new Map())

    const {code, stdout, stderr} = await runScript(laidOut)
    const seen = readMachine(readSections(stdout, NONCE)!)

    expect([code, stderr]).toEqual([0, ''])
    expect(seen).toMatchObject({accelerators: [], processor: undefined, memoryGib: undefined, disks: undefined, watts: undefined})
    expect(seen.unseen.map(({what}) => what)).toEqual(['accelerators', 'processors', 'memory', 'disks', 'maker and chassis', 'watts of the machine now', 'power supplies'])
  })

  test('counters of the processors are read twice where they may be', async () => {
    const sections = await sectionsOf(recording('workstation-rtx4090'))

    expect(sections.get('processors-power')?.text).toBe('uptime=8123.44 250112.20\nmicrojoules=52113380011\nuptime=8123.44 250112.20\nmicrojoules=52113380011')
  })

  test('a card on the bus without a driver is told of', async () => {
    const {unseen} = await machineOf('no-gpu')

    expect(unseen[0]).toEqual({what: 'accelerators', why: "nvidia-smi failed: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running, rocm-smi is not installed; on the bus: 1 × NVIDIA, with no driver that answers"})
  })
})
