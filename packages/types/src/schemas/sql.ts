/** Schemas of SQL over the REST API. */
import * as z from 'zod'
import { MAX_BODY_VALUES } from '../contract.ts'

/** Any JSON value. Not z.json(): that walks the value, and a hostile one is deeper than a stack. */
const json = z.unknown()

export const sqlRequest = z.strictObject({
  query: z.string().optional(),
  file_content: z.string().optional().describe('In place of query'),
  params: z
    .array(json)
    .max(MAX_BODY_VALUES)
    .optional()
    .describe(
      'Values of $1, $2, …; with params the text is one statement. A JSON array is a Postgres array. At most 10,000 values in all, nested at most 64 deep; a text of JSON is one value.',
    ),
})

export const sqlColumn = z.object({
  name: z.string(),
  data_type: z.string().describe('As format_type writes it'),
  type: z.string().describe('The same as data_type'),
})

export const sqlResult = z
  .object({
    columns: z.array(sqlColumn),
    rows: z
      .array(z.array(json))
      .describe(
        'int8, numeric, dates and times as strings, json as it is, bytea as \\x hex, arrays as arrays',
      ),
    row_count: z.number().int().describe('Rows returned, or rows changed where none are returned'),
    command: z.string(),
  })
  .meta({ id: 'SqlResult' })

export const sqlReply = sqlResult
  .extend({
    results: z.array(sqlResult).optional().describe('All of them, where there were several statements'),
  })
  .meta({ id: 'SqlReply' })
