/** Keeps backups in a bucket of S3, or of a service that is compatible with it. */
import { PassThrough, Readable, Transform } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { EngineError } from '../../errors.ts'
import type { BackupStore } from './store.ts'

export interface S3Location {
  bucket: string
  /** Of all keys; empty, or ending with `/`. */
  prefix: string
  /** Of an S3-compatible service; left out for Amazon's. */
  endpoint?: string
  region: string
}

/** A part is held in memory; a bucket takes 10,000 of them, which is 156 GiB. */
const PART_BYTES = 16 * 2 ** 20
const PARTS_AT_ONCE = 2

/**
 * Backups in a bucket. Credentials come from where Amazon's tools look for them: AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY, or a profile of ~/.aws/credentials. They are in no error of this class.
 */
export class S3Store implements BackupStore {
  readonly #client: S3Client
  readonly #location: S3Location

  constructor(location: S3Location) {
    this.#location = location
    this.#client = new S3Client({
      region: location.region,
      ...(location.endpoint && { endpoint: location.endpoint, forcePathStyle: true }),
      // Services other than Amazon's do not all know the newer checksums; ours are in the manifest.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
  }

  async put(key: string, content: Readable): Promise<number> {
    let bytes = 0
    const counted = new Transform({
      transform(chunk: Buffer, _, done) {
        bytes += chunk.length
        done(null, chunk)
      },
    })
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.#location.bucket, Key: this.#keyOf(key), Body: counted },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
      leavePartsOnError: false,
    })
    content.on('error', (error) => counted.destroy(error))
    content.pipe(counted)
    try {
      await upload.done()
    } catch (error) {
      content.destroy()
      throw content.errored ?? toStoreError(error)
    }
    return bytes
  }

  async get(key: string): Promise<Readable | null> {
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#location.bucket, Key: this.#keyOf(key) }),
      )
      return Body instanceof Readable ? Body.pipe(new PassThrough()) : null
    } catch (error) {
      if (error instanceof NoSuchKey) return null
      throw toStoreError(error)
    }
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = []
    let token: string | undefined
    try {
      do {
        const page = await this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#location.bucket,
            Prefix: this.#keyOf(prefix),
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        )
        keys.push(...(page.Contents ?? []).map(({ Key }) => (Key ?? '').slice(this.#location.prefix.length)))
        token = page.NextContinuationToken
      } while (token !== undefined)
    } catch (error) {
      throw toStoreError(error)
    }
    return keys
  }

  async remove(key: string): Promise<void> {
    try {
      await this.#client.send(
        new DeleteObjectCommand({ Bucket: this.#location.bucket, Key: this.#keyOf(key) }),
      )
    } catch (error) {
      throw toStoreError(error)
    }
  }

  #keyOf(key: string): string {
    return this.#location.prefix + key
  }
}

/** By its name alone: an error of the client may hold the request, and that its signature. */
function toStoreError(error: unknown): EngineError {
  const name = error instanceof Error ? error.name : 'unknown error'
  return new EngineError('unavailable', `the store of the backups does not answer as it should (${name})`)
}
