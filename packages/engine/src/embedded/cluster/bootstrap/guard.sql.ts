/** Where a trusted extension's objects may not go: the guard of every database of a server. */

/** Statements of the function; its name is trusted, as are those of `placedAnywhere`, which have nothing in their schema. Released: `schemas.sql.ts` holds it for the database `postgres`. */
export function guardFunctionSql(name: string, placedAnywhere: readonly string[] = []): string {
  const exempt = placedAnywhere.map((each) => ` and e.extname <> '${each}'`).join('')
  return `create or replace function ${name}() returns event_trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  misplaced name;
begin
  select e.extname into misplaced from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  where n.nspname in ('auth', 'db9', 'pg_catalog')${exempt}
    and not exists (select from pg_depend d where d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
      and d.classid = 'pg_language'::regclass and d.deptype = 'e');
  if found then
    raise insufficient_privilege using message = format('extension "%s" cannot be placed in this schema', misplaced),
      hint = format('Use CREATE EXTENSION %I SCHEMA extensions.', misplaced);
  end if;
end $$;
revoke execute on function ${name}() from public;`
}

/** The trigger by its name, which no owner can take: event triggers are a superuser's alone. */
export function guardTriggerSql(functionName: string): string {
  return `create event trigger ${GUARD_TRIGGER} on ddl_command_end when tag in ('CREATE EXTENSION', 'ALTER EXTENSION')
  execute function ${functionName}();
alter event trigger ${GUARD_TRIGGER} enable always;`
}

export const GUARD_TRIGGER = 'db9_extensions'
const GUARD = 'pg_catalog.db9_guard_extensions'

/**
 * The guard of a database beside `postgres`. It has no schema of ours: function and trigger are made members of plpgsql, an
 * extension of every database, so that a dump of the database leaves them out and restores without rights of ours.
 */
export const GUARD_SQL = `
${guardFunctionSql(GUARD)}
${guardTriggerSql(GUARD)}
alter extension plpgsql add function ${GUARD}();
alter extension plpgsql add event trigger ${GUARD_TRIGGER};
`
