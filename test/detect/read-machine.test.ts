import {describe, expect, test} from 'vitest'
import {readMachine} from '../../src/detect/read-machine.ts'
import type {Section} from '../../src/detect/sections.ts'

const machine = (sections: Readonly<Record<string, Section>>, complete = true) => readMachine({sections: new Map(Object.entries({system: {status: '0', text: 'kernel=Linux\nhost=box'}, ...sections})), complete})
const whyNo = (what: string, sections: Readonly<Record<string, Section>>, complete = true): string | undefined => machine(sections, complete).unseen.find((each) => each.what === what)?.why

describe('power supplies that are not told', () => {
  const add = ': add supplies: {count, ratedWatts, needed}'
  test.for([
    ['absent', '', 'dmidecode is not installed'],
    ['1', '# dmidecode 3.5\nGetting SMBIOS data from sysfs.\n/sys/firmware/dmi/tables/smbios_entry_point: Permission denied\nScanning /dev/mem for entry point.\n/dev/mem: Permission denied', 'only root may read them'],
    ['1', '# dmidecode 3.5\nScanning /dev/mem for entry point.\n# No SMBIOS nor DMI entry point found, sorry.', 'dmidecode failed: No SMBIOS nor DMI entry point found, sorry'],
    ['127', 'dmidecode: error while loading shared libraries', 'dmidecode failed: dmidecode: error while loading shared libraries'],
    ['124', '# dmidecode 3.5\nHandle 0x1, DMI type 39\nSystem Power Supply\n', 'dmidecode did not answer in time'],
    ['0', '# dmidecode 3.5\nGetting SMBIOS data from sysfs.', 'dmidecode lists none'],
  ] as const)('%s "%s": %s', ([status, text, why]) => {
    expect(whyNo('power supplies', {dmidecode: {status, text}})).toBe(why + add)
  })
})

describe('a machine that took too long', () => {
  test('what did not answer and what was not asked are told apart from what is not there', () => {
    const sections = {nvidia: {status: '124', text: ''}}

    expect(whyNo('accelerators', sections, false)).toBe('nvidia-smi did not answer in time, rocm-smi was not asked, as the time was over before its turn')
    expect(whyNo('processors', sections, false)).toBe('lscpu was not asked, as the time was over before its turn')
    expect(whyNo('memory', sections, false)).toBe('not read, as the time was over before its turn')
    expect(whyNo('memory', {memory: {status: '124', text: ''}}, false)).toBe('reading it took too long')
    expect(whyNo('memory', sections)).toBe('there is no /proc/meminfo')
    expect(whyNo('network', sections)).toBeUndefined()
  })

  test('half an answer is none', () => {
    expect(machine({lscpu: {status: '124', text: '{"lscpu":[{"field":"CPU(s):","data":"8"}]}'}}).processor).toBeUndefined()
  })
})

describe('more accelerators than a node may have', () => {
  test('of NVIDIA', () => {
    const lines = Array.from({length: 2001}, (_, index) => `${index}, 81559, NVIDIA H100 80GB HBM3`).join('\n')
    const {accelerators, links, unseen} = machine({nvidia: {status: '0', text: `index, memory.total [MiB], name\n${lines}`}})

    expect([accelerators, links]).toEqual([[], undefined])
    expect(unseen).toContainEqual({what: 'accelerators', why: 'their drivers tell of 2001, more than the 1024 that a node may have: none of it is taken'})
  })

  test('of AMD, without counting out how each reaches each', () => {
    const cards = Object.fromEntries(Array.from({length: 100_000}, (_, index) => [`card${index}`, {}]))

    expect(machine({amd: {status: '0', text: JSON.stringify(cards)}}).accelerators).toEqual([])
  })
})
