/** Cron expressions: a pure function of the expression and a moment, in UTC. */
import { Cron } from 'croner'
import { unprocessable } from '../errors.ts'

/** When an expression is due next after a moment; null where never. Throws croner's own words for what is none. */
export function nextDue(expression: string, after: Date): Date | null {
  return new Cron(expression, { mode: '5-part', timezone: 'UTC', paused: true }).nextRun(after)
}

/** Throws 422 for what is no expression, or never due. */
export function requireCron(expression: string, now: number): string {
  let next: Date | null
  try {
    next = nextDue(expression, new Date(now))
  } catch (error) {
    throw unprocessable('cron_schedule', String((error as Error).message).replace(/^CronPattern: /, ''))
  }
  if (next === null) throw unprocessable('cron_schedule', 'it is never due')
  return expression
}
