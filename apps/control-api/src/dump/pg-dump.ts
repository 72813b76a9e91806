/** Runs pg_dump, which comes as WebAssembly: no server of this machine has to bring it, and what answers it can harm nothing here. */

import { cstring, message } from '@db9/postgres/messages'
import { pgDump } from '@electric-sql/pglite-tools/pg_dump'
import { simpleQuery, type Wire } from './wire.ts'

export class PgDumpFailed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PgDumpFailed'
  }
}

/** There is something in the database that cannot be dumped here. */
export class NotDumpable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotDumpable'
  }
}

/** `pgDump` removes lines that begin so, those within a value, too. In latin1: U+2028 and U+2029 are three bytes. */
const REMOVED_LINE = /(?:[\n\r]|\xe2\x80[\xa8\xa9])\\(?:un)?restrict/i

/** The answer to libpq's startup message: the wire has logged in already. */
function greeting(serverVersion: string): Buffer {
  const parameters = {
    server_version: serverVersion,
    client_encoding: 'UTF8',
    server_encoding: 'UTF8',
    standard_conforming_strings: 'on',
    integer_datetimes: 'on',
    DateStyle: 'ISO, MDY',
  }
  const statuses = Object.entries(parameters).map(([name, value]) =>
    message('S', cstring(name), cstring(value)),
  )
  return Buffer.concat([message('R', Buffer.alloc(4)), ...statuses, message('Z', 'I')])
}

const QUERY = 'Q'.charCodeAt(0)
const TERMINATE = 'X'.charCodeAt(0)

/** Event triggers are a superuser's alone, and so ours: no owner can make them again. */
function rewritten(query: Buffer): Buffer {
  const text = query.toString('utf8', 5, query.length - 1)
  const without = text.replace('FROM pg_event_trigger e ', 'FROM pg_event_trigger e WHERE e.evtowner <> 10 ')
  return simpleQuery(without)
}

/**
 * Turns what libpq sends into whole messages, and their answers into what libpq reads. pg_dump sends one message at a time,
 * a query or a call of a function, and waits for its answer.
 */
class Bridge {
  readonly #wire: Wire
  readonly #serverVersion: string
  #isStarted = false
  #pending = Buffer.alloc(0)

  constructor(wire: Wire, serverVersion: string) {
    this.#wire = wire
    this.#serverVersion = serverVersion
  }

  /** Nothing to read until a message is whole: libpq sends long ones in pieces. */
  send(bytes: Uint8Array): Buffer | null {
    if (!this.#isStarted) {
      this.#isStarted = true
      return greeting(this.#serverVersion)
    }
    this.#pending = Buffer.concat([this.#pending, bytes])
    const { length } = this.#pending
    if (length < 5 || length < this.#pending.readInt32BE(1) + 1) return null
    const whole = this.#pending
    this.#pending = Buffer.alloc(0)
    if (whole[0] === TERMINATE) return null
    const answer = this.#wire.exchange(whole[0] === QUERY ? rewritten(whole) : whole)
    if (REMOVED_LINE.test(answer.toString('latin1'))) {
      throw new NotDumpable('a value has a line that begins with \\restrict or \\unrestrict; use pg_dump 18')
    }
    return answer
  }
}

/** The SQL that pg_dump writes with these arguments. Throws what the wire throws, and `PgDumpFailed`. */
export async function runPgDump(wire: Wire, serverVersion: string, args: readonly string[]): Promise<string> {
  const bridge = new Bridge(wire, serverVersion)
  let failure: unknown
  // What pgDump uses of PGlite. It swallows what is thrown to it, so that is kept.
  const server = {
    query: async () => ({ rows: [{ search_path: '' }] }),
    exec: async () => {},
    execProtocolRawStream(bytes: Uint8Array, { onRawData }: { onRawData(bytes: Uint8Array): void }) {
      try {
        const answer = failure === undefined ? bridge.send(bytes) : null
        if (answer) onRawData(answer)
      } catch (error) {
        failure = error
        throw error
      }
    },
  }
  try {
    const file = await pgDump({ pg: server as never, args: [...args] })
    if (failure !== undefined) throw failure
    return await file.text()
  } catch (error) {
    if (failure !== undefined) throw failure
    throw new PgDumpFailed(reasonOf(error))
  } finally {
    if (failure === undefined) {
      // pg_dump leaves its transaction open, and the wire goes on to the next run.
      wire.run('ROLLBACK')
      wire.run('DISCARD ALL')
    }
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (/pg_dump: error: (.*)/.exec(text)?.[1] ?? 'it did not end in order').slice(0, 500)
}
