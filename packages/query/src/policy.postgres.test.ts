import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertRoleWall } from './policy/role-wall.ts'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import { POLICY, type TestRequest } from './testing/requests.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

const json = async (request: TestRequest) => {
  const { status, body } = await database.serve(request)
  return { status, body: body === '' ? null : JSON.parse(body) }
}

describe('the role wall', () => {
  test('stands where the login reaches anon and authenticated alone', () => {
    expect(() => assertRoleWall(database.catalog)).not.toThrow()
  })

  test.each([
    ['grant admin to anon', 'revoke admin from anon', 'The role "admin" is granted to "anon".'],
    ['alter role anon bypassrls', 'alter role anon nobypassrls', 'The role "anon" is BYPASSRLS.'],
    [
      'create role boss; grant boss to authenticated; grant pg_read_all_data to boss',
      'drop role boss',
      'The role "boss" is granted to "authenticated".',
    ],
  ])('names what moved it: %s', async (move, undo, details) => {
    await database.sql(move)
    try {
      await database.refresh()
      expect(() => assertRoleWall(database.catalog)).toThrow(
        expect.objectContaining({ status: 503, code: 'DB9501', details }),
      )
    } finally {
      await database.sql(undo)
      await database.refresh()
    }
  })
})

describe('names of extensions', () => {
  test('are absent', async () => {
    const { catalog } = database
    const hostile = structuredClone([...catalog.relations.values()].find(({ name }) => name === 'labels'))
    if (hostile === undefined) throw new Error('no labels')
    const relation = { ...hostile, ofExtension: true }
    const relationsByName = new Map(catalog.relationsByName).set('public\0labels', relation)
    database.catalog = { ...catalog, relationsByName }
    try {
      expect((await database.serve({ url: 'labels' })).status).toBe(404)
    } finally {
      database.catalog = catalog
    }
  })
})

describe('hidden and closed schemas', () => {
  test.each(['auth', 'db9', 'extensions', 'pg_catalog', 'information_schema'])(
    '%s is never exposed',
    async (schema) => {
      const policy = { ...POLICY, exposedSchemas: ['public', schema], requireRls: false }
      const reply = await json({ url: 'secrets', policy, headers: { 'accept-profile': schema } })
      expect(reply).toMatchObject({ status: 406, body: { code: 'PGRST106' } })
    },
  )
})
