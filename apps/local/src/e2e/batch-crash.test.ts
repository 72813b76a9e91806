import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobPoint } from '@db9/control-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../testing/command.ts'
import { Installation } from '../testing/crash/installation.ts'
import { sql } from '../testing/crash/scenarios.ts'
import { expectStatus } from '../testing/stack.ts'

const LIMIT_MS = 120_000
/** More than are made at once: at the kill some are under way, and some have not begun. */
const COUNT = 12

let base: string
let installation: Installation
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'db9-batch-'))
  chmodSync(base, 0o755)
  installation = new Installation(join(base, 'home'))
  await installation.start()
}, LIMIT_MS)
afterAll(async () => {
  await installation?.stop()
  rmSync(base, { recursive: true, force: true })
}, LIMIT_MS)

const POINTS: JobPoint[] = [
  { kind: 'create', step: 'create', at: 'before' },
  { kind: 'create', step: 'end', at: 'after' },
]

test.each(POINTS)(
  'killed $at the step $step of a batch’s creates, the same request gives all databases, each once',
  async (point) => {
    const names = Array.from({ length: COUNT }, (_, i) => `${point.at}-${i}`)
    const send = () =>
      installation.call('POST', '/databases/batch', {
        body: { databases: names.map((name) => ({ name })) },
        key: `batch-${point.at}`,
      })
    const live = async (): Promise<{ id: string; name: string }[]> =>
      expectStatus(200, await installation.call('GET', '/databases')).json.filter(
        ({ name }: { name: string }) => name.startsWith(point.at),
      )

    await installation.hold([point])
    void send().catch(() => {})
    await installation.untilHeld([point])
    await eventually('as many are under way as may be', LIMIT_MS, async () => (await live()).length === 8)
    await installation.kill()
    await installation.start()

    let reply = await send()
    await eventually('what was under way has ended', LIMIT_MS, async () => {
      if (reply.json.code === 'idempotency_in_flight') reply = await send()
      return reply.status === 200
    })
    expect([reply.json.total_created, reply.json.failed]).toEqual([COUNT, []])
    expect(reply.json.created.map(({ name }: { name: string }) => name)).toEqual(names)
    const made = await live()
    expect(made.map(({ id }) => id).sort()).toEqual(
      reply.json.created.map(({ id }: { id: string }) => id).sort(),
    )
    for (const { id, admin_password } of reply.json.created) {
      expect(await sql(installation, id, 'select 1')).toEqual([[1]])
      const { json } = await installation.call('GET', `/databases/${id}/credentials`)
      expect(json.admin_password).toBe(admin_password)
    }
    expect((await send()).json).toEqual(reply.json)
    expect(expectStatus(200, await installation.call('GET', '/self-check')).json.findings).toEqual([])
  },
  LIMIT_MS,
)
