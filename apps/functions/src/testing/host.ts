import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CodeSpec, RunReply, RunStart } from '@db9/types/functions-part'
import { newId } from '@db9/types/ids'
import { pino } from 'pino'
import { BundleStore } from '../code/store.ts'
import type { EgressDeps } from '../egress/egress.ts'
import { FunctionsHost } from '../host.ts'
import { placeRuntimes } from '../process/place.ts'
import { RuntimeProcess } from '../process/runtime-process.ts'
import type { SqlAnswer, SqlSession } from '../runs/sql.ts'

export interface TestHost {
  host: FunctionsHost
  /** First processes of sandboxes, in the order of their starts. */
  pids: number[]
  /** A version of one module. */
  code(text: string | Buffer, fields?: Partial<CodeSpec>): CodeSpec
  run(code: CodeSpec, input?: unknown, start?: Partial<RunStart>): Promise<RunReply & { result: unknown }>
  logged(): string
  close(): Promise<void>
}

export interface TestHostOptions {
  egress?: EgressDeps
  sql?: (session: SqlSession, sql: string, params: unknown[]) => Promise<SqlAnswer>
  idleMs?: number
  mostDatabases?: number
}

export function startTestHost({ egress, sql, idleMs, mostDatabases }: TestHostOptions = {}): TestHost {
  const home = mkdtempSync(join(tmpdir(), 'db9-functions-'))
  const place = placeRuntimes({ home, isolation: 'auto' })
  const bundles = new Map<string, Buffer>()
  const pids: number[] = []
  let lines = ''
  const host = new FunctionsHost({
    bundles: new BundleStore(async (_, digest) => bundles.get(digest) ?? null),
    sql: { query: sql ?? (async () => ({ error: { message: 'no database' } })) },
    startProcess: (handlers) => RuntimeProcess.start(place, handlers),
    onLaunched: (pid) => pids.push(pid),
    log: pino({ level: 'debug' }, { write: (line: string) => (lines += line) }),
    // However slow the machine is, a process that answers is not to be ended.
    pingMs: 2_000,
    ...(egress && { egress }),
    ...(idleMs !== undefined && { idleMs }),
    ...(mostDatabases !== undefined && { mostDatabases }),
  })
  const databaseId = newId('database')
  return {
    host,
    pids,
    code: (text, fields = {}) => {
      const bytes = Buffer.from(text)
      const bundle_digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
      bundles.set(bundle_digest, bytes)
      return {
        account: { id: 'cus_owner', kind: 'owner' },
        database_id: databaseId,
        function_id: newId('function'),
        version_id: newId('version'),
        bundle_digest,
        entrypoint: 'index.handler',
        network_allowlist: [],
        secrets: {},
        ...fields,
      }
    },
    run: async (code, input = null, start = {}) => {
      const all: RunStart = {
        run_id: `run_${randomBytes(13).toString('hex')}`,
        trigger_type: 'invoke',
        role: 'authenticated',
        claims: null,
        timeout_ms: 10_000,
        ...start,
      }
      const reply = await host.run({ code, start: all, input }, new AbortController().signal)
      return { ...reply, result: reply.result_json === null ? null : JSON.parse(reply.result_json) }
    },
    logged: () => lines,
    close: async () => {
      await host.close()
      rmSync(place.folder, { recursive: true, force: true })
      rmSync(home, { recursive: true, force: true })
    },
  }
}
