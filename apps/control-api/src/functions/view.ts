/** Functions, versions and runs as the REST API shows them. */
import type { FunctionInfo, FunctionRun, FunctionVersion } from '@db9/types'
import type { FunctionRow, FunctionRunRow, FunctionVersionRow } from '../metadata/tables.ts'

export function toFunction(row: FunctionRow): FunctionInfo {
  const { id, name, enabled, visibility, active_version_id, next_run_at, disabled_reason } = row
  return {
    id,
    name,
    enabled,
    visibility,
    active_version_id,
    next_run_at: next_run_at?.toISOString() ?? null,
    disabled_reason,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export function toVersion({
  id,
  version,
  bundle_digest,
  config,
  created_at,
}: FunctionVersionRow): FunctionVersion {
  const { timeout_ms, ...rest } = config
  return {
    id,
    version,
    ...rest,
    limits: { timeout_ms },
    // Where the code lies now, whatever it came by.
    bundle_ref: `bundle://${bundle_digest}`,
    bundle_digest,
    created_at: created_at.toISOString(),
  }
}

export type ListedRun = Omit<FunctionRunRow, 'logs' | 'result_json' | 'database_id' | 'lease_until'>

export function toRun(row: ListedRun): FunctionRun {
  const { id, function_id, version_id, trigger_type, status, run_as, attempt, duration_ms, error } = row
  return {
    id,
    function_id,
    version_id,
    trigger_type,
    status,
    run_as,
    attempt,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    duration_ms,
    error,
  }
}
