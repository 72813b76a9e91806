/** What a key exposes of a catalog: relations, functions, types. */
import {
  type Catalog,
  isRequestable,
  type MediaHandler,
  qualified,
  type Relation,
  type Routine,
  type TypeRef,
} from '../catalog/catalog.ts'
import type { Policy } from '../contract.ts'
import { errors, type Unsafe } from '../errors.ts'
import { CastTypes } from './cast-types.ts'
import { parseListedName } from './names.ts'
import { ShownNames } from './shown-names.ts'
import { closest, NAME_SCORE } from './similar.ts'

/** Never exposed, whatever a key says; `pg_*` and information_schema are not even in the catalog. */
const CLOSED_SCHEMAS = new Set(['auth', 'db9', 'extensions', 'information_schema'])

/** Types there are everybody's. */
const OPEN_TYPE_SCHEMAS = new Set(['pg_catalog', 'extensions'])

/** In the place of names of functions; a function of this name is written in quotes. */
const ALL = '*'

/** Roles whose own tables row level security does not bind unless it is forced. */
const CALLER_ROLES = new Set(['anon', 'authenticated', 'authenticator'])

/**
 * What one key may see of one catalog. Everything that a plan touches comes through here: what is not listed is
 * absent, what is not safe is refused.
 */
export class Exposure {
  readonly catalog: Catalog
  readonly #policy: Policy
  readonly #schemas: ReadonlySet<string>
  readonly #tables: ReadonlySet<string> | null
  /** Null: all of them. */
  readonly #functions: ReadonlySet<string> | null
  #castTypes: CastTypes | null = null
  #shownNames: ShownNames | null = null

  constructor(catalog: Catalog, policy: Policy) {
    this.catalog = catalog
    this.#policy = policy
    this.#schemas = new Set(policy.exposedSchemas.filter((schema) => !isClosed(schema)))
    const [home = ''] = policy.exposedSchemas
    this.#tables = policy.exposedTables === null ? null : toKeys(policy.exposedTables, home)
    this.#functions = policy.exposedFunctions.includes(ALL) ? null : toKeys(policy.exposedFunctions, home)
  }

