/** Folders that the metadata does not know are removed in the background, one after the other. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { adminVerifier, knowing, loginKey, makeOpenFolder } from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'
import { BackgroundRemoval } from './background-removal.ts'
import { placeServers } from './placement.ts'
import { serverFiles } from './server-files.ts'

/** So many that no machine removes them within a start. */
const MANY = 100_000

let base: string
let home: string
beforeEach(() => {
  base = makeOpenFolder()
  home = join(base, 'home')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

function makeFolder(dataFolder: string, name: string, files: number): string {
  const data = join(dataFolder, name, 'data')
  mkdirSync(data, { recursive: true })
  for (let i = 0; i < files; i++) writeFileSync(join(data, String(i)), '')
  return name
}

test('a start waits for no folder to be removed, and databases are made meanwhile', async () => {
  const engine = await createEmbeddedEngine({ loginKey, home })
  try {
    const stray = makeFolder(engine.dataFolder, newId('database'), MANY)
    const entriesOf = (id: string) => readdirSync(engine.dataFolder).filter((name) => name.startsWith(id))
    const { removed, cleared } = await engine.reconcile(knowing([]))
    expect(removed).toEqual([stray])
    let isCleared = false
    void cleared.then(() => {
      isCleared = true
    })
    const id = newId('database')
    await engine.create({ id, adminVerifier })
    await engine.connect(id)
    expect(engine.isRunning(id)).toBe(true)
    // It is neither a database any more nor something that was left over.
    expect(await engine.inspect()).toMatchObject({ databases: [id], leftovers: [] })
    if (!isCleared) expect(entriesOf(stray)).toEqual([expect.stringMatching(/\.[0-9a-f]{12}\.doomed$/)])
    expect(await cleared).toEqual([])
    expect(entriesOf(stray)).toEqual([])
  } finally {
    await engine.close()
  }
})

test('removes at the next start what the last process did not', async () => {
  const placement = placeServers({ loginKey, home })
  const first = new BackgroundRemoval(placement)
  const ids = [newId('database'), newId('database')]
  const removals = ids.map((id) => {
    makeFolder(placement.dataFolder, id, 10)
    return first.remove({ id, ...serverFiles(placement, id) })
  })
  const set = [...first.underway]
  expect(set.map((name) => name.split('.')[0])).toEqual(ids)
  expect(ids.map((id) => existsSync(join(placement.dataFolder, id)))).toEqual([false, false])
  await first.close()
  expect(await Promise.all(removals)).toEqual([null, null])
  expect(readdirSync(placement.dataFolder)).toEqual(expect.arrayContaining(set))

  const next = new BackgroundRemoval(placement)
  for (const name of set) {
    const id = name.split('.')[0] ?? ''
    expect(await next.remove({ id, ...serverFiles(placement, name) })).toBeNull()
  }
  expect(readdirSync(placement.dataFolder).filter((name) => ids.some((id) => name.startsWith(id)))).toEqual(
    [],
  )
})
