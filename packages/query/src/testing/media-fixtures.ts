/** What an owner makes for media types, after PostgREST's own specification (test/spec/fixtures/schema.sql). */
export const MEDIA_SQL = `
create schema media;
grant usage on schema media to anon, authenticated;

create domain media."application/vnd.twkb" as bytea;
create domain media."application/vnd.geo2+json" as jsonb;
create domain media."application/json" as json;
create domain media."text/plain" as text;
create domain media."text/html" as text;
create domain media."text/xml" as pg_catalog.xml;
create domain media."text/csv" as text;
create domain media."text/tab-separated-values" as text;
create domain media."pg/outfunc" as text;
create domain media."image/png" as bytea;
create domain media."Application/Mixed" as text;
create domain media."*/*" as bytea;
create domain media."not a/type" as text;

create table media.lines (id int primary key, name text);
create table media.notes (id int primary key, body text);
create table media.settings (id int primary key, v text);
create table media.numbers (val int primary key);
create domain media.tint as int;
create function media.shown(media.tint) returns json language sql immutable return to_json('#' || $1);
create cast (media.tint as json) with function media.shown(media.tint) as implicit;
create table media.tints (id int primary key, tint media.tint);

create function media.twkb_step(state bytea, item media.lines) returns bytea language sql immutable
  return state || decode(lpad(to_hex((item).id), 2, '0'), 'hex') || convert_to((item).name, 'UTF8');
create function media.twkb_end(state bytea) returns media."application/vnd.twkb" language sql immutable
  return state::media."application/vnd.twkb";
create aggregate media.twkb (media.lines) (sfunc = media.twkb_step, stype = bytea, finalfunc = media.twkb_end, initcond = '');

create function media.csv_step(state text, item media.lines) returns text language sql immutable
  return state || (item).id || ',' || (item).name || E'\n';
create function media.csv_end(state text) returns media."text/csv" language plpgsql as $$
begin
  perform set_config('response.headers', '[{"Content-Disposition": "attachment; filename=\\"lines.csv\\""}]', true);
  return E'\uFEFF' || state;
end $$;
create aggregate media.csv (media.lines) (sfunc = media.csv_step, stype = text, finalfunc = media.csv_end, initcond = 'id,name\n');

create function media.any_step(state text, item anyelement) returns text language sql immutable
  as $$ select state || item::text || E'\n' $$;
create function media.out_end(state text) returns media."pg/outfunc" language sql immutable return state::media."pg/outfunc";
create aggregate media.out (anyelement) (sfunc = media.any_step, stype = text, finalfunc = media.out_end, initcond = '');

create function media.geo_step(state media."application/vnd.geo2+json", item anyelement) returns media."application/vnd.geo2+json"
  language sql immutable as $$ select state $$;
create aggregate media.geo_any (anyelement) (
  sfunc = media.geo_step, stype = media."application/vnd.geo2+json", initcond = '{"type": "FeatureCollection"}'
);
create function media.geo_step(state media."application/vnd.geo2+json", item media.notes) returns media."application/vnd.geo2+json"
  language sql immutable return state;
create aggregate media.geo (media.notes) (sfunc = media.geo_step, stype = media."application/vnd.geo2+json", initcond = '"overridden"');

create function media.json_step(state media."application/json", item media.settings) returns media."application/json"
  language sql immutable return '{"overridden": true}'::media."application/json";
create aggregate media.json (media.settings) (sfunc = media.json_step, stype = media."application/json", initcond = '{}');

create function media.tint_step(state media."text/plain", item media.tints) returns media."text/plain"
  language sql immutable return state;
create aggregate media.tint (media.tints) (sfunc = media.tint_step, stype = media."text/plain", initcond = 'tints');

create function media.number_step(state media."*/*", item media.numbers) returns media."*/*" language plpgsql as $$
declare
  accept text := current_setting('request.headers', true)::json ->> 'accept';
begin
  if accept = 'magic/number' then perform set_config('response.headers', '[{"Content-Type": "magic/number"}]', true); end if;
  if accept = 'text/html' then perform set_config('response.headers', '[{"Content-Type": "text/html"}]', true); end if;
  return convert_to((item).val::text, 'UTF8')::media."*/*";
end $$;
create aggregate media.number (media.numbers) (sfunc = media.number_step, stype = media."*/*", initcond = '');

create function media.secret_step(state media."text/plain", item media.lines) returns media."text/plain"
  language sql immutable security definer return 'told'::media."text/plain";
create aggregate media.secret (media.lines) (sfunc = media.secret_step, stype = media."text/plain", initcond = '');

create function media.get_lines() returns setof media.lines language sql stable
begin atomic select * from media.lines order by id; end;
create function media.get_line(id int) returns media."application/vnd.twkb" language sql stable
begin atomic select convert_to(l.name, 'UTF8')::media."application/vnd.twkb" from media.lines l where l.id = get_line.id; end;
create function media."welcome.html"() returns media."text/html" language sql immutable return '<h1>Welcome</h1>'::media."text/html";
create function media.welcome() returns media."text/plain" language sql immutable return 'Welcome'::media."text/plain";
create function media.welcome_twice() returns setof media."text/plain" language sql immutable
begin atomic select 'Welcome'::media."text/plain" union all select 'Welcome'; end;
create function media."welcome.xml"() returns media."text/xml" language sql immutable
  return xmlparse(content '<a/>')::media."text/xml";
create function media.image() returns media."image/png" language sql immutable return '\\x89504e47'::bytea::media."image/png";
create function media.mixed() returns media."Application/Mixed" language sql immutable return 'mixed'::media."Application/Mixed";
create function media.any() returns media."*/*" language sql immutable return convert_to('any', 'UTF8')::media."*/*";
create function media.odd() returns media."not a/type" language sql immutable return 'odd'::media."not a/type";
create function media.some() returns media."*/*" language plpgsql as $$
declare
  accept text := current_setting('request.headers', true)::json ->> 'accept';
begin
  if accept not in ('*/*', 'app/chico') then raise sqlstate 'PT406' using message = 'Not Acceptable'; end if;
  perform set_config('response.headers', json_build_array(json_build_object('Content-Type',
    case accept when 'app/chico' then accept else 'app/groucho' end))::text, true);
  return convert_to(accept, 'UTF8');
end $$;

insert into media.lines values (1, 'one'), (2, 'two');
insert into media.notes values (1, 'note');
insert into media.settings values (1, 'v');
insert into media.numbers values (1), (2);
insert into media.tints values (1, 7);
grant select, insert on all tables in schema media to anon, authenticated;
`
