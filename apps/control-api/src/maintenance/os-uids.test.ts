/** The metadata records which user of the machine owns the files of each database. */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { EmbeddedEngine } from '@db9/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi } from '../testing/api.ts'

const isRoot = process.getuid?.() === 0

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

async function recorded(id: string): Promise<number | null> {
  const { rows } = await t.metadata.query('select os_uid::int as uid from databases where id = $1', [id])
  return rows[0].uid
}
const dataOf = (id: string) => join((t.engine as EmbeddedEngine).dataFolder, id, 'data')
const findings = async () => (await t.call('GET', '/self-check')).json.findings

test.runIf(isRoot)('of a new database and of its branch, and until the data is gone', async () => {
  const { id } = await t.createDatabase('recorded')
  const branch = await t.call('POST', `/databases/${id}/branch`, { body: { name: 'branch' } })
  const ids = [id, branch.json.id]
  const uids = await Promise.all(ids.map(recorded))
  expect(uids).toEqual(ids.map((each) => statSync(dataOf(each)).uid))
  expect(new Set(uids).size).toBe(2)
  expect((await t.api.knownData()).osUids).toEqual(new Set(uids))

  await t.call('DELETE', `/databases/${id}`)
  await expect.poll(async () => (await t.call('GET', `/databases/${id}`)).json.state).toBe('DISABLED')
  expect(await recorded(id)).toBe(uids[0])
  await t.metadata.query(`update databases set purge_at = now() where id = $1`, [id])
  await t.api.sweep()
  await expect.poll(() => recorded(id)).toBeNull()
  expect((await t.api.knownData()).osUids).toEqual(new Set([uids[1]]))
})

test.runIf(isRoot)('is filled in by a start, also where another range of users was set since', async () => {
  const made = [await t.createDatabase('earlier'), await t.createDatabase('of-another-range')]
  const uids = await Promise.all(made.map(({ id }) => recorded(id)))
  await t.metadata.query('update databases set os_uid = null where id = $1', [made[0]?.id])
  await t.metadata.query('update databases set os_uid = 70000 where id = $1', [made[1]?.id])
  const next = await t.restart()
  await next.resumeJobs()
  expect(await Promise.all(made.map(({ id }) => recorded(id)))).toEqual(uids)
})

test.runIf(isRoot)(
  'the self-check tells whose files have another owner, and how to give them back',
  async () => {
    const [one, other] = [await t.createDatabase('one'), await t.createDatabase('other')]
    const [uid, theirs] = [await recorded(one.id), await recorded(other.id)]
    expect(await findings()).toEqual([])
    await t.engine.stop(one.id)
    execFileSync('chown', [`${theirs}:${theirs}`, dataOf(one.id)])
    const next = await t.restart()
    await next.resumeJobs()
    expect(await findings()).toEqual([
      { subject: 'database', id: one.id, problem: expect.stringContaining(`user ${theirs}`) },
    ])
    execFileSync('chown', [`${uid}:${uid}`, dataOf(one.id)])
    expect(await findings()).toEqual([])
  },
)

test('no user is recorded where all databases run as one user', async () => {
  const engine = engineWith(t.engine, {
    osUid: () => null,
    facts: () => ({ ...t.engine.facts(), osUids: null }),
  })
  const next = await t.restart(engine)
  const { id } = await t.createDatabase('shared-user')
  await t.metadata.query('update databases set os_uid = null where id = $1', [id])
  await next.resumeJobs()
  expect(await recorded(id)).toBeNull()
  expect((await next.selfCheck()).findings.filter((finding) => finding.id === id)).toEqual([])
})
