/** Makes the page's database ready with the REST API alone. Safe to run again: it finds what it made before. */
import { readFile } from 'node:fs/promises'
import { type RestCall, RestError, restClient, textField } from './rest.ts'

const SCHEMA = new URL('./schema.sql', import.meta.url)
const KEY_NAME = 'browser-todo page'

export interface PrepareOptions {
  gatewayUrl: string
  /** An API token of the account that shall own the database. */
  token: string
  /** Where the page is served, e.g. `http://127.0.0.1:5173`: the key works on these origins only. */
  allowedOrigins: string[]
  identity: { issuer: string; jwksUrl: string; audience: string }
  /** Name of the database; default `browser-todo`. */
  name?: string
}

export interface PreparedTodo {
  databaseId: string
  keyId: string
  /** The publishable key, fit to be read by everyone who opens the page. */
  key: string
}

/** Database, table with its policies, identity provider and publishable key; a key of an earlier run is revoked. */
export async function prepareTodo(options: PrepareOptions): Promise<PreparedTodo> {
  const call = restClient(options)
  const databaseId = await findOrCreateDatabase(call, options.name ?? 'browser-todo')
  const database = `/customer/databases/${databaseId}`
  await call('POST', `${database}/sql`, { file_content: await readFile(SCHEMA, 'utf8') })
  await call('PUT', `${database}/auth-config`, {
    auth_mode: 'byo_jwt',
    byo_jwt: {
      issuer: options.identity.issuer,
      jwks_url: options.identity.jwksUrl,
      audience: options.identity.audience,
    },
  })
  const earlier = await listKeyIds(call, database)
  const created = await call('POST', `${database}/publishable-keys`, {
    name: KEY_NAME,
    allowed_origins: options.allowedOrigins,
    exposed_tables: ['todos'],
  })
  for (const id of earlier) await call('DELETE', `${database}/publishable-keys/${id}`)
  return { databaseId, keyId: textField(created, 'id'), key: textField(created, 'publishable_key') }
}

async function findOrCreateDatabase(call: RestCall, name: string): Promise<string> {
  try {
    return textField(await call('GET', `/customer/databases/${name}`), 'id')
  } catch (error) {
    if (!(error instanceof RestError && error.status === 404)) throw error
    return textField(await call('POST', '/customer/databases', { name }), 'id')
  }
}

/** A key's value is shown only once, so every run makes a new key and revokes those of earlier runs. */
async function listKeyIds(call: RestCall, database: string): Promise<string[]> {
  const keys = await call('GET', `${database}/publishable-keys`)
  if (!Array.isArray(keys)) throw new TypeError('the list of publishable keys is not an array')
  return keys
    .filter((key) => textField(key, 'name') === KEY_NAME && Reflect.get(key, 'revoked_at') == null)
    .map((key) => textField(key, 'id'))
}
