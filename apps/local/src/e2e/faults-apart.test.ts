/** Faults that need a stack of their own: what `testing/apart.ts` promises of them. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { untilHealthy } from '@db9/gateway/launch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APART } from '../testing/apart.ts'
import { type RunningCommand, startCommand } from '../testing/command.ts'
import { GENEROUS } from '../testing/edge.ts'
import { type Callers, endure, pause, statusOf } from '../testing/endurance.ts'
import { freePort, type OwnGateway, startOwnGateway } from '../testing/own-gateway.ts'
import { callsOf, expectStatus, startTestStack, type TestCalls, type TestStack } from '../testing/stack.ts'
import { makeStale } from '../testing/stale.ts'

const SCHEMA = `
  create table notes (id int primary key, title text);
  alter table notes enable row level security;
  create policy open on notes using (true) with check (true);
  insert into notes values (1, 'Hello');
`

/** A database of the stack, and who reads and writes it. */
async function startCallers(calls: TestCalls): Promise<Callers & { databaseId: string; key: string }> {
  const { id: databaseId } = await calls.createDatabase('endures', SCHEMA)
  const { value: key } = await calls.createKey(databaseId, GENEROUS)
  const read = () => calls.rest(databaseId, 'notes?id=eq.1', { key })
  for (let i = 0; i < 5; i++) expectStatus(200, await read())
  return {
    databaseId,
    key,
    read,
    write: (id) => calls.rest(databaseId, 'notes', { key, method: 'POST', body: { id, title: `row ${id}` } }),
    rows: async () => {
      const query = 'select id, count(*)::int from notes group by id'
      return new Map(expectStatus(200, await calls.sql(databaseId, query)).json.rows)
    },
  }
}

/** Debian's package libfaketime; workerd does not start with it, so it is the other side whose clock is moved. */
const FAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`
const hasFaketime = existsSync(FAKETIME)
if (!hasFaketime && (process.env.DB9_TEST_REQUIRE ?? '').split(',').includes('libfaketime')) {
  throw new Error('DB9_TEST_REQUIRE names libfaketime, which is not installed')
}

describe('before a gateway of its own', () => {
  let folder: string
  let stack: RunningCommand
  let gateway: OwnGateway
  let start: () => Promise<RunningCommand>
  let home: string
  let callers: Awaited<ReturnType<typeof startCallers>>
  const setClock = (offset: string) => writeFileSync(join(folder, 'clock'), offset)

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'db9-apart-'))
    await chmod(folder, 0o755)
    home = join(folder, 'home')
    const [port, controlPort, sqlPort] = [await freePort(), await freePort(), await freePort()]
    setClock('+0')
    const clock = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
    const env = {
      DB9_GATEWAY_URL: `http://127.0.0.1:${port}`,
      DB9_CONTROL_PORT: String(controlPort),
      DB9_SQL_PORT: String(sqlPort),
      ...(hasFaketime ? clock : {}),
    }
    start = () => startCommand({ home, env })
    stack = await start()
    gateway = startOwnGateway({ folder, port, controlPort, sqlPort, home })
    await untilHealthy(env.DB9_GATEWAY_URL)
    const [, ownerToken = ''] =
      /^token = "(.*)"$/m.exec(readFileSync(join(home, 'credentials'), 'utf8')) ?? []
    callers = await startCallers(callsOf({ url: env.DB9_GATEWAY_URL, ownerToken }))
  })
  afterAll(async () => {
    stack?.child.kill('SIGTERM')
    await stack?.exited
    await gateway?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test(APART.stopped.name, async () => {
    const inject = async () => {
      process.kill(stack.pid, 'SIGSTOP')
      await pause(3_000)
      process.kill(stack.pid, 'SIGCONT')
    }
    await endure({ ...APART.stopped, inject }, callers)
  }, 60_000)

  test.skipIf(!hasFaketime)(
    APART.clock.name,
    async () => {
      const inject = async () => {
        setClock('+90s')
        await makeStale({ ...callers, url: stack.url, home })
        await pause(5_000)
        setClock('+0')
      }
      await endure({ ...APART.clock, inject }, callers)
    },
    60_000,
  )

  test(APART.replaced.name, async () => {
    const inject = async () => {
      stack.child.kill('SIGTERM')
      expect(await stack.exited).toBe(0)
      stack = await start()
    }
    await endure({ ...APART.replaced, inject }, callers)
  }, 60_000)
})

/** A volume of its own needs root and a kernel that lets a container mount. */
function mountVolume(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=900m,mode=755', 'db9-test', folder], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

describe('on a volume of its own', () => {
  const volume = mkdtempSync(join(tmpdir(), 'db9-volume-'))
  const isMounted = mountVolume(volume)
  let stack: TestStack
  let callers: Callers

  beforeAll(async () => {
    if (!isMounted) return
    stack = await startTestStack({ home: join(volume, 'home'), poolSize: 0 })
    callers = await startCallers(stack)
  })
  afterAll(async () => {
    await stack?.dispose()
    if (isMounted) execFileSync('umount', ['-l', volume])
    rmSync(volume, { recursive: true, force: true })
  })

  test.skipIf(!isMounted)(
    APART.disk.name,
    async () => {
      const filler = join(volume, 'filler')
      const inject = async () => {
        const { bavail, bsize } = statfsSync(volume)
        execFileSync('fallocate', ['-l', String(bavail * bsize), filler])
        await pause(4_000)
        rmSync(filler)
        await expect.poll(() => statusOf(callers.read()), { timeout: 20_000 }).toBe(200)
      }
      await endure({ ...APART.disk, inject }, callers)
    },
    90_000,
  )
})
