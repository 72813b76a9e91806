/** A database that does not get to serve keeps no place from others for ever. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readProcess } from '@db9/process/processes'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminVerifier, loginKey, makeOpenFolder, query, until } from '../../testing/databases.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { readRecord } from '../process/server-record.ts'
import { holdStill, serverProcesses } from '../storage/written.ts'

let base: string
let engine: EmbeddedEngine
beforeAll(async () => {
  base = makeOpenFolder()
  engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home'), maxRunning: 1 })
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})

async function createAsleep(): Promise<string> {
  const id = newId('database')
  await engine.create({ id, adminVerifier })
  await engine.connect(id)
  await engine.stop(id)
  return id
}

/** Stops all processes of a server that has just been launched, long before it serves. */
async function holdLaunched(id: string): Promise<number[]> {
  const files = serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' }, id)
  const launched = () => readRecord(files.record)
  await until(() => launched()?.fingerprint === 'launching')
  return holdStill(serverProcesses({ pid: launched()?.pid ?? 0 }, files))
}

test.runIf(process.platform === 'linux')(
  'one that hangs while it starts is ended where another waits, and stays closed for as long',
  async () => {
    const [hung, other] = [await createAsleep(), await createAsleep()]
    const starting = engine.connect(hung).catch((error: { code: string }) => error.code)
    const held = await holdLaunched(hung)
    const ask = () => query(engine, other, 'select 1 as n').catch(String)
    await expect.poll(ask, { timeout: 90_000 }).toEqual([[1]])
    expect(await starting).toBe('unavailable')
    expect(held.filter((pid) => readProcess(pid) !== null)).toEqual([])
    await expect(engine.connect(hung)).rejects.toMatchObject({
      message: expect.stringContaining('stays closed'),
    })
  },
  120_000,
)
