/**
 * Run as a process of its own: a stack whose operations can be held at chosen points, to be killed there, or made to fail.
 * Reads its plan from its input, a JSON object a line, and writes what happens to its output, in the same way.
 */
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobPoint } from '@db9/control-api'
import { startLocal } from '../../start.ts'
import { type ChildMessage, nameOf, type Plan } from './points.ts'

const say = (message: ChildMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)

let plan: Plan = JSON.parse(process.argv[2] ?? '{"hold":[],"fail":[]}')
const isAmong = (points: JobPoint[], point: JobPoint) => points.some((each) => nameOf(each) === nameOf(point))
createInterface({ input: process.stdin }).on('line', (line) => {
  plan = JSON.parse(line)
  say({ kind: 'holding' })
})

const { url, dataFolder, ownerToken } = await startLocal({
  port: 0,
  pgPort: 0,
  onJobPoint: async (point) => {
    if (isAmong(plan.fail, point)) throw new Error(`made to fail ${nameOf(point)}`)
    if (!isAmong(plan.hold, point)) return
    say({ kind: 'held', point })
    // For as long as this process lives: it is killed while it waits here.
    await delay(2 ** 31 - 1)
  },
})
say({ kind: 'serving', url, dataFolder, ownerToken })
