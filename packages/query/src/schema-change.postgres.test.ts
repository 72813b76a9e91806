import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import type { TestRequest } from './testing/requests.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

const json = async (request: TestRequest) => {
  const { status, body } = await database.serve(request)
  return { status, body: body === '' ? null : JSON.parse(body) }
}

describe('a schema that changes', () => {
  test('never lets a stale plan read another table', async () => {
    await database.sql(`
      create table public.open_notes (id int, note text);
      create table public.closed_notes (id int, note text);
      insert into public.open_notes values (1, 'open');
      insert into public.closed_notes values (1, 'closed');
      alter table public.open_notes enable row level security;
      alter table public.closed_notes enable row level security;
      create policy p on public.open_notes using (true);
      create policy p on public.closed_notes using (true);`)
    await database.refresh()
    const request = { url: 'open_notes', policy: { exposedTables: ['open_notes'] } }
    expect((await json(request)).body).toEqual([{ id: 1, note: 'open' }])
    await database.sql(`begin;
      alter table public.open_notes rename to swapped;
      alter table public.closed_notes rename to open_notes;
      alter table public.swapped rename to closed_notes; commit`)
    expect(await json(request)).toMatchObject({ status: 503, body: { code: 'DB9502' } })
    const retried = await database.serve(request, { refresh: true })
    expect(JSON.parse(retried.body)).toEqual([{ id: 1, note: 'closed' }])
  })

  test('is seen by the request right after it', async () => {
    await database.sql('alter table public.labels add column shade text')
    const request = { url: 'labels?select=id&shade=is.null&id=eq.1' }
    expect((await database.serve(request)).status).toBe(400)
    const retried = await database.serve(request, { refresh: true })
    expect(JSON.parse(retried.body)).toEqual([{ id: 1 }])
  })

  test('is noticed where a column that the plan knew is gone', async () => {
    await database.sql('alter table public.labels drop column shade')
    const reply = await database.serve({ url: 'labels?select=id,shade' }, { refresh: true })
    expect(JSON.parse(reply.body)).toMatchObject({
      code: '42703',
      message: 'column labels.shade does not exist',
    })
    expect((await json({ url: 'labels?select=id&id=eq.1' })).status).toBe(200)
  })
})
