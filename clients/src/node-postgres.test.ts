import pg from 'pg'
import Cursor from 'pg-cursor'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

let pool: pg.Pool
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: await newDatabase('node-postgres'), max: 4 })
  await pool.query('create table notes (id int primary key, body text not null, doc jsonb, raw bytea)')
})
afterAll(() => pool?.end())

test('writes and reads values of many types', async () => {
  const doc = { a: [1, 'é', null] }
  const raw = Buffer.from([0, 255, 10])
  await pool.query('insert into notes values ($1, $2, $3, $4)', [1, "it's", doc, raw])
  const { rows } = await pool.query('select * from notes')
  expect(rows).toEqual([{ id: 1, body: "it's", doc, raw }])
})

test('prepares statements by name, on several connections', async () => {
  const add = (n: number) => pool.query({ name: 'add', text: 'select $1::int + 1 as n', values: [n] })
  const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => add(n)))
  expect(replies.map(({ rows }) => rows[0].n)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
})

test('rolls a transaction back, and tells the code and the constraint of an error', async () => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query("insert into notes values (2, 'two')")
    await expect(client.query("insert into notes values (2, 'again')")).rejects.toMatchObject({
      code: '23505',
      constraint: 'notes_pkey',
      table: 'notes',
    })
    await client.query('rollback')
  } finally {
    client.release()
  }
  expect((await pool.query('select from notes where id = 2')).rowCount).toBe(0)
})

test('reads a long result through a cursor', async () => {
  const client = await pool.connect()
  const cursor = client.query(new Cursor('select generate_series(1, 250) as n'))
  const sizes: number[] = []
  for (let rows = await cursor.read(100); rows.length > 0; rows = await cursor.read(100))
    sizes.push(rows.length)
  await cursor.close()
  client.release()
  expect(sizes).toEqual([100, 100, 50])
})

test('hears what another connection notifies', async () => {
  const listener = await pool.connect()
  try {
    await listener.query('listen news')
    const heard = new Promise((resolve) => listener.once('notification', ({ payload }) => resolve(payload)))
    await pool.query("notify news, 'hello'")
    expect(await heard).toBe('hello')
  } finally {
    listener.release(true)
  }
})

test('speaks TLS where it is told to', async () => {
  const { connectionString } = pool.options
  const client = new pg.Client({ connectionString, ssl: { rejectUnauthorized: false } })
  await client.connect()
  const { rows } = await client.query('select 1 as n')
  await client.end()
  expect(rows).toEqual([{ n: 1 }])
})
