/** A stack with a database worth attacking, and the proof that a refusal reached no SQL. */
import { expect } from 'vitest'
import type { LocalOptions } from '../config.ts'
import { startIdentityProvider, type TestIdentityProvider } from './identity.ts'
import { expectStatus, type Reply, type RestOptions, startTestStack, type TestStack } from './stack.ts'

export interface EdgeStack extends TestStack {
  idp: TestIdentityProvider
  databaseId: string
  /** Exposes everything that may be exposed, to any origin, at a rate that no test reaches. */
  key: string
  /** Sends what `send` sends and expects that no statement of a caller reached Postgres meanwhile. */
  withoutSql<Result>(send: () => Promise<Result>): Promise<Result>
  /** A request to the database's data plane that must not reach Postgres. */
  refused(path: string, options?: RestOptions): Promise<Reply>
}

export const GENEROUS = { rate_limit: { rps: 100_000, burst: 100_000 } }

/** `schema` is SQL that makes at least `notes`, which the first request reads. */
export async function startEdgeStack(schema: string, options: LocalOptions = {}): Promise<EdgeStack> {
  const idp = await startIdentityProvider()
  const stack = await startTestStack(options)
  const { id: databaseId } = await stack.createDatabase('edge', schema)
  const key = (await stack.createKey(databaseId, GENEROUS)).value
  expectStatus(200, await stack.api('PUT', `/databases/${databaseId}/auth-config`, byoJwt(idp)))
  // The first request reads the catalog and the key set; from here on, statements of callers are their own.
  expectStatus(200, await stack.rest(databaseId, 'notes?limit=1', { key, jwt: await idp.token('ada') }))

  const withoutSql: EdgeStack['withoutSql'] = async (send) => {
    const before = await stack.callerStatements(databaseId)
    const result = await send()
    expect(await stack.callerStatements(databaseId), 'statements of callers').toBe(before)
    return result
  }
  return {
    ...stack,
    idp,
    databaseId,
    key,
    withoutSql,
    refused: (path, request = {}) => withoutSql(() => stack.rest(databaseId, path, request)),
    dispose: async () => {
      await stack.dispose()
      await idp.close()
    },
  }
}

/** The body of `PUT …/auth-config` for an identity provider. */
export function byoJwt({ jwksUrl, issuer, audience }: TestIdentityProvider) {
  return { auth_mode: 'byo_jwt', byo_jwt: { jwks_url: jwksUrl, issuer, audience } }
}
