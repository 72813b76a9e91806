/** Where an error of Postgres came from, by its context: the stack of functions, or the parameter that could not be read. */
import type { PostgresFields } from './postgres-fields.ts'

/** The context of a parameter that its type's input function refused (postgres.c, `bind_param_error_callback`). */
const PARAMETER =
  /^(?:JSON data, line \d+: .*\n)?(?:unnamed portal|portal "[^"]*") parameter \$\d+(?: = .*)?$/

/** What a function raises on purpose (pl_exec.c, `plpgsql_exec_error_callback`). */
const RAISED = /^PL\/pgSQL function .* line \d+ at (?:RAISE|ASSERT)$/

type Origin = Pick<PostgresFields, 'where'>

/** Whether the error is about a parameter: whatever it quotes, the caller sent. */
export function isOfParameter({ where }: Origin): boolean {
  return PARAMETER.test(where ?? '')
}

/** Whether the statement itself failed, or one of its parameters; not a function, trigger or policy that it called. */
export function isOfStatement(origin: Origin): boolean {
  return !origin.where || isOfParameter(origin)
}

/** Whether the innermost function raised it in its own words. */
export function isRaised({ where }: Origin): boolean {
  return RAISED.test((where ?? '').split('\n', 1)[0] ?? '')
}
