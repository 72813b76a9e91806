/** Quick reads sent behind one another over one session: what becomes of one is nothing to the others. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { answerOf, CLEAN, openSession, reading, STEP, STEP_FUNCTION } from '../testing/pipelined.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import type { PipelineRun, UpstreamConnection } from './connection.ts'
import { ConnectionLost, NotRun } from './errors.ts'

let stack: Stack
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query(STEP_FUNCTION)
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

let session: UpstreamConnection
beforeEach(async () => {
  session = await openSession(stack)
})
afterEach(() => session.close())

const send = (what: string) => session.run(reading(STEP, what), 'pipelined')

async function expectAnswers(steps: string[], answers: unknown[]): Promise<PipelineRun[]> {
  const runs = steps.map(send)
  expect(runs.map((one) => one.isWaiting())).toEqual(steps.map((_, i) => i > 0))
  expect(await Promise.all(runs.map(answerOf))).toEqual(answers)
  return runs
}

const areClean = (runs: PipelineRun[]) => Promise.all(runs.map(({ isClean }) => isClean))

test('each is answered with its own, in turn', async () => {
  expect(await areClean(await expectAnswers(Array<string>(8).fill('rest'), Array(8).fill(CLEAN)))).toEqual(
    Array(8).fill(true),
  )
})

test('whatever one leaves behind, those sent behind it do not find, nor who comes when all is answered', async () => {
  const littered = 'anon,left behind,1'
  const runs = await expectAnswers(
    ['litter', 'rest', 'litter', 'rest', 'rest', 'litter'],
    [littered, CLEAN, littered, CLEAN, CLEAN, littered],
  )
  expect(await areClean(runs)).not.toContain(false)
  await expectAnswers(['rest'], [CLEAN])
})

test.each([0, 1, 3])(
  'one that fails at place %i fails alone: what was sent behind it has not run',
  async (place) => {
    const steps = Array<string>(4).fill('rest').with(place, 'fail')
    const answers = steps.map((_, i) => (i < place ? CLEAN : i === place ? 'P0042' : NotRun))
    expect(await areClean(await expectAnswers(steps, answers))).not.toContain(false)
    await expectAnswers(['rest', 'rest'], [CLEAN, CLEAN])
  },
)

test('one that ends the session costs those behind it nothing but another try', async () => {
  const runs = await expectAnswers(['rest', 'end', 'rest'], [CLEAN, ConnectionLost, NotRun])
  expect(await areClean(runs)).toEqual([true, false, false])
  expect(session.isUsable).toBe(false)
})

test('one among others is not cancelled, since others could be hit; one alone is', async () => {
  const runs = [send('rest'), send('rest')]
  expect([session.cancel(), session.isJoinable]).toEqual([false, true])
  expect(await Promise.all(runs.map(answerOf))).toEqual([CLEAN, CLEAN])
  await areClean(runs)
  const alone = send('sleep long')
  // A cancel that comes before the statement has begun is lost in Postgres.
  const asleep = `select from pg_stat_activity where wait_event = 'PgSleep'`
  await expect
    .poll(async () => (await admin.query(asleep)).rowCount, { interval: 10, timeout: 10_000 })
    .toBe(1)
  expect([session.cancel(), session.isJoinable]).toEqual([true, false])
  expect(await answerOf(alone)).toBe('57014')
})

test('what must stand alone is not sent while another is under way', async () => {
  const first = send('rest')
  const second = session.run(reading(STEP, 'rest'), 'exclusive')
  expect(await Promise.all([first, second].map(answerOf))).toEqual([CLEAN, NotRun])
})
