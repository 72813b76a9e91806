/** What a database may use of the machine, as its row holds it. */
import type { DatabaseEngine, DatabaseSettings } from '@db9/engine'
import type { DatabaseRow } from '../metadata/tables.ts'

/** The settings of a database; null where the engine's defaults count. */
export function settingsOf(
  { defaultSettings }: Pick<DatabaseEngine, 'defaultSettings'>,
  { settings }: Pick<DatabaseRow, 'settings'>,
): DatabaseSettings | null {
  return settings && { ...defaultSettings, ...settings }
}
