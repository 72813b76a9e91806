/** Databases of one account, which may not have all places among those that run. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmbeddedEngine, type EmbeddedEngine } from '../embedded.ts'
import { adminVerifier, clientOf, loginKey, makeOpenFolder, query } from '../testing/databases.ts'

const strangers = new Set<string>()
let base: string
let engine: EmbeddedEngine
beforeAll(async () => {
  base = makeOpenFolder()
  engine = await createEmbeddedEngine({
    loginKey,
    home: join(base, 'home'),
    maxRunning: 3,
    sharesOf: async (id) => (strangers.has(id) ? [{ name: 'strangers', most: 2 }] : []),
  })
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})

async function create(owner: 'stranger' | 'other'): Promise<string> {
  const id = newId('database')
  if (owner === 'stranger') strangers.add(id)
  await engine.create({ id, adminVerifier })
  return id
}

test('an account that keeps its databases in use has no more than its share, and others get the rest at once', async () => {
  const held = [await create('stranger'), await create('stranger')]
  const clients = await Promise.all(held.map((id) => clientOf(engine, id)))
  for (const client of clients) await client.query('begin')

  const third = create('stranger')
  const refused = expect(third).rejects.toMatchObject({ code: 'at_capacity' })
  const other = await create('other')
  expect(await query(engine, other, 'select 1')).toEqual([[1]])
  await refused
  expect(held.map((id) => engine.isRunning(id))).toEqual([true, true])

  // Done with one of them, the account has its place for another.
  await clients[0]?.query('commit')
  await clients[0]?.end()
  const next = await create('stranger')
  expect([...held, next, other].map((id) => engine.isRunning(id))).toEqual([false, true, true, true])
  await clients[1]?.end()
}, 60_000)
