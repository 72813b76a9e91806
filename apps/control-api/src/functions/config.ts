/** What a version of a function is deployed with: parsed from a request, and stored as JSON. */
import { FUNCTION_LIMITS, type NewVersion } from '@db9/types'
import { unprocessable } from '../errors.ts'
import type { VersionConfig } from '../metadata/tables.ts'
import { requireCron } from './cron.ts'

/** Roles of the service that no function is to be. */
const RESERVED_ROLE = /^(?:db9_|pg_)|^authenticator$|^none$/

/** Throws 422 naming the field. */
export function parseVersionConfig(body: Omit<NewVersion, 'bundle_ref'>, now: number): VersionConfig {
  const { run_as = null, bypass_rls = false, secret_bindings = [] } = body
  if (run_as !== null && RESERVED_ROLE.test(run_as))
    throw unprocessable('run_as', `${run_as} is a role of the service`)
  if (bypass_rls && run_as !== null && run_as !== 'service_role')
    throw unprocessable(
      'bypass_rls',
      'the role service_role alone bypasses row level security; leave run_as out',
    )
  const aliases = secret_bindings.map((text) => text.split('=')[0])
  if (new Set(aliases).size < aliases.length) throw unprocessable('secret_bindings', 'two have the same name')
  return {
    entrypoint: body.entrypoint,
    run_as,
    bypass_rls,
    timeout_ms: body.limits?.timeout_ms ?? FUNCTION_LIMITS.defaultTimeoutMs,
    network_allowlist: body.network_allowlist ?? [],
    fs9_scope: body.fs9_scope ? { read: body.fs9_scope.read ?? [], write: body.fs9_scope.write ?? [] } : null,
    secret_bindings,
    cron_schedule: body.cron_schedule === undefined ? null : requireCron(body.cron_schedule, now),
  }
}

/** The role that its SQL runs as, where its caller has the role `callerRole`. */
export function roleOf<Role extends string | null>(
  { run_as, bypass_rls }: VersionConfig,
  callerRole: Role,
): string | Role {
  return bypass_rls ? 'service_role' : (run_as ?? callerRole)
}
