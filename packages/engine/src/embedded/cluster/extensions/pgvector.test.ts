/** pgvector, added by the operator: created by owners, searched by index, and there after crashes, branches and backups. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  adminVerifier,
  clientOf,
  loginKey,
  makeOpenFolder,
  pidOf,
  query,
  until,
} from '../../../testing/databases.ts'
import { unpackPgvector } from '../../../testing/pgvector.ts'
import { createEmbeddedEngine } from '../../create.ts'
import type { EmbeddedEngine } from '../../embedded-engine.ts'

const base = makeOpenFolder()
const root = unpackPgvector(base)
const isRequired = process.env.DB9_TEST_REQUIRE?.split(',').includes('pgvector') ?? false

let engine: EmbeddedEngine
afterAll(async () => {
  await engine?.close()
  rmSync(base, { recursive: true, force: true })
})

test('a root without a known extension is refused', async () => {
  const home = join(base, 'home-of-none')
  const made = createEmbeddedEngine({ loginKey, home, extensionRoots: [join(base, 'nothing')] })
  await expect(made).rejects.toThrow('has none of: vector')
})

test.runIf(isRequired)('the package can be had', () => {
  expect(root).not.toBeNull()
})

describe.runIf(root !== null)('pgvector', () => {
  const id = newId('database')
  const FILL = `
    create table items (id int primary key, embedding extensions.vector(3));
    insert into items select n, array[n, n % 7, n % 11]::real[]::extensions.vector(3) from generate_series(1, 2000) n;
    create index on items using hnsw (embedding extensions.vector_l2_ops)`
  const NEAREST = `select id from items order by embedding operator(extensions.<->) '[1000,6,10]' limit 1`
  const nearest = async (of: string) => (await query(engine, of, NEAREST))[0]?.[0]

  beforeAll(async () => {
    engine = await createEmbeddedEngine({
      loginKey,
      home: join(base, 'home'),
      extensionRoots: root === null ? [] : [root],
    })
    await engine.create({ id, adminVerifier })
    await query(engine, id, 'create extension if not exists vector with schema extensions')
    await query(engine, id, FILL)
  })

  test('is listed as added, and searched by its index', async () => {
    expect(engine.extensions()).toContainEqual(expect.objectContaining({ name: 'vector', source: 'added' }))
    expect(await nearest(id)).toBe(1000)
    const client = await clientOf(engine, id)
    await client.query('set enable_seqscan = off')
    const { rows } = await client.query({ text: `explain ${NEAREST}`, rowMode: 'array' })
    expect(rows.flat().join('\n')).toContain('Index Scan using items_embedding_idx')
    await client.end()
  })

  test('takes arrays and texts of JSON, as a request of the data plane sends them', async () => {
    const text = `select embedding::text from json_populate_recordset(null::items, '[{"id": 1, "embedding": [1,2,3]}, {"id": 2, "embedding": "[4,5,6]"}]')`
    expect(await query(engine, id, text)).toEqual([['[1,2,3]'], ['[4,5,6]']])
  })

  test('gives its owner no other library, and no right to name folders', async () => {
    for (const text of [
      `create function f() returns int language c as '$libdir/vector', 'vector_in'`,
      `load 'vector'`,
      `set dynamic_library_path = '/tmp'`,
    ])
      await expect(query(engine, id, text), text).rejects.toMatchObject({ code: '42501' })
  })

  test('is there after kill -9 and in a branch, with its index', async () => {
    const { epoch } = await engine.connect(id)
    process.kill(pidOf(epoch), 'SIGKILL')
    await until(() => !engine.isRunning(id))
    expect(await nearest(id)).toBe(1000)
    const branch = newId('database')
    await engine.stage(branch, { kind: 'database', id, at: 'now', data: true })
    await engine.resetSecrets(branch, { adminVerifier })
    await engine.publish(branch)
    expect(await nearest(branch)).toBe(1000)
  })
})
