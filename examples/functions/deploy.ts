/**
 * Deploys the example to a stack that runs: `DB9_TOKEN=… node examples/functions/deploy.ts [http://localhost:9009]`. The token is in
 * `DB9_HOME/credentials`. Deployed again, each function gets a new version.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

export interface Deployed {
  databaseId: string
  /** What the sender of events sends as the header `apikey`. */
  key: string
  /** What it signs with. */
  webhookSecret: string
}

interface Target {
  url: string
  token: string
}

const DATABASE = 'example-functions'

const FUNCTIONS = [
  {
    name: 'webhook',
    file: 'webhook.js',
    fields: {
      entrypoint: 'webhook.fetch',
      visibility: 'public',
      bypass_rls: true,
      secret_bindings: ['WEBHOOK_SECRET'],
    },
  },
  {
    name: 'nightly',
    file: 'nightly.js',
    fields: { entrypoint: 'nightly.handler', bypass_rls: true, cron_schedule: '5 0 * * *' },
  },
]

/** Makes the database where there is none, its tables, the secret and the functions; and a new publishable key. */
export async function deployExample({ url, token }: Target): Promise<Deployed> {
  const call = async (method: string, path: string, body: object, known: readonly number[] = []) => {
    const reply = await fetch(`${url}/customer${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await reply.text()
    if (!reply.ok && !known.includes(reply.status))
      throw new Error(`${method} ${path} answered ${reply.status}: ${text}`)
    return { status: reply.status, json: JSON.parse(text) as Record<string, string> }
  }
  const source = (file: string) => readFile(new URL(file, import.meta.url))

  const made = await call('POST', '/databases', { name: DATABASE }, [409])
  const databaseId = String(made.status === 409 ? made.json.existing_id : made.json.id)
  const at = `/databases/${databaseId}`
  await call('POST', `${at}/sql`, { query: String(await source('schema.sql')) })

  const webhookSecret = randomBytes(24).toString('base64url')
  const secret = { name: 'WEBHOOK_SECRET', value: webhookSecret }
  const kept = await call('POST', `${at}/secrets`, secret, [409])
  if (kept.status === 409) await call('PUT', `${at}/secrets/${secret.name}`, { value: webhookSecret })

  for (const { name, file, fields } of FUNCTIONS) {
    const code = { ...fields, bundle_ref: `data:;base64,${(await source(file)).toString('base64')}` }
    const deployed = await call('POST', `${at}/functions`, { name, ...code }, [409])
    if (deployed.status === 409) await call('PUT', `${at}/functions/${name}`, code)
  }
  const { json: key } = await call('POST', `${at}/publishable-keys`, { name: 'events', exposed_tables: [] })
  return { databaseId, key: String(key.publishable_key), webhookSecret }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { DB9_TOKEN: token = '' } = process.env
  const url = process.argv[2] ?? 'http://localhost:9009'
  const { databaseId, key, webhookSecret } = await deployExample({ url, token })
  process.stdout.write(`
  Events go to  ${url}/db/${databaseId}/functions/v1/webhook
  apikey        ${key}
  signed with   ${webhookSecret}
`)
}
