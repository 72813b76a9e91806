create or replace function public.create_team(team_name text) returns json
language plpgsql security definer set search_path = '' as $$
declare
  made public.teams;
begin
  if auth.uid() is null then raise exception 'Not authenticated' using errcode = '42501'; end if;
  insert into public.teams (name) values (create_team.team_name) returning * into made;
  insert into public.team_members (team_id, user_id, team_role) values (made.id, auth.uid(), 'owner');
  return json_build_object('team_id', made.id, 'name', made.name, 'by', coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000'::uuid));
end;
$$;
