import fs from 'node:fs'
import path from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {afterEach, describe, expect, test} from 'vitest'
import {readMachine} from '../../src/detect/read-machine.ts'
import {DETECT_SCRIPT} from '../../src/detect/script.ts'
import {readSections} from '../../src/detect/sections.ts'
import {layOut, machineOf, NONCE, recording, runScript, answerOf, type LaidOut} from './machines.ts'

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
    expect(readMachine(readSections(stdout, NONCE))).toMatchObject({accelerators: [{name: 'NVIDIA GeForce RTX 4090'}], processor: {threads: 32}, memoryGib: 62})
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

    expect(readSections(stdout, NONCE).sections.get('memory')?.text).toContain('MemTotal')
  })

  test('a tool that plays the script cannot end a section', async () => {
    const laidOut = machine()
    replaceTool(laidOut, 'lsblk', `printf '%s\\n' 'deadbeef end lsblk 0' 'end lsblk 0' 'done'; echo '{"blockdevices":[]}'`)

    const {stdout} = await runScript(laidOut)

    expect(readSections(stdout, NONCE).sections.get('lsblk')?.text).toBe('deadbeef end lsblk 0\nend lsblk 0\ndone\n{"blockdevices":[]}')
  })

  test('a driver that does not know a field is asked for fewer', async () => {
    const laidOut = machine()
    replaceTool(laidOut, 'nvidia-smi', `case $1 in
  topo) exit 1 ;;
  *mig.mode*) echo 'Field "mig.mode.current" is not a valid field to query.'; exit 2 ;;
  *) printf '%s\\n' 'index, memory.total [MiB], power.limit [W], power.draw [W], name' '0, 12196, 250.00, 55.10, Tesla P100-PCIE-12GB' ;;
esac`)

    const {stdout} = await runScript(laidOut)

    expect(readMachine(readSections(stdout, NONCE)).accelerators).toMatchObject([{name: 'Tesla P100-PCIE-12GB', limitWatts: 250, mig: false}])
  })

  test('an empty machine gives empty sections, and each has its reason', async () => {
    const laidOut = machine({}, new Map())

    const {code, stdout, stderr} = await runScript(laidOut)
    const seen = readMachine(readSections(stdout, NONCE))

    expect([code, stderr]).toEqual([0, ''])
    expect(seen).toMatchObject({accelerators: [], processor: undefined, memoryGib: undefined, disks: undefined, watts: undefined})
    expect(seen.unseen.map(({what}) => what)).toEqual(['accelerators', 'processors', 'memory', 'disks', 'maker and chassis', 'watts of the machine now', 'fans', 'power supplies'])
  })

  test('parts of a card that virtual machines may have are no cards', async () => {
    const laidOut = machine({
      'root/sys/class/net/enp6s0v0/device/physfn/vendor': '0x15b3', 'root/sys/class/net/enp6s0v0/speed': '2500',
      'root/sys/class/infiniband/mlx5_0/ports/1/rate': '400 Gb/sec (4X NDR)', 'root/sys/class/infiniband/mlx5_0/ports/1/link_layer': 'InfiniBand',
      'root/sys/class/infiniband/mlx5_1/device/physfn/vendor': '0x15b3', 'root/sys/class/infiniband/mlx5_1/ports/1/rate': '400 Gb/sec (4X NDR)', 'root/sys/class/infiniband/mlx5_1/ports/1/link_layer': 'InfiniBand',
    })

    const {stdout} = await runScript(laidOut)

    expect(readMachine(readSections(stdout, NONCE)).interfaces.map(({name}) => name)).toEqual(['enp6s0', 'mlx5_0'])
  })

  test('counters of the processors are read twice where they may be', async () => {
    const {sections} = await answerOf(recording('workstation-rtx4090'))

    expect(sections.get('processors-power')?.text).toBe('uptime=8123.44 250112.20\nmicrojoules=52113380011\nuptime=8123.44 250112.20\nmicrojoules=52113380011')
  })

  test('a card on the bus without a driver is told of', async () => {
    const {unseen} = await machineOf('no-gpu')

    expect(unseen[0]).toEqual({what: 'accelerators', why: "nvidia-smi failed: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running, rocm-smi is not installed; on the bus: 1 × NVIDIA, with no driver that answers"})
  })
})

