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

describe('the auth config', () => {
  const path = () => `/databases/${id}/auth-config`
  const byo_jwt = {
    jwks_url: 'https://example.com/.well-known/jwks.json',
    audience: 'my-app',
    issuer: 'https://example.com',
  }

  test('is null before the first PUT, then what was PUT, and reaches the gateway', async () => {
    expect((await t.call('GET', path())).json).toEqual({
      auth_mode: 'byo_jwt',
      sync_users: false,
      byo_jwt: null,
      created_at: null,
      updated_at: null,
    })
    const key = await createKeyOf(t, id)
    const before = await keyConfigOf(t, key.id)
    const put = await t.call('PUT', path(), { body: { auth_mode: 'byo_jwt', byo_jwt } })
    const stored = {
      ...byo_jwt,
      subject_claim: 'sub',
      claims_allowlist: [],
      claims_max_bytes: 4096,
      min_issued_at: null,
      additional_issuers: [],
    }
    expect([put.status, put.json]).toEqual([200, expect.objectContaining({ byo_jwt: stored, warnings: [] })])
    expect((await t.call('GET', path())).json.byo_jwt).toEqual(stored)
    const after = await keyConfigOf(t, key.id)
    expect(after.byo_jwt).toEqual(stored)
    expect(after.version).toBeGreaterThan(before.version)
    expect(t.invalidations.at(-1)?.key_ids).toContain(key.id)
  })

  test('warns of a null audience, and stays as it was when a PUT is refused', async () => {
    const warned = await t.call('PUT', path(), { body: { byo_jwt: { ...byo_jwt, audience: null } } })
    expect(warned.json.warnings).toEqual([expect.stringContaining('audience')])
    for (const body of [
      {},
      { byo_jwt: { ...byo_jwt, issuer: undefined } },
      { byo_jwt: { ...byo_jwt, jwks_url: 'http://localhost/' } },
    ]) {
      expect((await t.call('PUT', path(), { body })).status).toBe(422)
    }
    expect(
      (await t.call('PUT', path(), { body: { byo_jwt: { ...byo_jwt, algorithms: ['none'] } } })).status,
    ).toBe(400)
    expect((await t.call('GET', path())).json.byo_jwt).toMatchObject({ ...byo_jwt, audience: null })
  })

  test('is removed by an explicit null', async () => {
    expect((await t.call('PUT', path(), { body: { byo_jwt: null } })).status).toBe(200)
    expect((await t.call('GET', path())).json.byo_jwt).toBeNull()
  })
})
