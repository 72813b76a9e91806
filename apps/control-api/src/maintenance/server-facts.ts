/** GET /customer/server: what the operator of an installation should know of it. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES, ServerFacts } from '@db9/types'
import type { Handler } from '../http/call.ts'

export interface FactsDeps {
  engine: Pick<DatabaseEngine, 'facts'>
}

export const getServer: Handler<typeof ROUTES.getServer, FactsDeps> = async ({ engine }) => ({
  status: 200,
  body: toServerFacts(engine),
})

export function toServerFacts(engine: FactsDeps['engine']): ServerFacts {
  const { postgres, isolation } = engine.facts()
  return {
    postgres: {
      version: postgres.version,
      newest_known: postgres.newestKnown,
      folder: postgres.folder,
      flaws: postgres.flaws.map(({ cve, fixedIn, summary, usableBy }) => ({
        cve,
        fixed_in: fixedIn,
        summary,
        usable_by: usableBy,
      })),
      passed_over: [...postgres.passedOver],
    },
    isolation:
      isolation.state === 'on'
        ? { state: 'on', by: isolation.by, reason: null }
        : { state: 'off', by: null, reason: isolation.reason },
  }
}
