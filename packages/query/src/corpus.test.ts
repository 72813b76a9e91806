import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RestResponse } from './contract.ts'
import { QueryError } from './errors.ts'
import { toBatch } from './sql/statement.ts'
import { CORPUS, type CorpusCase } from './testing/corpus.ts'
import { SESSION, SETTINGS, TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

describe('on Postgres', () => {
  test.for(CORPUS)('$name', async (request) => {
    const response = await database.serve(request, { rollback: true })
    assertResponse(request, response)
  })
})

function assertResponse(request: CorpusCase, response: RestResponse): void {
  expect({ status: response.status, body: response.body }).toMatchObject({ status: request.status })
  if (request.error !== undefined) expect(JSON.parse(response.body)).toMatchObject(request.error)
  if (typeof request.expect === 'string' && !response.body.startsWith('"')) {
    expect(response.body).toBe(request.expect)
  } else if (request.expect !== undefined) {
    expect(JSON.parse(response.body)).toEqual(request.expect)
  }
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(request.has ?? {})) expect(headers.get(name) ?? '').toBe(value)
}

test('the SQL of every request is what corpus.sql says', async () => {
  const texts = CORPUS.map(
    (request) => `-- ${request.name}\n-- ${describeRequest(request)}\n${sqlOf(request)}\n`,
  )
  await expect(texts.join('\n')).toMatchFileSnapshot('testing/corpus.sql')
})

function describeRequest({ method = 'GET', url, headers = {}, body }: CorpusCase): string {
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${url}`, ...given, ...(body === undefined ? [] : [JSON.stringify(body)])].join(' | ')
}

function sqlOf(request: CorpusCase): string {
  try {
    const batch = toBatch(database.plan(request), SESSION, { ...SETTINGS, ...request.settings }, 'v')
    const main = batch.statements.at(-1)
    return `${main?.text};\n-- ${JSON.stringify(main?.params)}`
  } catch (error) {
    if (error instanceof QueryError) return `-- ${error.status} ${error.code} ${error.message}`
    throw error
  }
}
