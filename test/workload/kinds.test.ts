import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {fieldNamesAt, leafPaths} from '../../src/text/issues.ts'
import {commonFields} from '../../src/workload/common.ts'
import {kinds} from '../../src/workload/index.ts'
import {kindJsonSchema, parseWorkload, readWorkloads} from '../../src/workload/read.ts'

const byId = kinds.map((kind) => [kind.id, kind] as const)

describe.for(byId)('%s', ([id, kind]) => {
  test('reads its own example, from JSON as well', () => {
    const [read] = readWorkloads(JSON.stringify(kind.example), {file: 'example.json', kinds})

    expect(read?.kind.id).toBe(id)
    expect(read?.spec.kind).toBe(id)
  })

  test('has the common fields', () => {
    expect(fieldNamesAt(kind.spec, [])).toEqual(expect.arrayContaining(['kind', ...Object.keys(commonFields)]))
  })

  test('refuses an unknown field at every level', () => {
    const levels = new Set(leafPaths(kind.spec).map((leaf) => leaf.split('.').slice(0, -1).join('.')))
    const accepted = [...levels].filter((level) => {
      const spec = structuredClone(kind.example)
      let at = spec
      for (const step of level === '' ? [] : level.split('.')) at = (at[step] = typeof at[step] === 'object' && at[step] !== null ? at[step] : {}) as Record<string, unknown>
      at['noSuchField'] = 1
      return kind.spec.safeParse(spec).success
    })

    expect(accepted).toEqual([])
  })

  test('has a JSON Schema that closes every object', () => {
    const schema = JSON.stringify(kindJsonSchema(kind))

    expect(schema).toContain('"$schema"')
    expect(schema.match(/"type":"object"/g)?.length).toBe(schema.match(/"additionalProperties":false/g)?.length)
  })

  test('reads or refuses whatever its example is changed into, and lets in finite numbers only', () => {
    const paths = leafPaths(kind.spec)
    const value = fc.oneof(
      fc.constantFrom<unknown>(0, 1, -1, 2.5, 8, 800, 1e12, 1e308, null, true, '', 'auto', '50k', '15T', '48h', '80 GB', '200 USD', 'bf16', 'fp8', 'lora', 'once', {}, [], ['aws'], {runsPerMonth: 4}, 'a100-sxm-80gb:8', Number.NaN, Infinity),
      fc.string({maxLength: 6}), fc.double(), fc.jsonValue({maxDepth: 2}),
    )
    const change = fc.record({path: fc.oneof(fc.constantFrom(...paths), fc.string({maxLength: 5})), value, remove: fc.boolean()})
    const law = fc.property(fc.array(change, {minLength: 1, maxLength: 3}), (changes) => {
      const spec = structuredClone(kind.example)
      for (const {path, value: put, remove} of changes) {
        const steps = path.split('.')
        let at = spec
        for (const step of steps.slice(0, -1)) at = (at[step] = typeof at[step] === 'object' && at[step] !== null ? at[step] : {}) as Record<string, unknown>
        const last = steps.at(-1) ?? ''
        if (remove) delete at[last]
        else at[last] = put
      }
      try {
        const {spec: parsed} = parseWorkload(spec, {kinds, locate: () => 'x'})
        return !JSON.stringify(parsed, (_, each: unknown) => (typeof each === 'number' && !Number.isFinite(each) ? 'BAD NUMBER' : each)).includes('BAD NUMBER')
      } catch (error) {
        if (!(error instanceof RigorError)) throw error
        return error.exit === 2
      }
    })

    expect(fc.check(law, {seed: 21, numRuns: 2000})).toMatchObject({failed: false})
  })
})

test('no two kinds have one id', () => {
  expect(new Set(kinds.map((kind) => kind.id)).size).toBe(kinds.length)
})
