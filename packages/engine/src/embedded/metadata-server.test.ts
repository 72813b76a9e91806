import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readProcess } from '@db9/process/processes'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loginKey, makeOpenFolder, until } from '../testing/databases.ts'
import { restoreMetadata, startMetadataServer } from './metadata-server.ts'
import { findByTitle } from './process/processes.ts'
import { readRecord } from './process/server-record.ts'

let base: string
let home: string
beforeEach(() => {
  base = makeOpenFolder()
  home = join(base, 'home')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

async function ask(connection: pg.ClientConfig, text: string) {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** The postmaster: a session knows but the pids of its own namespace. */
function postmasterOf(): number {
  return readRecord(join(home, 'pg', 'metadata', 'server.json'))?.pid ?? Number.NaN
}

test('its data stays over a stop, and it is taken over after a crash of the stack', async () => {
  const first = await startMetadataServer({ loginKey, home })
  await ask(first.connection, 'create table kept as select 1 as n')
  const postmaster = postmasterOf()
  const second = await startMetadataServer({ loginKey, home })
  expect(postmasterOf()).toBe(postmaster)
  await second.stop()
  await first.stop()
  expect(readProcess(postmaster)).toBeNull()
  const third = await startMetadataServer({ loginKey, home })
  expect(await ask(third.connection, 'select n from kept')).toEqual([{ n: 1 }])
  await third.stop()
})

test('killed, it is started anew at the same place with what was committed', async () => {
  const server = await startMetadataServer({ loginKey, home })
  await ask(server.connection, 'create table kept as select 1 as n')
  const postmaster = postmasterOf()
  process.kill(postmaster, 'SIGKILL')
  await until(() => readProcess(postmaster) === null)
  for (;;) {
    const rows = await ask(server.connection, 'select n from kept').catch(() => null)
    if (rows) {
      expect(rows).toEqual([{ n: 1 }])
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const next = postmasterOf()
  await server.stop()
  expect(readProcess(next)).toBeNull()
  expect(findByTitle('postgres: metadata-').filter((pid) => readProcess(pid)?.parent === next)).toEqual([])
})

describe('restored to a moment, into a fresh home', () => {
  test('it holds what was committed until then, whether the first runs or has stopped, and the first is unchanged', async () => {
    const first = await startMetadataServer({ loginKey, home })
    await until(() => first.earliestRestorable() !== null)
    await ask(first.connection, 'create table t as select 1 as n')
    await sleep(20)
    const at = new Date()
    await sleep(20)
    await ask(first.connection, 'insert into t values (2)')
    const restored = async (to: string) => {
      await restoreMetadata({ loginKey, from: home, to, at })
      const server = await startMetadataServer({ loginKey, home: to })
      const rows = await ask(server.connection, 'select n from t')
      await server.stop()
      return rows
    }
    expect(await restored(join(base, 'other'))).toEqual([{ n: 1 }])
    expect(await ask(first.connection, 'select n from t order by 1')).toEqual([{ n: 1 }, { n: 2 }])
    await first.stop()
    expect(await restored(join(base, 'third'))).toEqual([{ n: 1 }])
  })

  test('a moment before its archive begins is refused and leaves nothing; a home that has metadata keeps it', async () => {
    const first = await startMetadataServer({ loginKey, home })
    await until(() => first.earliestRestorable() !== null)
    const other = join(base, 'other')
    const early = { loginKey, from: home, to: other, at: new Date(Date.now() - 86_400_000) }
    await expect(restoreMetadata(early)).rejects.toMatchObject({ code: 'out_of_window' })
    expect(readdirSync(join(other, 'pg')).filter((name) => !name.startsWith('extensions-'))).toEqual([])
    await expect(restoreMetadata({ loginKey, from: home, to: home, at: new Date() })).rejects.toMatchObject({
      code: 'failed',
    })
    await first.stop()
  })
})
