/** The process that holds the gateway's listening socket: see listen.pl. */
import type { ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { ClientNetwork } from './client-network.ts'
import { onLine } from './lines.ts'

const SCRIPT = join(import.meta.dirname, 'listen.pl')
const PERLS = ['/usr/bin/perl', '/usr/local/bin/perl', '/opt/homebrew/bin/perl']

/** Connections of a port: of all clients, and of each that has more than a few. */
export interface Connections {
  /** Connections that clients opened to any port of the machine since the last count. */
  opened: number
  total: number
  byClient: Map<ClientNetwork, number>
}

export interface ListenAt {
  host: string
  /** 0 chooses a free one. */
  port: number
  /** Connections of the port at which new ones of everybody are refused. */
  most: number
}

/** What a listener tells by itself. */
export interface ListenerEvents {
  /** The program was started, with this process id. */
  onStarted: (pid: number) => void
  /** New connections of everybody are refused, or no longer. */
  onFull?: (isFull: boolean) => void
}

/**
 * What to run before the program and its arguments, in which `{fd}` stands for the number of the socket. Null on a machine
 * without Perl: there the program listens by itself, clients are refused while it starts again, and no cap is held.
 */
export function listenerCommand({ host, port, most }: ListenAt): string[] | null {
  const perl = PERLS.find(isExecutable)
  return perl === undefined ? null : [perl, SCRIPT, process.arch, host, String(port), String(most)]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Speaks with a listener that was started with pipes for its standard input and output. */
export class Listener {
  readonly #input: Writable
  readonly #waiting: ((connections: Connections | null) => void)[] = []

  constructor(child: ChildProcess, { onStarted, onFull }: ListenerEvents) {
    this.#input = child.stdin as Writable
    // It ends when the listener does, which its supervisor sees.
    this.#input.on('error', () => {})
    child.once('exit', () => {
      for (const answer of this.#waiting.splice(0)) answer(null)
    })
    onLine(child.stdout as Readable, (line) => {
      const [kind, ...words] = line.split(' ')
      if (kind === 'started') onStarted(Number(words[0]))
      if (kind === 'full' || kind === 'open') onFull?.(kind === 'full')
      if (kind === 'counts') this.#waiting.shift()?.(parseCounts(words))
    })
  }

  setFilter(filter: Buffer): void {
    this.#input.write(`filter ${filter.toString('hex')}\n`)
  }

  /**
   * No connections where the machine has fewer sockets than `least`: nothing is counted then. Null where the system does not tell, or
   * the listener has ended.
   */
  count(least: number): Promise<Connections | null> {
    return new Promise((resolve) => {
      if (!this.#input.writable) return resolve(null)
      this.#waiting.push(resolve)
      this.#input.write(`count ${least}\n`)
    })
  }
}

function parseCounts([opened, total, ...clients]: string[]): Connections | null {
  if (opened === undefined || total === undefined) return null
  const byClient = clients.map((text): [ClientNetwork, number] => {
    const [client, count] = text.split('=')
    return [client as ClientNetwork, Number(count)]
  })
  return { opened: Number(opened), total: Number(total), byClient: new Map(byClient) }
}
