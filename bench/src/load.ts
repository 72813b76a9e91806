/**
 * The one load generator of all figures: raw sockets, one request in flight on each connection, requests built
 * beforehand. It does as little as it can, since it shares the machine with what it measures.
 */
import { connect, type Socket } from 'node:net'
import { readResponse } from './http-response.ts'
import { quantile } from './stats.ts'

export interface LoadOptions {
  port: number
  /** Requests to send in turn, each complete; see `requestBytes`. */
  requests: Buffer[]
  connections: number
  seconds: number
  /** What is counted. */
  expect: number
  /** A status that is neither counted nor a failure: the few requests that a rate limit lets pass. */
  tolerate?: number
  /** Text that the body of every answer must hold; looked for only where it is given. */
  holds?: string
  /** Called at each response that is counted. */
  onCounted?: () => void
}

export interface LoadResult {
  /** Responses with the expected status, per second. */
  perSecond: number
  elapsedSeconds: number
  p50Ms: number
  p99Ms: number
  failures: number
  /** The first response that was not as expected. */
  firstFailure: string | null
}

/** One HTTP/1.1 request as bytes. */
export function requestBytes(request: {
  method?: string
  path: string
  port: number
  headers?: Record<string, string>
  body?: string
}): Buffer {
  const { method = 'GET', path, port, headers = {}, body } = request
  const lines = [`${method} ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}

interface Run extends LoadOptions {
  next: number
  ends: number
  latencies: number[]
  failures: number
  firstFailure: string | null
}

/** Loads a port of loopback for `seconds`; every connection ends before it resolves. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const started = performance.now()
  const run: Run = {
    ...options,
    next: 0,
    ends: started + options.seconds * 1000,
    latencies: [],
    failures: 0,
    firstFailure: null,
  }
  await Promise.all(Array.from({ length: options.connections }, () => loadConnection(run)))
  const elapsedSeconds = (performance.now() - started) / 1000
  const sorted = Float64Array.from(run.latencies).sort()
  return {
    perSecond: sorted.length / elapsedSeconds,
    elapsedSeconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    failures: run.failures,
    firstFailure: run.firstFailure,
  }
}

/** One connection after the other, since a server may close one (after a refusal, say); connecting again counts. */
async function loadConnection(run: Run): Promise<void> {
  while (performance.now() < run.ends) await useSocket(run)
}

function useSocket(run: Run): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect(run.port, '127.0.0.1')
    socket.setNoDelay(true)
    // A server that hangs must not hang the run with it.
    const limit = setTimeout(
      () => socket.destroy(new Error('no answer')),
      run.ends - performance.now() + 5_000,
    )
    let pending: Buffer | null = null
    let sentAt = 0

    const holds = (buffer: Buffer, body: number) =>
      run.holds === undefined || buffer.includes(run.holds, body)
    const send = () => {
      const request = run.requests[run.next++ % run.requests.length]
      sentAt = performance.now()
      if (request) socket.write(request)
    }
    socket.on('connect', send)
    socket.on('data', (chunk) => {
      const buffer: Buffer = pending === null ? chunk : Buffer.concat([pending, chunk])
      const response = readResponse(buffer, 0)
      if (response === null) {
        pending = buffer
        return
      }
      pending = null
      const now = performance.now()
      if (response.status === run.expect && holds(buffer, response.body)) {
        run.latencies.push(now - sentAt)
        run.onCounted?.()
      } else if (response.status !== run.tolerate)
        fail(run, `${response.status} ${buffer.toString('utf8', response.body, response.body + 300)}`)
      if (now >= run.ends || response.closes) socket.end()
      else send()
    })
    socket.on('error', (error) => {
      if (performance.now() < run.ends) fail(run, error.message)
    })
    socket.on('close', () => {
      clearTimeout(limit)
      resolve()
    })
  })
}

function fail(run: Run, reason: string): void {
  run.failures++
  run.firstFailure ??= reason
}
