import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adminVerifier, loginKey, makeOpenFolder, pidOf, query } from '../../testing/databases.ts'
import { createEmbeddedEngine, type EmbeddedOptions } from '../create.ts'
import { startMetadataServer } from '../metadata-server.ts'
import { userWithName } from '../process/named-user.ts'
import { makeFolder } from './own-folders.ts'
import { placeServers } from './placement.ts'
import { findInstalls } from './postgres-install.ts'
import { reachableInstall } from './reachable-install.ts'

const isRoot = process.getuid?.() === 0

let base: string
const systemFolders: string[] = []
beforeEach(() => {
  base = makeOpenFolder()
})
afterEach(() => {
  for (const folder of [base, ...systemFolders.splice(0)]) rmSync(folder, { recursive: true, force: true })
})

/** What a database's life in `home` says of it: where it lies, and under which uid its server runs. */
async function live(home: string, options: Partial<EmbeddedOptions> = {}) {
  const engine = await createEmbeddedEngine({ loginKey, home, ...options })
  const { socketFolder } = placeServers({ loginKey, home, ...options })
  for (const folder of [engine.dataFolder, socketFolder]) {
    if (folder.startsWith('/var/lib/db9/')) systemFolders.push(dirname(folder))
  }
  const id = newId('database')
  await engine.create({ id, adminVerifier })
  const { epoch } = await engine.connect(id)
  const rows = await query(engine, id, 'select 1')
  const serverUid = statSync(`/proc/${pidOf(epoch)}`).uid
  await engine.close()
  return { id, rows, serverUid, dataFolder: engine.dataFolder, socketFolder }
}

test('a data folder of 150 characters works', async () => {
  const home = join(base, 'x'.repeat(150 - base.length - 1))
  expect(home).toHaveLength(150)
  const { rows, dataFolder, socketFolder } = await live(home)
  expect(rows).toEqual([[1]])
  expect(dataFolder).toBe(join(home, 'pg'))
  expect(socketFolder.length).toBeLessThan(60)
  expect(existsSync(socketFolder)).toBe(false)
})

test.runIf(isRoot)(
  'as root, a server runs as a user of its own, which owns its data and nothing else',
  async () => {
    const home = join(base, 'home')
    const { id, serverUid, dataFolder, socketFolder } = await live(home)
    expect(serverUid).toBeGreaterThan(0)
    expect(dataFolder).toBe(join(home, 'pg'))
    const modes = { [dataFolder]: 0o711, [join(dataFolder, id)]: 0o710 }
    for (const [folder, mode] of Object.entries(modes)) {
      expect([folder, statSync(folder).uid, statSync(folder).mode & 0o777]).toEqual([folder, 0, mode])
    }
    expect(statSync(join(dataFolder, id, 'data'))).toMatchObject({ uid: serverUid })
    expect(statSync(join(dataFolder, id, 'data')).mode & 0o777).toBe(0o700)
    expect(readdirSync(home)).toEqual(['pg', 'sandbox'])
    expect(placeServers({ loginKey, home }).socketFolder).toBe(socketFolder)
  },
)

