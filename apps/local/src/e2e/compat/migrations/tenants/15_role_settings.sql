grant usage on schema public to anon, authenticated, service_role, postgres;
grant select on all tables in schema public to service_role, postgres;
alter default privileges in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to postgres, service_role;
alter database postgres set "app.settings.jwt_exp" to '3600';
