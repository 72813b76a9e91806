import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('before')).id
})
afterAll(() => t?.dispose())

const change = (body: unknown, database = id) => t.call('PATCH', `/databases/${database}`, { body })
const stored = async () => (await t.call('GET', `/databases/${id}`)).json

test('renames a database, which keeps its id, credentials and data, and frees the old name', async () => {
  await t.sql(id, 'create table kept as select 1 as n')
  const credentials = (await t.call('GET', `/databases/${id}/credentials`)).json
  const { status, json } = await change({ name: 'after' })
  expect([status, json]).toMatchObject([200, { id, name: 'after', state: 'ACTIVE' }])
  expect((await t.call('GET', '/databases/before')).status).toBe(404)
  expect((await t.call('GET', '/databases/after')).json.id).toBe(id)
  expect((await t.call('GET', `/databases/${id}/credentials`)).json).toEqual(credentials)
  expect((await t.sql('after', 'select n from kept')).json.rows).toEqual([[1]])
  expect((await t.createDatabase('before')).id).not.toBe(id)
  expect((await change({ name: 'after' })).status).toBe(200)
})

test('puts it into a project, and out of it again', async () => {
  const inProject = async () => (await t.call('GET', '/databases?project_id=proj-abc')).json.length
  expect((await change({ project_id: 'proj-abc' })).json.project_id).toBe('proj-abc')
  expect(await inProject()).toBe(1)
  expect((await change({ project_id: null })).json.project_id).toBeNull()
  expect(await inProject()).toBe(0)
})

test('returns 409 with the id of the database that has the name, also for two at once', async () => {
  const { id: other } = await t.createDatabase('taken')
  const refused = await change({ name: 'taken' })
  expect([refused.status, refused.json]).toMatchObject([409, { code: 'name_taken', existing_id: other }])
  const both = await Promise.all([change({ name: 'wanted' }), change({ name: 'wanted' }, other)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
})

test.each([
  [{}, 400],
  [{ name: 1 }, 400],
  [{ region: 'eu' }, 400],
  [{ name: 'Upper' }, 422],
  [{ name: 'batch' }, 422],
  [{ name: 'db_mine' }, 422],
  [{ project_id: 'a\nb' }, 400],
])('%j returns %i and changes nothing', async (body, status) => {
  const before = await stored()
  expect((await change(body)).status).toBe(status)
  expect(await stored()).toEqual(before)
})

test('returns 409 for a deleted database, and the audit log names the change', async () => {
  const { id: gone } = await t.createDatabase('gone')
  await t.call('DELETE', `/databases/${gone}`)
  expect((await change({ name: 'back' }, gone)).status).toBe(409)
  const { json } = await t.call(
    'GET',
    `/audit-logs?database_id=${id}&operation_type=update&resource_type=database`,
  )
  expect(json.length).toBeGreaterThan(2)
})
