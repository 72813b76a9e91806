import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

const Note = defineEntity({
  name: 'Note',
  properties: { id: p.integer().primary(), body: p.string(), doc: p.json<{ a: number }>().nullable() },
})

/** The schemas that every database has beside `public`. */
const PLATFORM = [
  'auth',
  'cron',
  'db9',
  'extensions',
  'graphql',
  'graphql_public',
  'neon_auth',
  'net',
  'pgsodium',
  'pgtle',
].concat(['realtime', 'storage', 'supabase_functions', 'supabase_migrations', 'vault'])

let orm: MikroORM
beforeAll(async () => {
  orm = await MikroORM.init({
    clientUrl: await newDatabase('mikro-orm'),
    entities: [Note],
    // MikroORM drops what none of its entities names, and so would the schemas of the platform.
    schemaGenerator: { ignoreSchema: PLATFORM },
  })
})
afterAll(() => orm?.close())

test('brings the schema up to date, and finds nothing to change afterwards', async () => {
  await orm.schema.update()
  expect((await orm.schema.getUpdateSchemaSQL()).trim()).toBe('')
})

test('persists and finds entities', async () => {
  const em = orm.em.fork()
  em.create(Note, { body: 'one', doc: { a: 1 } })
  await em.flush()
  expect(await orm.em.fork().find(Note, { body: 'one' })).toMatchObject([{ id: 1, doc: { a: 1 } }])
})
