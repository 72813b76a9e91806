import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type OperationPoint, operationPoints } from '@db9/control-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Installation } from '../testing/crash/installation.ts'
import { nameOf } from '../testing/crash/points.ts'
import {
  expectSource,
  type Fixture,
  makeFixture,
  type Request,
  SCENARIOS,
  type Scenario,
} from '../testing/crash/scenarios.ts'
import { expectStatus, type Reply } from '../testing/stack.ts'

/**
 * kill -9 of everything before and after every step of every operation. The points come from the operations' own list of
 * steps. In short form several operations are killed at once, so that each point is hit once; `DB9_TEST_CRASH=whole`
 * takes each point by itself, once and twice in a row.
 */
const IS_WHOLE = process.env.DB9_TEST_CRASH === 'whole'
const SETTLED_MS = 60_000
const CELL_MS = 180_000

let base: string
let installation: Installation
let fixture: Fixture
let runs = 0

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'db9-crash-'))
  // Open to the servers' own user: else the data would lie in the system's folders and stay there.
  chmodSync(base, 0o755)
  installation = new Installation(join(base, 'home'))
  await installation.start()
  fixture = await makeFixture(installation)
}, CELL_MS)
afterAll(async () => {
  await installation?.stop()
  rmSync(base, { recursive: true, force: true })
}, CELL_MS)

describe.runIf(IS_WHOLE).each(SCENARIOS)('$name', (scenario) => {
  const cells = operationPoints(scenario.kind).flatMap((point) =>
    [1, 2].map((times): [string, OperationPoint, number] => [nameOf(point), point, times]),
  )
  test.each(cells)('killed %s, %#', { timeout: CELL_MS }, async (_, point, times) => {
    await crash([{ scenario, point }], times)
  })
})

const SHORT_ROUNDS = Math.max(...SCENARIOS.map(({ kind }) => operationPoints(kind).length))
/** An account may have two copies under way: of three, each round leaves another out. */
const COPIES = SCENARIOS.filter(({ kind }) => kind === 'branch' || kind === 'restore')
const MOST_COPIES = 2

describe.runIf(!IS_WHOLE)('everything at once', () => {
  test.each(Array.from({ length: SHORT_ROUNDS }, (_, i) => i))(
    'killed at point %d of each',
    { timeout: CELL_MS },
    async (round) => {
      const leftOut = COPIES.length > MOST_COPIES ? COPIES[round % COPIES.length] : undefined
      const cells = SCENARIOS.filter((scenario) => scenario !== leftOut).flatMap((scenario) => {
        const point = operationPoints(scenario.kind)[round]
        return point ? [{ scenario, point }] : []
      })
      await crash(cells, 1)
    },
  )
})

interface Cell {
  scenario: Scenario
  point: OperationPoint
}

/** Kills the stack with an operation at each of the points, starts it again, and looks whether anything shows. */
async function crash(cells: Cell[], times: number): Promise<void> {
  const requests: Request[] = []
  for (const { scenario } of cells) {
    runs += 1
    requests.push(await scenario.prepare(installation, fixture, `run-${runs}`))
  }
  const points = cells.map(({ point }) => point)
  await installation.hold(points)
  for (const request of requests) void send(request).catch(() => {})
  await installation.untilHeld(points)
  await installation.kill()
  for (let time = 1; time < times; time++) {
    await installation.start(points)
    // One that had ended is not taken over again.
    await installation.untilHeld(points.filter((point) => !isLast(point)))
    await installation.kill()
  }

  await installation.start()
  await untilSettled()
  for (const [i, { scenario }] of cells.entries()) {
    await scenario.verify(installation, fixture, await send(requests[i] as Request))
  }
  await expectSource(installation, fixture)
  await untilSettled()
}

function isLast({ kind, step, at }: OperationPoint): boolean {
  const last = operationPoints(kind).at(-1)
  return step === last?.step && at === last.at
}

function send({ method, path, ...options }: Request): Promise<Reply> {
  return installation.call(method, path, options)
}

/** Every operation has ended, and what is on disk and in memory is what the rows say. */
async function untilSettled(): Promise<void> {
  for (const end = Date.now() + SETTLED_MS; ; await delay(100)) {
    const check = expectStatus(200, await installation.call('GET', '/self-check')).json
    if (check.running_operations === 0) {
      expect(check.findings).toEqual([])
      return
    }
    if (Date.now() > end) throw new Error(`not settled: ${JSON.stringify(check)}`)
  }
}
