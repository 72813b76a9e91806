/** Measures what running servers take: what their folders show, and what their processes hide. */
import { hiddenBytes } from './hidden.ts'
import { measure, type Used } from './usage.ts'
import type { Target } from './watches.ts'
import type { Written } from './written.ts'

const RELIEF_BYTES = 16 * 2 ** 20
/** The processes are looked through each time that they have written so much. */
const HIDDEN_EVERY_BYTES = 16 * 2 ** 20

export class Measurer {
  readonly #relieve: (target: Target) => Promise<void>
  /** What processes hide, and how much they had written when that was looked at. */
  readonly #hidden = new Map<string, { bytes: number; written: number }>()

  /** `relieve` takes what waits for the archive out of the database's folder. */
  constructor(relieve: (target: Target) => Promise<void>) {
    this.#relieve = relieve
  }

  async used(target: Target, written: Written | null): Promise<Used> {
    const used = await measure(target.files)
    // Soon out of its folder; else that waits for the next look at all inboxes.
    if (used.waitingBytes > RELIEF_BYTES) void this.#relieve(target).catch(() => {})
    if (written === null) return used
    return { ...used, bytes: used.bytes + this.#hiddenBytes(target, written) }
  }

  /** It has no server any more. */
  leave(id: string): void {
    this.#hidden.delete(id)
  }

  #hiddenBytes({ id, files }: Target, written: Written): number {
    const known = this.#hidden.get(id)
    if (known && written.isAll && Math.abs(written.bytes - known.written) < HIDDEN_EVERY_BYTES)
      return known.bytes
    const bytes = hiddenBytes(written.pids, files.data)
    this.#hidden.set(id, { bytes, written: written.bytes })
    return bytes
  }
}
