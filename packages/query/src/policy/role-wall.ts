/** Refuses a database in which the data plane's roles could become another role. */
import type { Catalog, ReachableRole } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'

/** The only roles that the data plane's login may become. */
const WITHIN: ReadonlySet<string> = new Set(['authenticator', 'anon', 'authenticated'])

const FLAGS = {
  superuser: 'SUPERUSER',
  bypassRls: 'BYPASSRLS',
  createRole: 'CREATEROLE',
  replication: 'REPLICATION',
  createDatabase: 'CREATEDB',
} as const satisfies Partial<Record<keyof ReachableRole, string>>

/**
 * The owner of a database can move the wall between the data plane and its other roles (`GRANT boss TO anon`).
 * Throws DB9501, which names the grant, wherever that happened.
 */
export function assertRoleWall(catalog: Catalog): void {
  if (catalog.reachableRoles.length === 0) {
    throw errors.roleWall('The role "authenticator" does not exist.', 'Restore the roles of the database.')
  }
  for (const role of catalog.reachableRoles) {
    if (!WITHIN.has(role.name)) {
      const member = role.via ?? 'authenticator'
      throw errors.roleWall(
        `The role "${role.name}" is granted to "${member}".`,
        `Run: REVOKE ${quoted(role.name)} FROM ${quoted(member)};`,
      )
    }
    for (const [flag, sql] of Object.entries(FLAGS)) {
      if (role[flag as keyof typeof FLAGS]) {
        throw errors.roleWall(
          `The role "${role.name}" is ${sql}.`,
          `Run: ALTER ROLE ${quoted(role.name)} NO${sql};`,
        )
      }
    }
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
