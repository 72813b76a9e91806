import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { sharesOf } from './shares.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi({ maxRunning: 4 })
})
afterAll(() => t?.dispose())

test('anonymous accounts share a part of the running databases, at least one; the owner has no limit', () => {
  const stranger = { id: 'cus_1', kind: 'anonymous' as const }
  expect(sharesOf(stranger, 100)).toEqual([
    { name: 'cus_1', most: 25 },
    { name: 'anonymous', most: 75 },
  ])
  expect(sharesOf(stranger, 1).map(({ most }) => most)).toEqual([1, 1])
  expect(sharesOf({ id: 'cus_2', kind: 'owner' }, 100)).toEqual([])
})

test('a database counts for its account, and an unknown database counts for none', async () => {
  const { id: own } = await t.createDatabase('own')
  const token = await t.anonymous()
  const { id: strange } = await t.createDatabase('strange', { token })
  const { rows } = await t.metadata.query('select customer_id from databases where id = $1', [strange])
  expect(await t.api.sharesOf(own)).toEqual([])
  expect(await t.api.sharesOf(strange)).toEqual([
    { name: rows[0].customer_id, most: 1 },
    { name: 'anonymous', most: 3 },
  ])
  expect(await t.api.sharesOf('db_00000000000000000000000000')).toEqual([])
})
