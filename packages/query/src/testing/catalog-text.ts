/**
 * The text of a catalog with numbers of its own in the place of oids, which every database gives anew: the same schema
 * then has the same text. Built-in objects keep theirs; roles are the whole server's, which other tests change.
 */
export function stableCatalog(text: string): string {
  const catalog = JSON.parse(text)
  const numbers = new Map<number, number>()
  const stable = (oid: number) => {
    if (oid < FIRST_OWN_OID) return oid
    const known = numbers.get(oid)
    if (known !== undefined) return known
    numbers.set(oid, FIRST_OWN_OID + numbers.size)
    return FIRST_OWN_OID + numbers.size - 1
  }
  const byName = (left: string[], right: string[]) =>
    `${left[1]}.${left[2]}`.localeCompare(`${right[1]}.${right[2]}`, 'en')
  for (const [oid] of catalog.relations.sort(byName)) stable(oid)
  for (const type of catalog.types) type[5] = stable(type[5])
  for (const type of catalog.types.sort(byName)) type[0] = stable(type[0])
  for (const relation of catalog.relations) {
    relation[0] = stable(relation[0])
    relation[4] = stable(relation[4])
    for (const column of relation[11] ?? []) column[2] = stable(column[2])
  }
  for (const constraint of catalog.constraints) {
    constraint[0] = stable(constraint[0])
    constraint[4] = stable(constraint[4])
  }
  for (const view of catalog.views) {
    view[0] = stable(view[0])
    view[1] = view[1]?.map(stable).sort()
    for (const origin of view[2] ?? []) origin[1] = stable(origin[1])
    view[4] = view[4] === null ? null : stable(view[4])
    view[5].sort()
  }
  for (const routine of catalog.functions) {
    routine[0] = stable(routine[0])
    routine[6] = stable(routine[6])
    routine[11] = routine[11].map(stable)
    routine[12] = routine[12].map(stable)
  }
  for (const handler of catalog.handlers) handler[4] = stable(handler[4])
  const parts = Object.entries({ ...catalog, roles: [], version: 'v' }).map(
    ([name, value]) =>
      `${JSON.stringify(name)}: ${Array.isArray(value) ? toLines(value) : JSON.stringify(value)}`,
  )
  return `{${parts.join(',\n')}}\n`
}

/** One item a line, so that a change of the schema is a change of a few lines. */
function toLines(items: readonly unknown[]): string {
  return `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`
}

const FIRST_OWN_OID = 16_384
