import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminVerifier, loginKey, makeOpenFolder, query } from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

/** A volume of its own needs root and a kernel that lets a container mount. */
function mountVolume(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=320m,mode=755', 'db9-test', folder], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

const home = makeOpenFolder()
const isMounted = mountVolume(home)
const MB = 2 ** 20

let engine: EmbeddedEngine
let source: string
beforeAll(async () => {
  if (!isMounted) return
  engine = await createEmbeddedEngine({ loginKey, home: join(home, 'home'), poolSize: 0, lowVolumeBytes: 0 })
  source = newId('database')
  await engine.create({ id: source, adminVerifier })
  await query(
    engine,
    source,
    `create table t as select repeat(md5(n::text), 250) as body from generate_series(1, 1) n`,
  )
})
afterAll(async () => {
  await engine?.close()
  if (isMounted) execFileSync('umount', ['-l', home])
  rmSync(home, { recursive: true, force: true })
})

test.skipIf(!isMounted)(
  'on a disk that gets full a branch fails with that reason and leaves nothing, and its source goes on',
  async () => {
    await query(engine, source, 'alter table t alter body set storage external')
    await query(engine, source, `insert into t select repeat('x', ${MB}) from generate_series(1, 90)`)
    const before = readdirSync(engine.dataFolder).sort()

    const branch = newId('database')
    const staging = engine.stage(branch, { kind: 'database', id: source, at: 'now', data: true })
    await expect(staging).rejects.toMatchObject({
      code: 'no_space',
      message: expect.stringContaining('full'),
    })
    await engine.discard(branch)
    expect(readdirSync(engine.dataFolder).sort()).toEqual(before)

    await query(engine, source, 'insert into t values ($$after$$)')
    expect(await query(engine, source, 'select count(*)::int from t')).toEqual([[92]])
  },
)
