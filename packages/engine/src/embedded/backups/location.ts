/** Opens the place that backups go to. */
import { resolve } from 'node:path'
import { EngineError } from '../../errors.ts'
import { FolderStore, type Reserve } from './folder-store.ts'
import type { BackupStore } from './store.ts'

/** What says where backups go. */
export interface BackupLocation {
  /** A folder, or `s3://bucket` or `s3://bucket/prefix`. */
  location: string
  /** Of a service other than Amazon's. */
  s3Endpoint?: string | undefined
  s3Region?: string | undefined
}

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/

/** Opens nothing yet. The client of S3 is loaded only where it is used. */
export async function openBackupStore(
  { location, s3Endpoint, s3Region }: BackupLocation,
  reserve: Reserve,
): Promise<BackupStore> {
  if (!location.startsWith('s3:')) return new FolderStore(resolve(location), reserve)
  const [, bucket, path = ''] = BUCKET.exec(location) ?? []
  if (bucket === undefined) {
    throw new EngineError(
      'failed',
      'the place of the backups must be a folder, s3://bucket or s3://bucket/prefix',
    )
  }
  const { S3Store } = await import('./s3-store.ts')
  const prefix = path.replace(/^\/+|\/+$/g, '')
  return new S3Store({
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: s3Region ?? 'us-east-1',
    ...(s3Endpoint !== undefined && { endpoint: s3Endpoint }),
  })
}
