/** What the tests of lines of reads share. */

import { readRow } from '@db9/postgres/backend'
import { socketPath } from '../sessions/address.ts'
import type { ClientHandle } from '../sessions/client.ts'
import { type PipelineRun, UpstreamConnection } from '../sessions/connection.ts'
import { pooledParameters } from '../sessions/parameters.ts'
import type { PipelineOutcome, Statement } from '../sessions/pipeline.ts'
import type { Pool } from '../sessions/pool.ts'
import { run } from '../sessions/run.ts'
import type { Stack } from './stack.ts'

/** A function that does what it is told, and says what it finds of the session. */
export const STEP_FUNCTION = `create function step(what text) returns text language plpgsql as $$
  begin
    case what
      when 'rest' then null;
      when 'pid' then return pg_backend_pid();
      when 'fail' then raise exception using errcode = 'P0042';
      when 'sleep' then perform pg_sleep(1);
      when 'sleep long' then perform pg_sleep(20);
      when 'end' then perform pg_terminate_backend(pg_backend_pid());
      when 'litter' then
        perform set_config('my.secret', 'left behind', false), set_config('role', 'anon', false),
          set_config('statement_timeout', '1', false), pg_advisory_lock(42);
    end case;
    return concat_ws(',', current_user, nullif(current_setting('my.secret', true), ''),
      (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()));
  end $$`
export const STEP = 'select public.step($1)'
/** What it answers in a session that no earlier run has changed. */
export const CLEAN = 'authenticator,0'

export async function openSession({ control, id }: Stack): Promise<UpstreamConnection> {
  const reply = await control.connect(id, { role: 'authenticator' })
  if (!reply) throw new Error('no database')
  const password = reply.logins.authenticator ?? ''
  return UpstreamConnection.open(socketPath(reply), pooledParameters('authenticator', reply), {
    kind: 'password',
    password,
  })
}

/** As a batch of the gateway reads. */
export function reading(text: string, ...params: string[]): Statement[] {
  return [
    { text: 'BEGIN READ ONLY', params: [] },
    { text, params },
    { text: 'COMMIT', params: [] },
  ]
}

/** The first value that the statement in the transaction gave, or the code of what failed. */
export function toValue({ results, error }: PipelineOutcome): string | null | undefined {
  const row = results[1]?.rows[0]
  return error?.C ?? (row && readRow(row)[0])
}

/** What a run answered, or the class of what it rejected with. */
export async function answerOf({ outcome }: Pick<PipelineRun, 'outcome'>): Promise<unknown> {
  try {
    return toValue(await outcome)
  } catch (error) {
    return (error as Error).constructor
  }
}

/** Through the pool, as the batches of the gateway that may share a session. */
export function readThrough(
  pool: Pool,
  [text, ...params]: [string, ...string[]],
  client: ClientHandle = { isGone: false, onGone: null },
): Promise<PipelineOutcome> {
  const options = { role: 'authenticator', credentials: null, mode: 'pipelined', shared: text } as const
  return run(reading(text, ...params), options, client, pool)
}
