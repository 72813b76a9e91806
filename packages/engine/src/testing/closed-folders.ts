/** Run by a test as an ordinary user, who is bound by what a server of the same user closes to it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@db9/types/ids'
import { createEmbeddedEngine } from '../embedded/create.ts'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { asSuperuser } from '../embedded/sql/superuser.ts'
import { DEFAULT_SETTINGS, LEAST_QUOTA_BYTES } from '../settings.ts'
import { accessTo, adminVerifier, knowing, loginKey, query } from './databases.ts'

/** Little by little, so that it does not depend on the machine how much is written between two looks. */
const FILL =
  'mkdir base/closed; chmod 0300 base/closed; perl -e "chmod 0, *STDERR"; for i in $(seq 60); do head -c 8388608 /dev/zero > base/closed/$i; sleep 0.1; done'
const CLOSE = 'chmod 0 base/closed; chmod 0500 /db/socket; chmod 0 /db/inbox'

/** What becomes of a database that writes where the service cannot look, and of its folder. */
export async function writeInClosedFolder(home: string) {
  const engine = await createEmbeddedEngine({ loginKey, home })
  try {
    await engine.reconcile(knowing([]))
    const id = newId('database')
    await engine.create({ id, adminVerifier })
    await engine.configure(id, { ...DEFAULT_SETTINGS, diskQuotaBytes: LEAST_QUOTA_BYTES })
    const fill = await runInside(engine, id, FILL).then(
      () => 'went on',
      () => 'was ended',
    )
    // Its folder is open to the service again, and what it holds is counted.
    const rows = await onceOpen(() => query(engine, id, 'select 1 as n'))
    const files = readdirSync(join(engine.dataFolder, id, 'data', 'base', 'closed')).length
    await runInside(engine, id, CLOSE).catch(() => {})
    await engine.destroy(id)
    const isGone = !existsSync(join(engine.dataFolder, id)) && engineFolders(engine, id).length === 0
    return { fill, rows, files, isGone }
  } finally {
    await engine.close()
  }
}

function engineFolders({ dataFolder }: EmbeddedEngine, id: string): string[] {
  return readdirSync(dataFolder).filter((name) => name.startsWith(id))
}

async function runInside(engine: EmbeddedEngine, id: string, script: string): Promise<void> {
  const quoted = `( ${script} )`.replaceAll("'", "''")
  await asSuperuser(await accessTo(engine, id), 'template1', (client) =>
    client.query(`copy (select 1) to program '${quoted}'`),
  )
}

/** No client may connect for a while after a server was ended. */
async function onceOpen<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt > 100) throw error
      await sleep(100)
    }
  }
}
