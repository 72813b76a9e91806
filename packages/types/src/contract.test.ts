import { expect, test } from 'vitest'
import type { Route } from './contract.ts'
import { ALL_ROUTES, ROUTES } from './routes/index.ts'

const named = ALL_ROUTES.map((route): [string, Route] => [`${route.method} ${route.path}`, route])

test('every operation has a name of its own, the one it is exported by, and a path of its own', () => {
  expect(Object.entries(ROUTES).filter(([name, route]) => name !== route.operationId)).toEqual([])
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length)
})

test.each(named)('%s declares each parameter of its path, and no other', (_, route) => {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
  expect(Object.keys(route.params?.shape ?? {}).sort()).toEqual(inPath.sort())
})

test.each(named)('%s needs a database in its path exactly where its access does', (_, route) => {
  expect(route.path.includes('{database_id}')).toBe(['read', 'write', 'manage'].includes(route.access))
})

test.each(named.filter(([, route]) => route.body && !route.body.raw))(
  '%s refuses a field that it does not know',
  (_, route) => {
    const parsed = route.body?.schema.safeParse({ no_such_field: 1 })
    expect(parsed?.error?.issues.map((issue) => issue.code)).toContain('unrecognized_keys')
  },
)

test.each(named.filter(([, route]) => route.method === 'get' || route.method === 'delete'))(
  '%s takes no body',
  (_, route) => {
    expect(route.body).toBeUndefined()
  },
)
