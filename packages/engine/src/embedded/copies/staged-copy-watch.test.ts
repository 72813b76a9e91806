/** A staged copy's server takes no more of the disk than what was copied into it allows. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LEAST_QUOTA_BYTES } from '../../settings.ts'
import { adminVerifier, loginKey, makeOpenFolder, query } from '../../testing/databases.ts'
import { type Placement, placeServers } from '../cluster/placement.ts'
import { type ServerFiles, serverFiles } from '../cluster/server-files.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { boundsOf } from '../storage/state.ts'
import { measure } from '../storage/usage.ts'
import { withStagedServer } from './recovery.ts'
import { watchStagedCopy } from './staged-copy-watch.ts'

const MB = 2 ** 20

let base: string
let engine: EmbeddedEngine
let placement: Placement
beforeAll(async () => {
  base = makeOpenFolder()
  const options = { loginKey, home: join(base, 'home') }
  engine = await createEmbeddedEngine(options)
  placement = placeServers(options)
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})

async function stage(): Promise<{ id: string; staged: ServerFiles }> {
  const source = newId('database')
  await engine.create({ id: source, adminVerifier })
  const id = newId('database')
  await engine.stage(id, { kind: 'database', id: source, at: 'now', data: true })
  const { socketFolder } = serverFiles(placement, id)
  return { id, staged: { ...serverFiles(placement, `${id}.tmp`), socketFolder } }
}

/** As code in a hostile copy could, little by little: 600 MB in 7.5 s. */
const FILL = 'for i in $(seq 75); do head -c 8388608 /dev/zero >> /db/data/junk; sleep 0.1; done'

test.runIf(process.platform === 'linux')(
  'a staged copy that writes beyond what was copied is ended, and says so',
  async () => {
    const { id, staged } = await stage()
    const fill = withStagedServer(placement, staged, (server) =>
      asSuperuser(server, 'template1', (client) => client.query(`copy (select 1) to program '${FILL}'`)),
    )
    await expect(fill).rejects.toMatchObject({ code: 'too_large' })
    expect((await measure(staged)).bytes).toBeLessThan(500 * MB)
    await engine.discard(id)
  },
  60_000,
)

test('a staged copy that stays within it is changed', async () => {
  const { id } = await stage()
  await engine.resetSecrets(id, { adminVerifier })
  await engine.publish(id)
  expect(await query(engine, id, 'select 1 as n')).toEqual([[1]])
})

test('a replay may take what the quota of its database allows, and as much again as was copied', async () => {
  const { id, staged } = await stage()
  const mostOf = async (quotaBytes: number | null) =>
    (await watchStagedCopy(staged, { kind: 'replay', quotaBytes })).mostBytes
  const { bytes } = await measure(staged)
  expect(await mostOf(null)).toBeNull()
  expect(await mostOf(LEAST_QUOTA_BYTES)).toBeGreaterThan(2 * bytes)
  expect(await mostOf(4_096 * MB)).toBeGreaterThanOrEqual(boundsOf(4_096 * MB).most)
  await engine.discard(id)
})
