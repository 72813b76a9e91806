/** The data plane as OpenAPI describes it. Each database describes its own tables and functions at `/db/{database_id}/rest/v1/`. */

const parameter = (name: string, where: 'path' | 'query' | 'header', description: string, more = {}) => ({
  name,
  in: where,
  description,
  required: where === 'path',
  schema: { type: 'string' },
  ...more,
})

const DATABASE = parameter('database_id', 'path', 'Id of the database')
const TABLE = parameter('table', 'path', 'A table or view of an exposed schema')
const FUNCTION = parameter('function', 'path', 'A function of an exposed schema')
const SCHEMA = parameter('Accept-Profile', 'header', 'An exposed schema; the first one where it is left out')
const READING = [
  parameter('select', 'query', 'Columns and embedded tables: `id,title,author:authors(name)`', {
    example: '*',
  }),
  parameter('order', 'query', '`created_at.desc.nullslast,id`'),
  parameter('limit', 'query', 'How many rows', { schema: { type: 'integer', minimum: 0 } }),
  parameter('offset', 'query', 'How many rows to pass over', { schema: { type: 'integer', minimum: 0 } }),
]
const FILTERS = parameter(
  'filters',
  'query',
  'Any column: `id=eq.1`, `title=ilike.*post*`, `tags=cs.{a,b}`; and `or=(a.eq.1,b.is.null)`',
  { style: 'form', explode: true, schema: { type: 'object', additionalProperties: { type: 'string' } } },
)
const PREFER = parameter(
  'Prefer',
  'header',
  '`count=exact`, `return=representation`, `resolution=merge-duplicates`, `missing=default`, `handling=strict`, `tx=rollback`',
)

const JSON_BODY = { content: { 'application/json': { schema: {} } } }
const ROWS = {
  content: { 'application/json': { schema: { type: 'array', items: { type: 'object' } } } },
}
const REFUSED = {
  description: 'Refused: a code of PostgREST, or of the gateway (DB9…)',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['code', 'message', 'details', 'hint'],
        properties: {
          code: { type: 'string' },
          message: { type: 'string' },
          details: { type: ['string', 'null'] },
          hint: { type: ['string', 'null'] },
        },
      },
    },
  },
}

const operation = (operationId: string, summary: string, parameters: unknown[], more = {}) => ({
  operationId,
  summary,
  tags: ['Data plane'],
  parameters,
  responses: { 200: { description: 'Done', ...ROWS }, '4XX': REFUSED, '5XX': REFUSED },
  ...more,
})

export const DATA_PLANE_DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'DB9 data plane',
    version: '0.1.0',
    description:
      "PostgREST's wire, for `@supabase/supabase-js` with the URL `/db/{database_id}`. A publishable key acts as `anon`, with a JWT of " +
      "the app's own identity provider as `authenticated`, a service key as `service_role`. Row level security is required. " +
      'Each database describes its own tables and functions at `GET /db/{database_id}/rest/v1/`.',
  },
  servers: [{ url: '/' }],
  security: [{ apikey: [] }, { apikey: [], jwt: [] }],
  paths: {
    '/db/{database_id}/rest/v1/': {
      get: operation('describeDatabase', 'What the key exposes, as OpenAPI', [DATABASE], {
        responses: { 200: { description: 'An OpenAPI document', ...JSON_BODY }, '4XX': REFUSED },
      }),
    },
    '/db/{database_id}/rest/v1/{table}': {
      parameters: [DATABASE, TABLE],
      get: operation('readRows', 'Read rows', [...READING, FILTERS, PREFER, SCHEMA]),
      head: operation('countRows', 'The headers of a read: how many rows there are', [
        FILTERS,
        PREFER,
        SCHEMA,
      ]),
      post: operation('insertRows', 'Insert rows, or upsert them', [PREFER, READING[0]], {
        requestBody: { description: 'A row, or a list of rows', ...JSON_BODY },
      }),
      patch: operation('updateRows', 'Update the rows that the filters find', [FILTERS, PREFER, READING[0]], {
        requestBody: { description: 'The columns to set', ...JSON_BODY },
      }),
      put: operation('putRow', 'Insert or replace one row by its primary key', [FILTERS, PREFER], {
        requestBody: { description: 'The whole row', ...JSON_BODY },
      }),
      delete: operation('deleteRows', 'Delete the rows that the filters find', [FILTERS, PREFER, READING[0]]),
    },
    '/db/{database_id}/rest/v1/rpc/{function}': {
      parameters: [DATABASE, FUNCTION],
      get: operation('callReadOnly', 'Call a function that only reads; arguments in the query', [
        ...READING,
        FILTERS,
        PREFER,
      ]),
      post: operation('callFunction', 'Call a function', [...READING, PREFER], {
        requestBody: { description: 'Arguments by name', ...JSON_BODY },
      }),
    },
  },
  components: {
    securitySchemes: {
      apikey: {
        type: 'apiKey',
        in: 'header',
        name: 'apikey',
        description: 'db9pk_…, or db9sk_… from a server',
      },
      jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    },
  },
} as const
