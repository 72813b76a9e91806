begin;
drop publication if exists supabase_realtime;
create publication supabase_realtime;
commit;
alter publication supabase_realtime add table public.projects;
alter publication supabase_realtime add table public.prices, public.team_members;
