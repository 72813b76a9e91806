/** A TCP relay between two parts, so that a test can cut the way or let it hang. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Relay {
  port: number
  /** Ends what is open and refuses what comes. */
  cut(): void
  /** Nothing passes any more in either direction, and neither side is told. */
  hang(): void
  mend(): void
  close(): Promise<void>
}

export async function startRelay(targetPort: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'cut' | 'hanging' = 'open'
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    if (state === 'hanging') socket.pause()
  }
  const server = createServer((incoming) => {
    if (state === 'cut') return void incoming.destroy()
    const outgoing = connect(targetPort, '127.0.0.1')
    keep(incoming)
    keep(outgoing)
    const hand = (from: Socket, to: Socket) => {
      from.on('data', (chunk) => to.write(chunk))
      from.once('close', () => to.destroy())
      from.once('end', () => to.end())
      if (state === 'hanging') from.pause()
    }
    hand(incoming, outgoing)
    hand(outgoing, incoming)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      state = 'cut'
      for (const socket of sockets) socket.destroy()
    },
    hang: () => {
      state = 'hanging'
      for (const socket of sockets) socket.pause()
    },
    mend: () => {
      state = 'open'
      for (const socket of sockets) socket.resume()
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
