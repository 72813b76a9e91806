/** The types of a database compile with supabase-js, and hold what the database holds. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestStack, type TestStack } from '../testing/stack.ts'

const SCHEMA = `
  create type mood as enum ('happy', 'sad');
  create type place as (lat float8, lon float8);
  create table authors (
    id int generated always as identity primary key, name text not null, mood mood, home place,
    name_length int generated always as (length(name)) stored
  );
  create table posts (
    id uuid primary key default gen_random_uuid(), author_id int not null references authors,
    title text not null, tags text[] not null default '{}', meta jsonb, "odd name" bigint
  );
  create table profiles (author_id int primary key references authors, bio text);
  create view post_titles with (security_invoker) as select id, title from posts;
  create function add(a int, b int default 0) returns int language sql return a + b;
  create function posts_of(author int) returns setof posts language sql stable as 'select * from posts where author_id = author';
  create schema "odd""schema";
  create table "odd""schema"."a\\b\`c */ }" ("x'y" int not null, "new
line" text);
`

const APP = join(import.meta.dirname, '..', '..')
const TSC = join(APP, '..', '..', 'node_modules', '.bin', 'tsc')

let stack: TestStack
let id: string
let folder: string
beforeAll(async () => {
  stack = await startTestStack()
  id = (await stack.createDatabase('typed', SCHEMA)).id
  // Within the app, so that its own supabase-js is found.
  mkdirSync(join(APP, 'node_modules'), { recursive: true })
  folder = mkdtempSync(join(APP, 'node_modules', '.types-'))
  const options = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module: 'nodenext',
      moduleResolution: 'nodenext',
      skipLibCheck: true,
      types: [],
      lib: ['es2022', 'dom'],
    },
    files: ['client.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
})
afterAll(async () => {
  if (folder) rmSync(folder, { recursive: true, force: true })
  await stack?.dispose()
})

async function writeTypes(schemas = 'public'): Promise<void> {
  const { status, json } = await stack.api(
    'GET',
    `/databases/${id}/types?schemas=${encodeURIComponent(schemas)}`,
  )
  expect(status).toBe(200)
  writeFileSync(join(folder, 'types.ts'), json.types)
}

/** What the compiler says of a client; empty where it is right. */
function compile(client: string): string {
  writeFileSync(
    join(folder, 'client.ts'),
    `import { createClient } from '@supabase/supabase-js'
     import type { Database, Enums, Tables, TablesInsert, TablesUpdate } from './types.ts'
     const db = createClient<Database>('http://localhost', 'key')
     type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
     export const is = <A, B>(same: Same<A, B>) => same
     export type All = [typeof db, Enums<'mood'>, Tables<'posts'>, TablesInsert<'posts'>, TablesUpdate<'posts'>]
     ${client}`,
  )
  const { stdout } = spawnSync(TSC, ['-p', folder, '--allowImportingTsExtensions'], { encoding: 'utf8' })
  return stdout
}

describe('a client of supabase-js', () => {
  beforeAll(() => writeTypes())

  test('knows rows, embeds, functions, enums and composite types', () => {
    const said = compile(`
      export async function run() {
        const { data: posts } = await db.from('posts').select('id, title, tags, authors(name, mood)').throwOnError()
        const [post] = posts
        if (post) {
          is<typeof post.title, string>(true)
          is<typeof post.tags, string[]>(true)
          is<typeof post.authors, { name: string; mood: 'happy' | 'sad' | null }>(true)
        }
        const { data: author } = await db.from('authors').select('id, posts(title), profiles(bio)').single().throwOnError()
        is<typeof author.posts, { title: string }[]>(true)
        is<typeof author.profiles, { bio: string | null } | null>(true)
        await db.from('authors').insert({ name: 'Ada', mood: 'happy', home: { lat: 1, lon: 2 } })
        await db.from('posts').update({ title: 'x', 'odd name': 1 }).eq('id', '1')
        await db.from('post_titles').select('title')
        const { data: sum } = await db.rpc('add', { a: 1 }).throwOnError()
        is<typeof sum, number>(true)
        const { data: mine } = await db.rpc('posts_of', { author: 1 }).select('title').throwOnError()
        is<typeof mine, { title: string }[]>(true)
      }`)
    expect(said).toBe('')
  })

  test.each([
    ['a column that is missing', `db.from('posts').update({ titel: 'x' })`],
    ['a value of another type', `db.from('posts').insert({ author_id: 'one', title: 'x' })`],
    ['a required column left out', `db.from('posts').insert({ author_id: 1 })`],
    ['a generated column', `db.from('authors').insert({ name: 'x', name_length: 1 })`],
    ['a word that the enum has not', `db.from('authors').insert({ name: 'x', mood: 'angry' })`],
    ['a table that is missing', `db.from('post')`],
    ['an argument of another type', `db.rpc('add', { a: 'x' })`],
  ])('is refused with %s', (_, call) => {
    expect(compile(call)).toContain('error TS')
  })

  test('breaks where a column is renamed', async () => {
    const call = `db.from('profiles').select('bio').then(({ data }) => data?.[0]?.bio?.length)`
    expect(compile(call)).toBe('')
    await stack.sql(id, 'alter table profiles rename column bio to about')
    await writeTypes()
    expect(compile(call)).toContain('error TS')
  })

  test('knows schemas and tables of any name', async () => {
    await writeTypes('public,odd"schema')
    const name = JSON.stringify('a\\b`c */ }')
    const said = compile(`
      export type Row = Database['odd"schema']['Tables'][${name}]['Row']
      is<Row, { "x'y": number; "new\\nline": string | null }>(true)`)
    expect(said).toBe('')
  })
})
