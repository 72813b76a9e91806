import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { type OidcProvider, startOidcProvider } from '../testing/oidc-provider.ts'

let t: TestApi
let closed: OidcProvider
let open: OidcProvider
beforeAll(async () => {
  closed = await startOidcProvider()
  open = await startOidcProvider({ sign_up: true })
  t = await startTestApi({
    identityProviders: [closed.row, open.row],
    allowLocalJwks: true,
    claimedDatabases: 7,
  })
})
afterAll(async () => {
  await t?.dispose()
  await closed?.close()
  await open?.close()
})

const claim = (token: string, id_token: string) => t.call('POST', '/claim', { token, body: { id_token } })
const signIn = (id_token: string) =>
  t.call('POST', '/sso/callback', {
    token: null,
    body: { id_token },
    headers: { 'x-db9-client-address': '198.51.100.200' },
  })
const statusOf = async (token: string) => (await t.call('GET', '/me', { token })).status

describe('a claim', () => {
  test('makes the account the identity’s: databases and API tokens stay, sessions and secret end', async () => {
    const account = await t.register()
    const { id } = await t.createDatabase('kept', { token: account.token })
    const { json: apiToken } = await t.call('POST', '/tokens', { token: account.token })
    const { anonymous_id, anonymous_secret } = account
    const refresh = () =>
      t.call('POST', '/anonymous-refresh', { token: null, body: { anonymous_id, anonymous_secret } })
    const second = (await refresh()).json.token

    const { status, json } = await claim(account.token, await closed.idToken({ email: 'ada@example.com' }))
    expect([status, json]).toEqual([
      200,
      {
        id: expect.stringMatching(/^cus_/),
        email: 'ada@example.com',
        claimed: true,
        token: expect.stringMatching(/^[0-9a-f]{128}$/),
        expires_at: expect.any(String),
      },
    ])
    expect([await statusOf(account.token), await statusOf(second)]).toEqual([401, 401])
    expect((await refresh()).status).toBe(401)
    const me = await t.call('GET', '/me', { token: json.token })
    expect(me.json).toMatchObject({
      id: json.id,
      email: 'ada@example.com',
      is_anonymous: false,
      database_limit: 7,
    })
    expect((await t.call('GET', '/databases', { token: apiToken.token })).json).toMatchObject([{ id }])
    const audit = await t.call('GET', '/audit-logs?operation_type=claim', { token: json.token })
    expect(audit.json).toMatchObject([{ resource_type: 'customer', resource_id: json.id }])
    // The owner of the identity may do it again.
    const again = await claim(json.token, await closed.idToken({ sub: 'someone-else' }))
    expect([again.status, again.json.code]).toEqual([409, 'conflict'])
    expect(await statusOf(json.token)).toBe(200)
  })

  test('ends a statement that runs under the anonymous token', async () => {
    const { token } = await t.register()
    const { id } = await t.createDatabase('busy', { token })
    const running = t.sql(id, 'select pg_sleep(60)', { token })
    const isRunning = async () =>
      (await t.engine.connect(id)) &&
      (
        await t.sql(id, "select count(*)::int from pg_stat_activity where query = 'select pg_sleep(60)'", {
          token,
        })
      ).json.rows[0][0]
    await expect.poll(isRunning, { timeout: 10_000 }).toBe(1)
    expect((await claim(token, await closed.idToken())).status).toBe(200)
    expect((await running).status).toBe(401)
  })

  test('with an identity that has an account is 409 with the way to adopt, and changes nothing', async () => {
    const [first, second] = [await t.register(), await t.register()]
    const { id } = await t.createDatabase('moved', { token: second.token })
    await claim(first.token, await closed.idToken({ sub: 'twice' }))
    const refused = await claim(second.token, await closed.idToken({ sub: 'twice' }))
    expect([refused.status, refused.json.code]).toEqual([409, 'identity_taken'])
    expect(refused.json.message).toContain('POST /customer/adopt-anonymous-databases')
    expect((await t.call('GET', '/me', { token: second.token })).json.is_anonymous).toBe(true)
    // As the message says.
    const { json: session } = await signIn(await closed.idToken({ sub: 'twice' }))
    const adopted = await t.call('POST', '/adopt-anonymous-databases', {
      token: session.token,
      body: {
        anonymous_customer_id: second.anonymous_id,
        anonymous_secret: second.anonymous_secret,
        database_ids: [id],
        idempotency_key: 'after-409',
      },
    })
    expect(adopted.json.transferred).toEqual([id])
  })

  test('of two accounts at once by one identity, one gets it', async () => {
    const accounts = await Promise.all([t.register(), t.register()])
    const tokens = await Promise.all(accounts.map(() => closed.idToken({ sub: 'race' })))
    const replies = await Promise.all(accounts.map(({ token }, i) => claim(token, tokens[i] ?? '')))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('of one account at once by two identities, one gets it, and the other token ends', async () => {
    const { token } = await t.register()
    const tokens = await Promise.all([closed.idToken(), closed.idToken()])
    const replies = await Promise.all(tokens.map((id_token) => claim(token, id_token)))
    const statuses = replies.map(({ status }) => status).sort()
    expect(statuses[0]).toBe(200)
    // The later one was authenticated before or after the token ended.
    expect([401, 409]).toContain(statuses[1])
    expect(await statusOf(token)).toBe(401)
  })

  test('and an adoption from the account at once leave its databases in one account', async () => {
    const account = await t.register()
    const { id } = await t.createDatabase('contested', { token: account.token })
    const [claimed, adopted] = await Promise.all([
      claim(account.token, await closed.idToken()),
      t.call('POST', '/adopt-anonymous-databases', {
        body: {
          anonymous_customer_id: account.anonymous_id,
          anonymous_secret: account.anonymous_secret,
          database_ids: [id],
          idempotency_key: 'contested',
        },
      }),
    ])
    expect(claimed.status).toBe(200)
    const own = (await t.call('GET', '/databases', { token: claimed.json.token })).json
    const isAdopted = adopted.status === 200
    expect(own.map((row: { id: string }) => row.id)).toEqual(isAdopted ? [] : [id])
    expect((await t.call('GET', `/databases/${id}`)).status).toBe(isAdopted ? 200 : 404)
  })

  test('with a token that proves nothing is 401, and the owner’s account is not claimed', async () => {
    const { token } = await t.register()
    const bad = await claim(token, await closed.idToken({ email_verified: false }))
    expect([bad.status, bad.json.message]).toEqual([401, expect.stringContaining('email_verified')])
    expect((await t.call('GET', '/me', { token })).json.is_anonymous).toBe(true)
    expect((await claim(t.ownerToken, await closed.idToken())).status).toBe(409)
    expect((await t.call('GET', '/me')).json.email).toBeNull()
  })
})

describe('a sign-in', () => {
  test('gives a token of the identity’s account, as often as it is asked', async () => {
    const { token } = await t.register()
    const { json: claimed } = await claim(token, await closed.idToken({ sub: 'returning' }))
    for (let i = 0; i < 2; i++) {
      const { status, json } = await signIn(
        await closed.idToken({ sub: 'returning', email: 'new@example.com' }),
      )
      expect([status, json]).toMatchObject([200, { id: claimed.id, email: 'new@example.com' }])
      expect((await t.call('GET', '/me', { token: json.token })).json).toMatchObject({
        email: 'new@example.com',
      })
    }
  })

  test('is 403 without an account, and makes one where the provider may', async () => {
    const refused = await signIn(await closed.idToken({ sub: 'new' }))
    expect([refused.status, refused.json.code]).toEqual([403, 'registration_closed'])
    const tokens = await Promise.all([open.idToken({ sub: 'new' }), open.idToken({ sub: 'new' })])
    const replies = await Promise.all(tokens.map(signIn))
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    expect(replies[0]?.json.id).toBe(replies[1]?.json.id)
    const me = await t.call('GET', '/me', { token: replies[1]?.json.token })
    expect(me.json).toMatchObject({ id: replies[0]?.json.id, is_anonymous: false, database_limit: 7 })
  })

  test('is 429 to an address that tries too often', async () => {
    const replies = []
    for (let i = 0; i < 620 && replies.at(-1)?.status !== 429; i++) {
      const headers = { 'x-db9-client-address': '198.51.100.201' }
      replies.push(await t.call('POST', '/sso/callback', { token: null, body: { id_token: 'x' }, headers }))
    }
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401, 429]))
    expect(replies.at(-1)?.headers.get('retry-after')).not.toBeNull()
  })

  test('shows which providers there are', async () => {
    const { json } = await t.call('GET', '/sso/config', { token: null })
    expect(json.providers).toEqual([
      { issuer: closed.row.issuer, audience: ['client-1'], sign_up: false },
      { issuer: open.row.issuer, audience: ['client-1'], sign_up: true },
    ])
  })
})

