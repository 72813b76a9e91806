/** Checks that a port is free. */
import { createServer } from 'node:net'
import { StartError } from './start-error.ts'

/** Where a part is to listen, and the variables that say so. */
export interface Listener {
  name: string
  port: number
  hostName: string
  host: string
}

/**
 * Throws a `StartError` where a port cannot be listened on, naming the variable to set: another port is never chosen
 * silently. Port 0 is always free.
 */
export async function requireFreePort(listener: Listener): Promise<void> {
  const { host, port } = listener
  if (port === 0) return
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (error) {
    throw portError(listener, error as NodeJS.ErrnoException)
  } finally {
    server.close()
  }
}

function portError({ name, hostName, host, port }: Listener, cause: NodeJS.ErrnoException): StartError {
  const why = {
    EADDRINUSE: `Port ${port} is taken on ${host}. Set ${name} to a free one, or end what uses it.`,
    EACCES: `Port ${port} may not be opened by this user. Set ${name} to a port above 1023.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Set ${hostName} to one that is.`,
  }[cause.code ?? '']
  return new StartError(why ?? `Port ${port} on ${host} cannot be opened (${cause.message}). Set ${name}.`, {
    cause,
  })
}
