import http from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {readRedfish} from '../../src/detect/redfish.ts'
import {askRedfish, readBmc} from '../../src/redfish.ts'

type Documents = Readonly<Record<string, unknown>>
const link = (path: string) => ({'@odata.id': path})

/** As older BMCs answer (Power), with a board that draws a part of the whole. */
const OLD: Documents = {
  '/redfish/v1/Chassis': {Members: [link('/redfish/v1/Chassis/Self'), link('/redfish/v1/Chassis/HGX_Baseboard')]},
  '/redfish/v1/Chassis/Self': {Power: link('/redfish/v1/Chassis/Self/Power')},
  '/redfish/v1/Chassis/Self/Power': {
    PowerControl: [{MemberId: '0', PowerConsumedWatts: 1900, PowerCapacityWatts: 19_800}],
    PowerSupplies: [{PowerCapacityWatts: 3300, Status: {State: 'Enabled'}}, {PowerCapacityWatts: 3300, Status: {State: 'Enabled'}}, {Status: {State: 'Absent'}}],
  },
  '/redfish/v1/Chassis/HGX_Baseboard': {Power: link('/redfish/v1/Chassis/HGX_Baseboard/Power')},
  '/redfish/v1/Chassis/HGX_Baseboard/Power': {PowerControl: [{PowerConsumedWatts: 760}]},
}
/** As newer ones do. */
const NEW: Documents = {
  '/redfish/v1/Chassis': {Members: [link('/redfish/v1/Chassis/1')]},
  '/redfish/v1/Chassis/1': {PowerSubsystem: link('/redfish/v1/Chassis/1/PowerSubsystem'), EnvironmentMetrics: link('/redfish/v1/Chassis/1/EnvironmentMetrics')},
  '/redfish/v1/Chassis/1/EnvironmentMetrics': {PowerWatts: {Reading: 1105.5, ReadingUnits: 'W'}},
  '/redfish/v1/Chassis/1/PowerSubsystem': {PowerSupplies: link('/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies')},
  '/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies': {Members: [link('/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/0'), link('/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/1')]},
  '/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/0': {PowerCapacityWatts: 2700},
  '/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/1': {PowerCapacityWatts: 2000},
}

const servers: http.Server[] = []
afterEach(() => servers.splice(0).forEach((server) => (server.closeAllConnections(), server.close())))

/** A BMC on loopback; what it was asked, and with which credentials. */
async function bmc(answer: http.RequestListener): Promise<{readonly url: URL; readonly asked: string[]; readonly authorizations: Set<string | undefined>}> {
  const [asked, authorizations] = [[] as string[], new Set<string | undefined>()]
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    authorizations.add(request.headers.authorization)
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked, authorizations}
}
const serving = (documents: Documents): http.RequestListener => ({url = ''}, response) => {
  const found = documents[url]
  response.writeHead(found === undefined ? 404 : 200, {'content-type': 'application/json'}).end(JSON.stringify(found ?? {}))
}
const refusal = async (answer: http.RequestListener, longestMilliseconds = 5000): Promise<unknown> => askRedfish({bmc: (await bmc(answer)).url, environment: {}, longestMilliseconds}).catch((error: unknown) => error)

describe('what a BMC says', () => {
  test('in Power: the whole machine is the chassis that draws most; an empty bay is no supply', async () => {
    const {url} = await bmc(serving(OLD))
    expect(await askRedfish({bmc: url, environment: {}})).toEqual({watts: {watts: 1900, where: 'Redfish'}, supplies: {count: 2, ratedWatts: 3300}})
  })

  test('in PowerSubsystem and EnvironmentMetrics: unlike supplies have no rating in common', async () => {
    const {url} = await bmc(serving(NEW))
    expect(await askRedfish({bmc: url, environment: {}})).toEqual({watts: {watts: 1105.5, where: 'Redfish'}, supplies: {count: 2, ratedWatts: undefined}})
  })

  test('is nothing where it says nothing, or nonsense', () => {
    expect(readRedfish([])).toEqual({watts: undefined, supplies: undefined})
    expect(readRedfish([{power: {PowerControl: [{PowerConsumedWatts: -5}, {PowerConsumedWatts: '900'}, {PowerConsumedWatts: 0}, null]}, metrics: {PowerWatts: 7}, supplies: []}])).toEqual({watts: undefined, supplies: undefined})
  })
})

test('user and password go to the BMC alone, and both or neither', async () => {
  const {url, authorizations} = await bmc(serving(OLD))
  await askRedfish({bmc: url, environment: {RIGOR_REDFISH_USER: 'reader', RIGOR_REDFISH_PASSWORD: 'pass:word'}})
  await askRedfish({bmc: url, environment: {RIGOR_REDFISH_USER: 'reader'}})
  expect([...authorizations]).toEqual([`Basic ${Buffer.from('reader:pass:word').toString('base64')}`, undefined])
})

test('links lead nowhere else', async () => {
  const strange = ['http://127.0.0.1:1/redfish/v1/x', '//evil.example/redfish/v1/x', '/redfish/v1/../../etc/passwd', '/redfish/v1/Chassis/%2e%2e/..', '/admin', 7, '/redfish/v1/a b\r\nx: y']
  const {url, asked} = await bmc(serving({'/redfish/v1/Chassis': {Members: strange.map((each) => ({'@odata.id': each}))}}))
  expect(await askRedfish({bmc: url, environment: {}})).toEqual({watts: undefined, supplies: undefined})
  expect(asked).toEqual(['/redfish/v1/Chassis'])
})

describe('what goes wrong has a code, and says nothing of the password', () => {
  test.for<[string, http.RequestListener, string, number]>([
    ['nobody is let in', (_, response) => response.writeHead(401).end(), 'REDFISH_REFUSED', 6],
    ['no such thing', (_, response) => response.writeHead(404).end(), 'REDFISH_FAILED', 4],
    ['no JSON', (_, response) => response.end('<html>\u001b[2J'), 'REDFISH_FAILED', 4],
    ['elsewhere', (_, response) => response.writeHead(302, {location: 'http://127.0.0.1:1/'}).end(), 'REDFISH_FAILED', 4],
    ['endless', (_, response) => response.end('x'.repeat(1_100_000)), 'TOO_LARGE', 4],
    ['cut off', (request) => request.socket.destroy(), 'REDFISH_FAILED', 4],
  ])('%s', async ([, answer, code, exit]) => {
    const error = await refusal(answer)
    expect(error).toMatchObject({code, exit})
    expect((error as Error).message).not.toMatch(/[\u001b]|Basic/) // oxlint-disable-line no-control-regex -- the very character
  })

  test('no answer', async () => {
    expect(await refusal(() => {}, 200)).toMatchObject({code: 'REDFISH_FAILED', message: expect.stringContaining('did not answer in time') as string})
  })
})

test.for([
  ['http://bmc.example.org', 'not encrypted'], ['https://root:calvin@bmc.example.org', 'no user or password'], ['bmc.example.org', 'not the address'], ['ftp://bmc', 'not the address'], ['https://bmc/redfish/v1', 'not the address'], ['', 'not the address'],
] as const)('--redfish %s is refused', ([text, why]) => {
  expect(() => readBmc(text)).toThrow(why)
  expect(() => readBmc(text)).not.toThrow('calvin')
})

test('https anywhere, http on this machine', () => {
  expect(readBmc('https://bmc.example.org').host).toBe('bmc.example.org')
  expect(readBmc('http://127.0.0.1:8000').host).toBe('127.0.0.1:8000')
})
