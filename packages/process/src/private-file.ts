/** Files that their owner alone may read. */
import { chmodSync, renameSync, writeFileSync } from 'node:fs'

/** Writes the whole file or nothing, readable by its owner alone. */
export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.tmp`
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}
