/** The way to a database's own Postgres, past gateway and proxy: where the peers read the same rows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signRequest } from '@db9/types/credential'
import { hmacKey } from '@db9/types/crypto'
import { type ConnectReply, INTERNAL_PATHS } from '@db9/types/internal'
import type { WireTarget } from './wire.ts'

export interface StackFacts {
  home: string
  /** Port of the control API on loopback. */
  controlPort: number
}

/** Asks the control API, as the data proxy does, where the database listens; its server is awake then. */
export async function findPostgres(stack: StackFacts, databaseId: string, role: string): Promise<WireTarget> {
  const key = await hmacKey(readInternalSecret(stack.home))
  const path = INTERNAL_PATHS.connect(databaseId)
  const body = JSON.stringify({ role })
  const response = await fetch(`http://127.0.0.1:${stack.controlPort}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-db9-signature': await signRequest({ method: 'POST', path, body }, key),
    },
    body,
  })
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`)
  const { address, database } = (await response.json()) as ConnectReply
  if (address.kind !== 'unix') throw new Error('the database has no unix socket for the peers to read from')
  return { socketPath: address.path, user: role, database }
}

function readInternalSecret(home: string): string {
  const text = readFileSync(join(home, 'secrets.toml'), 'utf8')
  const secret = /^internal\s*=\s*"([0-9a-f]+)"/m.exec(text)?.[1]
  if (secret === undefined) throw new Error(`${home}/secrets.toml names no internal secret`)
  return secret
}
