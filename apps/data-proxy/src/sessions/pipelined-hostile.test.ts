/** What a function that is called in a read may do to the session that others are sent behind it on. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Directory } from '../directory/directory.ts'
import { answerOf, openSession, reading, readThrough, toValue } from '../testing/pipelined.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import type { UpstreamConnection } from './connection.ts'
import { NotRun } from './errors.ts'
import { Pool } from './pool.ts'

let stack: Stack
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query(`
    create function perform(what text) returns text language plpgsql as $$
      begin execute what; return 'performed'; end $$;
    create function find(what text) returns text language plpgsql as $$
      declare found text; begin execute what into found; return found; end $$;
    create table t (n int); grant select on t to authenticator`)
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

const PERFORM = 'select public.perform($1)'
const FIND = 'select public.find($1)'

const setting = (name: string, value: string) => `select set_config('${name}', '${value}', false)`
const SERIALIZABLE = `select set_config('default_transaction_isolation', 'serializable', false),
  set_config('default_transaction_deferrable', 'on', false), set_config('default_transaction_read_only', 'on', false)`

/** Puts SELECTs in the place of the prepared statements whose name and text are like these. */
const replaced = (name: string, text: string) => `do $do$ declare p record; begin
  for p in select * from pg_prepared_statements where name like '${name}' and statement like '${text}' loop
    execute format('deallocate %I', p.name);
    execute format('prepare %I as select 1', p.name);
  end loop; end $do$`

describe('on one session', () => {
  let session: UpstreamConnection
  beforeEach(async () => {
    session = await openSession(stack)
  })
  afterEach(() => session.close())

  const perform = (what: string) => session.run(reading(PERFORM, what), 'pipelined')
  const find = (what: string) => session.run(reading(FIND, what), 'pipelined')

  test('a default of transactions that it sets is not that of those behind it', async () => {
    const mode = `select current_setting('transaction_isolation') || current_setting('transaction_deferrable')`
    const runs = [find(mode), perform(SERIALIZABLE), find(mode)]
    expect(await Promise.all(runs.map(answerOf))).toEqual([
      'read committedoff',
      'performed',
      'read committedoff',
    ])
  })

  test('a session that it told to wait for the transactions of others does not wait for them', async () => {
    const other = await stack.direct()
    await other.query('begin isolation level serializable; select from t')
    const runs = [perform(SERIALIZABLE), find('select 1'), perform(SERIALIZABLE)]
    expect(await Promise.all(runs.map(answerOf))).toEqual(['performed', '1', 'performed'])
    expect(await Promise.all(runs.map(({ isClean }) => isClean))).toEqual(Array(3).fill(true))
    expect(await answerOf(find('select 2'))).toBe('2')
    await other.end()
  })

  test.each(['RESET%', 'DISCARD%', '%'])(
    'where it puts others in the place of the cleanup’s %s, nobody runs behind it',
    async (text) => {
      const runs = [find('select 1'), perform(replaced('db9_cleanup%', text)), find('select 2')]
      expect(await Promise.all(runs.map(answerOf))).toEqual(['1', 'performed', NotRun])
      expect(await runs.at(-1)?.isClean).toBe(false)
    },
  )

  test('who is sent behind a cleanup that fails has not run, though the session is closed', async () => {
    const runs = [find('select 1'), perform('deallocate all')]
    await Promise.all(runs.map(answerOf))
    const behind = find('select 2')
    session.close()
    expect(await answerOf(behind)).toBe(NotRun)
  })

  test('what cannot be sent is not counted on to be answered: all others get their own', async () => {
    const tooMany = reading('select 1', ...Array<string>(65_536).fill('1'))
    expect(() => session.run(tooMany, 'pipelined')).toThrow(RangeError)
    const runs = ['a', 'b', 'c'].map((value) => find(`select '${value}'`))
    expect(await Promise.all(runs.map(answerOf))).toEqual(['a', 'b', 'c'])
  })
})

