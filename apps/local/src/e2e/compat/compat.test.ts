/** Apps as they are written for Supabase and Neon: their migrations apply as admin, and two users get what is theirs. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../../testing/identity.ts'
import { expectStatus, startTestStack, type TestStack } from '../../testing/stack.ts'

const ADA = '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11'
const BOB = 'b0b0b0b0-3f7c-4b35-9a59-0d4f1a4c1c22'
const USERS = `insert into auth.users (id, email, raw_user_meta_data) values
  ('${ADA}', 'ada@example.com', '{"full_name": "Ada"}'), ('${BOB}', 'bob@example.com', '{"full_name": "Bob"}')`

const FOLDER = join(import.meta.dirname, 'migrations')
const filesOf = (app: string) => readdirSync(join(FOLDER, app)).sort()

interface App {
  id: string
  as(subject: string | null, claims?: Record<string, unknown>): Promise<SupabaseClient>
  server: SupabaseClient
}

let stack: TestStack
let idp: TestIdentityProvider
beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})

/** A database with an app's migrations; a file that fails is named. */
async function install(app: string): Promise<App> {
  const { id } = await stack.createDatabase(app)
  for (const file of filesOf(app)) {
    const reply = await stack.sql(id, readFileSync(join(FOLDER, app, file), 'utf8'))
    if (reply.status !== 200) throw new Error(`${app}/${file}: ${JSON.stringify(reply.json)}`)
  }
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(200, await stack.api('PUT', `/databases/${id}/auth-config`, { byo_jwt }))
  const { value } = await stack.createKey(id, {
    exposed_functions: ['*'],
    rate_limit: { rps: 1000, burst: 1000 },
  })
  const service = await stack.api('POST', `/databases/${id}/service-keys`, {})
  const url = `${stack.url}/db/${id}`
  return {
    id,
    async as(subject, claims = {}) {
      const token = subject === null ? null : await idp.token(subject, { claims })
      return createClient(url, value, token === null ? {} : { accessToken: async () => token })
    },
    server: createClient(url, service.json.service_key),
  }
}

