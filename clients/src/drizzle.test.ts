import { eq, sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { integer, jsonb, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull().unique() })
const notes = pgTable('notes', {
  id: serial('id').primaryKey(),
  author: integer('author').references(() => users.id),
  doc: jsonb('doc'),
  at: timestamp('at', { withTimezone: true }).defaultNow(),
})

let pool: pg.Pool
let db: NodePgDatabase
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: await newDatabase('drizzle') })
  db = drizzle(pool)
  await db.execute(sql`create table users (id serial primary key, name text not null unique)`)
  await db.execute(
    sql`create table notes (id serial primary key, author int references users, doc jsonb, at timestamptz default now())`,
  )
})
afterAll(() => pool?.end())

test('inserts, joins, upserts and deletes', async () => {
  const [ann] = await db.insert(users).values({ name: 'ann' }).returning()
  expect(ann).toEqual({ id: 1, name: 'ann' })
  await db.insert(notes).values({ author: 1, doc: { a: 1 } })
  const joined = await db
    .select({ name: users.name, doc: notes.doc })
    .from(notes)
    .innerJoin(users, eq(users.id, notes.author))
  expect(joined).toEqual([{ name: 'ann', doc: { a: 1 } }])
  await db
    .insert(users)
    .values({ name: 'ann' })
    .onConflictDoUpdate({ target: users.name, set: { name: 'bob' } })
  expect(await db.select({ name: users.name }).from(users)).toEqual([{ name: 'bob' }])
  await db.delete(notes)
  expect(await db.$count(notes)).toBe(0)
})

test('rolls a transaction back', async () => {
  await expect(
    db.transaction(async (tx) => {
      await tx.insert(users).values({ name: 'carl' })
      tx.rollback()
    }),
  ).rejects.toThrow()
  expect(await db.$count(users, eq(users.name, 'carl'))).toBe(0)
})
