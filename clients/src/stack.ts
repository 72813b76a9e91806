/** One stack for the whole run, and a database for each client. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocal } from '@db9/local'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    api: { url: string; token: string }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'db9-clients-'))
  const stack = await startLocal({ home, port: 0, pgPort: 0 })
  project.provide('api', { url: stack.url, token: stack.ownerToken })
  return async () => {
    await stack.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

/** The connection string of a new database, as the API returns it. */
export async function newDatabase(name: string): Promise<string> {
  const { url, token } = inject('api')
  const reply = await fetch(`${url}/customer/databases`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  if (reply.status !== 201) throw new Error(`a database was not created: ${await reply.text()}`)
  const { connection_string } = (await reply.json()) as { connection_string: string }
  return connection_string
}
