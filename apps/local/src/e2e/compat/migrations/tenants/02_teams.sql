-- Tenants with helpers whose search_path is pinned, as linters ask for.
create type public.team_role as enum ('owner', 'member');
create table public.teams (
  id uuid primary key default uuid_generate_v4(),
  name text not null,
  created_by uuid not null default auth.uid() references auth.users (id),
  created_at timestamptz default timezone('utc'::text, now()) not null
);
create table public.team_members (
  team_id uuid not null references public.teams on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  team_role public.team_role not null default 'member',
  primary key (team_id, user_id)
);
create index on public.team_members (user_id);
alter table public.teams enable row level security;
alter table public.team_members enable row level security;

create or replace function public.is_member(team uuid) returns boolean
language sql security definer stable set search_path = '' as $$
  select exists (select 1 from public.team_members m where m.team_id = team and m.user_id = (select auth.uid()));
$$;
create or replace function public.has_team_role(team uuid, who uuid, wanted public.team_role) returns boolean
language plpgsql security definer stable set search_path = public as $$
begin
  return exists (select 1 from team_members m where m.team_id = team and m.user_id = who and m.team_role = wanted);
end;
$$;
revoke execute on function public.has_team_role(uuid, uuid, public.team_role) from public, anon;
grant execute on function public.has_team_role(uuid, uuid, public.team_role) to authenticated, service_role;