describe('a tool that does not come to an end', () => {
  /** With a second in place of the sixty, and of the five that it has to end by itself. */
  const hasty = DETECT_SCRIPT.replaceAll(/ nvidia 60 /g, ' nvidia 1 ').replace('outlasts 5 ', 'outlasts 1 ')
  const stubborn = (beat: string): string => `trap '' TERM\nwhile :; do echo . >>'${beat}'; sleep 0.05; done`

  test.for(['sh', 'bash', 'busybox'])('for all that TERM does, with a child of the same sort: both are ended, and the others are asked (%s)', async (shell, {skip}) => {
    const real = ['/bin', '/usr/bin'].map((folder) => path.join(folder, shell)).find((file) => fs.existsSync(file))
    if (real === undefined) return skip(`no ${shell} here`)
    const laidOut = machine()
    const [beat, other] = ['beat', 'other'].map((name) => path.join(laidOut.folder, name)) as [string, string]
    replaceTool(laidOut, 'busybox-sh', `exec ${real} sh "$@"`)
    replaceTool(laidOut, 'nvidia-smi', `( ${stubborn(other)} ) &\n${stubborn(beat)}`)

    const {code, stdout, stderr} = await runScript(laidOut, shell === 'busybox' ? path.join(laidOut.path, 'busybox-sh') : real, hasty)

    const sizes = (): readonly number[] => [beat, other].map((file) => fs.statSync(file).size)
    const before = sizes()
    const answer = readSections(stdout, NONCE)
    expect([code, stderr, answer.complete]).toEqual([0, '', true])
    expect(answer.sections.get('nvidia')?.status).toBe('124')
    expect([answer.sections.has('nvidia-short'), answer.sections.has('nvidia-links')]).toEqual([false, false])
    expect(readMachine(answer)).toMatchObject({accelerators: [], processor: {threads: 32}})
    await pause(400)
    expect(sizes()).toEqual(before)
  })

  test('until TERM, and leaves a child that ignores it: that one is ended, too', async () => {
    const laidOut = machine()
    const beat = path.join(laidOut.folder, 'beat')
    replaceTool(laidOut, 'nvidia-smi', `( ${stubborn(beat)} ) &\nwait`)

    const {stdout} = await runScript(laidOut, 'sh', hasty)

    const {size} = fs.statSync(beat)
    expect(readSections(stdout, NONCE).sections.get('nvidia')?.status).toBe('124')
    await pause(400)
    expect(fs.statSync(beat).size).toBe(size)
  })

  test('even with KILL: it does not hold up the others', async () => {
    const laidOut = machine()
    const pid = path.join(laidOut.folder, 'pid')
    replaceTool(laidOut, 'nvidia-smi', `echo $$ >'${pid}'\nexec sleep 15 >/dev/null 2>&1`)
    const deaf = `kill() { case $1 in -TERM | -STOP | -KILL) ;; *) command kill "$@" ;; esac; }\n${hasty}`

    const answer = readSections((await runScript(laidOut, 'sh', deaf)).stdout, NONCE)

    process.kill(Number(fs.readFileSync(pid, 'utf8')), 'SIGKILL')
    expect(answer.sections.get('nvidia')?.status).toBe('124')
    expect(answer.sections.get('lscpu')?.status).toBe('0')
  })

  test('is told of as such', async () => {
    const laidOut = machine()
    replaceTool(laidOut, 'nvidia-smi', 'sleep 30')

    const {unseen} = readMachine(readSections((await runScript(laidOut, 'sh', hasty)).stdout, NONCE))

    expect(unseen).toContainEqual({what: 'accelerators', why: 'nvidia-smi did not answer in time, rocm-smi is not installed'})
  })
})
