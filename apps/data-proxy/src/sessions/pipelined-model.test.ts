/** Runs in any order, against a model: each caller gets its own answer, or is told to try again, and a write is made once. */
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Directory } from '../directory/directory.ts'
import { ProxyError } from '../errors.ts'
import { readThrough, toValue } from '../testing/pipelined.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import type { ClientHandle } from './client.ts'
import { ConnectionLost, ResultTooLarge } from './errors.ts'
import { Pool } from './pool.ts'
import { run } from './run.ts'

let stack: Stack
let admin: pg.Client
let pool: Pool
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query(`
    create table written (token text);
    grant select, insert on written to authenticator;
    create function act(what text, token text) returns text language plpgsql as $$
    begin
      case what
        when 'read' then null;
        when 'write' then insert into public.written values (token);
        when 'fail' then raise exception using errcode = 'P0042';
        when 'stay' then perform pg_sleep(0.04);
        when 'grow' then return token || repeat('x', 300000);
        when 'burst' then return repeat('x', 11000000);
        when 'litter' then
          perform set_config('my.secret', token, false), set_config('role', 'anon', false), pg_advisory_lock(42);
          return token;
        when 'forget' then execute 'deallocate all';
        when 'end' then perform pg_terminate_backend(pg_backend_pid());
      end case;
      return token || coalesce(nullif(current_setting('my.secret', true), ''), '');
    end $$;
    create function stop_all() returns void language sql security definer as $$
      select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator' $$`)
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

const ACT = 'select public.act($1, $2)'

const KINDS = ['read', 'write', 'fail', 'unfit', 'stay', 'grow', 'burst', 'litter', 'forget', 'end'] as const
/** What happens to all, beside what the callers do. */
const EVENTS = ['let go', 'discardAll', 'stop'] as const
type Kind = (typeof KINDS)[number]

interface Call {
  kind: Kind
  pauseMs: number
  /** When its client leaves; null where it stays. */
  leavesMs: number | null
}

const call = fc.record<Call>({
  kind: fc.oneof({ weight: 8, arbitrary: fc.constant('read' as const) }, fc.constantFrom(...KINDS)),
  pauseMs: fc.constantFrom(0, 0, 0, 0, 1, 3),
  leavesMs: fc.option(fc.constantFrom(0, 1, 5), { freq: 6 }),
})

function send({ kind, leavesMs }: Call, token: string): Promise<unknown> {
  const client: ClientHandle = { isGone: false, onGone: null }
  if (leavesMs !== null) {
    void sleep(leavesMs).then(() => {
      client.isGone = true
      client.onGone?.()
    })
  }
  if (kind === 'unfit') return readThrough(pool, ['select public.act($1::int::text, $2)', 'x', token], client)
  if (kind !== 'write') return readThrough(pool, [ACT, kind, token], client)
  const statements = ['BEGIN', ACT, 'COMMIT'].map((text) => ({
    text,
    params: text === ACT ? [kind, token] : [],
  }))
  return run(
    statements,
    { role: 'authenticator', credentials: null, mode: 'pipelined', shared: null },
    client,
    pool,
  )
}

/** What is to come of a call whose client stays, where nothing happens to all. */
function expected(kind: Kind, token: string): unknown {
  if (kind === 'fail') return 'P0042'
  if (kind === 'unfit') return '22P02'
  if (kind === 'burst') return ResultTooLarge
  if (kind === 'end') return ConnectionLost
  return kind === 'grow' ? token + 'x'.repeat(300_000) : token
}

async function settle(outcome: Promise<unknown>): Promise<unknown> {
  try {
    return toValue((await outcome) as Awaited<ReturnType<typeof run>>)
  } catch (error) {
    return (error as Error).constructor
  }
}

const RETRYABLE = new Set<unknown>([ConnectionLost, ProxyError])
let turn = 0

async function play(
  calls: readonly Call[],
  during: (index: number) => Promise<unknown> | undefined,
  mayBeLost: boolean,
): Promise<void> {
  const name = `${turn++}`
  pool = new Pool(stack.id, new Directory(stack.control))
  // From now on it is known to be quick, until enough of its calls are not.
  for (let i = 0; i < 20; i++) await readThrough(pool, [ACT, 'read', ''])
  const answers: Promise<unknown>[] = []
  const events: (Promise<unknown> | undefined)[] = []
  for (const [i, one] of calls.entries()) {
    if (one.pauseMs > 0) await sleep(one.pauseMs)
    events.push(during(i))
    answers.push(settle(send(one, `<${name}.${i}>`)))
  }
  const settled = await Promise.all(answers)
  await Promise.all(events)
  pool.close()
  const { rows } = await admin.query<{ token: string }>('select token from written')
  for (const [i, { kind, leavesMs }] of calls.entries()) {
    const token = `<${name}.${i}>`
    const answer = settled[i]
    // Its own COMMIT is among what it made away with, unless the session had yet to prepare it.
    const isToTryAgain = RETRYABLE.has(answer) && (mayBeLost || kind === 'forget')
    // Cancelled: its client has left.
    const isCancelled = leavesMs !== null && (answer === '57014' || RETRYABLE.has(answer))
    if (!isToTryAgain && !isCancelled)
      expect({ kind, answer }).toEqual({ kind, answer: expected(kind, token) })
    const times = rows.filter((row) => row.token === token).length
    if (kind === 'write' && answer === token) expect(times).toBe(1)
    else expect(times).toBeLessThanOrEqual(kind === 'write' ? 1 : 0)
  }
}

const none = () => undefined

test('each is answered with its own, whatever the others do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 24 }), (calls) => play(calls, none, false)),
    { numRuns: 40 },
  )
}, 120_000)

test('each is answered with its own or told to try again, whatever happens to all sessions', async () => {
  const event = fc.record({ what: fc.constantFrom(...EVENTS), index: fc.nat(23) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 2, maxLength: 24 }),
      fc.array(event, { minLength: 1, maxLength: 3 }),
      (calls, events) => {
        const during = (index: number) => {
          const what = events.find((one) => one.index === index)?.what
          if (what === 'let go') pool.releaseIdle()
          else if (what === 'discardAll') pool.discardAll()
          return what === 'stop' ? admin.query('select stop_all()') : undefined
        }
        return play(calls, during, true)
      },
    ),
    { numRuns: 30 },
  )
}, 120_000)
