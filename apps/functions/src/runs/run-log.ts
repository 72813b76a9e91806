/** The lines that one run has written, within bounds. */
import { FUNCTION_LIMITS } from '@db9/types/function-limits'

const LINE_CHARACTERS = 10_000
const CUT = 'output cut: a run keeps its first lines'

export class RunLog {
  readonly #lines: string[] = []
  #bytes = 0
  #isCut = false

  add(level: string, text: string, at = new Date()): void {
    if (this.#isCut) return
    const line = `${at.toISOString()} [${level}] ${text.slice(0, LINE_CHARACTERS)}`
    const bytes = Buffer.byteLength(line) + 1
    if (this.#lines.length >= FUNCTION_LIMITS.logLines || this.#bytes + bytes > FUNCTION_LIMITS.logBytes) {
      this.#isCut = true
      this.#lines.push(`${at.toISOString()} [warn] ${CUT}`)
      return
    }
    this.#bytes += bytes
    this.#lines.push(line)
  }

  /** Postgres stores no NUL. */
  get text(): string {
    return this.#lines.join('\n').replaceAll('\0', '\ufffd')
  }
}
