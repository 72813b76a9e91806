import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readProcess } from '@db9/process/processes'
import { newId } from '@db9/types/ids'
import { expect, test } from 'vitest'
import { adminVerifier, clientOf, loginKey, makeOpenFolder, pidOf, until } from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'
import { findByTitle } from '../process/processes.ts'

const groupsOf = (pid: number) => readFileSync(`/proc/${pid}/cgroup`, 'utf8')

test.runIf(process.platform === 'linux')(
  'a database’s sessions share one group with its server, or, where none may be made, run as before',
  async () => {
    const base = makeOpenFolder()
    const engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
    const ids = [newId('database'), newId('database')]
    for (const id of ids) await engine.create({ id, adminVerifier })
    const servers = await Promise.all(ids.map(async (id) => pidOf((await engine.connect(id)).epoch)))
    const isGrouped = groupsOf(servers[0] ?? 0) !== groupsOf(process.pid)
    if (isGrouped) await until(() => groupsOf(servers[1] ?? 0) !== groupsOf(process.pid))

    for (const [i, id] of ids.entries()) {
      const client = await clientOf(engine, id)
      const own = groupsOf(servers[i] ?? 0)
      const sessions = findByTitle(`postgres: ${id}-`).filter((pid) =>
        readProcess(pid)?.args.includes(' admin '),
      )
      expect(sessions.length).toBeGreaterThan(0)
      for (const pid of sessions) expect(groupsOf(pid)).toBe(own)
      expect(own.includes(id)).toBe(isGrouped)
      await client.end()
    }
    await engine.close()
    rmSync(base, { recursive: true, force: true })
  },
)
