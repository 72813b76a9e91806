/** What a start prints. */
import { credentialsPath } from '@db9/control-api/start'
import type { LocalStack } from './start.ts'

/** What a person needs once the stack serves. Holds no secret: the token stays in its file. */
export function describe(stack: LocalStack): string {
  return `
  db9 is up.

    REST API      ${stack.url}/customer          (try it: ${stack.url}/docs)
    Data plane    ${stack.url}/db/<database_id>/rest/v1/<table>
    Postgres      ${stack.pgHost}:${stack.pgPort}                   (psql "$connection_string")
    Your token    ${credentialsPath(stack.home)}
    Data          ${stack.dataFolder}
    Logs          ${stack.home}/logs

  A database and a publishable key:

    TOKEN=$(sed -n 's/^token = "\\(.*\\)"$/\\1/p' '${credentialsPath(stack.home)}')
    curl -X POST ${stack.url}/customer/databases \\
      -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"name": "myapp"}'
    curl -X POST ${stack.url}/customer/databases/myapp/publishable-keys \\
      -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"name": "web"}'

  Next: the five-minute start in README.md. Stop with Ctrl-C.

`
}
