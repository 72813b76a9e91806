import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseCatalog } from './catalog/parse-catalog.ts'
import type { CorpusCase } from './testing/corpus/corpus-case.ts'
import { CORPUS } from './testing/corpus/index.ts'
import { mainSqlOf } from './testing/requests.ts'

/** What Postgres says of the schema that the corpus is written for; `corpus.postgres.test.ts` keeps it true. */
const catalog = parseCatalog(
  readFileSync(new URL('testing/corpus/catalog.json.txt', import.meta.url), 'utf8'),
)

describe('without a database', () => {
  test.each(Object.keys(CORPUS))('every request of %s becomes the SQL that its file says', async (topic) => {
    const texts = (CORPUS[topic] ?? []).map(
      (request) => `-- ${request.name}\n-- ${describeRequest(request)}\n${mainSqlOf(request, catalog)}\n`,
    )
    await expect(texts.join('\n')).toMatchFileSnapshot(`testing/corpus/${topic}.sql`)
  })

  test('a plan that is printed twice gives the same SQL', () => {
    for (const request of Object.values(CORPUS).flat()) {
      expect(mainSqlOf(request, catalog)).toBe(mainSqlOf(request, catalog))
    }
  })
})

function describeRequest({ method = 'GET', url, headers = {}, body }: CorpusCase): string {
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${url}`, ...given, ...(body === undefined ? [] : [JSON.stringify(body)])].join(' | ')
}
