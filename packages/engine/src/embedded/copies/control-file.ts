/** The control file of a data directory. */
import { EngineError } from '../../errors.ts'
import { readSmallFile } from '../sandbox/safe-files.ts'

/** What a data directory says of itself, whether its server runs or not. */
export interface ControlFile {
  /** The same in every copy of one template. */
  systemIdentifier: bigint
  /** Stopped with everything in its files: nothing is to be replayed. */
  isCleanlyStopped: boolean
  timeline: number
  /** Where replay would begin. */
  redo: bigint
}

/** `PG_CONTROL_VERSION` of PostgreSQL 18. */
const VERSION = 1800
/** `PG_CONTROL_FILE_SIZE`. */
const CONTROL_FILE_BYTES = 8192
/** `DB_SHUTDOWNED` of `DBState`. */
const SHUT_DOWN = 1

/**
 * Reads `ControlFileData` (PostgreSQL's src/include/catalog/pg_control.h; the bundle has no pg_controldata). Little
 * endian, as on every platform there is a bundle for.
 */
export function parseControlFile(bytes: Buffer): ControlFile {
  const version = bytes.length < 64 ? null : bytes.readUInt32LE(8)
  if (version !== VERSION) {
    throw new EngineError('corrupt', `not the control file of PostgreSQL 18 (its version is ${version})`)
  }
  return {
    systemIdentifier: bytes.readBigUInt64LE(0),
    isCleanlyStopped: bytes.readInt32LE(16) === SHUT_DOWN,
    redo: bytes.readBigUInt64LE(40),
    timeline: bytes.readUInt32LE(48),
  }
}

export function readControlFile(data: string): ControlFile {
  const bytes = readSmallFile(data, 'global/pg_control', CONTROL_FILE_BYTES)
  if (!bytes) throw new EngineError('corrupt', 'the database has no control file')
  return parseControlFile(bytes)
}
