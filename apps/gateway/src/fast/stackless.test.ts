/** Errors without a stack, beside usual ones. */
import { expect, test } from 'vitest'
import { stackless } from './stackless.ts'

test('an error without a stack is the same error apart from its stack', () => {
  const make = () => new RangeError('too far', { cause: 1 })
  const [fast, slow] = [stackless(make), make()]
  expect([fast.name, fast.message, fast.cause]).toEqual([slow.name, slow.message, slow.cause])
  expect(fast).toBeInstanceOf(RangeError)
  expect(fast.stack).toBe('RangeError: too far')
})

test('errors have stacks again afterwards, also where making one throws', () => {
  const trouble = () =>
    stackless(() => {
      throw new Error('cannot be made')
    })
  expect(trouble).toThrow('cannot be made')
  expect(new Error('later').stack).toContain('stackless.test.ts')
})
