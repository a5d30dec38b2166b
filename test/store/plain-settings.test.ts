import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {loadConfig, type LoadedConfig} from '../../src/store/config.ts'
import {plainSettings} from '../../src/store/plain-settings.ts'

let cwd = ''
beforeAll(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor-settings-'))
})
afterAll(() => fs.rmSync(cwd, {recursive: true}))

const options = (environment: Record<string, string>, flags: Record<string, string | number | boolean>) => ({cwd, environment: {RIGOR_HOME: cwd, ...environment}, home: cwd, flags})

describe('the short way to the settings', () => {
  test.for([
    [{}, {}],
    [{RIGOR_AS_OF: '2026-11-20', RIGOR_OFFLINE: '1'}, {}],
    [{RIGOR_CURRENCY: 'chf'}, {currency: 'eur', catalog: 'some/where'}],
    [{}, {acceptStale: true, allRegions: true, limit: 7}],
    [{RIGOR_CURRENCY: ''}, {}],
  ] as const)('says what the long one says: %j %j', ([environment, flags]) => {
    const comparable = (loaded: LoadedConfig | undefined) => ({...loaded, locate: undefined, settings: new Set(loaded?.settings)})

    const short = plainSettings(options(environment, flags))

    expect(comparable(short)).toEqual(comparable(loadConfig(options(environment, flags))))
  })

  test.for([
    [{RIGOR_CURRENCY: 'EURO'}, {}],
    [{RIGOR_AS_OF: '2026-02-30'}, {}],
    [{RIGOR_CURENCY: 'EUR'}, {}],
    [{RIGOR_TTL: '8h'}, {}],
    [{RIGOR_OFFLINE: 'no'}, {}],
    [{}, {limit: 0}],
    [{}, {ttl: '8h'}],
  ] as const)('is not taken for %j %j', ([environment, flags]) => {
    expect(plainSettings(options(environment, flags))).toBeUndefined()
  })

  test.for([['rigor.yaml', '.'], ['config.yaml', 'config']] as const)('is not taken where there is a %s', ([file, folder]) => {
    const place = path.join(cwd, folder)
    fs.mkdirSync(place, {recursive: true})
    fs.writeFileSync(path.join(place, file), '')

    const found = plainSettings(options({}, {}))

    fs.rmSync(path.join(place, file))
    expect(found).toBeUndefined()
  })
})