describe('through the pool', () => {
  let pool: Pool
  beforeEach(async () => {
    pool = new Pool(stack.id, new Directory(stack.control))
    for (let i = 0; i < 40; i++) await Promise.all([find('select 1'), perform('select 1')])
  })
  afterEach(() => pool.close())

  const find = async (what: string) => toValue(await readThrough(pool, [FIND, what]))
  const perform = (what: string) => readThrough(pool, [PERFORM, what])

  /** Each its number, and what it finds of the session that somebody may have left behind. */
  const others = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        find(`select concat_ws(',', ${i}, current_user, nullif(current_setting('my.secret', true), ''),
          current_setting('statement_timeout'), current_setting('transaction_read_only'), current_schemas(false),
          (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()))`),
      ),
    )
  const unharmed = (count: number) =>
    Array.from({ length: count }, (_, i) => `${i},authenticator,10s,on,{pg_catalog},0`)

  test.each([
    ['sets a role', setting('role', 'anon')],
    ['sets a search path', setting('search_path', 'public')],
    ['sets a setting of its own', setting('my.secret', 'left behind')],
    ['sets a time limit of nothing', setting('statement_timeout', '1')],
    ['sets no time limit', setting('statement_timeout', '0')],
    ['lets transactions end its session', setting('transaction_timeout', '1')],
    ['lets idleness end its session', setting('idle_session_timeout', '1')],
    ['lets errors end its session', setting('exit_on_error', 'on')],
    ['asks for every message', setting('client_min_messages', 'debug5')],
    [
      'warns without end',
      `do $$ begin for i in 1..3000 loop raise warning '%', repeat('x', 1000); end loop; end $$`,
    ],
    ['takes locks', 'select pg_advisory_lock(g) from generate_series(1, 100) as g'],
    ['listens', 'listen gossip'],
    ['deallocates all', 'deallocate all'],
    ['forgets plans', 'discard plans'],
    ['prepares a statement of its own', 'prepare mine as select 1'],
    ['puts others in the place of BEGIN', replaced('%', 'BEGIN%')],
    ['puts others in the place of COMMIT', replaced('%', 'COMMIT')],
    ['puts others in the place of all', replaced('%', '%')],
    ['puts others in the place of the cleanup', replaced('db9_cleanup%', '%')],
    [
      'prepares others by the names that could come next',
      `do $$ begin for i in 1..500 loop execute format('prepare db9_%s as select 1', i); end loop; end $$`,
    ],
    ['ends its session', 'select pg_terminate_backend(pg_backend_pid())'],
    ['cancels itself', 'select pg_cancel_backend(pg_backend_pid())'],
    [
      'fails with odd characters',
      String.raw`do $$ begin raise exception E'\u0001\u2028\r\n%', chr(65534); end $$`,
    ],
    ['fails with a code of ours', `do $$ begin raise exception 'no' using errcode = '42P05'; end $$`],
    ['answers with more than fits', `select repeat('x', 11000000)`],
    ['cannot be parsed', 'not a statement'],
  ])('others are not harmed by one that %s', async (_, hostile) => {
    const before = others(2)
    const performed = perform(hostile)
    const between = others(2)
    const found = find(hostile)
    const behind = others(3)
    const own = Promise.allSettled([performed, found])
    expect(await before).toEqual(unharmed(2))
    expect(await between).toEqual(unharmed(2))
    expect(await behind).toEqual(unharmed(3))
    await own
    for (let round = 0; round < 3; round++) expect(await others(6)).toEqual(unharmed(6))
  })

  test('a definition that changes under a line fails nobody in it', async () => {
    const read = async () => toValue(await readThrough(pool, ['select * from public.t']))
    await admin.query('insert into t values (1)')
    for (let i = 0; i < 20; i++) await read()
    for (const type of ['text', 'int', 'text', 'int']) {
      const before = Array.from({ length: 6 }, read)
      const change = admin.query(`alter table t alter n type ${type} using n::${type}`)
      const behind = Array.from({ length: 6 }, read)
      expect(await Promise.all([...before, ...behind])).toEqual(Array(12).fill('1'))
      await change
      expect(await Promise.all(Array.from({ length: 8 }, read))).toEqual(Array(8).fill('1'))
    }
  })
})
