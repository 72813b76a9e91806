import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { namesOf, requestOf, schemaOf } from './testing/random.ts'

const SCHEMAS = 6
const REQUESTS = 150

test('random requests to random schemas are answered, and never with 500', async () => {
  let answered = 0
  for (const sql of fc.sample(schemaOf('wild'), SCHEMAS)) {
    const database = await TestDatabase.create(sql)
    try {
      const requests = requestOf(namesOf(database.catalog, 'wild'), 'zq')
      await fc.assert(
        fc.asyncProperty(requests, async (request) => {
          const policy = { exposedSchemas: ['wild'], requireRls: false }
          const reply = await database.serve({ ...request, policy }, { rollback: true })
          expect(reply.status, `${JSON.stringify(request)}\n${reply.body}\n${sql}`).toBeLessThan(500)
          if (reply.status < 300) answered += 1
        }),
        { numRuns: REQUESTS },
      )
    } finally {
      await database.close()
    }
  }
  expect(answered).toBeGreaterThan((SCHEMAS * REQUESTS) / 20)
}, 120_000)
