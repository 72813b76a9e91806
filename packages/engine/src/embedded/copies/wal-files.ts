/** Names and positions of the write-ahead log. */
import { WAL_SEGMENT_BYTES } from '../process/postgres-settings.ts'

/** One file of the write-ahead log, named by timeline and number (PostgreSQL's `XLogFileName`). */
export interface WalSegment {
  timeline: number
  /** Counts from the beginning of all WAL, over timelines. */
  number: bigint
}

const SEGMENT_NAME = /^[0-9A-F]{24}$/
/** A name's last two parts are a 4 GiB range and the segment within it. */
const SEGMENTS_PER_RANGE = 2n ** 32n / BigInt(WAL_SEGMENT_BYTES)

/** Null for what is no whole segment: histories, backup labels, half-written files, partial ones. */
export function parseSegment(name: string): WalSegment | null {
  if (!SEGMENT_NAME.test(name)) return null
  const part = (index: number) => Number.parseInt(name.slice(index * 8, index * 8 + 8), 16)
  return { timeline: part(0), number: BigInt(part(1)) * SEGMENTS_PER_RANGE + BigInt(part(2)) }
}

export function segmentName({ timeline, number }: WalSegment): string {
  const parts = [BigInt(timeline), number / SEGMENTS_PER_RANGE, number % SEGMENTS_PER_RANGE]
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('')
}

/** The segment that holds the byte at `lsn`. */
export function segmentOf(lsn: bigint, timeline: number): WalSegment {
  return { timeline, number: lsn / BigInt(WAL_SEGMENT_BYTES) }
}

/** Postgres' text of a position, `16/B374D848`. */
export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

export function formatLsn(lsn: bigint): string {
  return [lsn >> 32n, lsn & 0xffffffffn].map((part) => part.toString(16).toUpperCase()).join('/')
}
