import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A tenant's server yields to gateway, proxy and control API where the cores are short. */
const NICE = 5
/** Where memory is short, the kernel ends a tenant's session first, then a tenant's server, and the stack last. */
const SERVER_OOM_SCORE = 300
const SESSION_OOM_SCORE = 700

/** Postgres gives its children another score than its own by these (docs: "Linux Memory Overcommit"). */
export const OOM_ENVIRONMENT: Readonly<Record<string, string>> =
  process.platform === 'linux'
    ? { PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj', PG_OOM_ADJUST_VALUE: String(SESSION_OOM_SCORE) }
    : {}

/** Lowers a tenant's server, right after its start, below the service's own processes. */
export function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, NICE)
    if (process.platform !== 'linux') return
    // Only the privileged may lower it; who runs the stack may have raised it for all.
    const current = Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
    if (current < SERVER_OOM_SCORE) writeFileSync(`/proc/${pid}/oom_score_adj`, String(SERVER_OOM_SCORE))
  } catch {
    // It has ended already, or the system does not let us: the server runs as well without.
  }
}