describe.runIf(isRoot)('below a folder that is closed to servers', () => {
  const withoutSandbox = { isolation: 'off' } as const

  test('a sandbox is shown what is its own, and the data stays where it was asked for', async () => {
    const closed = join(base, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const { rows, dataFolder } = await live(join(closed, 'home'))
    expect(rows).toEqual([[1]])
    expect(dataFolder).toBe(join(closed, 'home', 'pg'))
  })

  test('without a sandbox, servers live in a folder of the system', async () => {
    const closed = join(base, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const { rows, serverUid, dataFolder } = await live(join(closed, 'home'), withoutSandbox)
    expect(rows).toEqual([[1]])
    expect(serverUid).toBeGreaterThan(0)
    expect(dataFolder).toMatch(/^\/var\/lib\/db9\/\w+\/pg$/)
    expect(statSync(closed).mode & 0o777).toBe(0o700)
    // Opened later, the data is still found.
    chmodSync(closed, 0o755)
    const options = { loginKey, home: join(closed, 'home'), ...withoutSandbox }
    expect(placeServers(options).dataFolder).toBe(dataFolder)
  })

  test('without a sandbox, data that was there before is an error and not an empty start', async () => {
    const above = join(base, 'above')
    mkdirSync(above)
    const options = { loginKey, home: join(above, 'home'), ...withoutSandbox }
    const { dataFolder } = placeServers(options)
    chmodSync(above, 0o700)
    expect(() => placeServers(options)).toThrow(`${dataFolder} holds databases`)
  })
})

test.runIf(isRoot)('an ordinary user runs servers as itself, in its own folder', async () => {
  const { uid, gid } = userWithName()
  for (const home of [join(base, 'short'), join(base, 'x'.repeat(150 - base.length - 1))]) {
    mkdirSync(home)
    chownSync(home, uid, gid)
    const script = join(import.meta.dirname, '..', '..', 'testing', 'as-ordinary-user.ts')
    const output = execFileSync(process.execPath, [script, home], {
      uid,
      gid,
      cwd: '/',
      env: {},
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).toEqual({ dataFolder: join(home, 'pg'), serverUid: uid, rows: [[1]] })
  }
})

test.runIf(isRoot)('binaries that the servers’ user cannot reach are copied once to where it can', () => {
  const closed = join(base, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const { chosen: bundle } = findInstalls()
  execFileSync('cp', ['-RPp', bundle.folder, join(closed, 'native')])
  const folder = join(closed, 'native')
  const unreachable = { ...bundle, folder, folders: [folder] }
  const system = join(base, 'system')
  const said: string[] = []
  const runner = {
    isolation: { state: 'off', reason: 'for the test' } as const,
    sandboxRoot: base,
    ids: { uid: 26_542, gid: 26_542 },
  }
  const reach = (install: typeof bundle) =>
    reachableInstall(install, runner, (text) => said.push(text), system)
  const copy = () => reach(unreachable)
  expect(reach(bundle)).toEqual(bundle)
  expect(said).toEqual([])
  mkdirSync(join(system, 'bundles', `${bundle.version}.tmp`), { recursive: true })
  expect(copy().folder).toBe(join(system, 'bundles', bundle.version))
  expect(copy()).toEqual(copy())
  expect(said).toHaveLength(1)
})

test.runIf(isRoot)(
  'a folder that somebody else made, or a link in its place, is refused and left alone',
  () => {
    const [foreign, link] = [join(base, 'foreign'), join(base, 'link')]
    mkdirSync(foreign)
    chownSync(foreign, 1234, 1234)
    symlinkSync(foreign, link)
    for (const path of [foreign, link]) {
      expect(() => makeFolder(path, { uid: 26_542, gid: 26_542 })).toThrow('is no folder of this user')
      expect(() => makeFolder(path, null)).toThrow('is no folder of this user')
    }
    symlinkSync(join(base, 'absent'), join(base, 'dangling'))
    expect(() => makeFolder(join(base, 'dangling'), null)).toThrow('is no folder of this user')
    expect(existsSync(join(base, 'absent'))).toBe(false)
    expect(statSync(foreign)).toMatchObject({ uid: 1234 })
  },
)

test('what a crash left of the first start is cleared, and the start succeeds', async () => {
  const home = join(base, 'home')
  const { dataFolder } = placeServers({ loginKey, home })
  for (const half of ['template-0123456789ab.tmp', 'metadata.tmp']) {
    mkdirSync(join(dataFolder, half, 'data', 'base'), { recursive: true })
  }
  const engine = await createEmbeddedEngine({ loginKey, home })
  const metadata = await startMetadataServer({ loginKey, home })
  await metadata.stop()
  await engine.close()
  const entries = readdirSync(dataFolder).map((entry) => entry.replace(/-\w+$/, ''))
  expect(entries.sort()).toEqual(['extensions', 'metadata', 'template'])
})
