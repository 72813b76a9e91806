/** The data proxy's answer to several batches, taken apart. */
import type { PartHead } from '@db9/types/internal'

/** How one batch was answered; what is told of it in headers when it comes alone is in `row` here. */
export interface Part {
  status: number
  row: (string | null)[] | null
  body: Uint8Array<ArrayBuffer>
}

/**
 * A part for each request id, in their order; null for one that is to be sent by itself. Throws where the answer is not
 * one to exactly these batches: nobody may be given what is another's.
 */
export function readParts(
  bytes: Uint8Array<ArrayBuffer>,
  headBytes: number,
  requestIds: readonly string[],
): (Part | null)[] {
  const heads: PartHead[] = JSON.parse(new TextDecoder().decode(bytes.subarray(0, headBytes)))
  if (heads.length !== requestIds.length) throw mismatch()
  let at = headBytes
  const parts = heads.map(({ requestId, status, row, bytes: length }, i) => {
    if (requestId !== requestIds[i]) throw mismatch()
    const body = bytes.subarray(at, at + length)
    at += length
    return status === null ? null : { status, row, body }
  })
  if (at !== bytes.length) throw mismatch()
  return parts
}

const mismatch = () => new Error('the data proxy answered other batches than were sent')
