/** `restore-metadata`: puts a backup of the metadata in the place of what is there. */
import { copyFileSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EngineError, type IsolationSetting, restoreMetadata, type UidRange } from '@db9/engine'
import { makeHome } from '@db9/process/home'
import { StartError } from '@db9/process/start-error'
import { loadSecrets } from './secrets.ts'

/** What opens the passwords that the metadata holds, and the owner's token; both stay good. */
const KEPT = ['secrets.toml', 'credentials']
const USAGE = 'restore-metadata --at <RFC 3339> --to <a new folder>'
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

export interface RestoreConfig {
  home: string
  isolation: IsolationSetting
  uidRange: UidRange | null
  postgresFolder: string | null
}

/** Makes the metadata of an installation, as it was at a moment, that of a new data folder. */
export async function restoreMetadataOf(config: RestoreConfig, args: string[]): Promise<void> {
  const { home, isolation, uidRange, postgresFolder } = config
  const { at, to } = parseRestore(args)
  makeHome(to)
  try {
    const { logins: loginKey } = loadSecrets(home)
    const onProgress = (text: string) => void process.stderr.write(`  ${text}\n`)
    await restoreMetadata({ from: home, to, at, loginKey, isolation, uidRange, postgresFolder, onProgress })
  } catch (error) {
    if (error instanceof EngineError) throw new StartError(`The metadata is not restored: ${error.message}.`)
    throw error
  }
  for (const name of KEPT) {
    if (existsSync(join(home, name)) && !existsSync(join(to, name)))
      copyFileSync(join(home, name), join(to, name))
  }
  process.stdout.write(
    `The metadata of ${home} as of ${at.toISOString()} is in ${to}. docs/operations.md says what next.\n`,
  )
}

function parseRestore(args: string[]): { at: Date; to: string } {
  const values = readOptions(args)
  if (values.at === undefined || values.to === undefined) throw new StartError(`Usage: ${USAGE}`)
  if (!MOMENT.test(values.at) || Number.isNaN(Date.parse(values.at))) {
    throw new StartError(`--at is "${values.at}", which is no moment. Write it as 2026-01-31T12:00:00Z.`)
  }
  return { at: new Date(values.at), to: resolve(values.to) }
}

function readOptions(args: string[]): { at?: string; to?: string } {
  try {
    return parseArgs({
      args: args.filter((arg) => arg !== '--'),
      options: { at: { type: 'string' }, to: { type: 'string' } },
    }).values
  } catch (error) {
    throw new StartError(`${(error as Error).message}\nUsage: ${USAGE}`, { cause: error })
  }
}
