/** Errors that our own statements raise, as refusals. */
import { errors, type QueryError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { GUARD } from '../sql/main-row.ts'

/** What one of our guards means. `number`, of rows or bytes, is the message it was raised with; it may be empty. */
export function guardError(code: string, number: string, plan: Plan | undefined): QueryError {
  const count = /^\d+$/.test(number) ? number : '0'
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
    case GUARD.valueTooLarge:
      return errors.valueTooLarge()
    case GUARD.responseTooLarge:
      return tooLarge(Number(count), plan?.responseBytes ?? 0)
    default:
      return errors.staleCatalog()
  }
}

/** Of one embed among many, or of the reply. */
function tooLarge(bytes: number, responseBytes: number): QueryError {
  const isEmbed = bytes > 0 && bytes < responseBytes
  return isEmbed ? errors.responseTooLarge(bytes, 'embed') : errors.responseTooLarge(responseBytes)
}

const GUARDS: ReadonlySet<string> = new Set(Object.values(GUARD))

export function isGuard(code: string): boolean {
  return GUARDS.has(code)
}
