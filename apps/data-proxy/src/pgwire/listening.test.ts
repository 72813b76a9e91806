import { cstring, message } from '@db9/postgres/messages'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listenWatch } from './listening.ts'

const done = (tag: string) => message('C', cstring(tag))

function sees(data: Buffer, cuts: number[]): boolean {
  const watch = listenWatch()
  const edges = [0, ...cuts.map((cut) => cut % (data.length + 1)).sort((a, b) => a - b), data.length]
  return edges.slice(1).some((edge, i) => watch(data.subarray(edges[i], edge)))
}

test('a LISTEN is seen wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.nat()),
      (a, b, cuts) => {
        expect(sees(Buffer.concat([a, done('LISTEN'), b]), cuts)).toBe(true)
      },
    ),
  )
})

test('nothing else is taken for one', () => {
  const others = Buffer.concat(['UNLISTEN', 'SELECT 1', 'LISTENER', 'NOTIFY'].map(done))
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(sees(others, cuts)).toBe(false)
    }),
  )
})
