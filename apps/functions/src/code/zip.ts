/** Unpacks the zip archive of a bundle, and believes nothing of what the archive says of itself. */
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { BundleError } from './bundle-error.ts'
import { isModuleName } from './module-name.ts'

const MAX_UNPACKED_BYTES = 50 * 2 ** 20
const MAX_FILES = 500
/** Folders are entries, too. */
const MAX_ENTRIES = 2 * MAX_FILES
const MAX_RATIO = 100
/** Below that a ratio says nothing. */
const SMALL_BYTES = 64 * 1024
/** Bit 0 of the flags (APPNOTE.TXT section 4.4.4). */
const IS_ENCRYPTED = 1

/**
 * The files by their names. A file is inflated in the thread pool, and no further than to the size that its entry states. Throws a
 * `BundleError` where the archive is broken, too large, or its content is not what it states.
 */
export async function unzip(bytes: Buffer): Promise<Record<string, Buffer>> {
  try {
    // Names as they are: those that this library would mend are refused below.
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false })
    return await readFiles(zip)
  } catch (error) {
    if (error instanceof BundleError) throw error
    throw new BundleError('the bundle begins as a zip archive does, and cannot be unpacked')
  }
}

async function readFiles(zip: ZipFile): Promise<Record<string, Buffer>> {
  if (zip.entryCount > MAX_ENTRIES) throw tooManyFiles()
  const files = new Map<string, Buffer>()
  let total = 0
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry)
    if (name.endsWith('/')) continue
    if (files.has(name)) throw new BundleError(`the bundle has two files ${JSON.stringify(name)}`)
    if (files.size >= MAX_FILES) throw tooManyFiles()
    total += entry.uncompressedSize
    if (total > MAX_UNPACKED_BYTES)
      throw new BundleError(`a bundle is at most ${MAX_UNPACKED_BYTES} bytes unpacked`)
    files.set(name, await readFile(zip, entry, name))
  }
  return Object.fromEntries(files)
}

/** Without `./` before it. Throws for names that are no plain path below the bundle, or are of ours. */
function nameOf({ fileNameRaw }: Entry): string {
  const name = fileNameRaw.toString('utf8').replace(/^\.\//, '')
  if (!isModuleName(name))
    throw new BundleError(`the file name ${JSON.stringify(name)} is not accepted in a bundle`)
  return name
}

async function readFile(zip: ZipFile, entry: Entry, name: string): Promise<Buffer> {
  const { uncompressedSize, compressedSize, crc32: stated, generalPurposeBitFlag } = entry
  if (uncompressedSize > SMALL_BYTES && uncompressedSize > compressedSize * MAX_RATIO)
    throw new BundleError(`${JSON.stringify(name)} is packed too densely`)
  if (generalPurposeBitFlag & IS_ENCRYPTED) throw new BundleError(`${JSON.stringify(name)} is encrypted`)
  const content = await contentOf(zip, entry).catch(() => null)
  if (content === null || content.length !== uncompressedSize || crc32(content) !== stated)
    throw new BundleError(
      `${JSON.stringify(name)} is not of the size or the checksum that the archive states`,
    )
  return content
}

/** Rejects as soon as there is more than the entry states. */
async function contentOf(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function tooManyFiles(): BundleError {
  return new BundleError(`a bundle has at most ${MAX_FILES} files`)
}
