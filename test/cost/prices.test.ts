import {describe, expect, test} from 'vitest'
import type {Offer} from '../../src/catalog/schema.ts'
import {applyOwnPrices, parseAdjustment} from '../../src/cost/prices.ts'

const OFFER: Offer = {
  provider: 'acme',
  service: 'vm',
  instanceType: 'p5.48xlarge',
  region: 'us-east-1',
  regionKnown: true,
  purchase: 'on-demand',
  priceUsdPerHour: 50,
  flags: ['from-price'],
  sourceId: 's',
  asOf: '2026-01-01',
  standing: 'read',
}
const TODAY = '2026-11-20'

describe('which rule applies', () => {
  test('the last one that matches, as long as it holds', () => {
    const rules = [
      {provider: 'acme', adjust: '-10%'},
      {machine: 'p5*', adjust: '-12%', until: '2026-11-20'},
      {provider: 'acme', adjust: '-50%', until: '2026-11-19'},
      {provider: 'other', adjust: '-90%'},
    ]

    expect(applyOwnPrices(OFFER, rules, TODAY).offer.priceUsdPerHour).toBeCloseTo(44, 12)
    expect(applyOwnPrices({...OFFER, instanceType: 'g6.xlarge'}, rules, TODAY).offer.priceUsdPerHour).toBeCloseTo(45, 12)
    expect(applyOwnPrices({...OFFER, provider: 'third', instanceType: 'x'}, rules, TODAY)).toEqual({offer: {...OFFER, provider: 'third', instanceType: 'x'}, rule: null, prepaid: false})
  })

  test.for([{region: 'eu-*'}, {purchase: 'spot'}, {service: 'sagemaker'}])('not in another place: %o', elsewhere => {
    expect(applyOwnPrices(OFFER, [{...elsewhere, adjust: '-10%'}], TODAY).rule).toBeNull()
  })
})

describe('what it does', () => {
  test('a discount keeps date and flags of the list price', () => {
    expect(applyOwnPrices(OFFER, [{adjust: '-12%'}], TODAY).offer).toMatchObject({asOf: '2026-01-01', flags: ['from-price']})
  })

  test('an absolute price is of today and may win', () => {
    expect(applyOwnPrices(OFFER, [{usdPerHour: 23.92}], TODAY).offer).toMatchObject({priceUsdPerHour: 23.92, asOf: TODAY, flags: []})
  })

  test('an absolute price without a purchase is the on-demand price, not that of every purchase', () => {
    expect(applyOwnPrices({...OFFER, purchase: 'spot'}, [{usdPerHour: 23.92}], TODAY).rule).toBeNull()
    expect(applyOwnPrices({...OFFER, purchase: 'spot'}, [{usdPerHour: 9, purchase: 'spot'}], TODAY).offer.priceUsdPerHour).toBe(9)
  })

  test('covers as many machines as were bargained for', () => {
    expect(applyOwnPrices(OFFER, [{usdPerHour: 20, count: 1}], TODAY, 3).offer.priceUsdPerHour).toBeCloseTo((20 + 50 + 50) / 3, 12)
    expect(applyOwnPrices(OFFER, [{usdPerHour: 20, count: 4}], TODAY, 3).offer.priceUsdPerHour).toBe(20)
  })

  test('a paid commitment is prepaid only where it covers all machines', () => {
    const rules = [{purchase: 'reserved-1y', prepaid: true, count: 2}] as const
    const reserved: Offer = {...OFFER, purchase: 'reserved-1y'}

    expect(applyOwnPrices(reserved, rules, TODAY, 2).prepaid).toBe(true)
    expect(applyOwnPrices(reserved, rules, TODAY, 3).prepaid).toBe(false)
  })

  test.for([['-12%', 0.88], ['+3%', 1.03], ['-7.5 %', 0.925]] as const)('%s is × %d', ([text, factor]) => {
    expect(parseAdjustment(text)).toBeCloseTo(factor, 12)
  })

  test.for(['12%', '-12', '-100%', 'cheap', '-1000%'])('refuses "%s"', text => {
    expect(() => parseAdjustment(text)).toThrow(expect.objectContaining({code: 'BAD_ADJUSTMENT', exit: 2}))
  })
})
