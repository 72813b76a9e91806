create table public.counters (user_id uuid primary key default auth.uid(), n int not null default 0);
alter table public.counters enable row level security;
create policy "own" on public.counters for all to authenticated
  using (user_id = case when auth.uid() is null then null::uuid else auth.uid() end) with check (auth.uid() = user_id);
create or replace function public.increment() returns int language sql set search_path = '' as $$
  insert into public.counters (user_id, n) values (auth.uid(), 1)
  on conflict (user_id) do update set n = public.counters.n + 1 returning n;
$$;
