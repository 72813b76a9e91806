/** The command that holds the gateway's listening socket: see listen.pl. */
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const SCRIPT = join(import.meta.dirname, 'listen.pl')
const PERLS = ['/usr/bin/perl', '/usr/local/bin/perl', '/opt/homebrew/bin/perl']

/**
 * What to run before the program and its arguments, in which `{fd}` stands for the number of the socket. Null on a machine
 * without Perl: there the program listens by itself, clients are refused while it starts again, and no cap is held.
 */
export function listenerCommand(host: string, port: number): string[] | null {
  const perl = PERLS.find(isExecutable)
  return perl === undefined ? null : [perl, SCRIPT, process.arch, host, String(port)]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
