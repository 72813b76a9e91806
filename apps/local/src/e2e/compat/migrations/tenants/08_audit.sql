create schema if not exists private;
create table private.audit (id bigserial primary key, table_name text, action text, actor uuid, at timestamptz default now());
create or replace function private.log_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into private.audit (table_name, action, actor) values (tg_table_name, tg_op, auth.uid());
  return coalesce(new, old);
end $$;
create trigger projects_audit after insert or update or delete on public.projects
  for each row execute function private.log_change();
revoke all on schema private from anon, authenticated;
