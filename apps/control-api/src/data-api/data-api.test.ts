import { DATA_API_DEFAULTS } from '@db9/types/internal'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { createKeyOf, keyConfigOf } from '../testing/keys.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('browser')).id
})
afterAll(() => t?.dispose())

describe('the data API settings', () => {
  const path = () => `/databases/${id}/data-api`

  test('are the defaults before a PUT, and after it the given values with defaults for the rest', async () => {
    expect((await t.call('GET', path())).json).toEqual(DATA_API_DEFAULTS)
    const key = await createKeyOf(t, id)
    const before = await keyConfigOf(t, key.id)
    const body = {
      max_rows: null,
      aggregates_enabled: true,
      statement_timeout_ms: { anon: 500 },
      caps: { embeds: 3 },
    }
    const expected = {
      ...DATA_API_DEFAULTS,
      max_rows: null,
      aggregates_enabled: true,
      statement_timeout_ms: { anon: 500, authenticated: 8000 },
      caps: { ...DATA_API_DEFAULTS.caps, embeds: 3 },
    }
    expect((await t.call('PUT', path(), { body })).json).toEqual(expected)
    expect((await t.call('GET', path())).json).toEqual(expected)
    const after = await keyConfigOf(t, key.id)
    expect(after.data_api).toEqual(expected)
    expect(after.version).toBeGreaterThan(before.version)
    expect((await t.call('PUT', path(), { body: {} })).json).toEqual(DATA_API_DEFAULTS)
  })
})
