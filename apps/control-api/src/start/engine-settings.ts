/** What follows for the engine from the variables of the control API. */
import { totalmem } from 'node:os'
import type { EmbeddedOptions } from '@db9/engine'
import type { ControlApiValues } from '../variables.ts'

type EngineValues = Pick<
  ControlApiValues,
  | 'backups'
  | 'diskQuotaBytes'
  | 'isolation'
  | 'maxRunning'
  | 'poolSize'
  | 'extensionRoots'
  | 'postgresFolder'
  | 'restoreWindowDays'
  | 's3Endpoint'
  | 's3Region'
  | 'uidRange'
>

/** A database that is used now and then takes so much; asleep it takes none. */
const RUNNING_BYTES = 32 * 2 ** 20

/** How the engine is set. */
export type EngineSettings = ReturnType<typeof engineSettings>

/** The engine's settings by the variables; `maxRunning` follows from the memory where it is not set. */
export function engineSettings(values: EngineValues) {
  const { diskQuotaBytes, extensionRoots, isolation, poolSize, postgresFolder, restoreWindowDays, uidRange } =
    values
  return {
    diskQuotaBytes,
    extensionRoots: extensionRoots ?? [],
    isolation,
    poolSize,
    postgresFolder,
    restoreWindowDays,
    uidRange,
    maxRunning: values.maxRunning ?? runningByMemory(),
    backups: backupsOf(values),
  }
}

function runningByMemory(): number {
  return Math.max(8, Math.floor(totalmem() / 2 / RUNNING_BYTES))
}

function backupsOf({ backups, s3Endpoint, s3Region }: EngineValues): EmbeddedOptions['backups'] {
  if (backups === null) return undefined
  return { location: backups, s3Endpoint: s3Endpoint ?? undefined, s3Region: s3Region ?? undefined }
}
