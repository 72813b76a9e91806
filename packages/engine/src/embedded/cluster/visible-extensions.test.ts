/** Which extensions an owner is offered. */
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminVerifier, query } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

let testEngine: TestEngine
let base: string
let engine: EmbeddedEngine
const id = newId('database')
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  base = testEngine.base
  await engine.create({ id, adminVerifier })
})
afterAll(async () => {
  await testEngine?.dispose()
})

test('creates the trusted extensions of contrib', async () => {
  for (const name of [
    'pg_trgm',
    'hstore',
    'citext',
    'pgcrypto',
    'uuid-ossp',
    'ltree',
    'btree_gist',
    'unaccent',
  ])
    await query(engine, id, `create extension if not exists "${name}" schema extensions`)
  expect(await query(engine, id, `select extensions.similarity('word', 'words') > 0.5`)).toEqual([[true]])
})

test('offers no language of another interpreter', async () => {
  const offered = await query(
    engine,
    id,
    `select name from pg_available_extensions where name ~ 'pl(perl|tcl|python)'`,
  )
  expect(offered).toEqual([])
  for (const name of ['plperl', 'pltcl', 'bool_plperl', 'jsonb_plperl'])
    await expect(query(engine, id, `create extension ${name}`)).rejects.toMatchObject({ code: '0A000' })
  expect(await query(engine, id, `select lanname from pg_language where lanpltrusted order by 1`)).toEqual([
    ['plpgsql'],
    ['sql'],
  ])
})

test('shows no path of the installation to its owner', async () => {
  for (const name of ['data_directory', 'hba_file', 'extension_control_path', 'unix_socket_directories']) {
    const [[value]] = (await query(engine, id, `select current_setting('${name}')`)) as [[string]]
    expect(value, name).not.toContain(base)
  }
})
