import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import { SETTINGS, type TestRequest } from './testing/requests.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

const json = async (request: TestRequest) => {
  const { status, body } = await database.serve(request)
  return { status, body: body === '' ? null : JSON.parse(body) }
}

describe('a write that is refused', () => {
  test.each([
    ['max-affected', { prefer: 'handling=strict, max-affected=1' }, 400],
    ['a single object', { accept: 'application/vnd.pgrst.object+json' }, 406],
  ])('by %s changes nothing', async (_, headers, status) => {
    const before = await database.sql('select id, priority from todos order by id')
    const response = await database.serve({
      method: 'PATCH',
      url: 'todos?id=gt.0',
      body: '{"priority":77}',
      headers,
    })
    expect(response.status).toBe(status)
    expect(await database.sql('select id, priority from todos order by id')).toEqual(before)
  })

  test('by a PUT of another row changes nothing', async () => {
    const response = await database.serve({
      method: 'PUT',
      url: 'composite_key?a=eq.1&b=eq.x',
      body: '{"a":5,"b":"y"}',
    })
    expect(response.status).toBe(400)
    expect(await database.sql('select a from composite_key')).toEqual([{ a: 1 }])
  })

  test('by the size of its reply changes nothing', async () => {
    const settings = { caps: { ...SETTINGS.caps, response_bytes: 40 } }
    const headers = { prefer: 'return=representation' }
    const body = `{"id":90,"label":"${'x'.repeat(40)}"}`
    expect(await json({ method: 'POST', url: 'labels', body, headers, settings })).toMatchObject({
      status: 422,
      body: { code: 'DB9108' },
    })
    expect(await database.sql('select from labels where id = 90')).toEqual([])
  })
})

describe('a reply that a function asks for and that is none', () => {
  test.each([
    ['response.headers', 'no json', 'PGRST111'],
    ['response.headers', '{"a": "b"}', 'PGRST111'],
    ['response.headers', '[{"a": "b", "c": "d"}]', 'PGRST111'],
    ['response.headers', '[{"a": 1}]', 'PGRST111'],
    ['response.headers', '[1]', 'PGRST111'],
    ['response.status', 'many', 'PGRST112'],
    ['response.status', '199', 'PGRST112'],
  ])('undoes what the function did: %s is %s', async (setting, value, code) => {
    const body = JSON.stringify({ setting, value })
    const reply = await json({ method: 'POST', url: 'rpc/bad_reply', body })
    expect(reply).toMatchObject({ status: 500, body: { code } })
    expect(await database.sql('select from labels where id = 500')).toEqual([])
  })
})

describe('a plan', () => {
  const settings = { plan_enabled: true }

  test('tells how Postgres would come by the rows, in lines', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan' }
    const { body } = await database.serve({ url: 'labels?id=eq.1', settings, headers })
    expect(body).toMatch(/^Aggregate {2}\(cost=.*\n(?:.*\n)*.*Scan.* on labels/)
  })

  test('of a write does not write', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan+json; options=verbose' }
    const { body } = await database.serve({ method: 'DELETE', url: 'composite_key', settings, headers })
    expect(JSON.parse(body)[0].Plan['Node Type']).toBeDefined()
    expect(await database.sql('select a from composite_key')).toEqual([{ a: 1 }])
  })

  test('that is analysed is carried out, as the caller', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan+json; options=analyze' }
    const { status } = await database.serve({ url: 'dropped', settings, headers })
    expect(status).toBe(404)
    const reply = await database.serve({ url: 'labels', settings, headers })
    expect(JSON.parse(reply.body)[0]).toHaveProperty('Execution Time')
  })
})
