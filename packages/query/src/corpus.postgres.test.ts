import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RestResponse } from './contract.ts'
import { stableCatalog } from './testing/catalog-text.ts'
import type { CorpusCase } from './testing/corpus/corpus-case.ts'
import { CORPUS } from './testing/corpus/index.ts'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import { MEDIA_SQL } from './testing/media-fixtures.ts'
import { ODD_SQL } from './testing/odd-fixtures.ts'
import { REPORT_SQL } from './testing/report-fixtures.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL + ODD_SQL + REPORT_SQL + MEDIA_SQL)
})
afterAll(() => database.close())

describe.each(Object.keys(CORPUS))('on Postgres, %s:', (topic) => {
  test.for(CORPUS[topic] ?? [])('$name', async (request) => {
    assertResponse(request, await database.serve(request, { rollback: true }))
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

test('the catalog that the corpus is printed from is what Postgres says of the schema', async () => {
  const text = stableCatalog(await database.catalogText())
  await expect(text).toMatchFileSnapshot('testing/corpus/catalog.json.txt')
})
