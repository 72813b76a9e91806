create extension if not exists pg_cron with schema pg_catalog;
grant usage on schema cron to postgres;
grant all privileges on all tables in schema cron to postgres;
select cron.schedule('delete-old-invitations', '0 3 * * *', $$ delete from public.invitations where false $$);
select cron.unschedule('delete-old-invitations');
select cron.schedule('refresh', '*/5 * * * *', 'select 1');
