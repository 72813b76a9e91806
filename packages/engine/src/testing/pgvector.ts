/** pgvector for PostgreSQL 18 as a root of `DB9_EXTENSIONS`, out of the package of a Debian that has one. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = 'postgresql-18-pgvector'
const SUITE = 'forky'
const LIBRARY = 'usr/lib/postgresql/18/lib/vector.so'
const DEBIAN_SOURCES = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']

/**
 * Downloads and unpacks it below `folder`, with lists of its own, so that the machine stays as it is. Null where apt, the
 * package or the network is not there.
 */
export function unpackPgvector(folder: string): string | null {
  const mirror = DEBIAN_SOURCES.filter(existsSync)
    .map((path) => /^(?:URIs:|deb)\s+(?:\[.*\]\s+)?(https?:\S+)/m.exec(readFileSync(path, 'utf8'))?.[1])
    .find((found) => found !== undefined)
  if (mirror === undefined || process.platform !== 'linux') return null
  try {
    const work = join(folder, 'apt')
    for (const name of ['lists/partial', 'cache/archives/partial', 'packages'])
      mkdirSync(join(work, name), { recursive: true })
    writeFileSync(join(work, 'sources.list'), `deb [trusted=yes] ${mirror} ${SUITE} main\n`)
    const settings = {
      'Dir::Etc::sourcelist': join(work, 'sources.list'),
      'Dir::Etc::sourceparts': '-',
      'Dir::State::lists': join(work, 'lists'),
      'Dir::Cache': join(work, 'cache'),
      'APT::Sandbox::User': 'root',
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    const packages = join(work, 'packages')
    const run = (...args: string[]) =>
      execFileSync('apt-get', [...options, ...args], { cwd: packages, stdio: 'ignore', timeout: 240_000 })
    run('update')
    run('download', PACKAGE)
    const [file] = readdirSync(packages)
    if (file === undefined) return null
    const root = join(folder, 'pgvector')
    execFileSync('dpkg', ['-x', join(packages, file), root])
    chmodSync(root, 0o755)
    loadOnOlderLibc(join(root, LIBRARY))
    return root
  } catch {
    return null
  }
}

/** What the library is linked with, and what does the same for it since the first release of each architecture's C library. */
const NEWER = { symbol: '__isoc23_strtol', prefix: '__isoc23_'.length, version: 'GLIBC_2.38' }
const OLDEST = process.arch === 'x64' ? 'GLIBC_2.2.5' : 'GLIBC_2.17'

const DYNSYM = 11
const VERNEED = 0x6ffffffe
const WEAK = 2

/** Names the older symbol in the place of the one newer one, in a file of ELF's 64-bit form (elf(5)). */
function loadOnOlderLibc(path: string): void {
  const file = readFileSync(path)
  const number = (at: number) => Number(file.readBigUInt64LE(at))
  const sections = Array.from({ length: file.readUInt16LE(60) }, (_, i) => {
    const at = number(40) + i * file.readUInt16LE(58)
    return {
      type: file.readUInt32LE(at + 4),
      offset: number(at + 24),
      size: number(at + 32),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    }
  })
  const symbols = sections.find(({ type }) => type === DYNSYM)
  const needs = sections.find(({ type }) => type === VERNEED)
  const strings = sections[symbols?.link ?? -1]
  if (!symbols || !needs || !strings) throw new Error(`${path} is no shared library`)
  const text = (at: number) => {
    const start = strings.offset + at
    return file.toString('latin1', start, file.indexOf(0, start))
  }
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 24) {
    const name = file.readUInt32LE(at)
    if (text(name) === NEWER.symbol) file.writeUInt32LE(name + NEWER.prefix, at)
  }
  const oldest = file.indexOf(`\0${OLDEST}\0`, strings.offset, 'latin1') + 1 - strings.offset
  for (let i = 0, need = needs.offset; i < needs.info; i++, need += file.readUInt32LE(need + 12)) {
    let version = need + file.readUInt32LE(need + 8)
    for (let left = file.readUInt16LE(need + 2); left > 0; left--) {
      if (text(file.readUInt32LE(version + 8)) === NEWER.version) {
        file.writeUInt32LE(hashOf(OLDEST), version)
        file.writeUInt16LE(WEAK, version + 4)
        file.writeUInt32LE(oldest, version + 8)
      }
      version += file.readUInt32LE(version + 12)
    }
  }
  writeFileSync(path, file)
}

/** ELF's hash of a name. */
function hashOf(name: string): number {
  let hash = 0
  for (const byte of Buffer.from(name)) {
    hash = hash * 16 + byte
    const high = Math.floor(hash / 2 ** 28) % 16
    hash = ((hash % 2 ** 32) ^ (high << 4)) & 0x0fffffff
  }
  return hash
}
