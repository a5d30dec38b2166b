import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {didYouMean, nearestNames} from '../../src/text/nearest.ts'
import {echo, echoBlock, echoDeep} from '../../src/text/safe.ts'

describe('text from outside is made safe to print', () => {
  test.for([
    ['plain', 'plain'], ['über 日本 🚀', 'über 日本 🚀'], ['\u001b[31mred', String.raw`\u{1b}[31mred`], ['a\nb\tc\r', String.raw`a\nb\tc\r`], ['\u202eevil', String.raw`\u{202e}evil`], ['\u2066x\u2069', String.raw`\u{2066}x\u{2069}`], ['a\u0000', String.raw`a\u{0}`], ['\u009b31m', String.raw`\u{9b}31m`],
    ['zero\u200bwidth', String.raw`zero\u{200b}width`], ['\ud800', String.raw`\u{d800}`], ['tag\u{e0041}', String.raw`tag\u{e0041}`], ['x'.repeat(200), `${'x'.repeat(120)}…`],
  ] as const)('%j', ([text, expected]) => {
    expect(echo(text)).toBe(expected)
  })

  test('whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 300}), (text) => {
        // oxlint-disable-next-line no-control-regex -- these must not be in it
        const steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]/
        expect(echo(text)).not.toMatch(steering)
        expect([...echoBlock(text)].filter((character) => character !== '\n' && character !== '\t').join('')).not.toMatch(steering)
        // Two times is once.
        expect(echo(echo(text, 1000), 10_000)).toBe(echo(text, 1000))
      }),
      {seed: 1},
    )
  })

  test('deep inside a spec, keys too', () => {
    expect(echoDeep({'a\u0007': ['\u202e', 3, null, {b: true}]})).toEqual({[String.raw`a\u{7}`]: [String.raw`\u{202e}`, 3, null, {b: true}]})
  })
})

describe('the nearest names', () => {
  const names = ['llm-inference', 'llm-pretrain', 'llm-finetune', 'generic', 'h100-sxm-80gb', 'h100-pcie-80gb', 'powerWatts']

  test.for([
    ['llm-inferense', ['llm-inference']], ['LLM_Inference', ['llm-inference']], ['powerWats', ['powerWatts']], ['genrci', ['generic']], ['h100', ['h100-sxm-80gb', 'h100-pcie-80gb']], ['pcie h100', ['h100-pcie-80gb']], ['zebra', []], ['', []], ['---', []],
  ] as const)('of %s', ([name, expected]) => {
    expect(nearestNames(name, names)).toEqual(expected)
  })

  test('as a question', () => {
    expect(didYouMean('h100', names)).toBe('did you mean "h100-sxm-80gb" or "h100-pcie-80gb"?')
    expect(didYouMean('zebra', names)).toBeUndefined()
  })

  test('are found for any text, quickly', () => {
    const law = fc.property(fc.string({maxLength: 5000}), (name) => nearestNames(name, names).every((near) => names.includes(near)))

    expect(fc.check(law, {seed: 1}).failed).toBe(false)
  })
})
