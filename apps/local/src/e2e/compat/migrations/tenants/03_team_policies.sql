create policy "members read their teams" on public.teams for select to authenticated using (public.is_member(id));
create policy "owners change their teams" on public.teams for update to authenticated
  using (public.has_team_role(id, auth.uid(), 'owner')) with check (public.has_team_role(id, auth.uid(), 'owner'));
create policy "members read members" on public.team_members for select to authenticated using (public.is_member(team_id));
create policy "owners remove members" on public.team_members for delete to authenticated
  using (public.has_team_role(team_id, auth.uid(), 'owner') and user_id <> auth.uid());
