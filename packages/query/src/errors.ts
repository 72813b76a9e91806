/**
 * Everything that can be wrong with a request, one row per code: code, status, message, details, hint.
 * Codes and texts are PostgREST's (docs.postgrest.org, "Errors"); ours begin with `DB9`.
 */

export type Details = string | readonly object[] | null

export interface ErrorFields {
  code: string
  status: number
  message: string
  details?: Details
  hint?: string | null
  headers?: readonly [string, string][]
}

/** The only error that this package throws. Its fields may be shown to the caller. */
export class QueryError extends Error {
  readonly code: string
  readonly status: number
  readonly details: Details
  readonly hint: string | null
  /** Beside those that every error reply carries. */
  readonly headers: readonly [string, string][]

  constructor(fields: ErrorFields) {
    super(fields.message)
    this.name = 'QueryError'
    this.code = fields.code
    this.status = fields.status
    this.details = fields.details ?? null
    this.hint = fields.hint ?? null
    this.headers = fields.headers ?? []
  }
}

function row(
  code: string,
  status: number,
  message: string,
  details: Details = null,
  hint: string | null = null,
): QueryError {
  return new QueryError({ code, status, message, details, hint })
}

/** How to make a relation safe, by what is wrong with it. */
const SAFETY = {
  no_rls: {
    code: 'DB9201',
    message: (name: string) => `Row level security is not enabled on '${name}'`,
    hint: (quoted: string) =>
      `Run: ALTER TABLE ${quoted} ENABLE ROW LEVEL SECURITY; and add policies for it.`,
  },
  owned_by_caller: {
    code: 'DB9202',
    message: (name: string) =>
      `'${name}' is owned by a role of the data plane, which its policies do not bind`,
    hint: (quoted: string) => `Run: ALTER TABLE ${quoted} OWNER TO admin; or FORCE ROW LEVEL SECURITY on it.`,
  },
  not_invoker: {
    code: 'DB9203',
    message: (name: string) => `The view '${name}' reads with the rights of its owner`,
    hint: (quoted: string) => `Run: ALTER VIEW ${quoted} SET (security_invoker = true);`,
  },
  unsafe_source: {
    code: 'DB9204',
    message: (name: string) => `The view '${name}' reads a relation without row level security`,
    hint: (quoted: string) =>
      `Enable row level security on every table that ${quoted} reads, through all views.`,
  },
  calls_definer: {
    code: 'DB9207',
    message: (name: string) => `The view '${name}' calls a function with the rights of its owner`,
    hint: (quoted: string) =>
      `Name each SECURITY DEFINER function that ${quoted} calls in exposed_functions of the key, or make it SECURITY INVOKER.`,
  },
  materialized: {
    code: 'DB9205',
    message: (name: string) => `'${name}' is a materialized view, which has no row level security`,
    hint: (quoted: string) => `Expose a table with row level security that is filled from ${quoted}.`,
  },
  foreign: {
    code: 'DB9206',
    message: (name: string) => `'${name}' is a foreign table, which has no row level security`,
    hint: (quoted: string) => `Expose a table with row level security that is filled from ${quoted}.`,
  },
} as const

