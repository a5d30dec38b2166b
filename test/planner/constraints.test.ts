import {expect, test} from 'vitest'
import {refuseMachine} from '../../src/planner/constraints.ts'
import {catalog} from './world.ts'

test.for([
  ['l4-24gb', 0.125, '0.125 of l4-24gb has 2.81 GiB, minMemoryGib is 100'],
  ['a10-24gb', 0.1667, '0.1667 of a10-24gb has 3.74 GiB, minMemoryGib is 100'],
  ['h100-sxm-80gb', 8, 'h100-sxm-80gb has 79.65 GiB, minMemoryGib is 100'],
] as const)('%s × %d: too little memory is said in few digits, and what is named would do', ([id, count, detail]) => {
  const accelerator = catalog.accelerators.find(each => each.id === id)!
  const refusal = refuseMachine({privacy: 'any', minMemoryGib: 100}, 'aws', accelerator, count)
  const minMemoryGib = Number(/^minMemoryGib: (.*)$/.exec(refusal?.nearest ?? '')?.[1])

  expect(refusal?.detail).toBe(detail)
  expect(refuseMachine({privacy: 'any', minMemoryGib}, 'aws', accelerator, count)).toBeNull()
  expect(refuseMachine({privacy: 'any', minMemoryGib: minMemoryGib + 0.02}, 'aws', accelerator, count)).not.toBeNull()
})
