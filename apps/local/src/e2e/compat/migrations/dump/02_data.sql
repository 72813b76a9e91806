-- As `supabase db dump --data-only` writes data.
SET session_replication_role = replica;
INSERT INTO "auth"."users" ("instance_id", "id", "aud", "role", "email", "encrypted_password", "email_confirmed_at", "raw_app_meta_data", "raw_user_meta_data", "created_at", "updated_at", "phone", "is_sso_user", "is_anonymous") VALUES
	('00000000-0000-0000-0000-000000000000', '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', 'authenticated', 'authenticated', 'ada@example.com', '$2a$10$abcdefghijklmnopqrstuv', '2026-01-01 00:00:00+00', '{"provider": "email", "providers": ["email"]}', '{"full_name": "Ada"}', '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00', NULL, false, false),
	('00000000-0000-0000-0000-000000000000', 'b0b0b0b0-3f7c-4b35-9a59-0d4f1a4c1c22', 'authenticated', 'authenticated', 'bob@example.com', '$2a$10$abcdefghijklmnopqrstuv', '2026-01-01 00:00:00+00', '{"provider": "email", "providers": ["email"]}', '{}', '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00', NULL, false, false);
INSERT INTO "auth"."identities" ("provider_id", "user_id", "identity_data", "provider", "last_sign_in_at", "created_at", "updated_at", "id") VALUES
	('6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', '{"sub": "6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11", "email": "Ada@example.com"}', 'email', NULL, NULL, NULL, '11111111-1111-4111-8111-111111111111');
INSERT INTO "public"."notes" ("id", "user_id", "body") VALUES
	('22222222-2222-4222-8222-222222222222', '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', 'of Ada'),
	('33333333-3333-4333-8333-333333333333', 'b0b0b0b0-3f7c-4b35-9a59-0d4f1a4c1c22', 'of Bob');
SELECT pg_catalog.setval('"auth"."refresh_tokens_id_seq"', 7, true);
RESET ALL;
