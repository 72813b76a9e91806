/** Statements that read which migrations a database has. */
import type { TextQuery } from '../sql/text-query.ts'

/** The owner may have renamed or dropped it. */
export const HAS_TABLE_SQL: TextQuery = {
  text: `select exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'db9_migrations' and c.relname = 'migrations' and c.relkind = 'r'
       and c.relowner = 'admin'::regrole and n.nspowner = 'admin'::regrole)`,
  params: [],
}

/** What the owner has written into the table by hand may be anything; a page of it after an id. */
export function listMigrationsSql({
  all,
  after,
  limit,
}: {
  all: boolean
  after: string
  limit: number
}): TextQuery {
  return {
    text: `
select coalesce(json_agg(item), '[]') from (
  select json_build_object('id', id::text, 'name', name, 'checksum', checksum, 'state', state, 'sql_preview', sql_preview,
           'applied_at', to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as item
    from db9_migrations.migrations
   where id > $1::int8 and ($2::bool or state = 'applied')
   order by id limit $3::int) page`,
    params: [/^\d{1,18}$/.test(after) ? after : '0', String(all), String(limit)],
  }
}
