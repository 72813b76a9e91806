create table public.customers (id uuid references auth.users not null primary key, stripe_customer_id text);
alter table public.customers enable row level security;
-- No policies: servers alone, by the service role.
create table public.prices (id text primary key, active boolean, unit_amount bigint, metadata jsonb);
alter table public.prices enable row level security;
create policy "Allow public read-only access." on prices for select using (true);
alter table public.prices replica identity full;
