insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('avatars', 'avatars', true, 1048576, array['image/png']), ('documents', 'documents', false, null, null)
on conflict (id) do nothing;
create policy "Avatars are public." on storage.objects for select using (bucket_id = 'avatars');
create policy "People upload into their folder." on storage.objects for insert to authenticated
  with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text and storage.extension(name) = 'png');
create policy "Documents of a team" on storage.objects for all to authenticated
  using (bucket_id = 'documents' and public.is_member(((storage.foldername(name))[1])::uuid));
create policy "own files" on storage.objects for delete using (auth.uid()::text = owner_id or auth.uid() = owner);
