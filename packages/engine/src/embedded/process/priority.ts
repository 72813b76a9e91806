/** Priority of servers that run outside of a sandbox. */
import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Where the cores are short, gateway, proxy and control API go before an owner's server. */
const NICE = 5
/** Where memory is short, the kernel ends an owner's server before the stack. */
const SERVER_OOM_SCORE = 300

/** Lowers an owner's server, right after its start, below the service's own processes. */
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
