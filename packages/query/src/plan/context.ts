/** What the planning of one request shares. */
import type { Settings } from '../contract.ts'
import type { TypeName } from '../policy/cast-types.ts'
import type { Exposure } from '../policy/exposure.ts'
import type { SelectItem } from '../syntax/select.ts'
import type { LegacyTarget } from './plan.ts'

/** What planning needs beside the query. One is made for each request: it counts aliases. */
export class PlanContext {
  readonly exposure: Exposure
  readonly settings: Settings
  readonly schema: string
  /** The most rows of any one result; null where it is not limited. */
  readonly maxRows: number | null
  /** How many resources the request embeds. */
  readonly #embeds: number
  /** Grows while embeds are planned. */
  readonly legacyTargets: LegacyTarget[] = []
  #aliases = 0

  constructor(context: {
    exposure: Exposure
    settings: Settings
    schema: string
    maxRows: number | null
    select: readonly SelectItem[]
  }) {
    this.exposure = context.exposure
    this.settings = context.settings
    this.schema = context.schema
    this.maxRows = context.maxRows
    this.#embeds = countEmbeds(context.select)
  }

  /**
   * The most that a resource may be as text. Embeds of one row are in memory together, so the more there are, the less
   * each may be: twice a reply in all.
   */
  maxBytes(depth: number): number {
    const { response_bytes } = this.settings.caps
    return depth === 0 || this.#embeds <= 2 ? response_bytes : Math.ceil((2 * response_bytes) / this.#embeds)
  }

  /** The type that a cast names, looked up as the statement would look it up. */
  castType(text: string): TypeName {
    return this.exposure.castTypes.find(text, [this.schema, ...this.settings.extra_search_path])
  }

  /** Names inside a statement: `r0`, `r1`, … in the order of planning, so that a shape always gives the same text. */
  newAlias(): string {
    return `r${this.#aliases++}`
  }
}

function countEmbeds(items: readonly SelectItem[]): number {
  return items.reduce((sum, item) => sum + (item.kind === 'embed' ? 1 + countEmbeds(item.items) : 0), 0)
}
