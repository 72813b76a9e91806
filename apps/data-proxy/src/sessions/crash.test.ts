import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findByTitle } from '@db9/engine'
import { readProcess } from '@db9/process/processes'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { postSql } from '../testing/http.ts'
import { type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeEach(async () => {
  stack = await startStack()
  await post('create table log (writer int, n int, primary key (writer, n))')
})
afterEach(() => stack.close())

const post = (query: string) =>
  postSql({ port: stack.httpPort, connectionString: stack.connectionString(), body: { query } })

const pidOfServer = async () => Number((await stack.engine.connect(stack.id)).epoch.split('-')[0])

/** What writers know for themselves: what was acknowledged, and how the rest was refused. */
interface WriterLog {
  acknowledged: string[]
  refusals: Set<string>
  /** The longest time between two acknowledgements of all writers. */
  longestGapMs: number
}

const RETRYABLE = /^57P0[123]$|^08006$/

async function underLoad(harm: () => Promise<void>): Promise<WriterLog> {
  const log: WriterLog = { acknowledged: [], refusals: new Set(), longestGapMs: 0 }
  let isOver = false
  let lastAt = performance.now()
  const acknowledge = (writer: number, n: number) => {
    log.acknowledged.push(`${writer}:${n}`)
    log.longestGapMs = Math.max(log.longestGapMs, performance.now() - lastAt)
    lastAt = performance.now()
  }
  const overHttp = async (writer: number) => {
    for (let n = 0; !isOver; n++) {
      const { status, body } = await post(`insert into log values (${writer}, ${n})`)
      if (status === 200) acknowledge(writer, n)
      else log.refusals.add(`${status} ${body.code}`)
    }
  }
  const overTheWire = async (writer: number) => {
    for (let n = 0; !isOver; ) {
      const client = new pg.Client(stack.connectionString())
      client.on('error', () => {})
      try {
        await client.connect()
        for (; !isOver; n++) {
          await client.query('insert into log values ($1, $2)', [writer, n])
          acknowledge(writer, n)
        }
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        log.refusals.add(code ?? message)
        n++
      }
      await client.end().catch(() => {})
    }
  }
  const writers = [overHttp(1), overHttp(2), overHttp(3), overTheWire(4), overTheWire(5)]
  const untilAcknowledged = (count: number) =>
    expect.poll(() => log.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(count)
  await untilAcknowledged(20)
  await harm()
  await sleep(1_500)
  await untilAcknowledged(log.acknowledged.length)
  isOver = true
  await Promise.all(writers)
  return log
}

async function requireNothingLost(log: WriterLog): Promise<void> {
  const { body } = await post("select writer || ':' || n as entry from log")
  const kept = new Set((body.rows as { entry: string }[]).map(({ entry }) => entry))
  expect(log.acknowledged.filter((entry) => !kept.has(entry))).toEqual([])
}

function requireRetryable(log: WriterLog): void {
  expect(log.refusals.size).toBeGreaterThan(0)
  for (const refusal of log.refusals) {
    const [status, code = ''] = refusal.split(' ')
    // A driver that lost its connection says so in its own words.
    const isLost = /^Connection terminated|is not queryable$/.test(refusal)
    expect(status === '503' || RETRYABLE.test(code) || RETRYABLE.test(refusal) || isLost, refusal).toBe(true)
  }
}

describe('under load', () => {
  test('a killed server is back within three seconds, only what ran fails, and nothing acknowledged is lost', async () => {
    const log = await underLoad(async () => {
      process.kill(await pidOfServer(), 'SIGKILL')
    })
    requireRetryable(log)
    expect(log.longestGapMs).toBeLessThan(3_000)
    await requireNothingLost(log)
  })

  test('a session killed for its memory costs its database’s sessions, and they are back as soon', async () => {
    const log = await underLoad(async () => {
      const session = findByTitle(`postgres: ${stack.id}-`).find((pid) =>
        readProcess(pid)?.args.includes('admin'),
      )
      process.kill(Number(session), 'SIGKILL')
    })
    requireRetryable(log)
    expect(log.longestGapMs).toBeLessThan(3_000)
    await requireNothingLost(log)
  })
})

test.runIf(process.platform === 'linux')(
  'short of memory, the kernel ends a server’s processes before this one',
  async () => {
    const client = new pg.Client(stack.connectionString())
    await client.connect()
    const score = (pid: number) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
    const server = await pidOfServer()
    const sessions = findByTitle(`postgres: ${stack.id}-`).filter((pid) => pid !== server)
    expect(sessions.length).toBeGreaterThan(0)
    for (const pid of sessions) expect(score(pid)).toBeGreaterThanOrEqual(score(server))
    expect(score(server)).toBeGreaterThan(score(process.pid))
    await client.end()
  },
)
