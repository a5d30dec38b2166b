import {expect, test} from 'vitest'
import {rigor} from './rigor.ts'

test('hardware show passes on no name that rigor itself would refuse', async () => {
  const shown = await rigor(['hardware', 'show', 'h100-pcie-80gb'], {env: {COLUMNS: '200'}})
  const names = /also called +(.*)/.exec(shown.stdout)?.[1]?.split(', ') ?? []
  const [first, refused] = await Promise.all([rigor(['hardware', 'show', names[0] ?? '']), rigor(['hardware', 'show', 'H100'])])

  expect(names.length).toBeGreaterThan(2)
  expect(names).not.toContain('H100')
  expect(first.stdout).toContain('h100-pcie-80gb')
  expect(refused.code).toBe(2)
})
