/**
 * Writes the tables of docs/postgrest-conformance.md from the corpus of packages/query, so that each row is a test. With `--check`,
 * part of `pnpm check`, it compares instead. What stands above the marker is written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CorpusCase } from '../packages/query/src/testing/corpus/corpus-case.ts'
import { CORPUS } from '../packages/query/src/testing/corpus/index.ts'

const PAGE = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs/postgrest-conformance.md')
const MARKER = '<!-- The tables below are written by `npx --yes pnpm@12 run conformance`. -->'

const TITLE: Readonly<Record<string, string>> = {
  select: 'Columns',
  filters: 'Filters',
  paging: 'Order, limits and counts',
  media: 'Media types',
  handlers: 'Media type handlers',
  embedding: 'Embedding',
  aggregates: 'Aggregates',
  writes: 'Insert, update, upsert, delete',
  functions: 'Functions',
  exposure: 'What a key lists',
  safety: 'Row level security',
  refusals: 'Requests that are refused',
  names: 'Names',
  types: 'Types',
  relations: 'Relationships of all kinds',
  'odd-writes': 'Writes, odd cases',
  'odd-functions': 'Functions, odd cases',
  reports: 'What public bug reports asked',
}

function row({ name, method = 'GET', url, headers = {}, body, status, error }: CorpusCase): string {
  const given = Object.entries(headers).map(([header, value]) => `${header}: ${value}`)
  const request = [`${method} ${url}`, ...given, ...(body === undefined ? [] : [body])].join(' ⏎ ')
  const code = error === undefined ? '' : ` ${error.code}`
  return `| ${toCell(name)} | \`\` ${toCell(request)} \`\` | ${status}${code} |`
}

function toCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}

const tables = Object.entries(CORPUS).map(([topic, cases]) =>
  [
    `## ${TITLE[topic] ?? topic}`,
    '',
    '| behaviour | request | reply |',
    '|---|---|---|',
    ...cases.map(row),
    '',
  ].join('\n'),
)
const before = readFileSync(PAGE, 'utf8')
const [head = ''] = before.split(MARKER)
const page = `${head}${MARKER}\n\n${tables.join('\n')}`

if (!process.argv.includes('--check')) writeFileSync(PAGE, page)
else if (before !== page) {
  console.error(
    'docs/postgrest-conformance.md is not what the corpus says. Run: npx --yes pnpm@12 run conformance',
  )
  process.exitCode = 1
}
