create policy "logged-in read" on public.people for select using (auth.role() = 'authenticated');
create policy "own person" on public.people for insert with check (auth.uid() = id);
create policy "logged-in read" on public.channels for select using (auth.role() = 'authenticated');
create policy "own channels" on public.channels for insert with check (auth.uid() = created_by);
create policy "own or authorized" on public.channels for delete
  using (auth.uid() = created_by or public.authorize('channels.delete'));
create policy "logged-in read" on public.messages for select using (auth.role() = 'authenticated');
create policy "own messages" on public.messages for insert with check (auth.uid() = user_id);
create policy "own or authorized" on public.messages for delete
  using ((select auth.uid()) <> user_id and authorize('messages.delete') or (select auth.uid()) = user_id);
