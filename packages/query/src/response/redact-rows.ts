/** The details of Postgres' errors, which quote rows and keys. */
import type { Relation } from '../catalog/catalog.ts'
import type { Plan, WritePlan } from '../plan/plan.ts'
import type { PostgresFields } from './postgres-fields.ts'
import type { NameRedaction } from './redact-names.ts'
import { isSent } from './sent-values.ts'

/** Of dependencies, locks, processes and the inside of functions: names and values without quotes. */
const NEVER_TOLD = /^(?:2B|40|55(?!000)|P0)/
const KEY = /^Key \((.+?)\)=\(/
/** How a key's details end; what another row holds is never told. */
const KEY_END =
  / (?:already exists|is duplicated|is not present in table ".*"|is still referenced from table ".*")\.$/
const CONFLICT = / conflicts with (?:existing )?key \(/
const PARTITION = /^Partition key of the failing row contains \((.+?)\) = \(/

/** The details without values that the caller did not send and names that are not exposed; null where nothing is left. */
export function redactDetails(
  code: string,
  details: string,
  plan: Plan,
  names: NameRedaction,
  fields: PostgresFields,
): string | null {
  if (NEVER_TOLD.test(code)) return null
  const rows = names.isTableShown ? sentRows(plan, fields) : []
  if (details.startsWith('Failing row contains')) {
    return rows.some((row) => details === `Failing row contains (${row.all()}).`) ? details : null
  }
  const [, partition] = PARTITION.exec(details) ?? []
  if (partition !== undefined) {
    const isOwn = rows.some(
      (row) =>
        details === `Partition key of the failing row contains (${partition}) = (${row.of(partition)}).`,
    )
    return isOwn ? details : null
  }
  const [, columns] = KEY.exec(details) ?? []
  if (columns !== undefined) return redactKey(details, columns, rows, names)
  return names.inTypes(
    names.inText(details, code.startsWith('22') ? (text) => isSent(text, plan) : undefined),
  )
}

function redactKey(
  details: string,
  columns: string,
  rows: readonly SentRow[],
  names: NameRedaction,
): string | null {
  if (!names.isTableShown) return null
  const end = CONFLICT.test(details) ? ' conflicts with existing key.' : KEY_END.exec(details)?.[0]
  if (end === undefined) return null
  const own = rows
    .map((row) => `Key (${columns})=(${row.of(columns)})`)
    .find((key) => details === key + end || details.replace(CONFLICT, '\0').startsWith(`${key}\0`))
  return names.inText((own ?? `Key${names.hasColumns(columns) ? ` (${columns})` : ''}`) + end)
}

/** A row as the caller sent it, and as Postgres would print it. */
class SentRow {
  readonly #row: Record<string, unknown>
  readonly #target: Relation

  constructor(row: Record<string, unknown>, target: Relation) {
    this.#row = row
    this.#target = target
  }

  /** All columns of the relation; what was not sent counts as null. */
  all(): string {
    return [...this.#target.columns.keys()].map((name) => clip(this.#value(name))).join(', ')
  }

  /** Columns with commas between them, as an error lists them. */
  of(columns: string): string {
    return columns
      .split(', ')
      .map((name) => this.#value(name.replaceAll('"', '')))
      .join(', ')
  }

  /** What Postgres may print otherwise is then not found to be the caller's. */
  #value(name: string): string {
    const value = Object.hasOwn(this.#row, name) ? this.#row[name] : null
    if (typeof value === 'boolean') return value ? 't' : 'f'
    return value === null || value === undefined ? 'null' : String(value)
  }
}

/** The rows of a write, where the error is about the relation that it is to, or one that this shows. */
function sentRows(plan: Plan, { schema, table }: PostgresFields): SentRow[] {
  if (plan.action !== 'write' || plan.write.kind === 'delete') return []
  const isTarget = sourcesOf(plan).some((relation) => relation.schema === schema && relation.name === table)
  if (!isTarget) return []
  const names = new Set(plan.write.columns.map(({ name }) => name))
  const rows: Record<string, unknown>[] = JSON.parse(plan.write.body.json)
  return rows.map((row) => {
    const sent = Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name)))
    return new SentRow(sent, plan.target)
  })
}

/** The relation that is written to, and below a view what it shows. */
function sourcesOf({ target, exposure }: WritePlan): Relation[] {
  const found = new Set([target])
  for (const relation of found) {
    for (const oid of relation.sources) {
      const source = exposure.catalog.relations.get(oid)
      if (source !== undefined) found.add(source)
    }
  }
  return [...found]
}

const MAX_FIELD_BYTES = 64

/** As Postgres shortens the fields of a failing row (execMain.c, `ExecBuildSlotValueDescription`). */
function clip(text: string): string {
  if (new TextEncoder().encode(text).length <= MAX_FIELD_BYTES) return text
  let clipped = ''
  let bytes = 0
  for (const character of text) {
    bytes += new TextEncoder().encode(character).length
    if (bytes > MAX_FIELD_BYTES) break
    clipped += character
  }
  return `${clipped}...`
}