export type Unsafe = keyof typeof SAFETY

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`)

export const errors = {
  // PGRST1xx: the request
  syntax: (message: string, details: string) => row('PGRST100', 400, message, details),
  rpcMethod: (method: string) => row('PGRST101', 405, `Cannot use the ${method} method on RPC`),
  body: (message: string) => row('PGRST102', 400, message),
  range: (details: string) => row('PGRST103', 416, 'Requested range not satisfiable', details),
  /** Of the rows that there are, a reply names the number. */
  outOfRange: (offset: number, total: number) =>
    new QueryError({
      code: 'PGRST103',
      status: 416,
      message: 'Requested range not satisfiable',
      details: `An offset of ${offset} was requested, but there are only ${total} rows.`,
      headers: [['Content-Range', `*/${total}`]],
    }),
  putFilters: () =>
    row('PGRST105', 405, "Filters must include all and only primary key columns with 'eq' operators"),
  schema: (name: string, exposed: readonly string[]) =>
    row(
      'PGRST106',
      406,
      `Invalid schema: ${name}`,
      null,
      `Only the following schemas are exposed: ${exposed.join(', ')}`,
    ),
  media: (types: readonly string[]) =>
    row('PGRST107', 406, `None of these media types are available: ${types.join(', ')}`),
  notEmbedded: (name: string) =>
    row(
      'PGRST108',
      400,
      `'${name}' is not an embedded resource in this request`,
      null,
      `Verify that '${name}' is included in the 'select' query parameter.`,
    ),
  responseHeaders: () =>
    row(
      'PGRST111',
      500,
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    ),
  responseStatus: () => row('PGRST112', 500, 'response.status guc must be a valid status code'),
  putLimit: () => row('PGRST114', 400, 'limit/offset querystring parameters are not allowed for PUT'),
  putMismatch: () => row('PGRST115', 400, 'Payload values do not match URL in primary key column(s)'),
  singular: (rows: string) =>
    row(
      'PGRST116',
      406,
      'Cannot coerce the result to a single JSON object',
      `The result contains ${rows} rows`,
    ),
  method: (method: string) => row('PGRST117', 405, `Unsupported HTTP method: ${method}`),
  relatedOrder: (origin: string, target: string) =>
    row(
      'PGRST118',
      400,
      `A related order on '${target}' is not possible`,
      `'${origin}' and '${target}' do not form a many-to-one or one-to-one relationship`,
    ),
  embedFilter: (target: string) =>
    row(
      'PGRST120',
      400,
      `Bad operator on the '${target}' embedded resource`,
      'Only is null or not is null filters are allowed on embedded resources',
    ),
  raisedJson: (details: string, hint: string) =>
    row('PGRST121', 500, 'Could not parse JSON in the "RAISE SQLSTATE \'PGRST\'" error', details, hint),
  preferences: (invalid: readonly string[]) =>
    row(
      'PGRST122',
      400,
      'Invalid preferences given with handling=strict',
      `Invalid preferences: ${invalid.join(', ')}`,
    ),
  aggregates: () => row('PGRST123', 400, 'Use of aggregate functions is not allowed'),
  maxAffected: (rows: string) =>
    row(
      'PGRST124',
      400,
      'Query result exceeds max-affected preference constraint',
      `The query affects ${rows} rows`,
    ),
  timezoneTooLong: () =>
    row(
      'PGRST129',
      400,
      'The value of the timezone preference is too long',
      'At most 24 characters are accepted, except in the name of a region.',
    ),
  path: () => row('PGRST125', 404, 'Invalid path specified in request URL'),
  rootDisabled: () => row('PGRST126', 404, 'Root endpoint metadata is disabled'),
  notImplemented: (details: string) => row('PGRST127', 400, 'Feature not implemented', details),
  maxAffectedRpc: () =>
    row(
      'PGRST128',
      400,
      'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
    ),

  // PGRST2xx: the catalog
  noRelationship: (names: {
    parent: string
    child: string
    hint: string | null
    schema: string
    perhaps: string | null
  }) =>
    row(
      'PGRST200',
      400,
      `Could not find a relationship between '${names.parent}' and '${names.child}' in the schema cache`,
      `Searched for a foreign key relationship between '${names.parent}' and '${names.child}'${
        names.hint === null ? '' : ` using the hint '${names.hint}'`
      } in the schema '${names.schema}', but no matches were found.`,
      names.perhaps,
    ),
  ambiguousRelationship: (
    parent: string,
    child: string,
    found: readonly { cardinality: string; relationship: string; embedding: string; hint: string }[],
  ) =>
    row(
      'PGRST201',
      300,
      `Could not embed because more than one relationship was found for '${parent}' and '${child}'`,
      found.map(({ cardinality, embedding, relationship }) => ({ cardinality, embedding, relationship })),
      `Try changing '${child}' to one of the following: ${quoted(found.map(({ hint }) => hint)).join(
        ', ',
      )}. Find the desired relationship in the 'details' key.`,
    ),
  noFunction: (message: string, details: string, hint: string | null) =>
    row('PGRST202', 404, message, details, hint),
  ambiguousFunction: (candidates: readonly string[]) =>
    row(
      'PGRST203',
      300,
      `Could not choose the best candidate function between: ${candidates.join(', ')}`,
      null,
      'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
    ),
  noColumn: (relation: string, column: string) =>
    row('PGRST204', 400, `Could not find the '${column}' column of '${relation}' in the schema cache`),
  noTable: (schema: string, name: string, perhaps: string | null) =>
    row(
      'PGRST205',
      404,
      `Could not find the table '${schema}.${name}' in the schema cache`,
      null,
      perhaps === null ? null : `Perhaps you meant the table '${schema}.${perhaps}'`,
    ),

  // What Postgres itself would say, known before it is asked
  undefinedColumn: (relation: string, column: string, perhaps: readonly string[]) =>
    row(
      '42703',
      400,
      `column ${relation}.${column} does not exist`,
      null,
      perhaps.length === 0
        ? null
        : `Perhaps you meant to reference ${perhaps.map((name) => `the column "${relation}.${name}"`).join(' or ')}.`,
    ),
  undefinedConflictColumn: (column: string) => row('42703', 400, `column "${column}" does not exist`),
  timezone: (zone: string) => row('22023', 400, `invalid value for parameter "TimeZone": "${zone}"`),
  undefinedType: (name: string) => row('42704', 400, `type "${name}" does not exist`),
  nestedTooDeep: () =>
    row('54001', 400, 'A value of the request is nested too deep', null, 'Send values with fewer levels.'),
  nul: () => row('22021', 400, 'invalid byte sequence for encoding "UTF8": 0x00'),

  // DB91xx: the caps
  urlTooLong: (bytes: number) =>
    row(
      'DB9101',
      414,
      'The request URL is too long',
      `At most ${bytes} bytes are accepted.`,
      "Send the query as a form body: POST with the header 'X-HTTP-Method-Override: GET'.",
    ),
  bodyTooLarge: (bytes: number) =>
    row('DB9102', 413, 'The request body is too large', `At most ${bytes} bytes are accepted.`),
  csvTooLarge: (characters: number) =>
    row(
      'DB9102',
      413,
      'The CSV is too large once every row has its names',
      `At most ${characters} characters of JSON are made of a body.`,
      'Send fewer rows at once.',
    ),
  tooManyFilters: (max: number) =>
    row('DB9103', 400, 'The request has too many filters', `At most ${max} are accepted.`),
  tooManyValues: (max: number) =>
    row('DB9104', 400, 'A list of values is too long', `At most ${max} values are accepted here.`),
  logicTooDeep: (max: number) =>
    row('DB9105', 400, 'Logical operators are nested too deep', `At most ${max} levels are accepted.`),
  tooManyEmbeds: (max: number) =>
    row('DB9106', 400, 'The request embeds too many resources', `At most ${max} are accepted.`),
  embedTooDeep: (max: number) =>
    row('DB9107', 400, 'Embedded resources are nested too deep', `At most ${max} levels are accepted.`),
  /** `bytes` of a reply, or of one embedded resource where several share it. */
  responseTooLarge: (bytes: number, of: 'reply' | 'embed' = 'reply') =>
    row(
      'DB9108',
      422,
      'The reply would be too large',
      of === 'reply'
        ? `At most ${bytes} bytes are returned.`
        : `At most ${bytes} bytes of each embedded resource are returned where there are so many.`,
      'Ask for fewer rows with limit, or for fewer columns with select.',
    ),
  tooManyItems: (max: number) =>
    row('DB9109', 400, 'A list of columns is too long', `At most ${max} are accepted.`),
  repeatedColumn: (name: string, max: number) =>
    row('DB9110', 400, `The column '${name}' is selected too often`, `At most ${max} times are accepted.`),
  valueTooLarge: () =>
    row(
      'DB9111',
      422,
      'A value is too large to be looked into so often',
      null,
      'Name fewer paths into the column, or fewer filters on it.',
    ),
  pathTooLong: (max: number) =>
    row('DB9112', 400, 'A path into JSON is too long', `At most ${max} steps are accepted.`),
  opaqueDefault: (column: string) =>
    row(
      'DB9113',
      400,
      `The default of the column '${column}' cannot be filled in row by row`,
      'It holds a value of a row type.',
      'Leave the column out of the parameter columns, or send a value for it in every row.',
    ),

  // DB92xx: the policy
  unsafe: (why: Unsafe, name: string, quotedName: string) =>
    row(SAFETY[why].code, 403, SAFETY[why].message(name), null, SAFETY[why].hint(quotedName)),
  definerFunction: (name: string) =>
    row(
      'DB9208',
      403,
      `The function '${name}' is SECURITY DEFINER, and exposed_functions of the key does not name it`,
      'It runs with the rights of its owner, whom row level security need not bind.',
      `Add "${name}" to exposed_functions of the key, or "*" for all functions; or make it SECURITY INVOKER.`,
    ),

  // DB95xx: the database
  roleWall: (details: string, hint: string) =>
    row('DB9501', 503, 'The roles of the data plane can reach more than they may', details, hint),
  noPreRequest: (name: string) =>
    row(
      'DB9510',
      500,
      'The function that this database runs before each request does not exist',
      null,
      `Create '${name}' without parameters, or change pre_request of the data-api settings.`,
    ),
  staleCatalog: () =>
    row('DB9502', 503, 'The schema changed while the request was served', null, 'Send the request again.'),
} as const
