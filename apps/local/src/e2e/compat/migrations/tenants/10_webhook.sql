create extension if not exists pg_net with schema extensions;
create or replace function public.notify_slack() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform net.http_post(url := 'https://hooks.example.com/new', body := jsonb_build_object('team', new.name));
  return new;
end $$;
create trigger on_team after insert on public.teams for each row execute function public.notify_slack();
create trigger on_project after insert on public.projects for each row
  execute function supabase_functions.http_request('https://hooks.example.com', 'POST', '{}', '{}', '1000');
