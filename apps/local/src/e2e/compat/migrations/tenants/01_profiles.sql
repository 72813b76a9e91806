-- Profiles that follow auth.users by a trigger.
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists moddatetime schema extensions;

create table public.profiles (
  id uuid not null references auth.users on delete cascade primary key,
  updated_at timestamp with time zone,
  full_name text,
  avatar_url text,
  constraint full_name_length check (char_length(full_name) >= 2)
);
alter table public.profiles enable row level security;
create policy "Profiles are readable by everyone." on profiles for select using (true);
create policy "Users can insert their own profile." on profiles for insert with check ((select auth.uid()) = id);
create policy "Users can update own profile." on profiles for update using ((select auth.uid()) = id);

create function public.handle_new_user() returns trigger set search_path = '' as $$
begin
  insert into public.profiles (id, full_name, avatar_url)
  values (new.id, new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'avatar_url');
  return new;
end;
$$ language plpgsql security definer;
drop trigger if exists on_auth_user_created on auth.users;
create trigger on_auth_user_created after insert on auth.users
  for each row execute procedure public.handle_new_user();
create trigger handle_updated_at before update on profiles
  for each row execute procedure extensions.moddatetime (updated_at);
