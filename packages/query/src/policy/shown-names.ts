/**
 * The names that an error may tell a caller: of what its key lists, and words of Postgres' own. What the catalog does not
 * hold yet is not among them, so a table that was made a moment ago is not told.
 */
import { type Catalog, qualified, type Relation, type Routine, type TypeRef } from '../catalog/catalog.ts'

export interface Shown {
  catalog: Catalog
  isListed(relation: Relation): boolean
  isCallable(routine: Routine): boolean
  showsType(type: TypeRef): boolean
  schemas: Iterable<string>
}

/** As they stand in messages: of settings, encodings and types, which `format_type` writes in several words. */
const OWN_WORDS = `UTF8 TimeZone DateStyle IntervalStyle max_stack_depth
  smallint integer bigint real double precision numeric money boolean text character varying name bytea bit uuid xml json
  jsonb jsonpath date time timestamp with without zone interval inet cidr macaddr macaddr8 oid tsvector tsquery point line
  lseg box path polygon circle int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange
  nummultirange tsmultirange tstzmultirange datemultirange regconfig record void unknown anyelement anyarray anynonarray
  anycompatible anycompatiblearray row array`

export class ShownNames {
  readonly #names = new Set<string>(OWN_WORDS.split(/\s+/))
  readonly #relations = new Set<string>()

  constructor({ catalog, isListed, isCallable, showsType, schemas }: Shown) {
    const add = (schema: string, name: string) => this.#names.add(name).add(`${schema}.${name}`)
    const addType = (type: TypeRef) => {
      if (!showsType(type)) return
      add(type.schema, type.name)
      this.#names.add(type.display)
    }
    for (const schema of schemas) this.#names.add(schema)
    for (const relation of catalog.relations.values()) {
      if (!isListed(relation)) continue
      add(relation.schema, relation.name)
      this.#relations.add(qualified(relation.schema, relation.name))
      for (const { name, type } of relation.columns.values()) {
        add(relation.name, name)
        addType(type)
      }
    }
    for (const routine of [...catalog.routines.values()].flat()) {
      if (!isCallable(routine)) continue
      add(routine.schema, routine.name)
      for (const { name, type } of [...routine.parameters, ...routine.outputs]) {
        this.#names.add(name)
        addType(type)
      }
    }
  }

  /** `posts`, `public.posts`, `posts.title`, `title`, `text`, `pg_catalog.lower`. */
  has(name: string): boolean {
    return this.#names.has(name) || name.startsWith('pg_catalog.')
  }

  hasRelation(schema: string, name: string): boolean {
    return this.#relations.has(qualified(schema, name))
  }
}
