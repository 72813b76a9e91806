/** The schemas that public bug reports of PostgREST are about: views of all kinds, domains, spreads. No policies. */
export const REPORT_SQL = `
create schema reports;
grant usage on schema reports to anon, authenticated;
alter default privileges in schema reports grant select, insert, update, delete on tables to anon, authenticated;

create table reports.customers (id int primary key, name text);
create table reports.orders (id int primary key, customer int references reports.customers, amount int);
create table reports.payments (id int primary key, order_id int references reports.orders);
create view reports.order_counts with (security_invoker = true) as
  select customer, count(id) as orders, sum(amount) filter (where amount > 0) as amount from reports.orders group by customer;
create view reports.order_names with (security_invoker = true) as
  select o.id, (select c.id from reports.customers c where c.id = o.customer) as customer from reports.orders o;
create view reports.order_keys with (security_invoker = true) as
  select o.customer as buyer, o.id, (select c.id from reports.customers c where c.id = o.customer) as shown from reports.orders o;
create view reports.order_lists with (security_invoker = true) as
  with o as (select id, customer from reports.orders)
  select customer as "my customer", array(select p.id from reports.payments p where p.order_id = o.id) as payments, id as "{order}" from o order by customer + 1;

create table reports.teams (id int primary key, name text);
create table reports.players (id int primary key, name text, team int references reports.teams);
create view reports.duels with (security_invoker = true) as
  select a.id as a, b.id as b, a.team as team_a, b.team as team_b from reports.players a join reports.players b on a.id < b.id;

create table reports.staff (id int primary key, name text, boss int references reports.staff);
create view reports.staff_view with (security_invoker = true) as select id, name, boss from reports.staff;

create type reports.pair as (a int, b text);
create domain reports.pair_domain as reports.pair;
create domain reports.pair_domain_2 as reports.pair_domain check (value is not null);
create function reports.one_pair() returns reports.pair_domain language sql immutable as $$ select row(1, 'x')::reports.pair::reports.pair_domain $$;
create function reports.pairs() returns setof reports.pair_domain_2 language sql immutable
  as $$ select row(n, 'x' || n)::reports.pair::reports.pair_domain::reports.pair_domain_2 from generate_series(1, 2) n $$;
create domain reports.order_domain as reports.orders;
create function reports.domain_orders() returns setof reports.order_domain language sql stable
  as $$ select row(o.*)::reports.orders::reports.order_domain from reports.orders o $$;

create domain reports.seven as int default 7;
create domain reports.still_seven as reports.seven;
create domain reports.eight as reports.seven default 8;
create table reports.defaults (id int primary key, a reports.seven, b reports.still_seven not null, c reports.eight, d reports.seven default 9);

create domain reports.search as tsvector;
create domain reports.searched as reports.search;
create table reports.texts (id int primary key, v reports.search, w reports.searched);

create function reports.add(a int, b int) returns int language sql immutable return a + b;
create function reports.with_null() returns json language sql immutable return '{"a": 1, "b": null}'::json;
create function reports.with_nulls() returns setof json language sql immutable
begin atomic select '{"a": 1, "b": null}'::json union all select null; end;

create domain reports.colour as int;
create function reports.to_json(reports.colour) returns json language sql immutable
  return to_json('#' || lpad(to_hex($1), 6, '0'));
create function reports.read(text) returns reports.colour language sql immutable
  as $$ select ('x' || lpad(replace($1, '#', ''), 8, '0'))::bit(32)::int::reports.colour $$;
create function reports.read(json) returns reports.colour language sql immutable as $$ select reports.read($1 #>> '{}') $$;
create cast (reports.colour as json) with function reports.to_json(reports.colour) as implicit;
create cast (json as reports.colour) with function reports.read(json) as implicit;
create cast (text as reports.colour) with function reports.read(text) as implicit;
create domain reports.shown as bigint;
create function reports.to_json(reports.shown) returns json language sql immutable return to_json($1::text);
create cast (reports.shown as json) with function reports.to_json(reports.shown) as implicit;
create domain reports.closed as int;
create function reports.open(reports.closed) returns json language sql immutable security definer return to_json('told'::text);
create cast (reports.closed as json) with function reports.open(reports.closed) as implicit;
create table reports.pens (id int primary key, colour reports.colour default 255, big reports.shown, closed reports.closed);
create view reports.pen_view with (security_invoker = true) as select id, colour from reports.pens;
create table reports.caps (id int primary key, pen int references reports.pens, colour reports.colour);

insert into reports.customers values (1, 'ann'), (10, 'ten');
insert into reports.orders values (10, 1, 5), (2, 10, 7);
insert into reports.payments values (1, 10), (2, 2);
insert into reports.pens values (1, 0, 9007199254740993, 5), (2, 16711680, null, null);
insert into reports.caps values (1, 2, 255);
insert into reports.teams values (1, 'red'), (2, 'blue');
insert into reports.players values (1, 'x', 1), (2, 'y', 2);
insert into reports.staff values (1, 'Boss', null), (2, 'Worker', 1);
insert into reports.texts values (1, to_tsvector('english', 'rats run'), to_tsvector('english', 'rats run'));
`
