/**
 * A process that holds or floods connections: so many sockets, from so many addresses of loopback, opened again when they
 * end. Apart from the test, whose probe must neither wait for it nor lack descriptors.
 */
import { createConnection, type Socket } from 'node:net'

export interface Attack {
  port: number
  /** Sockets that are open at a time. */
  sockets: number
  /** The sockets come from 127.0.0.<first> up, each address with as many. */
  firstAddress: number
  addresses: number
  /** Sent by each socket when it is connected; empty: nothing. */
  request: string
  /** Whether a socket sends the request again after each reply, reads replies, or leaves them where they are. */
  replies: 'answer' | 'read' | 'ignore'
}

export interface AttackCounts {
  /** Connections that were made, and those of them that ended. */
  made: number
  ended: number
  /** Sockets that are connected at the moment, and the most that were. */
  open: number
  mostOpen: number
  /** Replies by status. */
  statuses: Record<string, number>
}

const REOPEN_MS = 200
/** New sockets per turn: 5,000 a second, between which the stack counts them. */
const OPENED_AT_ONCE = 50

const attack = JSON.parse(process.argv[2] ?? '') as Attack
const counts: AttackCounts = { made: 0, ended: 0, open: 0, mostOpen: 0, statuses: {} }
const sockets = new Set<Socket>()
let wanted = attack.sockets
let next = 0

const timer = setInterval(() => {
  const missing = Math.min(OPENED_AT_ONCE, wanted - sockets.size)
  for (let index = 0; index < missing; index++) open()
}, 10)

function open(): void {
  const localAddress = `127.0.0.${attack.firstAddress + (next++ % attack.addresses)}`
  const socket = createConnection({ host: '127.0.0.1', port: attack.port, localAddress })
  sockets.add(socket)
  let isOpen = false
  socket.on('connect', () => {
    isOpen = true
    counts.made += 1
    counts.open += 1
    counts.mostOpen = Math.max(counts.mostOpen, counts.open)
    if (attack.request !== '') socket.write(attack.request)
    if (attack.replies === 'ignore') socket.pause()
  })
  if (attack.replies !== 'ignore') {
    socket.on('data', (data) => {
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(data.toString('latin1', 0, 12)) ?? []
      if (status === undefined) return
      counts.statuses[status] = (counts.statuses[status] ?? 0) + 1
      if (attack.replies === 'answer') socket.write(attack.request)
    })
  }
  socket.on('error', () => {})
  socket.on('close', () => {
    if (isOpen) counts.open -= 1
    if (isOpen) counts.ended += 1
    setTimeout(() => sockets.delete(socket), REOPEN_MS)
  })
}

process.on('disconnect', () => process.exit())
process.on('message', (message: 'count' | 'end') => {
  if (message === 'end') {
    wanted = 0
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
  }
  process.send?.(counts)
  if (message === 'end') setTimeout(() => process.exit(), REOPEN_MS)
})
