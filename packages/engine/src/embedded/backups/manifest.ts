/** The manifest of a backup: what it holds, with the checksum of its data. */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { EngineError } from '../../errors.ts'

/** What is written last, and makes a backup whole. */
export interface Manifest {
  format: 1
  databaseId: string
  /** Of the bundle that wrote the files. */
  engineVersion: string
  /** RFC 3339. */
  startedAt: string
  completedAt: string
  lsn: string
  data: DataFacts
}

/** The archive of all files, compressed. */
export interface DataFacts {
  bytes: number
  sha256: string
  /** Of the files before they were packed. */
  files: number
  fileBytes: number
}

const MOST_BYTES = 2 ** 20

/** Throws `corrupt` for what is no manifest of this format. */
export async function readManifest(
  content: Readable,
): Promise<{ manifest: Manifest; checksum: string; bytes: number }> {
  const text = await buffer(content)
  if (text.length > MOST_BYTES) throw corrupt('its manifest is too long')
  try {
    const manifest = JSON.parse(text.toString()) as Manifest
    const { format, data } = manifest
    if (format !== 1 || !/^[0-9a-f]{64}$/.test(data.sha256) || !Number.isInteger(data.bytes))
      throw new Error('format')
    return {
      manifest,
      checksum: `sha256:${createHash('sha256').update(text).digest('hex')}`,
      bytes: text.length,
    }
  } catch (cause) {
    throw corrupt('its manifest cannot be read', cause)
  }
}

export function corrupt(why: string, cause?: unknown): EngineError {
  return new EngineError('corrupt', `the backup is damaged: ${why}`, { cause })
}
