/** Schedules: each due time runs once, what was missed is made up for once, and nothing runs over itself. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { INTERNAL_SECRET, startTestApi, type TestApi } from '@db9/control-api/testing'
import { startFunctions } from '@db9/functions/start'
import { Closers } from '@db9/process/closers'
import { afterAll, beforeAll, expect, test } from 'vitest'

const home = mkdtempSync(join(tmpdir(), 'db9-schedules-'))
const closers = new Closers()

let t: TestApi
let id: string
beforeAll(async () => {
  let origin: string | undefined
  t = await startTestApi({}, { functionsOrigin: () => origin })
  const { port } = await startFunctions(
    {
      home,
      internalHost: '127.0.0.1',
      functionsPort: 0,
      internalSecret: INTERNAL_SECRET,
      isolation: 'auto',
      fetchControl: async (path, init) => t.api.fetch(new Request(`http://control${path}`, init)),
      dataProxyOrigin: () => undefined,
    },
    closers,
  )
  origin = `http://127.0.0.1:${port}`
  id = (await t.createDatabase('clock')).id
  await t.api.resumeJobs()
  // Another API over the same metadata looks for the same due times.
  const other = await t.restart(undefined, { sharesMetadata: true })
  await other.resumeJobs()
})
afterAll(async () => {
  await closers.close()
  await t?.dispose()
  rmSync(home, { recursive: true, force: true })
})

const path = (rest = '') => `/databases/${id}/functions${rest}`
const MINUTE = 60_000

let named = 0
async function deploy(code: string, cron_schedule = '0 0 1 1 *', fields: object = {}): Promise<string> {
  named += 1
  const bundle_ref = `data:,${encodeURIComponent(code)}`
  const body = { name: `f${named}`, entrypoint: 'index.handler', bundle_ref, cron_schedule, ...fields }
  const reply = await t.call('POST', path(), { body })
  expect(reply.status, reply.text).toBe(201)
  return reply.json.function.id
}

/** As if its schedule had been due so long ago. */
async function makeDue(functionId: string, agoMs = 0): Promise<void> {
  await t.metadata.query('update functions set next_run_at = $2 where id = $1', [
    functionId,
    new Date(Date.now() - agoMs),
  ])
}

const shown = async (functionId: string) => (await t.call('GET', path(`/${functionId}`))).json.function
const runsOf = async (functionId: string) => (await t.call('GET', path(`/${functionId}/runs`))).json
const statusesOf = async (functionId: string) =>
  (await runsOf(functionId)).map(({ status }: { status: string }) => status)
/** Until it has been looked at, and is due in the future again. */
const untilClaimed = (functionId: string) =>
  expect
    .poll(async () => Date.parse((await shown(functionId)).next_run_at) > Date.now(), { timeout: 10_000 })
    .toBe(true)

test('a due function runs once, as a cron run, and is due again as its schedule says', async () => {
  const functionId = await deploy('exports.handler = (_, ctx) => ctx.self.triggerType', '*/5 * * * *')
  const { next_run_at } = await shown(functionId)
  expect(new Date(next_run_at).getUTCMinutes() % 5).toBe(0)
  await makeDue(functionId)
  await expect.poll(() => statusesOf(functionId), { timeout: 10_000 }).toEqual(['completed'])
  const [run] = await runsOf(functionId)
  expect(run).toMatchObject({ trigger_type: 'cron', run_as: 'authenticated' })
  expect((await t.call('GET', path(`/${functionId}/runs/${run.id}`))).json.result_json).toBe('"cron"')
  await untilClaimed(functionId)
  expect(await runsOf(functionId)).toHaveLength(1)
})

test('what was missed within the hour is made up for once, and what was missed before is not', async () => {
  const [recent, old] = [await deploy('exports.handler = () => 1'), await deploy('exports.handler = () => 1')]
  await makeDue(recent, 50 * MINUTE)
  await makeDue(old, 70 * MINUTE)
  await untilClaimed(recent)
  await untilClaimed(old)
  await expect.poll(() => statusesOf(recent)).toEqual(['completed'])
  expect(await runsOf(old)).toEqual([])
})

test('a run that is due while the one before it goes on is skipped, and the table says so', async () => {
  const functionId = await deploy('exports.handler = () => new Promise((r) => setTimeout(r, 60000))')
  await makeDue(functionId)
  await expect.poll(() => statusesOf(functionId), { timeout: 10_000 }).toEqual(['running'])
  await makeDue(functionId)
  await expect.poll(() => statusesOf(functionId), { timeout: 10_000 }).toEqual(['skipped', 'running'])
  const [, running] = await runsOf(functionId)
  expect((await t.call('POST', path(`/${functionId}/runs/${running.id}/cancel`))).status).toBe(200)
  await expect.poll(() => statusesOf(functionId)).toEqual(['skipped', 'cancelled'])
})

test('a function that always fails is disabled, says why, and begins anew once it is enabled', async () => {
  const functionId = await deploy('exports.handler = () => { throw new Error("no") }')
  await t.metadata.query('update functions set cron_failures = $2 where id = $1', [functionId, 19])
  await makeDue(functionId)
  await expect.poll(async () => (await shown(functionId)).enabled, { timeout: 10_000 }).toBe(false)
  expect(await shown(functionId)).toMatchObject({
    next_run_at: null,
    disabled_reason: '20 scheduled runs in a row have failed',
  })
  await t.call('PATCH', path(`/${functionId}`), { body: { enabled: true } })
  expect(await shown(functionId)).toMatchObject({
    enabled: true,
    disabled_reason: null,
    next_run_at: expect.any(String),
  })
})

test('a disabled function is not due, and a version without a schedule has none', async () => {
  const functionId = await deploy('exports.handler = () => 1')
  await t.call('PATCH', path(`/${functionId}`), { body: { enabled: false } })
  expect((await shown(functionId)).next_run_at).toBeNull()
  await t.call('PATCH', path(`/${functionId}`), { body: { enabled: true } })
  expect((await shown(functionId)).next_run_at).not.toBeNull()
  const body = { entrypoint: 'index.handler', bundle_ref: 'data:,exports.handler = () => 2' }
  expect((await t.call('PUT', path(`/${functionId}`), { body })).status).toBe(200)
  expect((await shown(functionId)).next_run_at).toBeNull()
})

test.each(['60 * * * *', '* * * *', '0 0 31 2 *'])(
  'the schedule %j is 422, and nothing is made',
  async (cron) => {
    const before = (await t.call('GET', path())).json.length
    const body = {
      name: 'odd',
      entrypoint: 'index.handler',
      bundle_ref: 'data:,exports.handler = 1',
      cron_schedule: cron,
    }
    const reply = await t.call('POST', path(), { body })
    expect([reply.status, reply.json.message]).toEqual([422, expect.stringContaining('cron_schedule')])
    expect((await t.call('GET', path())).json).toHaveLength(before)
  },
)

test('a run whose API was killed ends as failed at the next start', async () => {
  const functionId = await deploy('exports.handler = () => 1')
  await t.metadata.query(
    `insert into function_runs (id, function_id, database_id, version_id, trigger_type, status, run_as, attempt, lease_until, created_at)
     select 'run_0000000000000000000000lost', f.id, f.database_id, f.active_version_id, 'cron', 'running', 'anon', 1, now() + interval '1 hour', now()
       from functions f where f.id = $1`,
    [functionId],
  )
  const next = await t.restart()
  await next.resumeJobs()
  expect(await statusesOf(functionId)).toEqual(['failed'])
})
