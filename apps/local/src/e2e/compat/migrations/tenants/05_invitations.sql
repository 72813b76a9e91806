create table public.invitations (
  id uuid default gen_random_uuid() primary key,
  team_id uuid not null references public.teams on delete cascade,
  email text not null,
  token text not null default encode(extensions.gen_random_bytes(16), 'hex'),
  invited_by uuid default auth.uid(),
  unique (team_id, email)
);
alter table public.invitations enable row level security;
create policy "invited people see their invitations" on public.invitations for select to authenticated
  using (email = (auth.jwt() ->> 'email') or email = auth.email());
create policy "owners invite" on public.invitations for insert to authenticated
  with check (public.has_team_role(team_id, (select auth.uid()), 'owner'));
create or replace function public.accept_invitation(lookup_token text) returns uuid
language plpgsql security definer set search_path = public, extensions as $$
declare
  found_team uuid;
begin
  delete from invitations where token = lookup_token and email = auth.email() returning team_id into found_team;
  if found_team is null then raise exception 'Invitation not found'; end if;
  insert into team_members (team_id, user_id) values (found_team, auth.uid());
  return found_team;
end;
$$;
