import { ALL_ROUTES } from '@db9/types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const get = async (path: string) => toReply(await t.api.fetch(new Request(`http://control${path}`)))

test('/openapi.json describes every route of the contract', async () => {
  const { status, json } = await get('/openapi.json')
  expect([status, json.openapi]).toEqual([200, '3.1.0'])
  for (const route of ALL_ROUTES) {
    const operation = json.paths[route.path]?.[route.method]
    expect(operation).toMatchObject({ operationId: route.operationId, summary: route.summary })
    expect(operation.security).toEqual(route.access === 'none' ? [] : [{ bearer: [] }])
    expect(Boolean(operation.requestBody)).toBe(Boolean(route.body))
    for (const status of Object.keys(route.responses)) expect(operation.responses[status]).toBeDefined()
  }
  expect(json.components.schemas.CreatedDatabase.required).toContain('connection_string')
  expect(Object.keys(json.paths).some((path) => path.startsWith('/internal'))).toBe(false)
})

test('/openapi.json equals docs/openapi.json, which `vitest run src/http/docs.test.ts -u` writes anew', async () => {
  const { json } = await get('/openapi.json')
  await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot('../../../../docs/openapi.json')
})

test.each([
  ['/docs', 3],
  ['/', 2],
])('%s loads everything from its own origin, and its policy allows no other', async (path, least) => {
  const page = await get(path)
  expect(page.status).toBe(200)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/)
  expect(policy).toContain("script-src 'self';")
  const assets = [...page.text.matchAll(/(?:script src|stylesheet" href)="([^"]+)"/g)].map(
    (match) => match[1] ?? '',
  )
  expect(assets.length).toBe(least)
  for (const asset of assets) {
    expect(asset).toMatch(/^\/docs\//)
    const reply = await get(asset)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.text.length).toBeGreaterThan(50)
  }
  expect(page.text).not.toMatch(/<script>|onload=|style="/)
})

test('/docs/data-plane.json describes the data plane, with operations of names of their own', async () => {
  const { status, json } = await get('/docs/data-plane.json')
  expect([status, json.openapi]).toEqual([200, '3.1.0'])
  const { get: read, ...rest } = json.paths['/db/{database_id}/rest/v1/{table}']
  expect(read.parameters.map(({ name }: { name: string }) => name)).toContain('select')
  expect(Object.keys(rest)).toEqual(['parameters', 'head', 'post', 'patch', 'put', 'delete'])
})

test.each([
  '/docs/../package.json',
  '/docs/package.json',
  '/docs/%2e%2e/package.json',
  '/customer',
  '/customer/nothing',
])('returns 404 as JSON for %s', async (path) => {
  const { status, json } = await get(path)
  expect([status, json]).toEqual([
    404,
    { message: 'there is no such route; /openapi.json lists those there are', code: 'not_found' },
  ])
})
