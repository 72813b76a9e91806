/** Schemas of what a database defines: tables, views, functions, enums. */
import * as z from 'zod'

const names = z.array(z.string())
const comment = z.string().nullable()

const tableName = z.object({ schema: z.string(), name: z.string() })

const column = z
  .object({
    name: z.string(),
    type: z.string().describe('As format_type writes it: integer, text, character varying(20), public.mood'),
    nullable: z.boolean(),
    default: z.string().nullable().describe('The expression of a default or of a generated column'),
    generated: z.enum(['stored', 'virtual']).nullable(),
    identity: z.enum(['always', 'by_default']).nullable(),
    comment,
  })
  .meta({ id: 'SchemaColumn' })

const foreignKey = z.object({
  name: z.string(),
  columns: names,
  references: tableName.extend({ columns: names }),
  on_update: z.string().describe('NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT'),
  on_delete: z.string().describe('As on_update'),
})

const index = z.object({
  name: z.string(),
  method: z.string(),
  unique: z.boolean(),
  primary: z.boolean(),
  valid: z.boolean().describe('false: it was built by CONCURRENTLY and failed'),
  definition: z.string(),
})

const policy = z.object({
  name: z.string(),
  command: z.enum(['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE']),
  permissive: z.boolean(),
  roles: names.describe('public: every role'),
  using: z.string().nullable(),
  check: z.string().nullable(),
})

const trigger = z.object({ name: z.string(), enabled: z.boolean(), definition: z.string() })

const table = tableName
  .extend({
    kind: z.enum(['table', 'partitioned_table', 'foreign_table']),
    owner: z.string(),
    comment,
    columns: z.array(column),
    partition_of: tableName.nullable(),
    row_level_security: z.object({
      enabled: z.boolean(),
      forced: z.boolean().describe('The owner is held by the policies, too'),
    }),
    policies: z.array(policy),
    primary_key: z.object({ name: z.string(), columns: names }).nullable(),
    unique_keys: z.array(z.object({ name: z.string(), columns: names })),
    foreign_keys: z.array(foreignKey),
    checks: z.array(z.object({ name: z.string(), definition: z.string() })),
    indexes: z.array(index),
    triggers: z.array(trigger),
  })
  .meta({ id: 'SchemaTable' })

const view = z
  .object({
    name: z.string(),
    schema: z.string(),
    kind: z.enum(['view', 'materialized_view']),
    owner: z.string(),
    comment,
    security_invoker: z
      .boolean()
      .describe('Its tables are read with the rights of the caller, whose policies then hold'),
    columns: z.array(column),
    definition: z.string(),
  })
  .meta({ id: 'SchemaView' })

const routine = tableName
  .extend({
    kind: z.enum(['function', 'procedure', 'aggregate', 'window']),
    owner: z.string(),
    arguments: z.string().describe('With names, types and defaults'),
    returns: z.string().nullable().describe('null: a procedure'),
    language: z.string(),
    volatility: z.enum(['immutable', 'stable', 'volatile']),
    security_definer: z.boolean().describe('It runs with the rights of its owner'),
    comment,
  })
  .meta({ id: 'SchemaFunction' })

export const databaseSchema = z
  .object({
    tables: z.array(table),
    views: z.array(view),
    functions: z.array(routine),
    enums: z.array(tableName.extend({ values: names })),
  })
  .meta({ id: 'DatabaseSchema' })
