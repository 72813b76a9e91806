create table org_members (org_id text not null, user_id text not null, primary key (org_id, user_id));
alter table org_members enable row level security;
create policy "of the token's organisation" on org_members for select to authenticated
  using (org_id = (auth.session() ->> 'org_id') or org_id = auth.jwt() -> 'o' ->> 'id');
create table synced (id text primary key references neon_auth.users_sync (id) on delete set null);
insert into org_members values ('org_1', 'user_ada'), ('org_2', 'user_bob');
