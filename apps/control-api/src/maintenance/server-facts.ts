/** GET /customer/server: what whoever runs the installation should know of it. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES, ServerFacts } from '@db9/types'
import type { Handler } from '../http/call.ts'

export const getServer: Handler<typeof ROUTES.getServer> = async ({ engine }) => ({
  status: 200,
  body: toServerFacts(engine),
})

export function toServerFacts(engine: DatabaseEngine): ServerFacts {
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
