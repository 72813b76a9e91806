/** What Postgres is told on its command line, whichever way it runs. */

import { type DatabaseSettings, DEFAULT_SETTINGS } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { serverSettings } from './postgres-settings.ts'
import { pathsOf } from './server-paths.ts'

/** What every run of Postgres on these files has. */
export function commonSettings(
  placement: Placement,
  files: ServerFiles,
  own: DatabaseSettings | undefined,
): Record<string, string> {
  const paths = pathsOf(placement, files)
  return {
    ...serverSettings(own ?? DEFAULT_SETTINGS),
    unix_socket_directories: paths.socketFolder,
    'basic_archive.archive_directory': paths.inbox,
    hba_file: paths.hba,
    extension_control_path: paths.extensions,
    dynamic_library_path: `$libdir:${paths.extensions}/lib`,
    cluster_name: files.cluster,
  }
}

export function toArguments(
  placement: Placement,
  files: ServerFiles,
  settings: Readonly<Record<string, string>>,
): string[] {
  const named = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', pathsOf(placement, files).data, ...named]
}
