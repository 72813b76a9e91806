/** Tests of the listener on real sockets: it outlives its program, and refuses who has too many connections. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { readProcess } from '@db9/process/processes'
import { afterEach, describe, expect, test } from 'vitest'
import type { ClientNetwork } from './client-network.ts'
import { limitConnections } from './limit-connections.ts'
import { onLine } from './lines.ts'
import { Listener, listenerCommand } from './listener.ts'
import { socketFilter } from './socket-filter.ts'

/** Echoes what it is sent, on the socket that it was given; `exit` ends it. */
const ECHO = `require('node:net').createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (data) => String(data) === 'exit' ? process.exit() : socket.write(data))
}).listen({ fd: Number(process.argv[1]) })`

interface Running {
  child: ChildProcess
  port: number
  pids: number[]
  listener: Listener
  /** What it said of itself, newest last. */
  full: boolean[]
}

const running: Running[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const { child } of running.splice(0)) {
    child.stdin?.end()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
})

async function listen(
  host = '127.0.0.1',
  program = [process.execPath, '-e', ECHO, '{fd}'],
): Promise<Running> {
  const [perl = '', ...args] = listenerCommand({ host, port: 0, most: 80 }) ?? []
  const child = spawn(perl, [...args, ...program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const pids: number[] = []
  const full: boolean[] = []
  const listener = new Listener(child, {
    onStarted: (pid) => pids.push(pid),
    onFull: (isFull) => full.push(isFull),
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the listener ended with ${code}`)))
    onLine(child.stdout as Readable, (line) => {
      const [, port] = /^listening (\d+)$/.exec(line) ?? []
      if (port) resolve(Number(port))
    })
  })
  const started = { child, port, pids, listener, full }
  running.push(started)
  return started
}

async function connect(port: number, localAddress = '127.0.0.1', host = '127.0.0.1'): Promise<Socket> {
  const socket = createConnection({ host, port, localAddress })
  socket.on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

async function echo(socket: Socket): Promise<string> {
  socket.write('hello')
  const [data] = await once(socket, 'data')
  return String(data)
}

const isAlive = (pid: number) => readProcess(pid) !== null

test('a program that ends is started again on the same socket, and clients wait for it', async () => {
  const { port, pids } = await listen()
  expect(await echo(await connect(port))).toBe('hello')
  ;(await connect(port)).write('exit')
  await expect.poll(() => isAlive(pids[0] as number)).toBe(false)
  // No client is refused in between: the socket listens all the time.
  for (let index = 0; index < 20; index++) expect(await echo(await connect(port))).toBe('hello')
  expect(pids).toHaveLength(2)
})

test('the program ends with the one who started the listener', async () => {
  const { child, port, pids } = await listen()
  await echo(await connect(port))
  child.stdin?.end()
  await once(child, 'exit')
  expect(pids.map(isAlive)).toEqual([false])
})

test.runIf(process.platform === 'linux')('the program ends with a listener that is killed', async () => {
  const { child, port, pids } = await listen()
  await echo(await connect(port))
  child.kill('SIGKILL')
  await expect.poll(() => pids.map(isAlive)).toEqual([false])
})

test('a port that is taken is said', async () => {
  const { port } = await listen()
  const [perl = '', ...args] = listenerCommand({ host: '127.0.0.1', port, most: 80 }) ?? []
  const child = spawn(perl, [...args, 'true'], { stdio: ['pipe', 'ignore', 'pipe'] })
  const [message] = await once(child.stderr as Readable, 'data')
  expect(String(message)).toContain(`bind 127.0.0.1:${port}`)
  await once(child, 'exit')
  expect(child.exitCode).not.toBe(0)
})

describe.runIf(process.platform === 'linux')('the cap of connections', () => {
  const limits: AbortController[] = []
  afterEach(() => {
    for (const limit of limits.splice(0)) limit.abort()
  })

  /** Runs with a cap of 20 for one client; gives what was decided, newest last. */
  function limit({ listener }: Running, trustedProxies = ''): string[] {
    const decisions: string[] = []
    const controller = new AbortController()
    limits.push(controller)
    void limitConnections({
      caps: { perClient: 20, comfortable: 60 },
      trustedProxies,
      count: (least) => listener.count(least),
      setFilter: (filter) => listener.setFilter(filter),
      onChange: ({ kind }) => decisions.push(kind),
      signal: controller.signal,
    })
    return decisions
  }

  /**
   * Whether a new connection is made within a time in which the kernel would make it many times over. To be polled: a filter is
   * set a moment after it was decided.
   */
  async function isAdmitted(port: number, localAddress: string, host?: string): Promise<boolean> {
    const admitted = connect(port, localAddress, host).then(() => true)
    return await Promise.race([admitted, new Promise<false>((resolve) => setTimeout(resolve, 700, false))])
  }

  const crowd = (port: number, count: number, address: string, host?: string) =>
    Promise.all(Array.from({ length: count }, () => connect(port, address, host)))

  test('counts connections by client, and leaves out those that have ended', async () => {
    const { port, listener } = await listen('::')
    const ended = await crowd(port, 10, '127.0.0.2')
    await crowd(port, 5, '127.0.0.3')
    await crowd(port, 6, '::1', '::1')
    await crowd(port, 2, '127.0.0.4')
    for (const socket of ended) socket.destroy()
    const expected = new Map([
      ['v4:7f000003', 5],
      ['v6:0000000000000000', 6],
    ])
    await expect.poll(() => listener.count(0)).toMatchObject({ total: 13, byClient: expected })
  })

  test('counts nothing where the machine has fewer sockets than would matter', async () => {
    const { port, listener } = await listen()
    await crowd(port, 5, '127.0.0.2')
    expect(await listener.count(5)).toMatchObject({ total: 5 })
    expect(await listener.count(1_000_000)).toMatchObject({ total: 0, byClient: new Map() })
  })

  test('tells how many connections clients opened since the last count', async () => {
    const { port, listener } = await listen()
    await listener.count(0)
    await crowd(port, 30, '127.0.0.2')
    const { opened } = (await listener.count(1_000_000)) ?? {}
    // Other programs of the machine may open some.
    expect(opened).toBeGreaterThanOrEqual(30)
  })

  test('refuses new connections of a client over its cap, serves its old ones, and serves others', async () => {
    const listener = await listen()
    const decisions = limit(listener)
    const [first] = await crowd(listener.port, 25, '127.0.0.2')
    await expect.poll(() => decisions).toEqual(['some'])
    await expect.poll(() => isAdmitted(listener.port, '127.0.0.2')).toBe(false)
    expect(await echo(first as Socket)).toBe('hello')
    expect(await echo(await connect(listener.port, '127.0.0.3'))).toBe('hello')
  })

  test('admits the client again when its connections end', async () => {
    const listener = await listen()
    const decisions = limit(listener)
    const held = await crowd(listener.port, 25, '127.0.0.2')
    await expect.poll(() => decisions).toEqual(['some'])
    for (const socket of held) socket.destroy()
    await expect.poll(() => decisions).toEqual(['some', 'none'])
    await expect.poll(() => isAdmitted(listener.port, '127.0.0.2')).toBe(true)
  })

  test('refuses everybody at the total, and no trusted proxy before', async () => {
    const listener = await listen()
    const decisions = limit(listener, '127.0.0.2, 10.0.0.0/8')
    await crowd(listener.port, 75, '127.0.0.2')
    await expect.poll(() => isAdmitted(listener.port, '127.0.0.2')).toBe(true)
    expect([decisions, listener.full]).toEqual([[], []])
    await crowd(listener.port, 5, '127.0.0.3')
    await expect.poll(() => listener.full).toEqual([true])
    await expect.poll(() => isAdmitted(listener.port, '127.0.0.4')).toBe(false)
    for (const socket of sockets.slice(0, 40)) socket.destroy()
    await expect.poll(() => listener.full).toEqual([true, false])
    await expect.poll(() => isAdmitted(listener.port, '127.0.0.5')).toBe(true)
  })

  test('slows down the clients that are named, and no others', async () => {
    const { port, listener } = await listen('::')
    const clients: ClientNetwork[] = ['v4:7f000002', 'v6:0000000000000000']
    listener.setFilter(socketFilter({ kind: 'none' }, { clients, share: 1 / 64 }))
    const opened = async (address: string, host?: string) => {
      const tries = Array.from({ length: 12 }, () => isAdmitted(port, address, host))
      return (await Promise.all(tries)).filter(Boolean).length
    }
    // Each try succeeds with a chance of 1 in 64; eight of twelve would once in 10^11 times.
    await expect.poll(() => opened('127.0.0.2')).toBeLessThan(8)
    expect(await opened('::1', '::1')).toBeLessThan(8)
    expect(await opened('127.0.0.3')).toBe(12)
    listener.setFilter(socketFilter({ kind: 'none' }, { clients: [], share: 1 }))
    await expect.poll(() => isAdmitted(port, '127.0.0.2')).toBe(true)
  })

  test('limits IPv4 and IPv6 clients of a socket for both', async () => {
    const listener = await listen('::')
    const decisions = limit(listener)
    await crowd(listener.port, 25, '::1', '::1')
    await expect.poll(() => decisions).toEqual(['some'])
    await expect.poll(() => isAdmitted(listener.port, '::1', '::1')).toBe(false)
    expect(await echo(await connect(listener.port, '127.0.0.3'))).toBe('hello')
    await crowd(listener.port, 24, '127.0.0.2')
    await expect.poll(() => decisions).toEqual(['some', 'some'])
    await expect.poll(() => isAdmitted(listener.port, '127.0.0.2')).toBe(false)
  })
})
