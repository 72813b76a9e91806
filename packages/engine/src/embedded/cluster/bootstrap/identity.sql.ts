/** The functions of schema `auth` by which SQL asks who sent a request. */

const CLAIMS = `nullif(current_setting('request.jwt.claims', true), '')::jsonb`

/** Beside those of the first version. Each reads the claims alone, so that no search_path changes what it gives. */
export const IDENTITY = `
create function auth.user_id() returns text language sql stable parallel safe
  return ${CLAIMS} ->> 'sub';
comment on function auth.user_id() is 'The subject of the caller''s JWT as it is; null where there is none.';

create function auth.email() returns text language sql stable parallel safe
  return ${CLAIMS} ->> 'email';
comment on function auth.email() is 'The claim email of the caller''s JWT.';

create function auth.session() returns jsonb language sql stable parallel safe
  return ${CLAIMS};
comment on function auth.session() is 'All claims of the caller''s JWT, as auth.jwt().';

-- Invoker's rights and no search_path of its own: it is called for rows. RETURN converts by the type's own input function.
create function auth.subject_as_uuid(subject text) returns uuid
language plpgsql stable strict parallel safe as $$
begin
  if not pg_catalog.pg_input_is_valid(subject, 'pg_catalog.uuid') then
    raise exception using
      errcode = '22P02',
      message = pg_catalog.format('the subject of the JWT is not a UUID: "%s"', pg_catalog.left(subject, 255)),
      hint = 'Use auth.user_id(), which returns the subject as text, and columns of type text.';
  end if;
  return subject;
end $$;
comment on function auth.subject_as_uuid(text) is 'What auth.uid() does with the subject. Call auth.uid() instead.';
`

const UUID_UID = `
create function auth.uid() returns uuid language sql stable parallel safe
  return auth.subject_as_uuid(${CLAIMS} ->> 'sub');
comment on function auth.uid() is
  'The subject of the caller''s JWT; null where there is none, 22P02 where it is not a UUID: auth.user_id() is text.';
`

/** Begins the comment of `auth.uid()` where it returns text for good reason; the reason follows. */
const TEXT_UID_NOTE = 'Returns text, as in earlier releases of db9, because'
const TEXT_UID_ADVICE =
  'Write auth.user_id() there; at its next start the database then gets auth.uid() as uuid.'

/** Bodies of functions are searched as far as this, so that no owner can keep a start waiting. */
const SEARCHED_CHARACTERS = 100_000

/**
 * Gives `auth.uid()` the type uuid where nothing was written for the text that it returned in earlier releases: neither an
 * object that Postgres knows to depend on it, nor a function whose body names it, which Postgres does not know. Where
 * something was, the comment of the function says so.
 */
export const UUID_UID_SQL = `
do $do$
declare
  caller text;
  note text;
begin
  select p.oid::regprocedure::text into caller from pg_proc p
  where substr(p.prosrc, 1, ${SEARCHED_CHARACTERS}) ~* 'auth"?\\s*\\.\\s*"?uid' and p.pronamespace not in (
    select n.oid from pg_namespace n where n.nspname in ('pg_catalog', 'auth', 'extensions', 'db9'))
  order by p.oid limit 1;
  if caller is null then
    begin
      drop function auth.uid();
      ${UUID_UID}
      return;
    exception when dependent_objects_still_exist then
      note := '${TEXT_UID_NOTE} policies, defaults or views use it. ${TEXT_UID_ADVICE}';
    end;
  else
    note := format('${TEXT_UID_NOTE} the function %s names it. ${TEXT_UID_ADVICE}', caller);
  end if;
  -- A comment that says the same would still raise the version of the catalog.
  if obj_description('auth.uid()'::regprocedure, 'pg_proc') is distinct from note then
    execute format('comment on function auth.uid() is %L', note);
  end if;
end $do$;
`
