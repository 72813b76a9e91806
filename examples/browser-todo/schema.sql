-- What the page needs in its database. May be run again at any time.

create table if not exists todos (
  id         bigint generated always as identity primary key,
  user_id    text not null default auth.user_id(),
  title      text not null check (char_length(title) between 1 and 200),
  done       boolean not null default false,
  is_public  boolean not null default false,
  created_at timestamptz not null default now()
);

create index if not exists todos_user_id on todos (user_id);

alter table todos enable row level security;

-- A visitor with the publishable key alone is the role anon: public rows, to read only.
drop policy if exists "visitors read public todos" on todos;
create policy "visitors read public todos" on todos
  for select to anon using (is_public);

-- With a valid JWT the role is authenticated, and auth.user_id() is the token's subject. The sub-select lets Postgres
-- ask for it once a statement instead of once a row.
drop policy if exists "users read their own todos" on todos;
create policy "users read their own todos" on todos
  for select to authenticated using (user_id = (select auth.user_id()));

drop policy if exists "users add their own todos" on todos;
create policy "users add their own todos" on todos
  for insert to authenticated with check (user_id = (select auth.user_id()));

drop policy if exists "users change their own todos" on todos;
create policy "users change their own todos" on todos
  for update to authenticated
  using (user_id = (select auth.user_id())) with check (user_id = (select auth.user_id()));

drop policy if exists "users delete their own todos" on todos;
create policy "users delete their own todos" on todos
  for delete to authenticated using (user_id = (select auth.user_id()));

-- Something for the first visitor to see.
insert into todos (user_id, title, done, is_public)
select 'db9', title, done, true
from (values ('Read what row level security shows you', true),
             ('Sign in and add a todo of your own', false),
             ('Mark it public, sign out, and find it here', false)) as welcome (title, done)
where not exists (select from todos);
