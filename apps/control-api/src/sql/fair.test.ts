/** One account's statements and their results, beside those of others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_SQL_LIMITS } from '../config.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { SqlWorkers } from './workers.ts'

const LARGE_ARRAY = 'select array_fill(1, array[4500000])'
const LARGE_BYTES = 9_000_000

let t: TestApi
let own: string
let stranger: { token: string; id: string }
beforeAll(async () => {
  t = await startTestApi({
    sqlLimits: { ...DEFAULT_SQL_LIMITS, accountBytes: 5 * LARGE_BYTES },
  })
  own = (await t.createDatabase('own')).id
  const token = await t.anonymous()
  stranger = { token, id: (await t.createDatabase('strange', { token })).id }
})
afterAll(() => t?.dispose())

const asStranger = (query: string) => t.sql(stranger.id, query, { token: stranger.token })

/** Without what `t.call` does with a reply, which takes longer than to make it. */
const largeRequest = () =>
  new Request(`http://control/customer/databases/${stranger.id}/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stranger.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: LARGE_ARRAY }),
  })

describe('large results', () => {
  test('are decoded in a worker, and other requests are served meanwhile', async () => {
    await Promise.all([asStranger('select 1'), t.sql(own, 'select 1')])
    let open = 3
    const [ofThread, ofAll] = [process.threadCpuUsage(), process.cpuUsage()]
    const large = Promise.all(
      Array.from({ length: 3 }, async () => {
        const reply = await t.api.fetch(largeRequest())
        await reply.arrayBuffer()
        open -= 1
        return reply.status
      }),
    )
    for (let i = 0; i < 5; i++) expect((await t.sql(own, `select ${i}`)).json.rows).toEqual([[i]])
    expect((await t.call('GET', '/databases')).status).toBe(200)
    expect(open).toBeGreaterThan(0)
    const statuses = await large
    const thread = process.threadCpuUsage(ofThread)
    const all = process.cpuUsage(ofAll)
    expect(thread.user).toBeLessThan(all.user * 0.4)
    expect(statuses).toEqual([200, 200, 200])
  }, 60_000)

  test('of one account are bounded together: the statement beyond the bound is cancelled with 429', async () => {
    const value = `select repeat('x', ${LARGE_BYTES})`
    const replies = await Promise.all(Array.from({ length: 8 }, () => asStranger(value)))
    for (const { status, json, headers } of replies) {
      if (status === 200) expect(json.rows[0][0]).toHaveLength(LARGE_BYTES)
      else expect([status, json.code, headers.get('retry-after')]).toEqual([429, 'rate_limited', '1'])
    }
    expect((await asStranger(value)).status).toBe(200)
    expect((await t.sql(own, value)).status).toBe(200)
  }, 60_000)
})

test('a result that takes more memory than a worker has ends that worker alone, and the next statement works', async () => {
  const { address, database, logins } = await t.engine.connect(own)
  const run = (text: string, account: string) => ({
    task: { kind: 'results' as const, query: { text, params: null } },
    options: {
      as: 'admin' as const,
      address,
      database,
      logins,
      readOnly: false,
      isOurs: false,
      ...DEFAULT_SQL_LIMITS,
    },
    account,
    accountBytes: DEFAULT_SQL_LIMITS.accountBytes,
  })
  const workers = new SqlWorkers({ memoryMb: 32 })
  const { signal } = new AbortController()
  try {
    const other = workers.run(run('select pg_sleep(2)', 'other'), signal)
    expect(await workers.run(run(LARGE_ARRAY, 'greedy'), signal)).toMatchObject({ kind: 'lost' })
    expect(await workers.run(run('select 1', 'greedy'), signal)).toMatchObject({ kind: 'reply' })
    expect(await other).toMatchObject({ kind: 'reply' })
  } finally {
    await workers.close()
  }
}, 60_000)
