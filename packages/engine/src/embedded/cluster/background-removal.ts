/** Removes, in the background, folders that a start has found and the metadata does not know. */
import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { FailedFolder } from '../../contract/inventory.ts'
import type { Placement } from './placement.ts'
import { REMOVING_SUFFIX, removeServerTree } from './removal.ts'

/** Unlike the names that operations give to what they remove, so that the two never remove the same folder at once. */
const SET_ASIDE = new RegExp(`\\.[0-9a-f]{12}\\${REMOVING_SUFFIX}$`)

/**
 * One after the other and of low priority, since a folder may hold so many files that its removal takes minutes. What is not
 * removed by the end of this process is found by the next start.
 */
export class BackgroundRemoval {
  readonly #placement: Placement
  readonly #closing = new AbortController()
  readonly #underway = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(placement: Placement) {
    this.#placement = placement
  }

  /** Names of the folders that are yet to be removed. */
  get underway(): ReadonlySet<string> {
    return this.#underway
  }

  /**
   * Sets a database's folder aside at once. Resolves when it and the folder of its socket are removed, with null, or with why
   * they are not.
   *
   * @param id of the database whose folder it is, by which the next start knows what it was
   */
  remove({ id, folder, socketFolder }: { id: string; folder: string; socketFolder: string }) {
    const aside = setAside(folder, id)
    const name = basename(aside)
    this.#underway.add(name)
    const removal = this.#last.then(async (): Promise<FailedFolder | null> => {
      try {
        for (const each of [socketFolder, aside])
          await removeServerTree(this.#placement, each, { isUrgent: false, signal: this.#closing.signal })
        return null
      } catch (error) {
        return this.#closing.signal.aborted ? null : { name, error }
      } finally {
        this.#underway.delete(name)
      }
    })
    this.#last = removal
    return removal
  }

  /** Ends the removal that is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#last
  }
}

function setAside(folder: string, id: string): string {
  if (SET_ASIDE.test(folder)) return folder
  const aside = join(dirname(folder), `${id}.${randomBytes(6).toString('hex')}${REMOVING_SUFFIX}`)
  renameSync(folder, aside)
  return aside
}