  /** The schema a request speaks to: its profile, or the first exposed one. */
  schema(profile: string | null): string {
    const schema = profile ?? this.#policy.exposedSchemas[0] ?? ''
    if (!this.#schemas.has(schema)) throw errors.schema(schema, [...this.#schemas])
    return schema
  }

  /** What may be cast to; worked out when it is first asked for. */
  get castTypes(): CastTypes {
    this.#castTypes ??= new CastTypes(this.catalog, (relation) => this.isListed(relation))
    return this.#castTypes
  }

  /**
   * Whether the name of a type may be told: one of Postgres' own, of an extension, or of an exposed schema, but not the
   * row type of a relation that is not listed.
   */
  showsType({ schema, relationOid }: Pick<TypeRef, 'schema' | 'relationOid'>): boolean {
    const relation = this.catalog.relations.get(relationOid)
    if (relation !== undefined && relation.kind !== 'composite type' && !this.isListed(relation)) return false
    return OPEN_TYPE_SCHEMAS.has(schema) || this.#schemas.has(schema)
  }

  get hasProfiles(): boolean {
    return this.#schemas.size > 1
  }

  /** The relation a request names. */
  relation(schema: string, name: string): Relation {
    const relation = this.catalog.relationsByName.get(qualified(schema, name))
    if (relation === undefined || !this.isListed(relation)) throw this.#absent(schema, name)
    this.assertSafe(relation)
    return relation
  }

  isListed(relation: Relation): boolean {
    if (
      relation.kind === 'composite type' ||
      relation.ofExtension ||
      relation.isChild ||
      !this.#schemas.has(relation.schema)
    )
      return false
    return this.#tables === null || this.#tables.has(qualified(relation.schema, relation.name))
  }

  assertSafe(relation: Relation): void {
    const reason = this.#unsafeReason(relation)
    if (reason !== null) throw errors.unsafe(reason, relation.name, quotedName(relation))
  }

  isSafe(relation: Relation): boolean {
    return this.#unsafeReason(relation) === null
  }

  #unsafeReason(relation: Relation): Unsafe | null {
    if (!this.#policy.requireRls) return null
    return unsafeReason(this.catalog, relation, (routine) => this.#isNamed(routine))
  }

  isCallable(routine: Routine): boolean {
    if (!this.#isWithin(routine)) return false
    return this.#isNamed(routine) || (this.#tables === null && !routine.securityDefiner)
  }

  /** Whether the key would let the function be called, were it not SECURITY DEFINER. */
  isRefusedDefiner(routine: Routine): boolean {
    if (!routine.securityDefiner || this.#tables !== null || !this.#isWithin(routine)) return false
    return !this.#isNamed(routine)
  }

  /** Whether the function and the rows that it returns are of what the key shows. */
  #isWithin(routine: Routine): boolean {
    if (routine.ofExtension || !this.#schemas.has(routine.schema)) return false
    const rows = this.rowsOf(routine)
    return rows === null || this.isListed(rows)
  }

  #isNamed({ schema, name }: { schema: string; name: string }): boolean {
    return this.#functions === null || this.#functions.has(qualified(schema, name))
  }

  /** Aggregates for media types: for rows of the relation with this oid, and for any rows. */
  mediaHandlers(relationOid: number): readonly MediaHandler[] {
    return this.catalog.mediaHandlers.filter(
      (handler) =>
        (handler.relationOid === 0 || handler.relationOid === relationOid) &&
        this.#schemas.has(handler.schema),
    )
  }

  /** Overloads of a function that a request may call. */
  routines(schema: string, name: string): Routine[] {
    return this.overloads(schema, name).filter(
      (routine) => isRequestable(routine) && this.isCallable(routine),
    )
  }

  /** All overloads of a function. */
  overloads(schema: string, name: string): readonly Routine[] {
    return this.catalog.routines.get(qualified(schema, name)) ?? []
  }

  /** The function of this name that computes a field or relationship of the relation, if it may be called. */
  computed(relation: Relation, name: string): Routine | null {
    const found = this.catalog.computed.get(relation.oid) ?? []
    const routine = found.find((candidate) => candidate.name === name && this.isCallable(candidate)) ?? null
    const rows = routine === null ? null : this.rowsOf(routine)
    if (rows !== null) this.assertSafe(rows)
    return routine
  }

  /** The relation whose rows a function returns. Rows of a table are that table's, whatever returns them. */
  rowsOf({ returnType }: Routine): Relation | null {
    const relation = this.catalog.relations.get(returnType.relationOid)
    return relation === undefined || relation.kind === 'composite type' ? null : relation
  }

  /** What is exposed in a schema and may be read, for the description of it. */
  relationsOf(schema: string): Relation[] {
    return this.#listed(schema).filter((relation) => this.isSafe(relation))
  }

  routinesOf(schema: string): Routine[] {
    return [...this.catalog.routines.values()]
      .flat()
      .filter((routine) => routine.schema === schema && isRequestable(routine) && this.isCallable(routine))
  }

  /** The names of what is exposed in a schema, for hints. */
  relationNames(schema: string): string[] {
    return this.#listed(schema).map(({ name }) => name)
  }

  routineNames(schema: string): string[] {
    return this.routinesOf(schema).map(({ name }) => name)
  }

  #listed(schema: string): Relation[] {
    return [...this.catalog.relations.values()].filter(
      (relation) => relation.schema === schema && this.isListed(relation),
    )
  }

  /** Names that errors may tell; worked out when they are first asked for. */
  get shownNames(): ShownNames {
    this.#shownNames ??= new ShownNames({
      catalog: this.catalog,
      schemas: this.#schemas,
      isListed: (relation) => this.isListed(relation),
      isCallable: (routine) => this.isCallable(routine),
      showsType: (type) => this.showsType(type),
    })
    return this.#shownNames
  }

