import type { AddressInfo } from 'node:net'
// @ts-expect-error: it comes without types
import S3rver from 's3rver'

export interface S3Server {
  /** What a stack is configured by to keep its backups there. */
  env: Record<string, string>
  stop(): Promise<void>
}

const BUCKET = 'backups'

/** A server of S3 in this process, with a bucket that lies in the folder; it outlives the stacks that are killed. */
export async function startS3(folder: string): Promise<S3Server> {
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: BUCKET }],
  })
  const { port } = (await server.run()) as AddressInfo
  return {
    env: {
      DB9_BACKUPS: `s3://${BUCKET}/of-db9`,
      DB9_S3_ENDPOINT: `http://127.0.0.1:${port}`,
      // The server's own, which it checks signatures by.
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
    },
    stop: () => server.close(),
  }
}
