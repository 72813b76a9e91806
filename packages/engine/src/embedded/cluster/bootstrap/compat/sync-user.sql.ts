/** Keeps `auth.users` as the JWTs of an identity provider have it: `sync_users` of the auth-config. */

/**
 * With the rights of the role that owns the table, which are its own tables alone: triggers of the owner run within it.
 *
 * An address counts as confirmed only where a token confirmed that address. One that another user has is left to that one,
 * unless it is confirmed here alone: then it is taken from there. The metadata is what the token says, so that withdrawn
 * claims go and it stays as small as a token.
 */
export const SYNC_USER = `
create or replace function auth.sync_user(user_id uuid, user_email text, is_verified boolean, meta jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  address text := nullif(lower(user_email), '');
begin
  if is_verified then
    update auth.users other set email = null, updated_at = now()
    where other.email = address and other.id <> user_id and not other.is_sso_user and other.email_confirmed_at is null;
  end if;
  if exists (
    select from auth.users other where other.email = address and other.id <> user_id and not other.is_sso_user
  ) then
    address := null;
  end if;
  insert into auth.users as known
    (id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
  values (user_id, 'authenticated', 'authenticated', address, case when is_verified and address is not null then now() end,
    '{"provider": "byo_jwt", "providers": ["byo_jwt"]}', meta, now(), now())
  on conflict (id) do update set
    email = coalesce(excluded.email, known.email),
    email_confirmed_at = case
      when excluded.email <> lower(known.email) or known.email is null then excluded.email_confirmed_at
      else coalesce(known.email_confirmed_at, excluded.email_confirmed_at)
    end,
    raw_user_meta_data = excluded.raw_user_meta_data,
    updated_at = now()
  where coalesce(excluded.email, known.email) is distinct from known.email
    or (known.email_confirmed_at is null and excluded.email_confirmed_at is not null)
    or known.raw_user_meta_data is distinct from excluded.raw_user_meta_data;
end $$;
revoke execute on function auth.sync_user(uuid, text, boolean, jsonb) from public;
alter function auth.sync_user(uuid, text, boolean, jsonb) owner to supabase_auth_admin;
grant execute on function auth.sync_user(uuid, text, boolean, jsonb) to service_role;
comment on function auth.sync_user(uuid, text, boolean, jsonb) is 'What sync_users of the auth-config calls.';
`
