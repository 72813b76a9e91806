/** The end of what a program says, however much it says: what runs on a hostile data folder may say gigabytes. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'

export interface Output {
  text: string
  /** Whether there was more, which is not kept. */
  isCut: boolean
}

/** Reads streams to their end and keeps the last `maxBytes` of each. */
export async function readOutput(streams: readonly (Readable | null)[], maxBytes: number): Promise<Output> {
  const outputs = await Promise.all(streams.map((stream) => (stream ? readEnd(stream, maxBytes) : NOTHING)))
  return {
    text: outputs.map(({ text }) => text).join(''),
    isCut: outputs.some(({ isCut }) => isCut),
  }
}

const NOTHING: Output = { text: '', isCut: false }

async function readEnd(stream: Readable, maxBytes: number): Promise<Output> {
  let kept: Buffer = Buffer.alloc(0)
  let isCut = false
  for await (const chunk of stream) {
    const all = Buffer.concat([kept, chunk as Buffer])
    isCut ||= all.length > maxBytes
    kept = all.subarray(Math.max(0, all.length - maxBytes))
  }
  return { text: kept.toString('utf8'), isCut }
}

/**
 * That there is none, and what processes that have it open as its owner can make of it: a lease, for which an opener would
 * wait in the kernel (docs: fcntl(2), "Leases"), and a mode that is closed to all.
 */
const UNREADABLE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EAGAIN', 'EACCES'])

/** The last `maxBytes` of a file; empty where there is none, or none that can be read now. */
export function readFileEnd(path: string, maxBytes: number): string {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (UNREADABLE.has((error as NodeJS.ErrnoException).code)) return ''
    throw error
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, maxBytes))
    const count = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8', 0, count)
  } finally {
    closeSync(file)
  }
}
