/** The route that gives what a database defines as types of a language. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import type { TokenUses } from '../auth/token-uses.ts'
import { requireActive } from '../databases/store.ts'
import { unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { parseIdentifier } from '../postgres-names.ts'
import { toUnavailable, wake } from '../sql/wake.ts'
import type { TypesGenerator } from './generator.ts'

export interface TypesDeps {
  engine: Pick<DatabaseEngine, 'connect' | 'restoreLogins'>
  typesGenerator: Pick<TypesGenerator, 'generate'>
  tokenUses: TokenUses
}

const MOST_SCHEMAS = 20

/** Wakes the database → a thread reads its catalog as admin and writes the types. */
const getTypes: Handler<typeof ROUTES.getTypes, TypesDeps> = async (deps, call) => {
  const { caller, database, query, request } = call
  const schemas = parseSchemas(query.schemas ?? 'public')
  const language = query.lang ?? 'typescript'
  requireActive(database)
  const types = await deps.tokenUses.whileValid(caller, request, async (signal) => {
    const { address, database: name, logins } = await wake(deps.engine, database.id)
    // Its thread does not try twice.
    await deps.engine.restoreLogins(database.id).catch(toUnavailable)
    const login = { as: 'admin', address, database: name, logins, readOnly: true, isOurs: true } as const
    return deps.typesGenerator.generate(caller.customerId, { login, language, schemas }, signal)
  })
  return { status: 200, body: { types } }
}

/** Names between commas. */
function parseSchemas(text: string): string[] {
  const schemas = [...new Set(text.split(',').map((name) => name.trim()))]
  if (schemas.length > MOST_SCHEMAS) throw unprocessable('schemas', `must be at most ${MOST_SCHEMAS}`)
  return schemas.map((name) => parseIdentifier(name, 'schemas'))
}

export function typesHandlers(deps: TypesDeps) {
  return bind(deps, { getTypes })
}
