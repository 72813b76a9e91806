import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCatalog } from '../catalog/parse-catalog.ts'
import { QueryError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { CORPUS } from '../testing/corpus/index.ts'
import { planOf, SETTINGS, toInput } from '../testing/requests.ts'
import { parseRequest, type RestRequest } from './request.ts'
import { kindOf, type RequestKind } from './target.ts'

const NO_HEADERS = { get: () => null }

/** What is done with a request that was parsed. */
const KIND_OF_ACTION: Readonly<Record<RestRequest['action'], RequestKind>> = {
  read: 'read',
  insert: 'write',
  update: 'write',
  put: 'write',
  delete: 'write',
  call: 'rpc',
  options: 'options',
  describe: 'describe',
}
const KIND_OF_PLAN: Readonly<Record<Plan['action'], RequestKind>> = {
  read: 'read',
  write: 'write',
  call: 'rpc',
  options: 'options',
  describe: 'describe',
}

/** What becomes of a request; null where it is refused. */
function outcome<T>(run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    if (error instanceof QueryError) return null
    throw error
  }
}

describe('the kind of a request', () => {
  test.each([
    ['GET', 'todos', 'read'],
    ['HEAD', 'todos', 'read'],
    ['POST', 'todos', 'write'],
    ['PATCH', 'todos', 'write'],
    ['PUT', 'todos', 'write'],
    ['DELETE', 'todos', 'write'],
    ['OPTIONS', 'todos', 'options'],
    ['GET', 'rpc/f', 'rpc'],
    ['HEAD', 'rpc/f', 'rpc'],
    ['POST', 'rpc/f', 'rpc'],
    ['GET', '%72pc/f', 'rpc'],
    ['POST', '%72pc/f', 'rpc'],
    ['GET', 'r%70%63/%66', 'rpc'],
    ['OPTIONS', 'rpc/f', 'options'],
    ['DELETE', 'rpc/f', 'refused'],
    ['GET', 'rpc', 'read'],
    ['GET', 'rpc%2Ff', 'read'],
    ['GET', 'RPC/f', 'refused'],
    ['GET', 'rpc/', 'refused'],
    ['GET', 'rpc//f', 'refused'],
    ['GET', '/rpc/f', 'refused'],
    ['GET', 'rpc/f/', 'refused'],
    ['GET', './rpc/f', 'refused'],
    ['GET', 'rpc/%00', 'refused'],
    ['GET', '', 'describe'],
    ['OPTIONS', '', 'options'],
    ['POST', '', 'refused'],
    ['TRACE', 'todos', 'refused'],
  ])('%s %s is %s', (method, path, kind) => {
    expect(kindOf({ method, path, headers: NO_HEADERS })).toBe(kind)
  })

  test('is a read where a form body carries the query of one, on a relation alone', () => {
    const headers = new Headers({
      'x-http-method-override': 'get',
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(kindOf({ method: 'POST', path: 'todos', headers })).toBe('read')
    expect(kindOf({ method: 'PATCH', path: 'todos', headers })).toBe('write')
    expect(kindOf({ method: 'POST', path: 'rpc/f', headers })).toBe('rpc')
    expect(
      kindOf({ method: 'POST', path: 'todos', headers: new Headers({ 'x-http-method-override': 'GET' }) }),
    ).toBe('write')
  })

  test('is that of what is done with it, for any path', () => {
    const part = fc.oneof(
      fc.constantFrom('rpc', 'rp', 'c', 'f', 'todos', '/', '//', '.', '..', '%', '%2f', '%2F', '%2e', '%00'),
      fc.constantFrom('r', 'p', 'c').map((letter) => `%${letter.charCodeAt(0).toString(16)}`),
      fc.string({ unit: 'binary', maxLength: 3 }).map((text) => encodeURIComponent(text.toWellFormed())),
    )
    const path = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.array(part, { maxLength: 3 }).map((parts) => `rpc/${parts.join('')}`),
    )
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'TRACE')
    const override = fc.constantFrom('', 'GET', 'get', 'POST')
    const contentType = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8',
    )
    fc.assert(
      fc.property(method, path, override, contentType, (verb, address, overrideMethod, type) => {
        const headers = new Headers({ 'x-http-method-override': overrideMethod, 'content-type': type })
        const body = type === 'application/json' ? '{}' : 'a=eq.1'
        const input = { ...toInput({ method: verb, url: '', body }), path: address, headers }
        const parsed = outcome(() => parseRequest(input, SETTINGS))
        const kind = kindOf({ method: verb, path: address, headers })
        // A form is no filter of a write: such requests are refused further on.
        if (parsed !== null) expect(kind).toBe(KIND_OF_ACTION[parsed.action])
        else if (body === '{}') expect(kind).toBe('refused')
      }),
      { numRuns: 5000 },
    )
  })

  test('is that of its plan, for every request of the corpus', () => {
    const file = new URL('../testing/corpus/catalog.json.txt', import.meta.url)
    const catalog = parseCatalog(readFileSync(file, 'utf8'))
    let planned = 0
    for (const request of Object.values(CORPUS).flat()) {
      const plan = outcome(() => planOf(request, catalog))
      if (plan === null) continue
      expect(kindOf(toInput(request)), request.name).toBe(KIND_OF_PLAN[plan.action])
      planned += 1
    }
    expect(planned).toBeGreaterThan(200)
  })
})
