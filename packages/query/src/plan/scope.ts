/** Which part of a query string belongs to which embed. */
import { errors } from '../errors.ts'
import type { Filter, Logic } from '../syntax/filter.ts'
import type { OrderTerm } from '../syntax/order.ts'
import type { Located, Query } from '../syntax/query.ts'
import { ALL_ROWS, type Range } from '../syntax/range.ts'
import type { SelectEmbed } from '../syntax/select.ts'

/** The filters, orders and ranges of a query as one resource of it sees them: paths begin at that resource. */
export interface Scope {
  filters: readonly Located<Filter>[]
  logic: readonly Located<Logic>[]
  orders: readonly Located<readonly OrderTerm[]>[]
  ranges: readonly Located<Range>[]
}

const PARTS = ['filters', 'logic', 'orders', 'ranges'] as const

export function rootScope({ filters, logic, orders, ranges }: Query): Scope {
  return { filters, logic, orders, ranges }
}

/** What belongs to the resource itself. */
export function own<T>(located: readonly Located<T>[]): T[] {
  return located.filter(({ path }) => path.length === 0).map(({ value }) => value)
}

export function ownRange(scope: Scope): Range {
  return own(scope.ranges)[0] ?? ALL_ROWS
}

export function ownOrder(scope: Scope): OrderTerm[] {
  return own(scope.orders).flat()
}

/** What the query string calls an embed: its alias if it has one. */
export function embedName(embed: SelectEmbed): string {
  return embed.alias ?? embed.relation
}

/** The scope of an embedded resource. */
export function enter(scope: Scope, embed: SelectEmbed, siblings: readonly SelectEmbed[]): Scope {
  const step = <T>(located: readonly Located<T>[]): Located<T>[] =>
    located
      .filter(({ path }) => path[0] !== undefined && findOnPath(siblings, path[0]) === embed)
      .map(({ path, value }) => ({ path: path.slice(1), value }))
  return {
    filters: step(scope.filters),
    logic: step(scope.logic),
    orders: step(scope.orders),
    ranges: step(scope.ranges),
  }
}

export function findEmbed(embeds: readonly SelectEmbed[], name: string): SelectEmbed | undefined {
  return embeds.find((embed) => embedName(embed) === name)
}

/** The embed that a path walks into; the target's own name still counts beside an alias, as it used to. */
function findOnPath(embeds: readonly SelectEmbed[], name: string): SelectEmbed | undefined {
  return findEmbed(embeds, name) ?? embeds.find(({ relation }) => relation === name)
}

/** Whether some parameter names an aliased embed by its target: PostgREST 16 still reads it so, and warns. */
export function isNamedByTarget(scope: Scope, embed: SelectEmbed, siblings: readonly SelectEmbed[]): boolean {
  return PARTS.some((part) =>
    scope[part].some(
      ({ path: [name] }) =>
        name === embed.relation &&
        findEmbed(siblings, name) === undefined &&
        findOnPath(siblings, name) === embed,
    ),
  )
}

/** Throws PGRST108 where something belongs to a resource that is not embedded here. */
export function assertEmbedded(scope: Scope, embeds: readonly SelectEmbed[]): void {
  for (const part of PARTS) {
    for (const { path } of scope[part]) {
      const [name] = path
      if (name !== undefined && findOnPath(embeds, name) === undefined) throw errors.notEmbedded(name)
    }
  }
}
