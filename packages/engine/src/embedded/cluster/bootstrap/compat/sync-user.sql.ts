/** Keeps `auth.users` as the JWTs of an identity provider have it: `sync_users` of the auth-config. */

/**
 * With the rights of the role that owns the table, which are its own tables alone: triggers of the owner run within it. An
 * address that another user has is left out rather than taken over.
 */
export const SYNC_USER = `
create function auth.sync_user(user_id uuid, user_email text, is_verified boolean, meta jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into auth.users as known
    (id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
  select user_id, 'authenticated', 'authenticated', address.free, case when is_verified then now() end,
    '{"provider": "byo_jwt", "providers": ["byo_jwt"]}', meta, now(), now()
  from (select case when not exists (
    select from auth.users other where other.email = user_email and other.id <> user_id and not other.is_sso_user
  ) then nullif(user_email, '') end) address (free)
  on conflict (id) do update set
    email = coalesce(excluded.email, known.email),
    email_confirmed_at = coalesce(known.email_confirmed_at, excluded.email_confirmed_at),
    raw_user_meta_data = coalesce(known.raw_user_meta_data, '{}') || excluded.raw_user_meta_data,
    updated_at = now()
  where coalesce(excluded.email, known.email) is distinct from known.email
    or known.raw_user_meta_data is null
    or not known.raw_user_meta_data @> excluded.raw_user_meta_data;
end $$;
revoke execute on function auth.sync_user(uuid, text, boolean, jsonb) from public;
alter function auth.sync_user(uuid, text, boolean, jsonb) owner to supabase_auth_admin;
grant execute on function auth.sync_user(uuid, text, boolean, jsonb) to service_role;
comment on function auth.sync_user(uuid, text, boolean, jsonb) is 'What sync_users of the auth-config calls.';
`
