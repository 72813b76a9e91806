/** The file in which the settings of a database are kept. */
import { existsSync, readFileSync } from 'node:fs'
import { type DatabaseSettings, DEFAULT_SETTINGS, requireSettings } from '../../settings.ts'
import { writeDurably } from './files.ts'

/** The settings kept in a file, or the defaults; what an older release did not know has its default. */
export function readSettings(path: string, defaults: DatabaseSettings): DatabaseSettings {
  if (!existsSync(path)) return defaults
  const settings = {
    ...DEFAULT_SETTINGS,
    ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<DatabaseSettings>),
  }
  requireSettings(settings)
  return settings
}

/** All or nothing; durable once it resolves. */
export async function writeSettings(path: string, settings: DatabaseSettings): Promise<void> {
  requireSettings(settings)
  await writeDurably(path, `${JSON.stringify(settings)}\n`)
}
