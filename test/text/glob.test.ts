import {describe, expect, test} from 'vitest'
import {matchesGlob} from '../../src/text/glob.ts'

describe('a pattern with stars', () => {
  test.for([
    ['p5*', 'p5.48xlarge', true],
    ['P5.48XLARGE', 'p5.48xlarge', true],
    ['p5', 'p5.48xlarge', false],
    ['*48*', 'p5.48xlarge', true],
    ['*.48xlarge', 'p5.48xlarge', true],
    ['p*x*e', 'p5.48xlarge', true],
    ['p5*p5', 'p5', false],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'p5', false],
    ['EU-*', 'eu-west-1', true],
    ['us-*-1', 'us-east-1', true],
    ['a*ba', 'aba', true],
    ['ab*ba', 'aba', false],
  ] as const)('%s matches %s: %s', ([glob, text, matches]) => {
    expect(matchesGlob(glob, text)).toBe(matches)
  })
})
