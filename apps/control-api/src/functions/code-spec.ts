/** A version with all that its isolate is made of, for the functions part. */
import type { CodeSpec, FunctionAccount } from '@db9/types/functions-part'
import type { Kysely } from 'kysely'
import type { Encryption } from '../encryption.ts'
import { unprocessable } from '../errors.ts'
import type { FunctionVersionRow, Tables } from '../metadata/tables.ts'
import { placeOfSecret } from '../secrets/store.ts'

export interface CodeSpecDeps {
  db: Kysely<Tables>
  encryption: Encryption
}

/** Opens the secrets that the version binds; 422 naming the one that there is not. */
export async function toCodeSpec(
  { db, encryption }: CodeSpecDeps,
  version: Omit<FunctionVersionRow, 'created_at' | 'version'>,
): Promise<CodeSpec> {
  const { config, database_id } = version
  const bindings = config.secret_bindings.map((text) => {
    const [alias = text, name = alias] = text.split('=')
    return { alias, name }
  })
  const rows =
    bindings.length === 0
      ? []
      : await db
          .selectFrom('secrets')
          .select(['name', 'value'])
          .where('database_id', '=', database_id)
          .where('name', 'in', [...new Set(bindings.map(({ name }) => name))])
          .execute()
  const values = new Map(
    rows.map(({ name, value }) => [name, encryption.open(value, placeOfSecret(database_id, name))]),
  )
  const secrets = bindings.map(({ alias, name }) => {
    const value = values.get(name)
    if (value === undefined) throw unprocessable('secret_bindings', `there is no secret ${name}`)
    return [alias, value] as const
  })
  return {
    account: await accountOf(db, database_id),
    database_id,
    function_id: version.function_id,
    version_id: version.id,
    bundle_digest: version.bundle_digest,
    entrypoint: config.entrypoint,
    network_allowlist: config.network_allowlist,
    secrets: Object.fromEntries(secrets),
  }
}

async function accountOf(db: Kysely<Tables>, databaseId: string): Promise<FunctionAccount> {
  return db
    .selectFrom('databases as d')
    .innerJoin('customers as c', 'c.id', 'd.customer_id')
    .select(['c.id', 'c.kind'])
    .where('d.id', '=', databaseId)
    .executeTakeFirstOrThrow()
}
