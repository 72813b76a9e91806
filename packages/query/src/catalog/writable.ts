/**
 * What can be written to. `pg_relation_is_updatable` tells, but opens each relation, so it is worked out here from what
 * the catalog holds (rewriteHandler.c, `relation_is_updatable`).
 */
import type { RelationKind } from './catalog.ts'
import type { ColumnOrigin } from './view-keys.ts'

export interface Writable {
  canInsert: boolean
  canUpdate: boolean
  canDelete: boolean
}

/** How a view can be written to. */
export interface ViewRules {
  /** The relation that Postgres writes through to; 0 for none. */
  shows: number
  /** Commands that rules or triggers of its own answer, by their numbers (nodes.h, `CmdType`). */
  insteadOf: readonly number[]
  columns: ReadonlyMap<string, ColumnOrigin>
}

/** Bits by the commands' numbers. */
const UPDATE = 1 << 2
const INSERT = 1 << 3
const DELETE = 1 << 4
const ALL = UPDATE | INSERT | DELETE

export class Writables {
  readonly #kinds: ReadonlyMap<number, RelationKind>
  readonly #views: ReadonlyMap<number, ViewRules>

  constructor(kinds: ReadonlyMap<number, RelationKind>, views: ReadonlyMap<number, ViewRules>) {
    this.#kinds = kinds
    this.#views = views
  }

  of(oid: number): Writable {
    const events = this.#events(oid, null, [])
    return {
      canInsert: (events & INSERT) !== 0,
      canUpdate: (events & UPDATE) !== 0,
      canDelete: (events & DELETE) !== 0,
    }
  }

  /** `columns`, where given, are those that count; `above` are the views that lead here. */
  #events(oid: number, columns: ReadonlySet<string> | null, above: readonly number[]): number {
    const kind = this.#kinds.get(oid)
    // Whether a foreign table can be written to, only its server knows.
    if (kind === 'table' || kind === 'foreign table') return ALL
    const view = this.#views.get(oid)
    if (kind !== 'view' || view === undefined || above.includes(oid)) return 0
    const own = view.insteadOf.reduce((events, command) => events | (1 << command), 0)
    if (view.shows === 0) return own
    const shown = [...view.columns].filter(
      ([name, { relation }]) => relation === view.shows && (columns === null || columns.has(name)),
    )
    // One of Postgres' own, whose columns the catalog does not hold.
    if (!this.#kinds.has(view.shows)) return own | ALL
    const through = this.#events(view.shows, new Set(shown.map(([, { column }]) => column)), [...above, oid])
    return own | (shown.length === 0 ? through & DELETE : through)
  }
}
