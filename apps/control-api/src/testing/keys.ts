/** Publishable keys of one database, for tests of what a key's configuration holds. */
import type { KeyConfig } from '@db9/types/internal'
import type { TestApi } from './api.ts'

/** What the gateway reads of a key. */
export async function keyConfigOf(t: TestApi, keyId: string): Promise<KeyConfig> {
  return (await t.internal('GET', `/internal/keys/${keyId}`)).json
}

/** The reply to the creation of a key. */
export async function createKeyOf(t: TestApi, databaseId: string, body: unknown = {}) {
  return (await t.call('POST', `/databases/${databaseId}/publishable-keys`, { body })).json
}