  #absent(schema: string, name: string) {
    return errors.noTable(schema, name, closest(name, this.relationNames(schema), NAME_SCORE))
  }
}

/** Throws DB9510 where the function that is to run first is not there: no request may pass without it. */
export function assertPreRequest(catalog: Catalog, name: string | null): void {
  if (name === null) return
  const parts = parseListedName(name)
  if (parts === null) throw errors.noPreRequest(name)
  const [schema, routine] = parts
  // An unqualified name is looked up by Postgres; closed schemas are not in the catalog.
  if (schema === undefined || routine === undefined || isClosed(schema)) return
  const found = catalog.routines.get(qualified(schema, routine)) ?? []
  if (!found.some(({ parameters }) => parameters.every(({ required }) => !required))) {
    throw errors.noPreRequest(name)
  }
}

function isClosed(schema: string): boolean {
  return schema.startsWith('pg_') || CLOSED_SCHEMAS.has(schema)
}

function toKeys(names: readonly string[], home: string): Set<string> {
  const keys = new Set<string>()
  for (const text of names) {
    const parts = parseListedName(text)
    const name = parts?.at(-1)
    if (name !== undefined) keys.add(qualified(parts?.length === 2 ? (parts[0] ?? home) : home, name))
  }
  return keys
}

function quotedName({ schema, name }: Relation): string {
  return [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
}

/** Whether a SECURITY DEFINER function was named by its key, or the key names all of them (`*`), and so may read what its owner reads. */
type IsNamed = (routine: { schema: string; name: string }) => boolean

/** Why policies do not guard what can be read through the relation, or null where they do. */
export function unsafeReason(catalog: Catalog, relation: Relation, isNamed: IsNamed): Unsafe | null {
  return reasonOf({ catalog, isNamed, seen: new Set() }, relation)
}

interface Search {
  catalog: Catalog
  isNamed: IsNamed
  /** By oid. */
  seen: Set<number>
}

function reasonOf(search: Search, relation: Relation): Unsafe | null {
  switch (relation.kind) {
    case 'composite type':
      return null
    case 'materialized view':
      return 'materialized'
    case 'foreign table':
      return 'foreign'
    case 'table':
      if (!relation.rowSecurity) return 'no_rls'
      return CALLER_ROLES.has(relation.owner) && !relation.forceRowSecurity ? 'owned_by_caller' : null
    case 'view':
      if (!relation.securityInvoker) return 'not_invoker'
      if (!relation.definers.every(search.isNamed)) return 'calls_definer'
      return sourceReason(search, relation)
  }
}

/** Of a chain of views the outermost name is told: `calls_definer` alone says what is wrong further in. */
function sourceReason(search: Search, view: Relation): Unsafe | null {
  for (const oid of view.sources) {
    if (search.seen.has(oid)) continue
    search.seen.add(oid)
    const source = search.catalog.relations.get(oid)
    // A relation that the catalog does not hold is the system's or ours: no policy guards it.
    const reason = source === undefined ? 'unsafe_source' : reasonOf(search, source)
    if (reason !== null) return reason === 'calls_definer' ? reason : 'unsafe_source'
  }
  return null
}

const known = new WeakMap<Catalog, WeakMap<Policy, Exposure>>()

/** The exposure of a catalog to a policy, made once for each pair of objects and forgotten with them. */
export function exposureOf(catalog: Catalog, policy: Policy): Exposure {
  const policies = known.get(catalog) ?? new WeakMap<Policy, Exposure>()
  known.set(catalog, policies)
  const exposure = policies.get(policy) ?? new Exposure(catalog, policy)
  policies.set(policy, exposure)
  return exposure
}
