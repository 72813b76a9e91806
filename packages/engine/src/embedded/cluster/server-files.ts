/** Names the files of a server, whether it runs or not. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'

export const LOGINS_FILE = 'logins.json'

/** The folders that hold those of all servers. */
export interface ServerFolders {
  dataFolder: string
  socketFolder: string
}

/** The files of one server, whether it runs or not. */
export interface ServerFiles {
  /** Ours; beside the data directory it holds what follows. */
  folder: string
  /** Postgres' data directory. */
  data: string
  /** Where its server leaves WAL for the archive. */
  inbox: string
  /** Its archive of WAL, from which moments of its past are restored; its server reaches it no more than another's. */
  archive: string
  /** Who may log in how; where a sandbox holds a file of its own, none. */
  hba: string
  log: string
  /** Names the process, for the start after a crash. */
  record: string
  /** What was set for this database. */
  settings: string
  /** Where the passwords of our own logins come from. */
  logins: string
  /** The verifiers of its login roles, while it is asleep. */
  verifiers: string
  /** The owner's verifiers of roles that the service holds. */
  heldRoles: string
  /** What it is given at its first start. */
  firstStart: string
  /** Names the release whose roles and guards it has. */
  rolesOf: string
  /** Locked while a process of the server lives. */
  lock: string
  /** The server's private folder of its socket. */
  socketFolder: string
  /** Postgres' `cluster_name`, which heads the title of each of its processes: unlike any other server's. */
  cluster: string
}

export function serverFiles(folders: ServerFolders, name: string): ServerFiles {
  const folder = join(folders.dataFolder, name)
  return {
    folder,
    data: join(folder, 'data'),
    inbox: join(folder, 'inbox'),
    archive: join(folder, 'wal'),
    hba: join(folder, 'hba.conf'),
    log: join(folder, 'postgres.log'),
    record: join(folder, 'server.json'),
    settings: join(folder, 'settings.json'),
    logins: join(folder, LOGINS_FILE),
    verifiers: join(folder, 'verifiers.json'),
    heldRoles: join(folder, 'held-roles.json'),
    firstStart: join(folder, 'first-start.json'),
    rolesOf: join(folder, 'roles-of'),
    lock: join(folder, 'lock'),
    socketFolder: join(folders.socketFolder, name.slice(name.indexOf('_') + 1)),
    cluster: `${name}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`,
  }
}
