/** Decodes bytes that Postgres prints as hexadecimal digits, since its replies are text. */

/** Decodes ASCII digits, an even number of them. */
export function fromHex(digits: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(digits.length >> 1)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digitValue(digits[2 * i] ?? 0) << 4) | digitValue(digits[2 * i + 1] ?? 0)
  }
  return bytes
}

/** `0` to `9` are 0x30 to 0x39, `a` to `f` 0x61 to 0x66. */
function digitValue(digit: number): number {
  return (digit & 15) + (digit >> 6) * 9
}

/** The streaming variant. A chunk may end in the middle of a byte. */
export class HexStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor() {
    let rest = new Uint8Array(0)
    super({
      transform(piece, controller) {
        const digits = new Uint8Array(rest.length + piece.length)
        digits.set(rest)
        digits.set(piece, rest.length)
        const whole = digits.length - (digits.length % 2)
        rest = digits.slice(whole)
        if (whole > 0) controller.enqueue(fromHex(digits.subarray(0, whole)))
      },
    })
  }
}
