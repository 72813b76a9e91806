/** What a server that runs as a child of the bench needs: where to find things, and how to say that it is ready. */
import type { Server } from 'node:http'

/** A variable that the bench sets for its children. */
export function environment(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '')
    throw new Error(`${name} is not set; start this through bench/src/main.ts`)
  return value
}

/** One line of JSON on standard output tells the bench that a child serves; `end` is called when the bench is done. */
export function announceReady(facts: object, end: () => void = () => process.exit(0)): void {
  process.stdout.write(`${JSON.stringify({ ready: true, ...facts })}\n`)
  process.stdin.on('end', end).resume()
}

export function announce(server: Server): void {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  announceReady({ port: address.port })
}
