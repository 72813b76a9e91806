import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const age = (where: string, days: number) =>
  t.metadata.query(`update operations set updated_at = now() - interval '${days} days' where ${where}`)
const kindsOf = async (id: string): Promise<string[]> =>
  (await t.call('GET', `/databases/${id}/operations`)).json.map(({ kind }: { kind: string }) => kind)

test('a job can be read for 30 days after its end, and is removed then', async () => {
  const { id } = await t.createDatabase('kept-for-a-month')
  await t.call('POST', `/databases/${id}/reset-password`, { body: {} })
  await age(`database_id = '${id}' and kind = 'create'`, 31)
  await age(`database_id = '${id}' and kind = 'reset_password'`, 29)
  await t.api.sweep()
  expect(await kindsOf(id)).toEqual(['reset_password'])
  expect((await t.sql(id, 'select 1')).status).toBe(200)
})

test('a running job is kept at any age', async () => {
  const { id } = await t.createDatabase('runs-on')
  await age(`database_id = '${id}'`, 31)
  await t.metadata.query(
    "update operations set status = 'running', lease_until = now() + interval '1 hour' where database_id = $1",
    [id],
  )
  await t.api.sweep()
  expect(await kindsOf(id)).toEqual(['create'])
  await t.metadata.query("update operations set status = 'done' where database_id = $1", [id])
})

test('a job of a kept Idempotency-Key is kept with it', async () => {
  const create = () =>
    t.call('POST', '/databases', { body: { name: 'by-key' }, headers: { 'idempotency-key': 'a-key' } })
  const { id } = (await create()).json
  await age(`database_id = '${id}'`, 31)
  await t.api.sweep()
  expect(await kindsOf(id)).toEqual(['create'])
  expect((await create()).json.id).toBe(id)

  await t.metadata.query("delete from idempotency_keys where key = 'a-key'")
  await t.api.sweep()
  expect(await kindsOf(id)).toEqual([])
})

test('a restore is removed with its job, and its database stays', async () => {
  const { id } = await t.createDatabase('restored-from')
  const { json: backup } = await t.call('POST', `/databases/${id}/backups`, { body: {} })
  await expect
    .poll(async () => (await t.call('GET', `/databases/${id}/backups/${backup.id}`)).json.state)
    .toBe('ready')
  const body = { backup_id: backup.id, target_name: 'restored-to' }
  const { json: restore } = await t.call('POST', '/restores', { body })
  const read = () => t.call('GET', `/restores/${restore.id}`)
  await expect.poll(async () => (await read()).json.status, { timeout: 20_000 }).toBe('completed')
  await age(`id = '${restore.operation_id}'`, 31)
  await t.api.sweep()
  expect((await read()).status).toBe(404)
  expect((await t.sql(restore.target_database_id, 'select 1')).status).toBe(200)
})
