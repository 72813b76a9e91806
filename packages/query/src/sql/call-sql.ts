/** SQL that calls a function. */
import type { Parameter } from '../catalog/catalog.ts'
import type { CallArguments, CallPlan } from '../plan/plan.ts'
import { returningSql } from './row.ts'
import { EMPTY, ident, list, type Params, qualifiedIdent, type Sql, sql, toArrayLiteral } from './sql.ts'
import { typeSql } from './type-sql.ts'

const RESULT = sql`c`
const ARGUMENTS = sql`a`

/** The rows that the function of a plan returns. */
export function calledSql(plan: CallPlan, params: Params): Sql {
  const { routine, result } = plan
  const { from, call } = callSql(plan, params)
  const isRecord = routine.returnType.name === 'record' && routine.outputs.length === 0
  if (result.kind === 'void' || isRecord) {
    // A record without declared columns can only be called where no columns are asked for.
    const source = from === null ? EMPTY : sql` FROM ${from}`
    return sql`SELECT ${call} AS ${ident(routine.name)}${source}`
  }
  const isScalar = result.shape === 'scalar' || result.shape === 'scalars'
  const alias = isScalar ? sql`${RESULT}(${ident(routine.name)})` : RESULT
  const type = qualifiedIdent(result.node.relation)
  const columns =
    result.returning.length === 0 ? sql`${RESULT}.*` : returningSql(result.returning, RESULT, type)
  const source = from === null ? EMPTY : sql`${from}, LATERAL `
  return sql`SELECT ${columns} FROM ${source}${call} AS ${alias}`
}

/** The call, and where its arguments come from if they are rows. */
function callSql({ routine, arguments: given }: CallPlan, params: Params): { from: Sql | null; call: Sql } {
  const name = qualifiedIdent(routine)
  return { from: argumentsFromSql(given, params), call: sql`${name}(${argumentsSql(given, params)})` }
}

function argumentsFromSql(given: CallArguments, params: Params): Sql | null {
  if (given.kind !== 'json') return null
  const definition = list(given.parameters.map(({ name, type }) => sql`${ident(name)} ${typeSql(type)}`))
  const json = sql`${params.bind(given.json)}::json`
  if (!given.isList) return sql`pg_catalog.json_to_record(${json}) AS ${ARGUMENTS} (${definition})`
  return sql`(SELECT * FROM pg_catalog.json_to_recordset(${json}) AS ${ARGUMENTS} (${definition}) LIMIT 1) AS ${ARGUMENTS}`
}

function argumentsSql(given: CallArguments, params: Params): Sql {
  switch (given.kind) {
    case 'none':
      return EMPTY
    case 'body':
      return sql`${params.bind(given.text)}::${typeSql(given.type)}`
    case 'json':
      return list(
        given.parameters.map((parameter) => namedSql(parameter, sql`${ARGUMENTS}.${ident(parameter.name)}`)),
      )
    case 'values':
      return list(
        given.values.map(({ parameter, values }) => {
          const text = parameter.variadic ? toArrayLiteral(values) : (values.at(-1) ?? null)
          return namedSql(parameter, sql`${params.bind(text)}::${typeSql(parameter.type)}`)
        }),
      )
  }
}

function namedSql({ name, variadic }: Parameter, value: Sql): Sql {
  return variadic ? sql`VARIADIC ${ident(name)} := ${value}` : sql`${ident(name)} := ${value}`
}
