/**
 * Run as a process of its own: a stack whose operations can be held at chosen points, to be killed there. Reads what to
 * hold from its input, a JSON array of points a line, and writes what happens to its output, a JSON object a line.
 */
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { OperationPoint } from '@db9/control-api'
import { startLocal } from '../../start.ts'
import { type ChildMessage, nameOf } from './points.ts'

const say = (message: ChildMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)

let held = new Set<string>()
const hold = (points: string) => {
  held = new Set((JSON.parse(points) as OperationPoint[]).map(nameOf))
}
hold(process.argv[2] ?? '[]')
createInterface({ input: process.stdin }).on('line', (line) => {
  hold(line)
  say({ kind: 'holding' })
})

const { url, dataFolder, ownerToken } = await startLocal({
  port: 0,
  pgPort: 0,
  onOperationPoint: async (point) => {
    if (!held.has(nameOf(point))) return
    say({ kind: 'held', point })
    // For as long as this process lives: it is killed while it waits here.
    await delay(2 ** 31 - 1)
  },
})
say({ kind: 'serving', url, dataFolder, ownerToken })
