import { expect, test } from 'vitest'
import * as z from 'zod'
import { describeIssue } from './issues.ts'

const input = z.strictObject({
  name: z.string(),
  deleted: z.enum(['true', 'false']).optional(),
  limits: z.strictObject({ rps: z.number().min(1) }).optional(),
})

test.each([
  ['a field that is missing', {}, 'name: is required'],
  ['a field nobody knows', { name: 'a', nmae: 'b' }, 'nmae: is not a known field'],
  ['another type', { name: 1 }, 'name: expected string, received number'],
  ['none of the choices', { name: 'a', deleted: 'yes' }, 'deleted: expected one of "true"|"false"'],
  ['too little, further in', { name: 'a', limits: { rps: 0 } }, 'limits.rps: expected number to be >=1'],
])('%s is named as the request wrote it, with what is wrong', (_, value, said) => {
  const parsed = input.safeParse(value)
  const { field, problem } = describeIssue(parsed.error ?? new z.ZodError([]))
  expect(`${field}: ${problem}`).toBe(said)
})
