import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

let sql: postgres.Sql
let connectionString: string
beforeAll(async () => {
  connectionString = await newDatabase('postgres-js')
  sql = postgres(connectionString, { max: 4, onnotice: () => {} })
  await sql`create table notes (id int primary key, body text not null, tags text[])`
})
afterAll(() => sql?.end())

test('inserts several rows by one helper, and reads arrays', async () => {
  const notes = [
    { id: 1, body: 'one', tags: ['a', 'b'] },
    { id: 2, body: 'two', tags: [] },
  ]
  expect(await sql`insert into notes ${sql(notes)} returning *`).toEqual(notes)
})

test('pipelines queries', async () => {
  const replies = await Promise.all(Array.from({ length: 100 }, (_, n) => sql`select ${n}::int as n`))
  expect(replies.map(([row]) => row?.n)).toEqual(Array.from({ length: 100 }, (_, n) => n))
})

test('undoes a savepoint and keeps the rest of its transaction', async () => {
  await sql.begin(async (tx) => {
    await tx`insert into notes values (3, 'three')`
    await tx.savepoint((point) => point`insert into notes values (3, 'again')`).catch(() => {})
  })
  expect(await sql`select body from notes where id = 3`).toEqual([{ body: 'three' }])
})

test('copies rows in and out', async () => {
  const { Readable } = await import('node:stream')
  const { pipeline } = await import('node:stream/promises')
  await pipeline(
    Readable.from(['10\tten\n', '11\televen\n']),
    await sql`copy notes (id, body) from stdin`.writable(),
  )
  let text = ''
  for await (const chunk of await sql`copy (select id, body from notes where id > 9 order by id) to stdout`.readable())
    text += chunk
  expect(text).toBe('10\tten\n11\televen\n')
})

test('cancels a query', async () => {
  const query = sql`select pg_sleep(60)`
  setTimeout(() => query.cancel(), 200)
  await expect(query).rejects.toMatchObject({ code: '57014' })
})

test('requires TLS where it is told to', async () => {
  const secure = postgres(connectionString, { ssl: 'require', max: 1 })
  expect(await secure`select 1 as n`).toEqual([{ n: 1 }])
  await secure.end()
})
