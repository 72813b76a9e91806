/** Databases of one account, which may not have all places among those that run. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminVerifier, clientOf, loginKey, makeOpenFolder, query } from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

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

async function create(owner: 'stranger' | 'other', into = engine): Promise<string> {
  const id = newId('database')
  if (owner === 'stranger') strangers.add(id)
  await into.create({ id, adminVerifier })
  await into.connect(id)
  return id
}

test('an account that keeps its databases in use has no more than its share, and others get the rest at once', async () => {
  const held = [await create('stranger'), await create('stranger')]
  const clients = await Promise.all(held.map((id) => clientOf(engine, id)))
  const inUse = clients.map((client) => {
    const timer = setInterval(() => void client.query('select 1').catch(() => {}), 500)
    return { end: () => clearInterval(timer) }
  })

  const third = create('stranger')
  const refused = expect(third).rejects.toMatchObject({ code: 'at_capacity' })
  const other = await create('other')
  expect(await query(engine, other, 'select 1')).toEqual([[1]])
  await refused
  expect(held.map((id) => engine.isRunning(id))).toEqual([true, true])

  // Done with one of them, the account has its place for another.
  inUse[0]?.end()
  await clients[0]?.end()
  const next = await create('stranger')
  expect([...held, next, other].map((id) => engine.isRunning(id))).toEqual([false, true, true, true])
  inUse[1]?.end()
  await clients[1]?.end()
}, 60_000)

describe('where there is one place', () => {
  let small: EmbeddedEngine
  const asked: { forPlace: boolean; listenIdleMs?: number | undefined }[] = []
  beforeAll(async () => {
    small = await createEmbeddedEngine({
      loginKey,
      home: join(base, 'small'),
      maxRunning: 1,
      sharesOf: async (id) => (strangers.has(id) ? [{ name: 'strangers', most: 1 }] : []),
      release: async (_, __, why) => {
        asked.push(why)
        return true
      },
    })
  })
  afterAll(() => small.close())

  test('a database of the account gives it up though its transactions never end, and is told so', async () => {
    const held = await create('stranger', small)
    const client = await clientOf(small, held)
    const ended = new Promise((resolve) => client.once('error', resolve))
    await client.query('set idle_in_transaction_session_timeout = 0')
    await client.query('begin')
    await client.query('select 1')
    const other = await create('other', small)
    expect(await query(small, other, 'select 1')).toEqual([[1]])
    expect(small.isRunning(held)).toBe(false)
    expect(await ended).toMatchObject({ code: '57P01' })
    // Those that have sessions of their own are told how long a listener may have waited.
    expect(asked).toContainEqual({ forPlace: true, listenIdleMs: 5_000 })
    await small.stop(other)
  })

  test('its idle transactions end by themselves where nothing else is set, and no other account’s', async () => {
    const shown = async (owner: 'stranger' | 'other') => {
      const id = await create(owner, small)
      const rows = await query(small, id, 'show idle_in_transaction_session_timeout')
      await small.stop(id)
      return rows
    }
    expect([await shown('stranger'), await shown('other')]).toEqual([[['5min']], [['0']]])
  })
})
