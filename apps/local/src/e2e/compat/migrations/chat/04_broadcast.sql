create or replace function public.broadcast_message() returns trigger security definer language plpgsql as $$
begin
  perform realtime.broadcast_changes(
    'channel:' || coalesce(new.channel_id, old.channel_id)::text, tg_op, tg_op, tg_table_name, tg_table_schema, new, old
  );
  perform realtime.send(jsonb_build_object('id', coalesce(new.id, old.id)), 'message', 'all', false);
  return null;
end;
$$;
create trigger messages_broadcast after insert or update or delete on public.messages
  for each row execute function broadcast_message();
create policy "people of a channel" on realtime.messages for select to authenticated
  using ((select realtime.topic()) like 'channel:%' and realtime.messages.extension in ('broadcast', 'presence'));
alter publication supabase_realtime add table public.messages;
