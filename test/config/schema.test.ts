import fc from 'fast-check'
import {expect, test} from 'vitest'
import {Config} from '../../src/config/schema.ts'
import {weekOf} from '../../src/cost/tariff.ts'
import type {RigorError} from '../../src/errors.ts'
import {readDocuments} from '../../src/text/documents.ts'
import {findings, findingsError} from '../../src/text/issues.ts'

/** What is said of a rigor.yaml, as the store says it. */
function refusal(yaml: string): RigorError | undefined {
  const [document] = readDocuments(yaml, 'rigor.yaml')
  const parsed = Config.safeParse(document!.value)
  return parsed.success ? undefined : findingsError(findings(parsed.error.issues, Config, document!.value, 'rigor.yaml'), document!.locate)
}

const ofSite = (site: string): string => `rigs:\n  lab:\n    extends: box\n    site:\n      ${site}\n`
const ofNodes = (nodes: string): string => `rigs:\n  lab:\n    extends: box\n    nodes: ${nodes}\n`

test.for<readonly [string, string]>([
  [ofSite('circuits: [{volts: 230, phases: 2, amps: 16, count: 1, socket: household}]'), 'rigor.yaml:5 — rigs.lab.site.circuits[0].phases: 2 is neither 1 nor 3.'],
  [ofSite('circuits: [{volts: 230, phases: 1, amps: 16, count: 1, socket: plug}]'), 'rigor.yaml:5 — rigs.lab.site.circuits[0].socket: "plug" is neither household nor industrial.'],
  [ofSite('noiseLimitDba: -5'), 'rigor.yaml:5 — rigs.lab.site.noiseLimitDba: -5 is out of range: expected at least 0.'],
  [ofSite('noiseLimitDba: 100000'), 'rigor.yaml:5 — rigs.lab.site.noiseLimitDba: 100000 is out of range: expected at most 140.'],
  [ofSite('noiseLimitDba: quiet'), 'rigor.yaml:5 — rigs.lab.site.noiseLimitDba: "quiet" is not a number.'],
  [ofSite('cooling: {cop: 0.0001}'), 'rigor.yaml:5 — rigs.lab.site.cooling.cop: 0.0001 is out of range: expected at least 0.5.'],
  [ofSite('coolingCop: 101'), 'rigor.yaml:5 — rigs.lab.site.coolingCop: 101 is out of range: expected at most 100.'],
  [ofSite('tariff: {energy: 0 EUR/kWh}'), 'rigor.yaml:5 — rigs.lab.site.tariff.energy: 0 EUR/kWh is out of range: expected above 0 (hours that cost nothing are windows).'],
  [ofNodes('[{id: box, acceleratorCount: 8.5}]'), 'rigor.yaml:4 — rigs.lab.nodes[0].acceleratorCount: 8.5 is not a whole number.'],
  [ofNodes('[{id: box, noiseDba: 100000}]'), 'rigor.yaml:4 — rigs.lab.nodes[0].noiseDba: 100000 is out of range: expected at most 140.'],
  [ofNodes('[{id: box, hostMaximumWatts: 1e12}]'), 'rigor.yaml:4 — rigs.lab.nodes[0].hostMaximumWatts: 1000000000000 is out of range: expected at most 1000000000.'],
  [ofNodes('[{id: box, supplies: {count: 1, ratedWatts: 1000, needed: 1, efficiency: [{loadShare: 0.1, efficiency: 0.99}, {loadShare: 0.5, efficiency: 0.2}]}}]'), 'rigor.yaml:4 — rigs.lab.nodes[0].supplies.efficiency[1].efficiency: 0.2 is out of range: expected at least 0.5.'],
  [ofNodes('\n      - {id: box}\n      - {id: box, count: 2}'), 'rigor.yaml:6 — rigs.lab.nodes[1].id: "box" stands for two nodes.'],
  ['rigs:\n  ../x: {extends: box}\n', 'rigor.yaml:2 — rigs, "../x": the name of a rig has small letters, digits, dots and dashes.'],
])('a mistake in\n%s is told with line and value', ([yaml, message]) => {
  expect(refusal(yaml)?.message).toBe(message)
})

const windows = (...lines: readonly string[]): string => ofSite(`tariff: {energy: 1 EUR/kWh, windows: [${lines.map((line) => `{${line}, energy: 1 EUR/kWh}`).join(', ')}]}`)

test.for<[string, string | undefined]>([
  ['days: all, from: "00:00", to: "24:00"', undefined], ['days: all, from: "06:00", to: "00:00"', undefined], ['days: all, from: "24:00", to: "06:00"', undefined],
  ['days: all, from: "06:00", to: "06:00"', 'from "06:00" to "06:00" holds no hour; a whole day is from "00:00" to "24:00"'],
  ['days: all, from: "00:00", to: "00:00"', 'from "00:00" to "00:00" holds no hour'], ['days: all, from: "24:00", to: "24:00"', 'from "24:00" to "24:00" holds no hour'], ['days: all, from: "24:00", to: "00:00"', 'from "24:00" to "00:00" holds no hour'],
])('a window %s', ([window, message]) => {
  const error = refusal(windows(window))

  if (message === undefined) expect(error).toBeUndefined()
  else expect(error?.message).toContain(`rigor.yaml:5 — rigs.lab.site.tariff.windows[0].to: ${message}`)
})

test('a window behind others that take all its hours is for nothing', () => {
  const night = 'days: all, from: "22:00", to: "06:00"'
  const shadowed = 'rigs.lab.site.tariff.windows[1]: never holds: its hours are all taken by earlier windows. The first that holds an hour counts.'

  expect(refusal(windows(night, 'days: mon-fri, from: "23:00", to: "02:00"'))?.message).toContain(shadowed)
  expect(refusal(windows('days: "sun, mon", from: "20:00", to: "04:00"', 'days: mon, from: "00:00", to: "04:00"'))?.message).toContain(shadowed)
  expect(refusal(windows(night, 'days: mon-fri, from: "21:00", to: "02:00"'))).toBeUndefined()
  expect(refusal(windows('days: mon, from: "20:00", to: "04:00"', 'days: mon, from: "00:00", to: "04:00"'))).toBeUndefined()
})

test('a window is refused as never holding exactly if its price is never paid', () => {
  const hour = fc.integer({min: 0, max: 23})
  const window = fc.record({days: fc.uniqueArray(fc.constantFrom('mon', 'tue', 'sun'), {minLength: 1}), from: hour, to: hour}).filter(({from, to}) => from !== to)
  fc.assert(fc.property(fc.array(window, {minLength: 1, maxLength: 4}), (list) => {
    const written = list.map(({days, from, to}, index) => ({days: days.join(', '), from: `${from}:00`, to: `${to}:00`, energy: `${index + 2} USD/kWh`}))
    const parsed = Config.safeParse({rigs: {lab: {extends: 'box', site: {tariff: {energy: '1 USD/kWh', windows: written}}}}})
    const refused = parsed.error?.issues.map(({path}) => path.at(-1)) ?? []
    const paid = new Set(weekOf({tariffUsdPerKwh: 1, tariffWindows: list.map(({days, from, to}, index) => ({days: days.map((day) => ({mon: 0, tue: 1, sun: 6})[day]), fromHour: from, toHour: to, usdPerKwh: index + 2}))}))

    expect(refused).toEqual(list.flatMap((_, index) => (paid.has(index + 2) ? [] : [index])))
  }))
})
