create function public.last_messages(limit_to int default 10) returns setof public.messages
language sql stable security invoker set search_path = '' as $$
  select m.* from public.messages m where m.user_id = auth.uid() order by m.id desc limit limit_to;
$$;
create view public.mine with (security_invoker = true) as
  select id, user_id from public.messages where user_id = auth.uid() union select null, auth.uid();
