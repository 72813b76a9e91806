import knex, { type Knex } from 'knex'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

const MIGRATION = {
  name: '1_notes',
  up: (db: Knex) =>
    db.schema.createTable('notes', (table) => {
      table.increments('id')
      table.string('body').notNullable()
      table.timestamps(true, true)
    }),
  down: (db: Knex) => db.schema.dropTable('notes'),
}

const migrationSource: Knex.MigrationSource<typeof MIGRATION> = {
  getMigrations: async () => [MIGRATION],
  getMigrationName: ({ name }) => name,
  getMigration: async (migration) => migration,
}

let db: Knex
beforeAll(async () => {
  db = knex({ client: 'pg', connection: await newDatabase('knex'), pool: { min: 0, max: 4 } })
})
afterAll(() => db?.destroy())

test('migrates, once, and back', async () => {
  expect((await db.migrate.latest({ migrationSource }))[1]).toEqual(['1_notes'])
  expect((await db.migrate.latest({ migrationSource }))[1]).toEqual([])
  expect(await db.schema.hasTable('notes')).toBe(true)
})

test('inserts, pages and counts, in a transaction that is rolled back', async () => {
  await db('notes').insert([{ body: 'a' }, { body: 'b' }, { body: 'c' }])
  expect(await db('notes').select('body').orderBy('id').limit(1).offset(1)).toEqual([{ body: 'b' }])
  const trx = await db.transaction()
  await trx('notes').del()
  await trx.rollback()
  expect(await db('notes').count({ n: '*' })).toEqual([{ n: '3' }])
  await db.migrate.rollback({ migrationSource })
  expect(await db.schema.hasTable('notes')).toBe(false)
})
