/** Hexadecimal digits as bytes, at once and in chunks. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, HexStream } from './hex.ts'

const toDigits = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString('hex'))

test('fromHex decodes digits', () => {
  expect([...fromHex(Buffer.from('00ff7f80'))]).toEqual([0, 255, 127, 128])
})

test('HexStream gives the same bytes for chunks of any length', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.array(fc.nat(9), { maxLength: 50 }), async (bytes, lengths) => {
      const digits = toDigits(bytes)
      const pieces: Uint8Array[] = []
      let at = 0
      for (const length of lengths) {
        pieces.push(digits.subarray(at, at + length))
        at += length
      }
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const piece of [...pieces, digits.subarray(at)]) controller.enqueue(piece)
          controller.close()
        },
      })
      expect(await new Response(stream.pipeThrough(new HexStream())).bytes()).toEqual(bytes)
    }),
  )
})
