import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {parseCarbonByCountry, parseCarbonFactors, parseExchangeRates, parsePue, parseTariffs} from '../../src/catalog/parse/energy.ts'
import {parseFacility, parseFacilityFacts} from '../../src/catalog/parse/facility.ts'

const data = (file: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'data', file), 'utf8')
const sourceIds = new Set(parseCsv(data('sources.csv'), 'sources.csv').map(record => record.cells['id']))

test.for(['energy/tariffs.csv', 'energy/carbon.csv', 'energy/pue.csv', 'energy/fx.csv', 'facility.csv'])('every row of %s has a source', file => {
  expect(parseCsv(data(file), file).filter(({cells}) => !sourceIds.has(cells['sourceId'])).map(record => record.line)).toEqual([])
})

describe('tariffs', () => {
  const tariffs = parseTariffs(data('energy/tariffs.csv'))

  test.for([['DE', 'industrial', 0.2714, '2025-03-01'], ['DE', 'household', 0.4423, '2025-06-30'], ['US', 'household', 0.1872, '2026-04-26'], ['US-TX', 'industrial', 0.0725, '2026-01-31']] as const)(
    '%s %s is the newest: %d USD/kWh of %s',
    ([country, sector, usdPerKwh, asOf]) => {
      expect(tariffs.find(tariff => tariff.country === country && tariff.sector === sector)).toMatchObject({usdPerKwh, asOf})
    },
  )

  test('a kWh costs between 5 cents and half a dollar', () => {
    expect(tariffs.filter(({usdPerKwh}) => usdPerKwh < 0.05 || usdPerKwh > 0.5)).toEqual([])
  })
})

describe('grid carbon', () => {
  const factors = parseCarbonFactors(data('energy/carbon.csv'))
  const byCountry = parseCarbonByCountry(data('energy/carbon.csv'))

  test('countries are lifecycle factors and regions generation only: the two never meet', () => {
    expect(factors.filter(factor => (factor.basis === 'lifecycle') !== ['country', 'world'].includes(factor.scope))).toEqual([])
    expect(Object.keys(byCountry).every(code => /^[A-Z]{2}$/.test(code))).toBe(true)
  })

  test.for([['DE', 329.6], ['FR', 41.4], ['US', 384.4], ['BE', 138]] as const)('%s is the newest: %d g/kWh', ([country, grams]) => {
    expect(byCountry[country]).toBe(grams)
  })

  test('a Google region is of its newest year', () => {
    expect(factors.find(factor => factor.scope === 'gcp' && factor.code === 'us-central1')).toMatchObject({gramsCo2PerKwh: 412.72, asOf: '2024-12-31', carbonFreeShare: 0.87})
  })
})

test('PUE is the newest fleet average; best sites and defaults of other tools stay out', () => {
  expect(parsePue(data('energy/pue.csv'))).toMatchObject({aws: 1.15, azure: 1.17, gcp: 1.1, '*': 1.58})
})

test('exchange rates are the newest monthly means', () => {
  const rates = parseExchangeRates(data('energy/fx.csv'))

  expect(rates['EUR']).toEqual({perUsd: 0.8684, asOf: '2026-06-01'})
  expect(rates['INR']!.asOf).toBe('2026-06-01')
  expect(rates['USD']).toBeUndefined()
})

describe('facility', () => {
  test('keeps every key once', () => {
    expect(parseFacilityFacts(data('facility.csv')).length).toBe(164)
  })

  test('a figure lies between its ends', () => {
    expect(parseFacilityFacts(data('facility.csv')).filter(({value, low, high}) => value < (low ?? value) || value > (high ?? value))).toEqual([])
  })

  test.for([['cooling_cop_room_ac', 3], ['psu_titanium_efficiency_50pct', 0.96], ['residual_h100_year5', 0.125], ['h100_permanent_failure_rate', 0.04]] as const)('%s is %d', ([key, value]) => {
    expect(parseFacility(data('facility.csv'))[key]).toBe(value)
  })
})
