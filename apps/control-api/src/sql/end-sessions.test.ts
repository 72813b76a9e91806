import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { int32, message } from '@db9/postgres/messages'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endAdminSessions } from './end-sessions.ts'
import type { SessionRun } from './worker.ts'
import { SqlWorkers } from './workers.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-hostile-'))
const path = join(folder, '.s.PGSQL.5432')
const workers = new SqlWorkers()
let answer: Buffer
let server: Server
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(answer))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
})
afterAll(async () => {
  await workers.close()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['an authentication that there is not', message('R', int32(4_711))],
  ['a message that there is not', message('?', 'x')],
  ['an end', Buffer.alloc(0)],
  ['more than an answer has', message('N', Buffer.alloc(2 ** 20))],
])(
  'a server that answers with %s is unavailable, and ends nothing of the service',
  async (_, bytes) => {
    answer = bytes.length > 0 ? bytes : message('E', 'SFATAL\0C57P01\0Mgone\0\0')
    const database = { address: { kind: 'unix', path }, database: 'postgres', logins: {} } as const
    await expect(endAdminSessions(workers, database, 'admin')).rejects.toMatchObject({ code: 'unavailable' })
  },
  30_000,
)

test('a server that does not speak the protocol ends no other session of its thread', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}))
  const silentPath = join(folder, '.s.PGSQL.5433')
  await new Promise<void>((resolve) => silent.listen(silentPath, resolve))
  const to = (where: string): SessionRun => ({
    task: { kind: 'ours', queries: [] },
    options: {
      ...{
        address: { kind: 'unix', path: where },
        database: 'postgres',
        logins: {},
        as: 'admin',
        readOnly: true,
      },
      ...{ isOurs: true, statementTimeoutMs: 20_000, maxRows: 1, maxBytes: 1_000 },
    },
    ...{ account: 'one', accountBytes: 1_000_000 },
  })
  const client = new AbortController()
  const other = workers.run(to(silentPath), client.signal)
  answer = message('R', int32(4_711))
  const hostile = await workers.run(to(path), new AbortController().signal)
  expect(hostile.kind).toBe('lost')
  client.abort()
  expect(await other).toEqual({ kind: 'cut', reason: 'client_gone' })
  silent.close()
})
