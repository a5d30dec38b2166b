import {expect, test} from 'vitest'
import {TOPICS} from '../../src/glossary.ts'

test('a name leads to one topic, and topics point at topics', () => {
  const names = TOPICS.flatMap(({id, aliases}) => [id, ...(aliases ?? [])])
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  const ids = new Set(TOPICS.map(({id}) => id))
  expect(TOPICS.flatMap(({see}) => see ?? []).filter(id => !ids.has(id))).toEqual([])
})
