/** What a server hands over for its archive. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServerFiles } from '../cluster/server-files.ts'
import { segmentName } from '../copies/wal-files.ts'
import { WAL_SEGMENT_BYTES } from '../process/postgres-settings.ts'
import { ArchiveInbox } from './inbox.ts'

let base: string
let files: ServerFiles
const inbox = new ArchiveInbox()
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'db9-inbox-'))
  files = { folder: base, inbox: join(base, 'inbox'), archive: join(base, 'wal') } as ServerFiles
  mkdirSync(files.inbox)
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const SEGMENT = '00000001000000000000000A'
const bytes = (fill: number) => Buffer.alloc(WAL_SEGMENT_BYTES, fill)
const offer = (name: string, content: Buffer | string) => writeFileSync(join(files.inbox, name), content)
const archived = () => (existsSync(files.archive) ? readdirSync(files.archive).sort() : [])
const sha = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

test('moves segments and histories into the archive, and drops labels', async () => {
  offer(SEGMENT, bytes(1))
  offer('00000002.history', '1\t0/A000000\tno recovery target specified\n')
  offer(`${SEGMENT}.00000028.backup`, 'START WAL LOCATION: 0/A000028\n')
  await inbox.take(files)
  expect(archived()).toEqual([SEGMENT, '00000002.history'])
  expect(readFileSync(join(files.archive, SEGMENT)).equals(bytes(1))).toBe(true)
  expect(readdirSync(files.inbox)).toEqual([])
})

test('never overwrites an archived file with another of its name', async () => {
  offer(SEGMENT, bytes(1))
  await inbox.take(files)
  const before = sha(join(files.archive, SEGMENT))
  offer(SEGMENT, bytes(1))
  await inbox.take(files)
  expect(readdirSync(files.inbox)).toEqual([])
  offer(SEGMENT, bytes(2))
  await expect(inbox.take(files)).rejects.toThrow(SEGMENT)
  expect(sha(join(files.archive, SEGMENT))).toBe(before)
})

test('holds a copy that a descriptor of the offered file does not reach', async () => {
  offer(SEGMENT, bytes(1))
  const open = openSync(join(files.inbox, SEGMENT), 'r+')
  await inbox.take(files)
  writeSync(open, bytes(9))
  closeSync(open)
  expect(readFileSync(join(files.archive, SEGMENT)).equals(bytes(1))).toBe(true)
})

test.each([
  ['a segment of another length', SEGMENT, 'short'],
  ['a history of megabytes', '00000002.history', bytes(1)],
  ['another name', 'passwd', 'root'],
  ['a name with a path in it', '..', null],
])('leaves %s where it is, and takes the rest', async (_, name, content) => {
  if (content !== null) offer(name, content)
  offer('00000001000000000000000B', bytes(3))
  const taking = inbox.take(files)
  if (content === null) await taking
  else await expect(taking).rejects.toThrow(name)
  expect(archived()).toEqual(['00000001000000000000000B'])
  expect(readdirSync(files.inbox)).toEqual(content === null ? [] : [name])
})

test('follows no link and opens no folder', async () => {
  const secret = join(base, 'secret')
  writeFileSync(secret, bytes(7))
  symlinkSync(secret, join(files.inbox, SEGMENT))
  mkdirSync(join(files.inbox, '00000001000000000000000C'))
  await expect(inbox.take(files)).rejects.toThrow(SEGMENT)
  expect(archived()).toEqual([])
})

test('removes drafts of a process that died, and leaves those that are being written', async () => {
  offer('archtemp.old', 'x')
  offer('archtemp.new', 'x')
  const longAgo = new Date(Date.now() - 3_600_000)
  utimesSync(join(files.inbox, 'archtemp.old'), longAgo, longAgo)
  offer(SEGMENT, bytes(1))
  await inbox.take(files)
  expect(readdirSync(files.inbox)).toEqual(['archtemp.new'])
})

const segment = (timeline: number, number: number) => segmentName({ timeline, number: BigInt(number) })

test('removes no folder and nothing in one, and says that it is there', async () => {
  for (const name of ['archtemp.folder', SEGMENT]) {
    mkdirSync(join(files.inbox, name))
    writeFileSync(join(files.inbox, name, 'kept'), 'x')
  }
  const longAgo = new Date(Date.now() - 3_600_000)
  utimesSync(join(files.inbox, 'archtemp.folder'), longAgo, longAgo)
  await expect(inbox.take(files)).rejects.toThrow()
  expect(readdirSync(join(files.inbox, 'archtemp.folder'))).toEqual(['kept'])
  expect(readdirSync(join(files.inbox, SEGMENT))).toEqual(['kept'])
})

test('takes no file that has a second name', async () => {
  offer(SEGMENT, bytes(1))
  linkSync(join(files.inbox, SEGMENT), join(files.inbox, '00000001000000000000000B'))
  await expect(inbox.take(files)).rejects.toThrow(SEGMENT)
  expect(archived()).toEqual([])
})

test('takes no segment far ahead of the newest, and none of a timeline without a history', async () => {
  offer(segment(1, 10), bytes(1))
  await inbox.take(files)
  offer(segment(1, 11 + 64), bytes(1))
  await expect(inbox.take(files)).rejects.toThrow(segment(1, 75))
  rmSync(join(files.inbox, segment(1, 75)))
  offer(segment(2, 11), bytes(1))
  await expect(inbox.take(files)).rejects.toThrow(segment(2, 11))
  offer('00000002.history', '1\t0/B00000\tno recovery target specified\n')
  await inbox.take(files)
  expect(archived()).toEqual([segment(1, 10), '00000002.history', segment(2, 11)].sort())
})

test('takes no more histories than a database can have', async () => {
  for (let index = 2; index < 400; index++)
    offer(`${index.toString(16).toUpperCase().padStart(8, '0')}.history`, 'x')
  await expect(inbox.take(files)).rejects.toThrow('.history')
  expect(archived()).toHaveLength(256)
})

test('takes nothing more into an archive of twice its limit', async () => {
  const limited = new ArchiveInbox(() => 2 * WAL_SEGMENT_BYTES)
  for (let index = 1; index <= 6; index++) offer(segment(1, index), bytes(index))
  await limited.take(files)
  expect(archived()).toHaveLength(4)
  expect(readdirSync(files.inbox).sort()).toEqual([segment(1, 5), segment(1, 6)])
  rmSync(join(files.archive, segment(1, 1)))
  await limited.take(files)
  expect(readdirSync(files.inbox)).toEqual([segment(1, 6)])
})
