create extension if not exists supabase_vault with schema vault cascade;
select vault.create_secret('s3cr3t', 'service_token', 'used by a job');
create or replace function private.service_token() returns text language sql security definer set search_path = '' as
  $$ select decrypted_secret from vault.decrypted_secrets where name = 'service_token' $$;
