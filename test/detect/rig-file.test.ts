import {array, assert, boolean, constantFrom, integer, property, record, string} from 'fast-check'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {parseDocument} from 'yaml'
import type {RigNode} from '../../src/catalog/rig.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {resolveRigs} from '../../src/config/rigs.ts'
import {Config} from '../../src/config/schema.ts'
import type {SeenAccelerator, SeenDisk, SeenMachine} from '../../src/detect/machine.ts'
import {rigFileOf, type RigFileQuestion} from '../../src/detect/rig-file.ts'
import {createCalibration, type Calibration} from '../../src/performance/calibration.ts'
import {renderDetection} from '../../src/report/rig-file.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {readDocuments} from '../../src/text/documents.ts'
import {MACHINES, machineOf} from './machines.ts'

let snapshot: Snapshot
let calibration: Calibration
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: path.join(import.meta.dirname, '..', '..'), catalog: undefined})
  calibration = createCalibration(snapshot.calibration.entries, snapshot.calibration.spreads, snapshot.calibration.evidence)
})

const fileOf = (machine: SeenMachine, more: Partial<RigFileQuestion> = {}) => rigFileOf({machine, snapshot, calibration, today: '2026-11-20', name: 'lab', ...more})

const card = (name: string, memoryGib: number, more: Partial<SeenAccelerator> = {}): SeenAccelerator => ({name, memoryBytes: memoryGib * 2 ** 30, limitWatts: undefined, defaultLimitWatts: undefined, maximumLimitWatts: undefined, watts: undefined, busyShare: undefined, pcieGeneration: 4, pcieLanes: 16, mig: false, ...more})

const plain = (more: Partial<SeenMachine> = {}): SeenMachine => ({
  host: 'box', hypervisor: undefined, accelerators: [card('NVIDIA GeForce RTX 5090', 31.84)], links: [['X']], processor: {model: 'A processor', sockets: 1, coresPerSocket: 8, threads: 16}, memoryGib: 64, disks: [], interfaces: [],
  vendor: undefined, product: undefined, board: undefined, chassis: 'workstation', watts: undefined, processorWatts: undefined, loadShare: 0.01, fans: {turning: 0, still: 0}, supplies: undefined, unseen: [], ...more,
})

/** What rigor makes of the text of a file. */
const resolve = (yaml: string) => resolveRigs(Config.parse(readDocuments(yaml, 'rigor.yaml')[0]?.value).rigs, snapshot).rigs[0]

describe('recorded machines', () => {
  test.for(MACHINES)('%s', async (name) => {
    const found = fileOf({...(await machineOf(name)), host: 'box'})

    await expect(`${found.yaml}\n${renderDetection(found, 'lab.yaml', {width: 100, color: false})}`).toMatchFileSnapshot(`golden/${name}.txt`)
    expect(readDocuments(found.yaml, 'lab.yaml')[0]?.value).toEqual({rigs: {lab: found.rig}})
  })

  test.for([['hgx-h100', 'h100-sxm-80gb', 8], ['h100x10-pcie', 'h100-pcie-80gb', 10], ['workstation-rtx4090', 'rtx-4090-24gb', 1], ['laptop-rtx4090', 'rtx-4090-laptop-16gb', 1]] as const)('%s is a rig that rigor takes', async ([name, accelerator, count]) => {
    const {yaml, missing} = fileOf(await machineOf(name))

    expect(missing).toEqual([])
    expect(resolve(yaml)).toMatchObject({id: 'lab', owned: true, nodes: [{acceleratorId: accelerator, acceleratorCount: count}]})
  })

  test('a machine without an accelerator is incomplete, and rigor says so, too', async () => {
    const {yaml, missing} = fileOf(await machineOf('no-gpu'))

    expect(missing).toEqual(['acceleratorId', 'hostIdleWatts', 'hostMaximumWatts', 'supplyEfficiency', 'priceUsd'])
    expect(() => resolve(yaml)).toThrow(/acceleratorId/)
  })
})

