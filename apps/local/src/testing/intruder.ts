/**
 * Code that runs inside one database's Postgres: a superuser's `COPY … FROM PROGRAM` stands in for an exploit of its
 * server, and does as that server's own user whatever a shell can.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadSecrets } from '@db9/control-api/start'
import { loginsIn } from '@db9/engine'
import pg from 'pg'

export interface Intruder {
  /** Runs a shell script as the server would; what it printed, both channels, one line each. */
  run(script: string): Promise<string[]>
  leave(): Promise<void>
}

const SUPERUSER = 'db9_super'

/** Breaks into a database that is awake. The test itself must be able to reach its socket. */
export async function intrude(stack: {
  home: string
  dataFolder: string
  databaseId: string
}): Promise<Intruder> {
  const { home, dataFolder, databaseId } = stack
  const client = new pg.Client({
    host: socketFolderOf(dataFolder, databaseId.slice('db_'.length)),
    user: SUPERUSER,
    password: loginsIn(join(dataFolder, databaseId), loadSecrets(home).logins).password(SUPERUSER),
    database: 'template1',
    options: '-c default_transaction_read_only=off',
  })
  client.on('error', () => {})
  await client.connect()
  await client.query('create temp table printed (n int generated always as identity, line text)')
  return {
    run: async (script) => {
      await client.query('truncate printed')
      const quoted = `( ${script} ) 2>&1; true`.replaceAll("'", "''")
      await client.query(
        `copy printed (line) from program '${quoted}' with (format csv, delimiter e'\\x01', quote e'\\x02')`,
      )
      const { rows } = await client.query<{ line: string | null }>('select line from printed order by n')
      return rows.map(({ line }) => line ?? '')
    },
    leave: () => client.end(),
  }
}

/** Beside the data: `s` as root, `run/s` as an ordinary user. */
export function socketFolderOf(dataFolder: string, name: string): string {
  const folders = ['s', 'run/s'].map((path) => join(dirname(dataFolder), path, name))
  const found = folders.find((folder) => existsSync(folder))
  if (found === undefined) throw new Error(`${name} has no socket beside ${dataFolder}`)
  return found
}
