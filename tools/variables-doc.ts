/**
 * Writes the tables of variables in the docs from the configuration tables of the parts, between `<!-- variables: part -->` and
 * `<!-- /variables -->`. With `--check`, part of `pnpm check`, it compares instead.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONTROL_API_VARIABLES } from '../apps/control-api/src/variables.ts'
import { DATA_PROXY_VARIABLES } from '../apps/data-proxy/src/variables.ts'
import { FUNCTIONS_VARIABLES } from '../apps/functions/src/variables.ts'
import { GATEWAY_VARIABLES } from '../apps/gateway/launch/variables.ts'
import { LOCAL_VARIABLES } from '../apps/local/src/variables.ts'
import { toMarkdown } from '../packages/process/src/variables/describe.ts'
import type { VariableTable } from '../packages/process/src/variables/variable.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const PAGES = ['README.md', 'docs/parts.md']
const TABLES: Record<string, VariableTable> = {
  local: LOCAL_VARIABLES,
  'control-api': CONTROL_API_VARIABLES,
  'data-proxy': DATA_PROXY_VARIABLES,
  functions: FUNCTIONS_VARIABLES,
  gateway: GATEWAY_VARIABLES,
}
const SECTION = /<!-- variables: ([a-z-]+) -->\n[\s\S]*?<!-- \/variables -->/g

/** The links of the tables are relative to the root. */
function written(page: string, up: string): string {
  return page.replaceAll(SECTION, (_, part: string) => {
    const table = TABLES[part]
    if (!table) throw new Error(`there is no part "${part}"`)
    return `<!-- variables: ${part} -->\n${toMarkdown(table).replaceAll('](', `](${up}`)}\n<!-- /variables -->`
  })
}

for (const name of PAGES) {
  const path = join(root, name)
  const page = readFileSync(path, 'utf8')
  const now = written(page, '../'.repeat(name.split('/').length - 1))
  if (!process.argv.includes('--check')) {
    writeFileSync(path, now)
  } else if (now !== page) {
    console.error(`${name} is not what the tables of variables say. Run: npx --yes pnpm@12 run variables`)
    process.exitCode = 1
  }
}
