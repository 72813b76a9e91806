/** What an owner may create, as the control files say it: no server is asked. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ExtensionFacts } from '../../../contract/inventory.ts'
import { TRUSTED_EXTERNAL } from './audited.ts'
import { OWN_EXTENSIONS } from './stubs.ts'

const OWN: ReadonlySet<string> = new Set(OWN_EXTENSIONS.map(({ name }) => name))

/** By name. `folder` is what `ensureVisibleExtensions` has made. */
export function listExtensions(folder: string): ExtensionFacts[] {
  return readdirSync(join(folder, 'extension'))
    .filter((file) => file.endsWith('.control'))
    .map((file) => toFacts(basename(file, '.control'), readFileSync(join(folder, 'extension', file), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function toFacts(name: string, control: string): ExtensionFacts {
  const value = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*'([^']*)'`, 'm').exec(control)?.[1] ?? null
  const comment = value('comment')
  return { name, version: value('default_version'), comment, source: sourceOf(name, comment) }
}

function sourceOf(name: string, comment: string | null): ExtensionFacts['source'] {
  if (TRUSTED_EXTERNAL.has(name)) return 'added'
  if (!OWN.has(name)) return 'postgres'
  return comment?.startsWith('Stub:') ? 'stub' : 'db9'
}
