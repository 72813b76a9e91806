/** Checks that a port is free. */
import { createServer } from 'node:net'
import { StartError } from '@db9/process/start-error'

/**
 * Throws a `StartError` where a port cannot be listened on, naming the variable to set: another port is never chosen
 * silently. Port 0 is always free.
 */
export async function requireFreePort(variable: string, host: string, port: number): Promise<void> {
  if (port === 0) return
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (error) {
    throw portError(variable, host, port, error as NodeJS.ErrnoException)
  } finally {
    server.close()
  }
}

function portError(variable: string, host: string, port: number, cause: NodeJS.ErrnoException): StartError {
  const why = {
    EADDRINUSE: `Port ${port} is taken on ${host}. Set ${variable} to a free one, or end what uses it.`,
    EACCES: `Port ${port} may not be opened by this user. Set ${variable} to a port above 1023.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Set DB9_HOST to one that is.`,
  }[cause.code ?? '']
  return new StartError(
    why ?? `Port ${port} on ${host} cannot be opened (${cause.message}). Set ${variable}.`,
    {
      cause,
    },
  )
}
