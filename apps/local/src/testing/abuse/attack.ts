/** Runs attacks on a gateway, and probes it meanwhile as another client does. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack, AttackCounts } from './attacker.ts'

export interface RunningAttack {
  counts(): Promise<AttackCounts>
  end(): Promise<AttackCounts>
}

export function startAttack(attack: Attack): RunningAttack {
  const attacker = fork(join(import.meta.dirname, 'attacker.ts'), [JSON.stringify(attack)], { execArgv: [] })
  const ask = async (message: 'count' | 'end') => {
    attacker.send(message)
    const [counts] = await once(attacker, 'message')
    return counts as AttackCounts
  }
  return { counts: () => ask('count'), end: () => ask('end') }
}

export interface Probe {
  /** Milliseconds of each request that was answered with 200. */
  times: number[]
  /** What else came, in words. */
  failures: string[]
}

const PROBE_EVERY_MS = 20
const PROBE_LIMIT_MS = 10_000

/** Sends a request every 20 ms for so long, one after the other, each on a connection of its own. */
export async function probe(url: string, headers: Record<string, string>, ms: number): Promise<Probe> {
  const result: Probe = { times: [], failures: [] }
  for (const end = Date.now() + ms; Date.now() < end; await sleep(PROBE_EVERY_MS)) {
    const start = performance.now()
    const answer = await statusOf(url, headers)
    if (answer === 200) result.times.push(performance.now() - start)
    else result.failures.push(String(answer))
  }
  return result
}

function statusOf(url: string, headers: Record<string, string>): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(url, { headers, agent: false, timeout: PROBE_LIMIT_MS }, (response) => {
      response.on('error', (error) => resolve(error.message))
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PROBE_LIMIT_MS} ms`)))
    sent.on('error', (error) => resolve(error.message))
    sent.end()
  })
}

export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Bytes of memory that a process has in use. */
export function memoryOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

/** Bytes of all files of a folder. */
export function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
