import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EmbeddedEngine } from '@db9/engine'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

/** The check, asked of an API whose engine does `first` and `then` around its look at the disk. */
async function check(first: () => void, andThen: () => Promise<unknown> = async () => {}) {
  const inspect = async () => {
    first()
    const inventory = await t.engine.inspect()
    await andThen()
    return inventory
  }
  const api = await t.restart(engineWith(t.engine, { inspect }))
  const headers = { authorization: `Bearer ${t.ownerToken}` }
  const reply = await toReply(await api.fetch(new Request('http://control/customer/self-check', { headers })))
  return reply.json.findings
}

test('names data that a crash left half removed, and not data that a job is removing', async () => {
  const folderOf = (id: string) => join((t.engine as EmbeddedEngine).dataFolder, `${id}.doomed`)
  const stray = newId('database')
  const { id } = await t.createDatabase('in-removal')
  const make = () => {
    for (const each of [stray, id]) mkdirSync(folderOf(each), { recursive: true })
  }
  // The delete begins after the first look at the rows and has ended before the last.
  const remove = async () => {
    expect((await t.call('DELETE', `/databases/${id}`)).status).toBe(200)
    await expect.poll(async () => (await t.call('GET', `/databases/${id}`)).json.state).toBe('DISABLED')
  }
  const named = {
    subject: 'leftover',
    id: `${stray}.doomed`,
    problem: expect.stringContaining('a crash left'),
  }
  try {
    expect(await check(make, remove)).toEqual([named])
  } finally {
    for (const each of [stray, id]) rmSync(folderOf(each), { recursive: true, force: true })
  }
  expect(await check(() => {})).toEqual([])
})
