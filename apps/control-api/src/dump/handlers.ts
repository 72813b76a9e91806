/** The route that dumps a database. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { accessTo } from '../auth/caller.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { EncodedJson } from '../http/reply.ts'
import type { Tables } from '../metadata/tables.ts'
import { toUnavailable, wake } from '../sql/wake.ts'
import type { Dumper } from './dumper.ts'

export interface DumpDeps {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'connect' | 'restoreLogins'>
  dumper: Dumper
  tokenUses: TokenUses
}

const dumpDatabase: Handler<typeof ROUTES.dumpDatabase, DumpDeps> = async (deps, call) => {
  const { caller, database, body, request } = call
  requireActive(database)
  // A request that finds no place leaves no row: rows of refused ones would drive out those of what was done.
  const onBegin = () =>
    deps.db.transaction().execute((trx) => auditDatabase(trx, { caller, request }, 'read', database, 'dump'))
  const json = await deps.tokenUses.whileValid(caller, request, async (signal) => {
    const { address, database: name, logins } = await wake(deps.engine, database.id)
    // Its thread does not try twice.
    await deps.engine.restoreLogins(database.id).catch(toUnavailable)
    if (address.kind !== 'unix') {
      throw new ApiError('unprocessable', 'databases elsewhere are not dumped here; use pg_dump')
    }
    const login = { as: 'admin', address, database: name, logins, readOnly: true, isOurs: true } as const
    return deps.dumper.dump(
      caller.customerId,
      { login, ddlOnly: body.ddl_only ?? false, withoutSecrets: accessTo(caller, database) === 'ro' },
      { signal, onBegin },
    )
  })
  return { status: 200, body: new EncodedJson(json) }
}

export function dumpHandlers(deps: DumpDeps) {
  return bind(deps, { dumpDatabase })
}
