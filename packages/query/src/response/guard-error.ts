import { errors, type QueryError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { GUARD } from '../sql/main-row.ts'

/** What one of our guards means. `rows` is the message it was raised with. */
export function guardError(code: string, rows: string, plan: Plan | undefined): QueryError {
  const count = /^\d+$/.test(rows) ? rows : '0'
  switch (code) {
    case GUARD.singular:
      return errors.singular(count)
    case GUARD.maxAffected:
      return errors.maxAffected(count)
    case GUARD.putMismatch:
      return errors.putMismatch()
    case GUARD.responseHeaders:
      return errors.responseHeaders()
    case GUARD.responseStatus:
      return errors.responseStatus()
    case GUARD.responseTooLarge:
      return errors.responseTooLarge(plan?.responseBytes ?? 0)
    default:
      return errors.staleCatalog()
  }
}

const GUARDS: ReadonlySet<string> = new Set(Object.values(GUARD))

export function isGuard(code: string): boolean {
  return GUARDS.has(code)
}