describe('the deletion of an account', () => {
  test('ends its tokens and removes its databases, and nothing opens it again', async () => {
    const account = await t.register()
    const { json: claimed } = await claim(account.token, await closed.idToken({ sub: 'leaving' }))
    const { token } = claimed
    const live = await t.createDatabase('live', { token })
    const deleted = await t.createDatabase('deleted', { token })
    await t.call('DELETE', `/databases/${deleted.id}`, { token })
    const { json: apiToken } = await t.call('POST', '/tokens', { token })

    const reply = await t.call('DELETE', '/me', { token })
    expect([reply.status, reply.json]).toEqual([200, { message: 'Account deleted', databases: 1 }])
    expect([await statusOf(token), await statusOf(apiToken.token)]).toEqual([401, 401])
    expect((await signIn(await closed.idToken({ sub: 'leaving' }))).status).toBe(403)
    await t.api.sweep()
    const { rows } = await t.metadata.query(
      'select state, purged_at is not null as is_purged from databases where id = any($1)',
      [[live.id, deleted.id]],
    )
    expect(rows).toEqual(Array(2).fill({ state: 'DISABLED', is_purged: true }))
    const inventory = await t.engine.inspect()
    for (const { id } of [live, deleted])
      expect([...inventory.databases, ...inventory.softDeleted]).not.toContain(id)
    const { rows: kept } = await t.metadata.query('select * from customers where id = $1', [claimed.id])
    expect(JSON.stringify(kept)).not.toContain('leaving')
    // The identity is free for another account.
    const next = await t.register()
    expect((await claim(next.token, await closed.idToken({ sub: 'leaving' }))).status).toBe(200)
  })

  test('twice at once is one deletion, and an account that is being deleted gets no database', async () => {
    const { token } = await t.register()
    await t.createDatabase('gone', { token })
    const replies = await Promise.all([
      t.call('DELETE', '/me', { token }),
      t.call('DELETE', '/me', { token }),
      t.call('POST', '/databases', { token, body: { name: 'late' } }),
    ])
    expect([200, 401]).toContain(replies[0].status)
    expect(replies.slice(0, 2).some(({ status }) => status === 200)).toBe(true)
    expect([201, 401, 409]).toContain(replies[2].status)
    await t.api.sweep()
    const { rows } = await t.metadata.query(
      `select d.id from databases d join customers c on c.id = d.customer_id
       where c.status = 'deleted' and d.purged_at is null and d.state <> 'CREATE_FAILED'`,
    )
    // A create that was under way is deleted by the next sweep.
    if (rows.length > 0) await t.api.sweep()
    expect(
      (
        await t.metadata.query(`select 1 from tokens t join customers c on c.id = t.customer_id
       where c.status = 'deleted' and t.revoked_at is null`)
      ).rows,
    ).toEqual([])
  })

  test('is refused to the owner of the installation and to a scoped token', async () => {
    expect((await t.call('DELETE', '/me')).status).toBe(403)
    const { token } = await t.register()
    const { id } = await t.createDatabase('scoped', { token })
    const scope_json = JSON.stringify({ databases: [{ id, access: 'rw' }] })
    const scoped = (await t.call('POST', '/tokens', { token, body: { scope_json } })).json.token
    expect((await t.call('DELETE', '/me', { token: scoped })).status).toBe(403)
    expect(await statusOf(token)).toBe(200)
  })
})