describe('what only the owner knows', () => {
  test('no built-in rig like it: the price is left open, and one flag closes it', () => {
    const open = fileOf(plain())
    const closed = fileOf(plain(), {price: '5200 EUR', country: 'NL'})

    expect(open.missing).toEqual(['priceUsd'])
    expect(open.yaml).toContain('# priceUsd: … # what it cost; no built-in rig has the same accelerators: needed')
    expect(closed.missing).toEqual([])
    expect(resolve(closed.yaml)).toMatchObject({class: 'workstation', site: {country: 'NL'}})
    expect(resolve(closed.yaml)?.nodes[0]?.priceUsd).toBeGreaterThan(5200)
  })

  test('a country without a known tariff asks for one', () => {
    const {missing, yaml} = fileOf(plain(), {price: '5200 EUR', country: 'ZZ'})

    expect(missing).toEqual(['site'])
    expect(yaml).toContain('# site: {country: ZZ, tariff: {energy: 0.24 EUR/kWh}}')
  })

  test('everything that is not of the machine is marked', async () => {
    const {yaml} = fileOf(await machineOf('h100x10-pcie'))
    const lines = yaml.split('\n')
    const marked = (key: string) => lines.find((line) => line.trim().replace(/^# /, '').startsWith(`${key}:`))

    for (const key of ['hostIdleWatts', 'hostMaximumWatts', 'supplyEfficiency', 'priceUsd', 'site']) expect(marked(key)).toMatch(/# modelled.*replace with yours/)
    for (const key of ['memoryGib', 'vcpus', 'localSsdGb']) expect(marked(key)).not.toContain('modelled')
  })

  test('how it was reached is kept', () => {
    const ssh = {host: 'gpu-1', port: 2222, user: 'ops', keyFile: 'keys/id', knownHostsFile: 'known'}

    expect(Config.parse(readDocuments(fileOf(plain(), {ssh}).yaml, 'f')[0]?.value).rigs?.['lab']?.ssh).toEqual(ssh)
  })
})

describe('accelerators', () => {
  test('a name of none in the catalog is not guessed at', () => {
    const {yaml, missing, unseen, rig} = fileOf(plain({accelerators: [card('NVIDIA GeForce RTX 5090 D', 31.84)]}))

    expect(missing).toContain('acceleratorId')
    expect(JSON.stringify(rig)).not.toContain('acceleratorId')
    expect(yaml).toContain('# acceleratorId: rtx-5090-32gb # "NVIDIA GeForce RTX 5090 D" with 31.8 GiB is none of the catalog')
    expect(unseen.find(({what}) => what.startsWith('which accelerator'))?.why).toContain('"rtx-5090-32gb"')
  })

  test.for([
    ['NVIDIA H100 80GB HBM3', 79.65, 'h100-sxm-80gb'], ['NVIDIA H100 PCIe', 79.65, 'h100-pcie-80gb'], ['NVIDIA H100 NVL', 93.58, 'h100-nvl-94gb'], ['NVIDIA H100 80GB HBM2e', 79.65, undefined], ['NVIDIA H200', 140.4, 'h200-sxm-141gb'],
    ['NVIDIA A100-SXM4-80GB', 80, 'a100-sxm-80gb'], ['NVIDIA A100-SXM4-40GB', 40, 'a100-sxm-40gb'], ['NVIDIA A100 80GB PCIe', 80, 'a100-pcie-80gb'], ['NVIDIA A100-PG509-200', 40, undefined], ['NVIDIA A800-SXM4-80GB', 80, undefined],
    ['NVIDIA GeForce RTX 4090', 23.99, 'rtx-4090-24gb'], ['NVIDIA GeForce RTX 4090 Laptop GPU', 16, 'rtx-4090-laptop-16gb'], ['NVIDIA GeForce RTX 3070 Laptop GPU', 8, 'rtx-3070-laptop-8gb'], ['NVIDIA GeForce RTX 3080', 10, 'rtx-3080-10gb'], ['NVIDIA GeForce RTX 3080', 12, 'rtx-3080-12gb'],
    ['NVIDIA GeForce RTX 4060 Laptop GPU', 8, 'rtx-4060-laptop-8gb'], ['NVIDIA GeForce RTX 4060 Ti', 15.99, 'rtx-4060-ti-16gb'], ['NVIDIA GeForce RTX 3080 Ti Laptop GPU', 16, 'rtx-3080-ti-laptop-16gb'], ['NVIDIA GeForce RTX 4090 D', 23.99, 'rtx-4090-d-24gb'], ['NVIDIA GeForce RTX 5070 Ti', 15.92, 'rtx-5070-ti-16gb'],
    ['NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 95.59, 'rtx-pro-6000-blackwell-ws-96gb'], ['NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition', 95.59, 'rtx-pro-6000-blackwell-maxq-96gb'], ['NVIDIA GH200 480GB', 95.6, 'gh200-96gb'],
    ['Tesla V100-SXM2-16GB', 16, 'v100-sxm2-16gb'], ['Tesla V100S-PCIE-32GB', 32, undefined], ['Tesla T4', 15, 't4-16gb'], ['Quadro RTX 6000', 24, 'quadro-rtx-6000-24gb'], ['NVIDIA RTX 6000 Ada Generation', 47.99, 'rtx-6000-ada-48gb'], ['AMD Instinct MI300X OAM', 192, 'mi300x-192gb'],
  ] as const)('%s with %d GiB', ([name, memoryGib, id]) => {
    const {rig} = fileOf(plain({accelerators: [card(name, memoryGib)]}))

    expect((rig['nodes'] as {acceleratorId?: string}[])[0]?.acceleratorId).toBe(id)
  })

  test('a card for the screens is left out, and said to be', () => {
    const {rig, unseen} = fileOf(plain({accelerators: [card('NVIDIA T400', 4), card('NVIDIA A100 80GB PCIe', 80), card('NVIDIA A100 80GB PCIe', 80)], links: [['X', 'SYS', 'SYS'], ['SYS', 'X', 'NV12'], ['SYS', 'NV12', 'X']]}))

    expect(rig['nodes']).toMatchObject([{acceleratorId: 'a100-pcie-80gb', acceleratorCount: 2, levels: [{kind: 'nvlink-bridge', groupSize: 2}]}])
    expect(unseen).toContainEqual({what: '1 × NVIDIA T400', why: 'it is in the machine, but a node holds accelerators of one sort: left out'})
  })

  test('links that could not be seen are those usual for the form, and marked', () => {
    const {yaml} = fileOf(plain({accelerators: [card('NVIDIA L40S', 44.99), card('NVIDIA L40S', 44.99)], links: undefined}))

    expect(yaml).toContain('# 31 GB/s each way; modelled: usual for pcie accelerators, replace with yours')
  })

  test('MIG and a lowered power limit are told', () => {
    const {seen, unseen} = fileOf(plain({accelerators: [card('NVIDIA H100 PCIe', 79.65, {limitWatts: 310, mig: true})]}))

    expect(seen).toContainEqual({what: 'MIG', value: 'on for 1 of 1: the file counts whole accelerators'})
    expect(unseen.map(({what}) => what)).toContain('the power limit of 310 W in estimates')
  })

  test.for([
    [[700, 500, 500, 700], 'the power limits (2 × 700 W, 2 × 500 W) in estimates'], [[500, 500], 'the power limit of 500 W in estimates'], [[700, undefined, 650], 'the power limits (1 × 700 W, 1 × not told, 1 × 650 W) in estimates'], [[700, 695], undefined], [[undefined, undefined], undefined],
  ] as const)('limits of %j: %s', ([limits, told]) => {
    const {unseen} = fileOf(plain({accelerators: limits.map((limitWatts) => card('NVIDIA H100 80GB HBM3', 79.65, {limitWatts})), links: undefined}))

    expect(unseen.map(({what}) => what).find((what) => what.startsWith('the power limit'))).toBe(told)
  })

  test('more than a board carries is refused with what rigor has against it', () => {
    const many = Array.from({length: 9}, () => card('NVIDIA H100 80GB HBM3', 79.65))
    const {missing} = fileOf(plain({accelerators: many, links: many.map((_, a) => many.map((__, b) => (a === b ? 'X' : 'NV18')))}), {price: '300000 USD'})

    expect(missing.join()).toMatch(/9 × h100-sxm-80gb in one node: no SXM board carries more than 8/)
  })
})

describe('parts', () => {
  const disk = (gigabytes: number, more: Partial<SeenDisk> = {}): SeenDisk => ({name: 'nvme0n1', bytes: gigabytes * 1e9, rotating: false, transport: 'nvme', model: 'A disk', ...more})
  const nodeOf = (machine: SeenMachine) => (fileOf(machine, {price: '1 USD'}).rig['nodes'] as Partial<RigNode>[])[0]
  const partsOf = (more: Partial<SeenMachine>) => nodeOf(plain(more))?.parts

  test('alike ones together, each on a line of its own', () => {
    const machine = plain({
      processor: {model: 'A processor', sockets: 2, coresPerSocket: 32, threads: 128}, disks: [disk(3840.7), disk(3840.8), disk(16_000.9, {rotating: true, model: ' Spinner ', transport: 'sata'}), disk(64, {transport: 'usb'}), disk(480.1, {model: undefined})],
      interfaces: [{name: 'a', kind: 'ethernet', bitsPerSecond: 25e9}, {name: 'b', kind: 'infiniband', bitsPerSecond: 400e9}, {name: 'c', kind: 'ethernet', bitsPerSecond: 25e9}], fans: {turning: 6, still: 2},
    })

    const {yaml, missing, unseen} = fileOf(machine, {price: '1 USD'})

    expect(yaml).toContain([
      '        localSsdGb: 8162', '        parts:',
      '          - {kind: processor, model: A processor, count: 2, cores: 32}',
      '          - {kind: disk, model: A disk, count: 2, gb: 3841}',
      '          - {kind: disk, model: Spinner, count: 1, gb: 16001, rotating: true}',
      '          - {kind: disk, count: 1, gb: 480}',
      '          - {kind: network, count: 2, gigabitsPerSecond: 25}',
      '          - {kind: network, count: 1, gigabitsPerSecond: 400}',
      '          - {kind: fan, count: 6}', '',
    ].join('\n'))
    expect(missing).toEqual([])
    expect(unseen).toContainEqual({what: 'watts of the parts', why: 'no part says what it draws: add watts and idleWatts to them'})
  })

  test('nothing of what is not seen', () => {
    const machine = plain({processor: {model: undefined, sockets: undefined, coresPerSocket: undefined, threads: 8}, disks: undefined})

    expect(nodeOf(machine)).not.toHaveProperty('parts')
    expect(fileOf(machine).unseen).toContainEqual({what: 'how many processors', why: 'their sockets are not told'})
  })

  test('disks of virtual machines that say they rotate are left out', () => {
    const disks = [disk(100, {rotating: true, transport: undefined}), disk(375)]

    expect(partsOf({hypervisor: 'KVM', disks})?.filter(({kind}) => kind === 'disk')).toEqual([{kind: 'disk', model: 'A disk', count: 1, gb: 375}])
    expect(partsOf({disks})?.filter(({kind}) => kind === 'disk')).toHaveLength(2)
  })

  test('rigor takes them: the disks add up to localSsdGb', () => {
    assert(property(array(record({bytes: integer({min: 1, max: 1e14}), rotating: boolean(), transport: constantFrom('nvme', 'usb', undefined), model: string()}), {maxLength: 50}), constantFrom('KVM', undefined), (disks, hypervisor) => {
      const {missing} = fileOf(plain({hypervisor, disks: disks.map((each) => ({name: 'sda', ...each}))}), {price: '1 USD'})

      expect(missing).toEqual([])
    }), {numRuns: 50})
  })

  test('more of them than a rig file takes are left out, and said to be', () => {
    const many = fileOf(plain({processor: {model: 'A', sockets: 5000, coresPerSocket: 1, threads: 5000}, disks: Array.from({length: 200}, (_, index) => disk(index + 1))}), {price: '1 USD'})

    expect([many.missing, (many.rig['nodes'] as Partial<RigNode>[])[0]?.parts]).toEqual([[], undefined])
    expect(many.unseen).toEqual(expect.arrayContaining([{what: '5000 × processor', why: 'a rig file takes no such part: left out'}, {what: '200 sorts of parts', why: 'more than a rig file takes: left out'}]))
  })
})

describe('idle watts', () => {
  const seen = {watts: {watts: 120, where: 'power meter' as const}, accelerators: [card('NVIDIA GeForce RTX 4090', 23.99, {watts: 20, busyShare: 0})]}
  const idle = (more: Partial<SeenMachine>) => (fileOf(plain({...seen, ...more})).rig['nodes'] as {hostIdleWatts?: number}[])[0]?.hostIdleWatts

  test('are what the machine draws at rest, less the accelerators', () => {
    expect(idle({})).toBe(100)
  })

  test.for([
    ['at work', {loadShare: 0.5}], ['with busy accelerators', {accelerators: [card('NVIDIA GeForce RTX 4090', 23.99, {watts: 300, busyShare: 0.9})]}], ['with less at the wall than in the accelerators', {watts: {watts: 12, where: 'power meter' as const}}],
    ['with accelerators that do not say', {accelerators: [card('NVIDIA GeForce RTX 4090', 23.99, {busyShare: 0})]}],
  ] as const)('are modelled %s', ([, more]) => {
    expect(idle(more)).toBe(55)
  })
})

describe('hostile machines', () => {
  test.for([
    ['a shell', '"; rm -rf / #'], ['YAML', 'x: [}{,&*!|>\'%@`'], ['a comment', 'A # B: {c}'], ['lines', 'one\n  evil: true\r\n---\nrigs: {}'], ['a terminal', '\u001b]0;owned\u0007\u001b[31mred\u202egnp'], ['nothing', ''], ['much', 'x'.repeat(5000)], ['pictures', '🦀'.repeat(200)], ['a truth', 'yes'], ['a number', '1e5'], ['a tag', '!!binary abc'],
  ] as const)('a card, a board and a disk called %s change nothing but a text', ([, odd]) => {
    const machine = plain({accelerators: [card(odd, 24)], fans: {turning: 1, still: 0}, vendor: odd, product: odd, processor: {model: odd, sockets: 1, coresPerSocket: 4, threads: 8}, disks: [{name: odd, bytes: 1e12, rotating: true, transport: odd, model: odd}], interfaces: [{name: odd, kind: 'ethernet', bitsPerSecond: 1e9}], hypervisor: odd, host: odd})
    const {name, yaml, rig, seen, unseen} = fileOf(machine, {name: undefined, price: '1 USD'})

    expect(name).toMatch(/^[a-z0-9][a-z0-9._-]{0,59}$/)
    expect(parseDocument(yaml).errors).toEqual([])
    expect(readDocuments(yaml, 'f')[0]?.value).toEqual({rigs: {[name]: rig}})
    expect(Config.safeParse({rigs: {[name]: rig}}).success).toBe(true)
    // oxlint-disable-next-line no-control-regex -- that none of these is left
    expect(`${yaml}${JSON.stringify([seen, unseen])}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })
})
