import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobPoint, jobPoints } from '@db9/control-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cell, cellsOf, failuresFor, rounds } from '../testing/crash/cells.ts'
import { Installation } from '../testing/crash/installation.ts'
import { nameOf } from '../testing/crash/points.ts'
import {
  expectSource,
  type Fixture,
  makeFixture,
  type Request,
  SCENARIOS,
} from '../testing/crash/scenarios.ts'
import { type S3Server, startS3 } from '../testing/s3.ts'
import { expectStatus, type Reply } from '../testing/stack.ts'

/**
 * kill -9 of everything before and after every step of every operation, and of what takes them back. The points come from
 * the operations' own list of steps. In short form operations of all kinds are killed at once, so that each point is hit
 * once; `DB9_TEST_CRASH=whole` takes each point of each scenario by itself, once and twice in a row.
 */
const IS_WHOLE = process.env.DB9_TEST_CRASH === 'whole'
const SETTLED_MS = 60_000
const CELL_MS = 180_000
/** What reads and writes the store of backups. */
const OF_BACKUPS: JobPoint['kind'][] = ['backup', 'delete_backup', 'restore']

interface Place {
  installation: Installation
  fixture: Fixture
}

let base: string
let s3: S3Server
let runs = 0

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'db9-crash-'))
  // Open to the servers' own user: else the data would lie in the system's folders and stay there.
  chmodSync(base, 0o755)
  s3 = await startS3(join(base, 's3'))
})
afterAll(async () => {
  await s3?.stop()
  rmSync(base, { recursive: true, force: true })
})

const STORES = [
  {
    store: 'a folder',
    env: () => ({}),
    scenarios: SCENARIOS,
    short: () => rounds().slice(0, -1),
  },
  {
    store: 'S3',
    env: () => s3.env,
    scenarios: SCENARIOS.filter(({ kind }) => OF_BACKUPS.includes(kind)),
    // The last round, in which copies are taken back, and what is in the bucket or gone from it and not noted yet.
    short: () => [[...(rounds().at(-1) ?? []), ...unnotedInStore()]],
  },
]

function unnotedInStore(): Cell[] {
  return SCENARIOS.filter(({ kind }) => kind === 'backup' || kind === 'delete_backup').flatMap((scenario) =>
    cellsOf(scenario)
      .filter(({ point }) => point.at === 'after')
      .slice(0, 1),
  )
}

describe.each(STORES)('with backups in $store', ({ store, env, scenarios, short }) => {
  let place: Place
  beforeAll(async () => {
    const installation = new Installation(join(base, store.replaceAll(' ', '-')), env())
    await installation.start()
    place = { installation, fixture: await makeFixture(installation) }
  }, CELL_MS)
  afterAll(() => place?.installation.stop(), CELL_MS)

  describe.runIf(IS_WHOLE).each(scenarios)('$name', (scenario) => {
    const cells = cellsOf(scenario).flatMap((cell) =>
      [1, 2].map((times): [string, Cell, number] => [nameOf(cell.point), cell, times]),
    )
    test.each(cells)('killed %s, %#', { timeout: CELL_MS }, async (_, cell, times) => {
      await crash(place, [cell], times)
    })
  })

  describe.runIf(!IS_WHOLE)('everything at once', () => {
    test.each(short().map((cells, i): [number, Cell[]] => [i, cells]))(
      'killed in round %d',
      { timeout: CELL_MS },
      async (_, cells) => {
        await crash(place, cells, 1)
      },
    )
  })
})

/** Kills the stack with an operation at each of the points, starts it again, and looks whether anything shows. */
async function crash({ installation, fixture }: Place, cells: Cell[], times: number): Promise<void> {
  const requests: Request[] = []
  for (const { scenario } of cells) {
    runs += 1
    requests.push(await scenario.prepare(installation, fixture, `run-${runs}`))
  }
  const points = cells.map(({ point }) => point)
  await installation.hold(points, points.flatMap(failuresFor))
  for (const request of requests) void send(installation, request).catch(() => {})
  await installation.untilHeld(points)
  await installation.kill()
  for (let time = 1; time < times; time++) {
    await installation.start(points)
    // One that had ended is not taken over again.
    await installation.untilHeld(points.filter((point) => !isLast(point)))
    await installation.kill()
  }

  await installation.start()
  await untilSettled(installation)
  for (const [i, { scenario, point }] of cells.entries()) {
    const request = requests[i] as Request
    let reply = await send(installation, request)
    if (failuresFor(point).length > 0 && scenario.verifyFailed) {
      await scenario.verifyFailed(installation, fixture, reply)
      reply = await send(installation, withOtherKey(request))
      await untilSettled(installation)
    }
    await scenario.verify(installation, fixture, reply)
  }
  await expectSource(installation, fixture)
  await untilSettled(installation)
}

function isLast({ kind, step, at }: JobPoint): boolean {
  const last = jobPoints(kind).at(-1)
  return step === last?.step && at === last.at
}

function send(installation: Installation, { method, path, ...options }: Request): Promise<Reply> {
  return installation.call(method, path, options)
}

function withOtherKey(request: Request): Request {
  const { body, key } = request as Request & { body: { idempotency_key?: string } }
  if (key !== undefined) return { ...request, key: `${key}-again` }
  return { ...request, body: { ...body, idempotency_key: `${body.idempotency_key}-again` } }
}

/** Every operation has ended, and what is on disk and in memory is what the rows say. */
async function untilSettled(installation: Installation): Promise<void> {
  for (const end = Date.now() + SETTLED_MS; ; await delay(100)) {
    const check = expectStatus(200, await installation.call('GET', '/self-check')).json
    if (check.running_operations === 0) {
      expect(check.findings).toEqual([])
      return
    }
    if (Date.now() > end) throw new Error(`not settled: ${JSON.stringify(check)}`)
  }
}
