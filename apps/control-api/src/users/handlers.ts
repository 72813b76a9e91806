/** The routes of the Postgres users of a database. */
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { ROUTES } from '@db9/types'
import * as z from 'zod'
import { type AuditedAction, audited } from '../audit/audit.ts'
import type { PgAddress, ProxyChange } from '../config.ts'
import { type RowDeps, revokeCredentialsOfRole } from '../connect-keys/revoke.ts'
import { newPassword, parsePassword } from '../databases/passwords.ts'
import { requireActive } from '../databases/store.ts'
import { toConnectionString } from '../databases/view.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import { toApiError } from '../operations/failures.ts'
import { parseIdentifier } from '../postgres-names.ts'
import { type OwnStatementDeps, withOwnStatements } from '../sql/own-statement.ts'
import { parseDeletable, parseUsername } from './names.ts'
import {
  createUserSql,
  DATABASES_SQL,
  dropUserSql,
  handOverSql,
  listUsersSql,
  shutOutSql,
} from './users-sql.ts'

export interface UserDeps extends OwnStatementDeps, RowDeps {
  pgAddress: () => PgAddress
  notifyProxy: (change: ProxyChange) => Promise<void>
}

const DUPLICATE_OBJECT = '42710'

const listUsers: Handler<typeof ROUTES.listUsers, UserDeps> = async (deps, call) => {
  const { query } = call
  const page = await withOwnStatements(deps, call, (run) =>
    run([listUsersSql(query.cursor ?? '', rowsOf(query))], { readOnly: true }),
  )
  const rows = page.as(ROUTES.listUsers.responses[200].schema).map((user) => ({ ...user, id: user.name }))
  return toPage(rows, query, ({ id: _, ...user }) => user)
}

const createUser: Handler<typeof ROUTES.createUser, UserDeps> = async (deps, call) => {
  const { caller, database, body, request } = call
  const username = parseUsername(body.username)
  const password = body.password === undefined ? newPassword() : parsePassword(body.password, 'password')
  const roles = (body.roles ?? []).map((role, i) => parseIdentifier(role, `roles.${i}`))
  const grants = (body.grants ?? []).map(({ schema, access }, i) => ({
    schema: parseIdentifier(schema, `grants.${i}.schema`),
    access,
  }))
  requireActive(database)
  const statements = createUserSql({ username, verifier: makeScramVerifier(password), roles, grants })
  await audited(deps.db, { caller, request }, actionOn('create', database.id, username), () =>
    withOwnStatements(deps, call, (run) => run(statements, { readOnly: false })).catch((error) => {
      if (!(error instanceof ApiError) || error.fields.code !== DUPLICATE_OBJECT) throw error
      throw new ApiError('conflict', `User '${username}' already exists`)
    }),
  )
  const address = deps.pgAddress()
  return {
    status: 201,
    body: {
      message: `User '${username}' created`,
      username,
      password,
      connection_string: toConnectionString(database.id, null, address, username),
      connection_string_with_password: toConnectionString(database.id, password, address, username),
    },
  }
}

/** Shut the user out → end its sessions → hand over what it owns in each database → drop it. Each step may be repeated. */
const deleteUser: Handler<typeof ROUTES.deleteUser, UserDeps> = async (deps, call) => {
  const { caller, database, params, request } = call
  const username = parseDeletable(params.username)
  requireActive(database)
  await audited(deps.db, { caller, request }, actionOn('delete', database.id, username), () =>
    withOwnStatements(deps, call, async (run) => {
      const found = await run(shutOutSql(username), { readOnly: false })
      if (!found.as(z.boolean())) throw new ApiError('not_found', 'user not found')
      await deps.notifyProxy({ databaseId: database.id, what: 'passwords' }).catch((error: unknown) => {
        throw toApiError('the user is not deleted yet', error)
      })
      const databases = (await run([DATABASES_SQL], { readOnly: true })).as(z.array(z.string()))
      for (const beside of databases) await run(handOverSql(username), { readOnly: false, beside })
      await run(dropUserSql(username), { readOnly: false })
      await revokeCredentialsOfRole(deps, { databaseId: database.id, role: username })
    }),
  )
  return { status: 200, body: { message: `User '${username}' deleted` } }
}

function actionOn(operation: 'create' | 'delete', databaseId: string, username: string): AuditedAction {
  return { operation, resource: 'user', id: databaseId, name: username, databaseId }
}

export function userHandlers(deps: UserDeps) {
  return bind(deps, { listUsers, createUser, deleteUser })
}
