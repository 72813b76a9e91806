-- Drizzle's policies for Neon, and text subjects.
create table notes (
  id uuid primary key default gen_random_uuid(),
  owner_id text not null default (auth.user_id()),
  title text not null default 'untitled note',
  shared boolean default false,
  created_at timestamp with time zone default now()
);
create table paragraphs (
  id bigint generated always as identity primary key,
  note_id uuid references notes (id) on delete cascade,
  content text
);
alter table notes enable row level security;
alter table paragraphs enable row level security;
create policy "crud-authenticated-policy-select" on notes as permissive for select to authenticated
  using ((select auth.user_id() = notes.owner_id));
create policy "crud-authenticated-policy-insert" on notes as permissive for insert to authenticated
  with check ((select auth.user_id() = notes.owner_id));
create policy "crud-anonymous-policy-select" on notes as permissive for select to anonymous using (false);
create policy "shared_policy" on notes as permissive for select to authenticated using (shared = true);
create policy "of notes" on paragraphs for all to authenticated
  using ((select notes.owner_id = auth.user_id() from notes where notes.id = paragraphs.note_id));