describe('teams with profiles, invitations, files and jobs', () => {
  let app: App
  let ada: SupabaseClient
  let bob: SupabaseClient
  let team: string
  beforeAll(async () => {
    app = await install('tenants')
    expectStatus(200, await stack.sql(app.id, USERS))
    ada = await app.as(ADA, { email: 'ada@example.com' })
    bob = await app.as(BOB, { email: 'bob@example.com' })
  })

  test('a new user has a profile, all read it, and its owner alone changes it', async () => {
    const anon = await app.as(null)
    const names = await anon.from('profiles').select('full_name').order('full_name')
    expect(names.data).toEqual([{ full_name: 'Ada' }, { full_name: 'Bob' }])
    const own = await ada.from('profiles').update({ full_name: 'Ada L.' }).eq('id', ADA).select('updated_at')
    expect(own.data).toEqual([{ updated_at: expect.any(String) }])
    const other = await bob.from('profiles').update({ full_name: 'stolen' }).eq('id', ADA).select()
    expect(other).toMatchObject({ data: [], error: null })
  })

  test('a team is seen by those in it, through helpers with a pinned search_path', async () => {
    const made = await ada.rpc('create_team', { team_name: 'Engines' })
    expect(made.data).toMatchObject({ name: 'Engines', by: ADA })
    team = made.data.team_id
    expect((await ada.from('teams').select('name, team_members(team_role)')).data).toEqual([
      { name: 'Engines', team_members: [{ team_role: 'owner' }] },
    ])
    expect((await bob.from('teams').select()).data).toEqual([])
    const refused = await (await app.as(null)).rpc('create_team', { team_name: 'x' })
    expect(refused.error?.message).toBe('Not authenticated')
  })

  test('an invitation is seen by the claim email, and makes a member', async () => {
    const invited = { team_id: team, email: 'bob@example.com' }
    expect((await bob.from('invitations').insert(invited)).error?.code).toBe('42501')
    expect((await ada.from('invitations').insert(invited)).error).toBeNull()
    expect((await ada.from('invitations').select()).data).toEqual([])
    const { data } = await bob.from('invitations').select('token').single()
    expect((await ada.rpc('accept_invitation', { lookup_token: data?.token })).error?.message).toContain(
      'not found',
    )
    expect((await bob.rpc('accept_invitation', { lookup_token: data?.token })).data).toBe(team)
    expect((await bob.from('teams').select('name')).data).toEqual([{ name: 'Engines' }])
  })

  test('projects are written by members, searched, and logged with who did it', async () => {
    const made = await bob
      .from('projects')
      .insert({ team_id: team, title: 'Analytical engines', tags: ['a'] })
      .select('id')
      .single()
    expect(made.error).toBeNull()
    expect((await ada.from('projects').select('id').textSearch('search', 'engine')).data).toHaveLength(1)
    expect((await ada.from('projects').select('id').contains('tags', ['a'])).data).toHaveLength(1)
    expect((await ada.from('project_titles').select('team')).data).toEqual([{ team: 'Engines' }])
    const stranger = await app.as('11111111-2222-4333-8444-555555555555')
    expect((await stranger.from('projects').select()).data).toEqual([])
    const { json } = await stack.sql(app.id, 'select actor from private.audit')
    expect(JSON.stringify(json)).toContain(BOB)
  })

  test('a counter is each caller’s own, by an upsert in SQL', async () => {
    for (const n of [1, 2]) expect((await ada.rpc('increment')).data).toBe(n)
    expect((await bob.rpc('increment')).data).toBe(1)
    expect((await bob.from('counters').select('n')).data).toEqual([{ n: 1 }])
  })

  test('what has no policies is the server’s, by its key', async () => {
    const customer = { id: ADA, stripe_customer_id: 'cus_1' }
    expect((await ada.from('customers').insert(customer)).error?.code).toBe('42501')
    expect((await app.server.from('customers').upsert(customer).select()).data).toEqual([customer])
    expect((await ada.from('customers').select()).data).toEqual([])
  })

  test('neither users nor files nor secrets are reached by any key', async () => {
    for (const client of [ada, app.server, await app.as(null)]) {
      for (const schema of ['auth', 'storage', 'vault', 'cron'])
        expect((await client.schema(schema).from('users').select()).error?.code, schema).toBe('PGRST106')
      expect((await client.from('users').select()).error?.code).toBe('PGRST205')
    }
  })
})

describe('a chat with roles in a claim', () => {
  let app: App
  let ada: SupabaseClient
  let bob: SupabaseClient
  beforeAll(async () => {
    app = await install('chat')
    expectStatus(200, await stack.sql(app.id, USERS))
    ada = await app.as(ADA)
    bob = await app.as(BOB, { user_role: 'admin' })
    expect((await ada.from('people').insert({ id: ADA, username: 'ada' })).error).toBeNull()
    expect((await bob.from('people').insert({ id: BOB, username: 'bob' })).error).toBeNull()
  })

  test('messages are their authors’, and an admin deletes those of others', async () => {
    const channel = { slug: 'public', created_by: ADA }
    const { data: made } = await ada.from('channels').insert(channel).select('id').single()
    const message = { message: 'hi', user_id: ADA, channel_id: made?.id }
    expect((await bob.from('messages').insert(message)).error?.code).toBe('42501')
    const sent = await ada
      .from('messages')
      .insert(message)
      .select('id, people(username), channels(slug)')
      .single()
    expect(sent.data).toMatchObject({ people: { username: 'ada' }, channels: { slug: 'public' } })
    expect((await ada.rpc('last_messages')).data).toHaveLength(1)
    expect((await bob.rpc('last_messages')).data).toEqual([])
    expect((await ada.from('mine').select('user_id')).data).toEqual([{ user_id: ADA }, { user_id: ADA }])
    const anon = await app.as(null)
    expect((await anon.from('messages').select()).data).toEqual([])
    expect((await bob.from('messages').delete().eq('user_id', ADA).select()).data).toHaveLength(1)
  })

  test('a channel is deleted by its maker or by who may, and by no other', async () => {
    const { data } = await bob
      .from('channels')
      .insert({ slug: 'bobs', created_by: BOB })
      .select('id')
      .single()
    expect((await ada.from('channels').delete().eq('id', data?.id).select()).data).toEqual([])
    expect((await bob.from('channels').delete().eq('id', data?.id).select()).data).toHaveLength(1)
  })
})

