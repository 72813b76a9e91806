/** Quick reads sent behind one another over one session: what becomes of one is nothing to the others. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Directory } from '../directory.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { readRow } from '../wire/backend.ts'
import { type PipelineRun, UpstreamConnection } from './connection.ts'
import { ConnectionLost, NotRun } from './lost.ts'
import { pooledParameters } from './parameters.ts'
import { Pool, socketPath } from './pool.ts'
import { type Attendance, run } from './run.ts'

const STEPS = `create function step(what text) returns text language plpgsql as $$
  begin
    case what
      when 'rest' then null;
      when 'pid' then return pg_backend_pid();
      when 'fail' then raise exception using errcode = 'P0042';
      when 'sleep' then perform pg_sleep(1);
      when 'end' then perform pg_terminate_backend(pg_backend_pid());
      when 'litter' then
        perform set_config('my.secret', 'left behind', false), set_config('role', 'anon', false),
          set_config('statement_timeout', '1', false), pg_advisory_lock(42);
    end case;
    return concat_ws(',', current_user, nullif(current_setting('my.secret', true), ''),
      (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()));
  end $$`
const TEXT = 'select public.step($1)'
const CLEAN = 'authenticator,0'

let stack: Stack
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query(STEPS)
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

const statements = (what: string) => [
  { text: 'BEGIN READ ONLY', params: [] },
  { text: TEXT, params: [what] },
  { text: 'COMMIT', params: [] },
]

describe('on one session', () => {
  let session: UpstreamConnection
  beforeEach(async () => {
    const reply = await stack.control.connect(stack.id, 'authenticator')
    if (!reply) throw new Error('no database')
    session = await UpstreamConnection.open(socketPath(reply), pooledParameters('authenticator', reply))
  })
  afterEach(() => session.close())

  const send = (what: string) => session.run(statements(what), 'lined')

  /** What a run answered: its text, the code of its error, or the class of what it rejected with. */
  async function answerOf({ outcome }: PipelineRun): Promise<unknown> {
    try {
      const { results, error } = await outcome
      const row = results[1]?.rows[0]
      return error?.C ?? (row && readRow(row)[0])
    } catch (error) {
      return (error as Error).constructor
    }
  }

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
    const alone = send('sleep')
    expect([session.cancel(), session.isJoinable]).toEqual([true, false])
    expect(await answerOf(alone)).toBe('57014')
  })

  test('what must stand alone is not sent while another is under way', async () => {
    const first = send('rest')
    const second = session.run(statements('rest'), 'alone')
    expect(await Promise.all([first, second].map(answerOf))).toEqual([CLEAN, ConnectionLost])
  })
})

describe('through the pool', () => {
  const here: Attendance = { isGone: false, onGone: null }
  let pool: Pool
  beforeEach(async () => {
    pool = new Pool(stack.id, new Directory(stack.control))
    // From now on it is known to be quick.
    for (let i = 0; i < 40; i++) await step('rest')
  })
  afterEach(() => pool.close())

  async function step(what: string, of: Pool = pool) {
    const options = { role: 'authenticator', standing: 'lined', shared: TEXT } as const
    const { results, error } = await run(statements(what), options, { ...here }, of)
    const row = results[1]?.rows[0]
    return { answer: error?.C ?? (row && readRow(row)[0]), at: performance.now() }
  }

  test('quick ones share a session', async () => {
    const counts: number[] = []
    // A pause of this process can make one look slow.
    for (let i = 0; i < 10 && !counts.includes(1); i++) {
      const own = new Pool(stack.id, new Directory(stack.control))
      for (let n = 0; n < 40; n++) await step('rest', own)
      const sessions: number[] = []
      const steps = Array.from({ length: 8 }, () => step('pid', own))
      for (const { answer } of await Promise.all(steps)) sessions.push(Number(answer))
      counts.push(new Set(sessions).size)
      own.close()
    }
    expect(counts).toContain(1)
  })

  test.each([
    ['fail', 'P0042'],
    ['sleep', CLEAN],
  ])('beside one that is to %s, the others are served, and no later than else', async (what, answer) => {
    const [one, ...others] = await Promise.all([what, 'rest', 'rest', 'rest', 'rest'].map((one) => step(one)))
    expect([one?.answer, ...others.map((other) => other.answer)]).toEqual([answer, ...Array(4).fill(CLEAN)])
    const isLast = others.every(({ at }) => at < (one?.at ?? 0))
    if (what === 'sleep') expect(isLast).toBe(true)
  })

  test('beside one that ends its session, the others are served', async () => {
    const [one, ...others] = await Promise.allSettled(
      ['end', 'rest', 'rest', 'rest', 'rest'].map((one) => step(one)),
    )
    expect(one?.status).toBe('rejected')
    expect(others).toEqual(
      Array(4).fill(expect.objectContaining({ value: expect.objectContaining({ answer: CLEAN }) })),
    )
  })
})
