import { type Generated, Kysely, PostgresDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

interface Schema {
  notes: { id: Generated<number>; body: string }
}

const MIGRATIONS: Record<string, Migration> = {
  '1_notes': {
    up: (db) =>
      db.schema
        .createTable('notes')
        .addColumn('id', 'serial', (column) => column.primaryKey())
        .addColumn('body', 'text', (column) => column.notNull())
        .execute(),
  },
  '2_unique': {
    up: (db) => db.schema.createIndex('notes_body').on('notes').column('body').unique().execute(),
  },
}

let db: Kysely<Schema>
let migrator: Migrator
beforeAll(async () => {
  const pool = new pg.Pool({ connectionString: await newDatabase('kysely') })
  db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
})
afterAll(() => db?.destroy())

test('migrates once', async () => {
  const first = await migrator.migrateToLatest()
  expect(first.error).toBeUndefined()
  expect(first.results?.map(({ status }) => status)).toEqual(['Success', 'Success'])
  expect((await migrator.migrateToLatest()).results).toEqual([])
})

test('builds queries with types, and streams rows', async () => {
  await db
    .insertInto('notes')
    .values([{ body: 'a' }, { body: 'b' }])
    .execute()
  const row = await db.selectFrom('notes').selectAll().where('body', '=', 'b').executeTakeFirst()
  expect(row).toEqual({ id: 2, body: 'b' })
  await expect(db.insertInto('notes').values({ body: 'a' }).execute()).rejects.toMatchObject({
    code: '23505',
  })
})

test('reads the tables of a database', async () => {
  const tables = await db.introspection.getTables()
  expect(tables.filter(({ schema }) => schema === 'public').map(({ name }) => name)).toEqual(['notes'])
})
