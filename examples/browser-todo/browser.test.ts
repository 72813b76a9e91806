import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocal } from '@db9/local'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdentityProvider, startIdentityProvider } from './idp.ts'
import { type PreparedTodo, prepareTodo } from './prepare.ts'
import { restClient } from './rest.ts'
import { freePort, type ServedTodo, serveTodo } from './serve.ts'

const CHROMIUM = '/usr/bin/chromium'
const ARGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'
const required = (process.env.DB9_TEST_REQUIRE ?? '').split(',').includes('chromium')

describe.skipIf(!existsSync(CHROMIUM) && !required)(`the page in ${CHROMIUM}`, { timeout: 60_000 }, () => {
  const ends: Array<() => Promise<unknown>> = []
  let browser: Browser
  let prepared: PreparedTodo
  let identity: IdentityProvider
  let allowed: ServedTodo
  let foreign: ServedTodo
  let sql: (query: string) => Promise<unknown[][]>

  beforeAll(async () => {
    const home = await mkdtemp(join(tmpdir(), 'db9-todo-'))
    // Open to the servers' own user, or the data would lie in the system's folders and stay there.
    await chmod(home, 0o755)
    ends.push(() => rm(home, { recursive: true, force: true }))
    const stack = await startLocal({ home, port: 0, pgPort: 0, allowLocalJwks: true })
    ends.push(() => stack.stop())
    // The identity provider signs in pages of both origins, so that the gateway alone tells them apart.
    const signInFrom: string[] = []
    identity = await startIdentityProvider({ allowedOrigins: signInFrom })
    ends.push(() => identity.stop())
    const port = await freePort()
    prepared = await prepareTodo({
      gatewayUrl: stack.url,
      token: stack.ownerToken,
      allowedOrigins: [`http://127.0.0.1:${port}`],
      identity,
    })
    const told = {
      gatewayUrl: stack.url,
      databaseId: prepared.databaseId,
      key: prepared.key,
      idpUrl: identity.url,
    }
    allowed = await serveTodo({ ...told, port })
    ends.push(() => allowed.stop())
    foreign = await serveTodo(told)
    ends.push(() => foreign.stop())
    signInFrom.push(allowed.url, foreign.url)
    const call = restClient({ gatewayUrl: stack.url, token: stack.ownerToken })
    sql = async (query) => {
      const reply = await call('POST', `/customer/databases/${prepared.databaseId}/sql`, { query })
      return Reflect.get(Object(reply), 'rows')
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS.split(' ') })
    ends.push(() => browser.close())
  }, 120_000)

  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  }, 30_000)

  async function visit(url: string): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    await page.goto(url)
    return { page, context }
  }

  async function signIn(page: Page, user: string): Promise<void> {
    await page.getByTestId('username').fill(user)
    await page.getByTestId('sign-in').click()
    await page.getByTestId('add-form').waitFor()
    await settled(page)
  }

  async function add(page: Page, title: string, isPublic = false): Promise<void> {
    await page.getByTestId('new-title').fill(title)
    if (isPublic) await page.getByTestId('new-public').check()
    await page.getByTestId('add').click()
    await row(page, title).waitFor()
    await settled(page)
  }

  const row = (page: Page, title: string) => page.getByTestId('todo').filter({ hasText: title })
  const settled = (page: Page) => page.locator('body[aria-busy="false"]').waitFor()
  const titles = (page: Page) => page.getByTestId('todo-title').allTextContents()

  test('two users add, edit, complete and delete their own todos and never see those of the other', async () => {
    const alice = await visit(allowed.url)
    const bob = await visit(allowed.url)
    await signIn(alice.page, 'alice')
    await signIn(bob.page, 'bob')
    expect(await titles(alice.page)).toEqual([])

    await add(alice.page, 'Alice buys bread')
    await add(alice.page, 'Alice calls <b>home</b>')
    await add(bob.page, 'Bob mows the lawn')
    expect(await titles(alice.page)).toEqual(['Alice calls <b>home</b>', 'Alice buys bread'])
    expect(await titles(bob.page)).toEqual(['Bob mows the lawn'])

    await row(alice.page, 'bread').getByTestId('todo-edit').click()
    await alice.page.getByTestId('todo-edit-input').fill('Alice buys rye bread')
    await alice.page.getByTestId('todo-save').click()
    await row(alice.page, 'rye bread').waitFor()
    await row(alice.page, 'rye bread').getByTestId('todo-done').check()
    await settled(alice.page)
    await row(alice.page, 'home').getByTestId('todo-delete').click()
    await row(alice.page, 'home').waitFor({ state: 'detached' })
    await settled(alice.page)

    await bob.page.reload()
    await row(bob.page, 'Bob mows').waitFor()
    expect(await titles(bob.page)).toEqual(['Bob mows the lawn'])
    const stored = "select user_id, title, done from todos where user_id in ('alice', 'bob') order by user_id"
    expect(await sql(stored)).toEqual([
      ['alice', 'Alice buys rye bread', true],
      ['bob', 'Bob mows the lawn', false],
    ])
    await alice.context.close()
    await bob.context.close()
  })

  test('a guest reads what is public, to read only, and nothing else', async () => {
    const carol = await visit(allowed.url)
    await signIn(carol.page, 'carol')
    await add(carol.page, 'Carol shares this', true)
    await add(carol.page, 'Carol keeps this')
    const guest = await visit(allowed.url)
    await row(guest.page, 'Carol shares this').waitFor()
    expect((await titles(guest.page)).filter((title) => /Alice|Bob|keeps/.test(title))).toEqual([])
    expect(await guest.page.getByTestId('todo-delete').count()).toBe(0)
    expect(await guest.page.getByTestId('add-form').isVisible()).toBe(false)
    await carol.page.getByTestId('sign-out').click()
    await carol.page.getByTestId('sign-in-form').waitFor()
    await settled(carol.page)
    expect(await titles(carol.page)).not.toContain('Carol keeps this')
    await carol.context.close()
    await guest.context.close()
  })

  test('the same page from an origin that is not on the list gets nothing, and no statement reaches Postgres', async () => {
    // Calls of every statement that the data plane's roles have ever run, the preamble of each request included.
    const calls = `select coalesce(sum(calls), 0)::int from extensions.pg_stat_statements s join pg_roles r on r.oid = s.userid
      where r.rolname in ('anon', 'authenticated', 'authenticator')`
    const control = await visit(allowed.url)
    const start = await sql(calls)
    await control.page.reload()
    await row(control.page, 'Carol shares this').waitFor()
    const before = await sql(calls)
    // The proof is worth something only if a page that is allowed moves the count.
    expect(Number(before[0]?.[0])).toBeGreaterThan(Number(start[0]?.[0]))

    const { page, context } = await visit(foreign.url)
    const refused: string[] = []
    page.on('response', (response) => {
      if (response.status() === 403) refused.push(response.request().method())
    })
    await page.reload()
    // The page reads why: the refusal names the origin.
    await page.getByTestId('error').filter({ hasText: foreign.url }).waitFor()
    expect(await titles(page)).toEqual([])
    await page.getByTestId('username').fill('alice')
    await page.getByTestId('sign-in').click()
    await page.getByTestId('add-form').waitFor()
    await page.getByTestId('new-title').fill('Written from elsewhere')
    await page.getByTestId('add').click()
    await settled(page)
    await page.getByTestId('error').filter({ hasText: foreign.url }).waitFor()
    // It did ask, and was told: to read as a user, and to write.
    expect(refused).toEqual(expect.arrayContaining(['GET', 'POST']))
    expect(await titles(page)).toEqual([])

    expect(await sql(calls)).toEqual(before)
    expect(await sql("select count(*)::int from todos where title = 'Written from elsewhere'")).toEqual([[0]])
    await context.close()
    await control.context.close()
  })
})
