/** Parses the data proxy's answer to several batches into one part per batch. */
import type { PartHead } from '@db9/types/internal'

/** How one batch was answered. `row` holds what a header carries where a batch is sent by itself. */
export interface Part {
  status: number
  row: (string | null)[] | null
  body: Uint8Array<ArrayBuffer>
}

/**
 * A part for each request id, in their order; null for one that is to be sent by itself. Throws where the answer is not
 * for exactly these batches, so that no caller gets the rows of another.
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
