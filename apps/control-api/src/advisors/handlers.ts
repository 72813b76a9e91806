/** The route that says what could be wrong in a database. */
import type { ROUTES } from '@db9/types'
import pg from 'pg'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { type OwnStatementDeps, readDocument } from '../sql/own-statement.ts'
import { LINTS, type Lint } from './lints.ts'

const MOST_FINDINGS = 1_000

const { escapeLiteral } = pg

/** All rules in one statement, and so of one moment. Read in a session whose search_path is Postgres' catalog alone. */
const ADVISORS_SQL = `
select coalesce(json_agg(json_build_object('name', name, 'level', level, 'title', title, 'detail', detail, 'schema', schema,
    'object', object, 'remediation', remediation)), '[]')
  from (select * from (${LINTS.map(toSelect).join('\nunion all\n')}) found
         order by grade, place, schema, object limit ${MOST_FINDINGS}) finding`

function toSelect({ name, level, title, sql }: Lint, place: number): string {
  const grade = ['ERROR', 'WARN', 'INFO'].indexOf(level)
  const [own, of, called] = [name, level, title].map((text) => escapeLiteral(text))
  return `select ${own}::text as name, ${of}::text as level, ${called}::text as title, ${grade} as grade, ${place} as place,
      schema::text, object::text, detail::text, remediation::text
    from (${sql}) found (schema, object, detail, remediation)`
}

const getAdvisors: Handler<typeof ROUTES.getAdvisors, OwnStatementDeps> = async (deps, call) => ({
  status: 200,
  body: await readDocument(deps, call, { text: ADVISORS_SQL, params: [] }),
})

export function advisorHandlers(deps: OwnStatementDeps) {
  return bind(deps, { getAdvisors })
}
