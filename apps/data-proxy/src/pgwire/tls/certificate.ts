/** The certificate of the wire protocol's listener: the operator's, or one of its own that is made once and kept. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { writePrivateFile } from '@db9/process/private-file'
import { StartError } from '@db9/process/start-error'
import { generate } from 'selfsigned'

/** Paths of the operator's own, PEM. */
export interface CertificateFiles {
  cert: string
  key: string
}

/** What the operator has set. Throws a `StartError` where one of the two is missing. */
export function certificateFiles({
  pgTlsCert: cert,
  pgTlsKey: key,
}: {
  pgTlsCert: string | null
  pgTlsKey: string | null
}): CertificateFiles | null {
  if (cert !== null && key !== null) return { cert, key }
  if (cert === null && key === null) return null
  const [set, missing] =
    cert === null ? ['DB9_PG_TLS_KEY', 'DB9_PG_TLS_CERT'] : ['DB9_PG_TLS_CERT', 'DB9_PG_TLS_KEY']
  throw new StartError(`${set} is set and ${missing} is not. Set both or neither.`)
}

export interface CertificateOptions {
  /** Null: one is made, in `home`. */
  files: CertificateFiles | null
  home: string
  /** What a certificate that is made is good for beside this machine's own names. */
  host: string
}

const GENERATED_FILE = 'pg-tls.pem'
const DAY_MS = 86_400_000
const LIFE_MS = 10 * 365 * DAY_MS
/** One that ends so soon is made anew at the next start. */
const LEAST_MS = 30 * DAY_MS
/** A renewed certificate of the operator's counts after so long, without a restart. */
const LOOK_MS = 60_000

/** The context of new connections. Throws a `StartError` where the operator's files are no certificate with its key. */
export async function secureContexts(
  { files, home, host }: CertificateOptions,
  now: () => number = Date.now,
): Promise<() => SecureContext> {
  if (files === null) {
    const pem = await generatedPem(join(home, GENERATED_FILE), host)
    const context = contextOf(pem, pem)
    return () => context
  }
  let current = readContext(files)
  let version = versionOf(files)
  let lookedAt = now()
  return () => {
    if (now() - lookedAt < LOOK_MS) return current
    lookedAt = now()
    try {
      if (versionOf(files) === version) return current
      current = readContext(files)
      version = versionOf(files)
    } catch {
      // Half replaced: the one that there is serves on, and the files are read again.
    }
    return current
  }
}

function readContext({ cert, key }: CertificateFiles): SecureContext {
  try {
    return contextOf(readFileSync(cert, 'utf8'), readFileSync(key, 'utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(
      `DB9_PG_TLS_CERT (${cert}) and DB9_PG_TLS_KEY (${key}) are not a certificate and its key in PEM: ${reason}. ` +
        'Set both to files that fit each other, or neither.',
    )
  }
}

function contextOf(cert: string, key: string): SecureContext {
  return createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
}

function versionOf({ cert, key }: CertificateFiles): string {
  return [cert, key].map((path) => statSync(path).mtimeMs).join()
}

async function generatedPem(path: string, host: string): Promise<string> {
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (isGoodFor(kept, LEAST_MS)) return kept
  const made = await makePem(host)
  writePrivateFile(path, made)
  return made
}

function isGoodFor(pem: string, leastMs: number): boolean {
  try {
    return Date.parse(new X509Certificate(pem).validTo) - Date.now() > leastMs
  } catch {
    return false
  }
}

const DNS = 2
const IP = 7

async function makePem(host: string): Promise<string> {
  const isIp = /^[\d.]+$|:/.test(host)
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'db9' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Some clients hold it against clocks that are slow.
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + LIFE_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: DNS, value: 'localhost' },
          { type: IP, ip: '127.0.0.1' },
          { type: IP, ip: '::1' },
          isIp ? { type: IP, ip: host } : { type: DNS, value: host },
        ],
      },
    ],
  })
  return `${cert.trimEnd()}\n${key.trimEnd()}\n`
}