test('a dump of a whole project, with its data, gives each user their rows', async () => {
  const app = await install('dump')
  expect((await (await app.as(ADA)).from('notes').select('body')).data).toEqual([{ body: 'of Ada' }])
  expect((await (await app.as(BOB)).from('notes').select('body')).data).toEqual([{ body: 'of Bob' }])
  expect((await app.server.from('notes').select('body')).data).toHaveLength(2)
  const made = await (await app.as(BOB)).from('notes').insert({ body: 'new' }).select('user_id').single()
  expect(made.data).toEqual({ user_id: BOB })
  const kept = await stack.sql(
    app.id,
    'select encrypted_password, (select email from auth.identities) from auth.users limit 1',
  )
  expect(JSON.stringify(kept.json)).toContain('$2a$10$')
  expect(JSON.stringify(kept.json)).toContain('ada@example.com')
})

describe('an app of Neon with text subjects', () => {
  let app: App
  beforeAll(async () => {
    app = await install('neon')
  })

  test('notes are their owners’, shared ones of all who are signed in', async () => {
    const ada = await app.as('user_ada')
    const bob = await app.as('user_bob')
    const { data: note } = await ada.from('notes').insert({ title: 'first' }).select('id, owner_id').single()
    expect(note?.owner_id).toBe('user_ada')
    expect((await ada.from('paragraphs').insert({ note_id: note?.id, content: 'text' })).error).toBeNull()
    expect((await bob.from('notes').select()).data).toEqual([])
    expect((await bob.from('paragraphs').insert({ note_id: note?.id, content: 'x' })).error?.code).toBe(
      '42501',
    )
    await app.server.from('notes').update({ shared: true }).eq('id', note?.id)
    expect((await bob.from('notes').select('title, paragraphs(content)')).data).toEqual([
      { title: 'first', paragraphs: [] },
    ])
    expect((await (await app.as(null)).from('notes').select()).data).toEqual([])
  })

  test('the organisation of a token decides', async () => {
    const ada = await app.as('user_ada', { org_id: 'org_1' })
    const bob = await app.as('user_bob', { o: { id: 'org_2' } })
    expect((await ada.from('org_members').select('user_id')).data).toEqual([{ user_id: 'user_ada' }])
    expect((await bob.from('org_members').select('user_id')).data).toEqual([{ user_id: 'user_bob' }])
    expect((await (await app.as('user_eve')).from('org_members').select()).data).toEqual([])
  })
})

test('an app that asks for a UUID says what to do for another subject', async () => {
  const { id } = await stack.createDatabase(
    'clerk',
    `create table t (owner uuid default auth.uid()); alter table t enable row level security;
     create policy p on t using (owner = auth.uid())`,
  )
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(200, await stack.api('PUT', `/databases/${id}/auth-config`, { byo_jwt }))
  const { value } = await stack.createKey(id)
  const reply = await stack.rest(id, 't', { key: value, jwt: await idp.token('user_1') })
  expect(reply.status).toBe(400)
  expect(reply.json).toMatchObject({ code: '22P02', hint: expect.stringContaining('auth.user_id()') })
})
