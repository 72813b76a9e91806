/** A data folder of an earlier release starts under this one: nothing is lost, and each database gets its walls. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOwnerToken } from '@db9/control-api/start'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  devCommand,
  eventually,
  postmasterOf,
  processesNaming,
  type RunningCommand,
  startCommand,
} from '../testing/command.ts'
import { hasRelease, installRelease } from '../testing/earlier-release.ts'
import { intrude } from '../testing/intruder.ts'
import { callsOf, expectStatus, type TestCalls } from '../testing/stack.ts'

/** The last release whose servers had neither users nor logins of their own. */
const BEFORE_WALLS = 'edd3d14'
const ORDINARY = 65_534
const isRoot = process.getuid?.() === 0
const MODES = [
  { who: 'root', ids: {} },
  { who: 'an ordinary user', ids: { uid: ORDINARY, gid: ORDINARY } },
].filter(({ ids }) => isRoot || ids.uid === undefined)

describe.runIf(process.platform === 'linux' && hasRelease(BEFORE_WALLS))(
  `a data folder of ${BEFORE_WALLS}`,
  () => {
    let release: string
    let base: string
    beforeAll(() => {
      base = mkdtempSync(join(tmpdir(), 'db9-up-'))
      chmodSync(base, 0o755)
      release = join(base, 'release')
      installRelease(BEFORE_WALLS, release)
    }, 300_000)
    afterAll(() => rmSync(base, { recursive: true, force: true }))

    const running: RunningCommand[] = []
    afterEach(async () => {
      for (const { child, exited } of running.splice(0)) {
        child.kill('SIGTERM')
        await exited
      }
    })

    test.each(MODES)(
      'starts under this release, as $who',
      async ({ who, ids }) => {
        const home = join(base, who.replaceAll(' ', '-'))
        mkdirSync(home)
        if (ids.uid !== undefined) chownSync(home, ids.uid, ids.gid)
        const options = { home, env: { HOME: home }, ...ids }
        const start = async (checkout?: string): Promise<{ stack: RunningCommand; calls: TestCalls }> => {
          const stack = await startCommand({
            ...options,
            ...(checkout !== undefined && { checkout, command: devCommand(checkout) }),
          })
          running.push(stack)
          return { stack, calls: callsOf({ url: stack.url, ownerToken: String(readOwnerToken(home)) }) }
        }

        const { stack: old, calls: before } = await start(release)
        const awake = await before.createDatabase('awake', 'create table t as select 1 as n')
        const asleep = await before.createDatabase('asleep', 'create table t as select 2 as n')
        const deleted = await before.createDatabase('deleted', 'create table t as select 3 as n')
        expectStatus(200, await before.api('DELETE', '/databases/deleted'))
        const { json: backup } = expectStatus(
          201,
          await before.api('POST', `/databases/${asleep.id}/backups`, {}),
        )
        expectStatus(201, await before.api('POST', `/databases/${awake.id}/branch`, { name: 'branched' }))
        expectStatus(200, await before.sql(asleep.id, `create role app login password 'of-the-app'`))
        const key = await before.createKey(awake.id, { require_rls: false })
        const moment = new Date(Date.now() + 5).toISOString()
        expectStatus(200, await before.sql(awake.id, `select pg_sleep(0.1); insert into t values (10)`))

        // Killed, so that its servers are still there when this release starts.
        process.kill(old.pid, 'SIGKILL')
        await old.exited
        running.length = 0
        const survivor = JSON.parse(readFileSync(join(old.dataFolder, awake.id, 'server.json'), 'utf8')).pid

        const { stack, calls } = await start()
        expect(stack.dataFolder).toBe(old.dataFolder)
        await eventually('the old server has ended', 10_000, () => !existsSync(`/proc/${survivor}`))
        const rowsOf = async (id: string) =>
          expectStatus(200, await calls.sql(id, 'select n from t order by n')).json.rows.flat()
        expect(await rowsOf(awake.id)).toEqual([1, 10])
        expect(await rowsOf(asleep.id)).toEqual([2])
        const { json: list } = await calls.api('GET', '/databases')
        const branched = list.find(({ name }: { name: string }) => name === 'branched')
        expect(await rowsOf(branched.id)).toEqual([1])
        expectStatus(
          201,
          await calls.api('POST', `/databases/${awake.id}/branch`, { name: 'past', snapshot_at: moment }),
        )
        expect(await rowsOf('past')).toEqual([1])
        expectStatus(200, await calls.api('POST', `/databases/${deleted.id}/recover`, {}))
        expect(await rowsOf(deleted.id)).toEqual([3])
        const restore = { backup_id: backup.id, target_name: 'restored', idempotency_key: 'once' }
        const { json: restored } = await calls.api('POST', '/restores', restore)
        await eventually('the backup is restored', 30_000, async () => {
          const { json } = await calls.api('GET', `/databases/${restored.target_database_id}`)
          return json.state === 'ACTIVE'
        })
        expect(await rowsOf('restored')).toEqual([2])
        expect((await calls.rest(awake.id, 't?n=eq.10', { key: key.value })).json).toEqual([{ n: 10 }])

        // Passwords of before are good, the owner's and another role's; the port is another.
        for (const [role, password] of [
          ['admin', awake.admin_password],
          ['app', 'of-the-app'],
        ] as const) {
          const id = role === 'admin' ? awake.id : asleep.id
          const { json } = await calls.api('GET', `/databases/${id}/credentials`)
          const url = new URL(json.connection_string)
          url.username = `${id}.${role}`
          url.password = password
          const client = new pg.Client(url.href)
          await client.connect()
          expect((await client.query('select session_user as who')).rows).toEqual([{ who: role }])
          await client.end()
        }

        // Users, passwords and a sandbox of their own.
        const all = [awake.id, asleep.id, deleted.id, branched.id, 'metadata']
        for (const name of all) {
          expect(JSON.parse(readFileSync(join(stack.dataFolder, name, 'logins.json'), 'utf8'))).toMatchObject(
            { of: name },
          )
          const postmaster = postmasterOf(stack.dataFolder, name)
          expect(readFileSync(`/proc/${postmaster}/status`, 'utf8')).toMatch(/^NoNewPrivs:\s1$/m)
          const archive = join(stack.dataFolder, name, 'wal')
          if (existsSync(archive) && isRoot) {
            const owners = readdirSync(archive).map((each) => statSync(join(archive, each)).uid)
            expect(new Set([...owners, ids.uid ?? 0])).toEqual(new Set([ids.uid ?? 0]))
          }
        }
        const owners = all.map((name) => statSync(join(stack.dataFolder, name, 'data')).uid)
        expect(new Set(owners).size).toBe(ids.uid === undefined ? all.length : 1)
        const intruder = await intrude({ home, dataFolder: stack.dataFolder, databaseId: awake.id })
        expect((await intruder.run(`ls ${stack.dataFolder}`)).join()).toMatch(/No such file/)
        await intruder.leave()

        stack.child.kill('SIGTERM')
        await stack.exited
        running.length = 0
        expect(processesNaming(home)).toEqual([])
      },
      180_000,
    )
  },
)
