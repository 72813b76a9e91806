import { bindAndExecute, parse, SYNC } from '../wire/frontend.ts'

/**
 * What puts a pooled session back as it was when it began: `DISCARD ALL` (the same steps, sql-discard) less its
 * forgetting of plans, and as statements that may stand in a pipeline. They follow every request, authenticator's too:
 * a function that a visitor calls can set a role or a setting for the session, lock, listen, make temporary tables.
 */
const STEPS = [
  'ROLLBACK',
  'CLOSE ALL',
  // Sets the role back too.
  'RESET SESSION AUTHORIZATION',
  'RESET ALL',
  'UNLISTEN *',
  'SELECT pg_catalog.pg_advisory_unlock_all()',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
]
const named = STEPS.map((text, i) => ({ name: `db9_cleanup_${i}`, text }))

/** Prepares the steps; sent once, with the startup packet. */
export const PREPARE_CLEANUP = Buffer.concat([...named.map(({ name, text }) => parse(name, text)), SYNC])

/** Runs them; a part of its own behind the request's Sync, so that it runs whatever became of the request. */
export const CLEANUP = Buffer.concat([...named.map(({ name }) => bindAndExecute(name, [])), SYNC])

/**
 * The same where no transaction is open, as part of a pipeline: in the transaction that Postgres begins for it. Nothing of
 * it runs, and nothing of what follows, where a statement before it failed.
 */
export const CLEANUP_WITHIN = Buffer.concat(named.slice(1).map(({ name }) => bindAndExecute(name, [])))
export const CLEANUP_STEPS = named.length - 1
