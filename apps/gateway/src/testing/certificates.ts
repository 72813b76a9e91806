/** Certificates of every kind for a server on 127.0.0.1, by the `openssl` of the machine. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ServerCertificate {
  key: string
  cert: string
}

export interface Certificates {
  /** The certificate that signed the others, except `ofUnknownIssuer`. */
  authority: string
  good: ServerCertificate
  expired: ServerCertificate
  ofAnotherHost: ServerCertificate
  ofUnknownIssuer: ServerCertificate
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch (error) {
    if ((process.env.DB9_TEST_REQUIRE ?? '').split(',').includes('openssl')) throw error
    return false
  }
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'db9-certificates-'))
  try {
    return makeIn(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function makeIn(folder: string): Certificates {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  run(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'authority.key',
    '-out',
    'authority.pem',
    '-subj',
    '/CN=authority',
  )

  function sign(name: string, host: string, days: number, by = 'authority'): ServerCertificate {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${host}`)
    run('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=server')
    const signer = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial']
    const limits = ['-days', String(days), '-extfile', `${name}.ext`]
    run('x509', '-req', '-in', `${name}.csr`, ...signer, ...limits, '-out', `${name}.pem`)
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) }
  }

  run('req', '-x509', ...newKey, '-keyout', 'nobody.key', '-out', 'nobody.pem', '-subj', '/CN=nobody')
  return {
    authority: read('authority.pem'),
    good: sign('good', 'IP:127.0.0.1', 1),
    expired: sign('expired', 'IP:127.0.0.1', -1),
    ofAnotherHost: sign('other', 'DNS:other.example.com', 1),
    ofUnknownIssuer: sign('unknown', 'IP:127.0.0.1', 1, 'nobody'),
  }
}
