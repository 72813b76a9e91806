import type { CorpusCase } from './corpus-case.ts'
import { odd } from './odd.ts'

const representation = { prefer: 'return=representation' }

/** Relationships of all kinds: partitions, composite keys, views over views, junctions, the same table twice. */
export const RELATIONS: readonly CorpusCase[] = odd([
  {
    name: 'embeds from a partitioned table',
    url: 'events?select=id,regions(name)&order=id',
    status: 200,
    expect: [
      { id: 1, regions: { name: 'north' } },
      { id: 2, regions: null },
    ],
  },
  {
    name: 'embeds a partitioned table',
    url: 'regions?select=name,events(id)&order=id',
    status: 200,
    expect: [
      { name: 'north', events: [{ id: 1 }] },
      { name: 'south', events: [] },
    ],
  },
  {
    name: 'embeds by a composite key, both ways',
    url: 'visits?select=id,events(id,day,visits(id))',
    status: 200,
    expect: [{ id: 1, events: { id: 1, day: '2026-03-01', visits: [{ id: 1 }] } }],
  },
  {
    name: 'embeds what is unique as an object, both ways',
    url: 'suppliers?select=name,parts(name,suppliers(name))&order=id',
    status: 200,
    expect: [
      { name: 'ACME', parts: { name: 'bolt', suppliers: { name: 'ACME' } } },
      { name: 'Idle', parts: null },
    ],
  },
  {
    name: 'embeds a view of a view',
    url: 'suppliers?select=name,part_view_2(pid)&id=eq.1',
    status: 200,
    expect: [{ name: 'ACME', part_view_2: { pid: 1 } }],
  },
  {
    name: 'embeds from a view of a view',
    url: 'part_view_2?select=pid,suppliers(name)&order=pid',
    status: 200,
    expect: [
      { pid: 1, suppliers: { name: 'ACME' } },
      { pid: 2, suppliers: null },
    ],
  },
  {
    name: 'embeds between views through a junction that is a view',
    url: 'box_view?select=name,part_view(name)&order=id&part_view.order=part_id',
    status: 300,
    error: { code: 'PGRST201' },
  },
  {
    name: 'tells junctions apart by their names',
    url: 'box_view?select=name,part_view!box_part_view(name)&order=id&part_view.order=part_id',
    status: 200,
    expect: [
      { name: 'blue', part_view: [{ name: 'bolt' }, { name: 'nut' }] },
      { name: 'empty', part_view: [] },
    ],
  },
  {
    name: 'embeds a materialized view',
    url: 'part_view?select=name,supplier_names(name)&part_id=eq.1',
    status: 200,
    expect: [{ name: 'bolt', supplier_names: { name: 'ACME' } }],
  },
  {
    name: 'does not see the keys of a union',
    url: 'united?select=id,suppliers(name)',
    status: 400,
    error: { code: 'PGRST200' },
  },
  {
    name: 'embeds through a junction and the junction itself',
    url: 'boxes?select=name,parts!box_parts(name),box_parts(n)&id=eq.1&parts.order=id&box_parts.order=n',
    status: 200,
    expect: [{ name: 'blue', parts: [{ name: 'bolt' }, { name: 'nut' }], box_parts: [{ n: 5 }, { n: 6 }] }],
  },
  {
    name: 'embeds the same table twice by constraints, columns and aliases',
    url: 'people?select=name,home(name),w:places!work(name),h:places!home_id(name)&id=eq.1',
    status: 200,
    expect: [{ name: 'Ann', home: { name: 'Home' }, w: { name: 'Work' }, h: { name: 'Home' } }],
  },
  {
    name: 'lists both ways where the target alone is named',
    url: 'places?select=name,people(name)',
    status: 300,
    error: {
      code: 'PGRST201',
      message: "Could not embed because more than one relationship was found for 'places' and 'people'",
      details: [
        {
          cardinality: 'one-to-many',
          embedding: 'places with people',
          relationship: 'home using places(id) and people(home_id)',
        },
        {
          cardinality: 'one-to-many',
          embedding: 'places with people',
          relationship: 'work using places(id) and people(work_id)',
        },
      ],
      hint: "Try changing 'people' to one of the following: 'people!home', 'people!work'. Find the desired relationship in the 'details' key.",
    },
  },
  {
    name: 'takes hint and join in either order',
    url: 'places?select=name,people!home!inner(name)&people.name=eq.Bob',
    status: 200,
    expect: [{ name: 'Home', people: [{ name: 'Bob' }] }],
  },
  {
    name: 'takes join before hint',
    url: 'places?select=name,people!inner!work(name)&people.name=eq.Cy',
    status: 200,
    expect: [{ name: 'Work', people: [{ name: 'Cy' }] }],
  },
  {
    name: 'names left joins',
    url: 'places?select=name,people!home!left(name)&people.name=eq.Nobody&order=id',
    status: 200,
    expect: [
      { name: 'Home', people: [] },
      { name: 'Work', people: [] },
    ],
  },
  {
    name: 'says which hint was not found',
    url: 'places?select=name,people!nothing(name)',
    status: 400,
    error: {
      code: 'PGRST200',
      details:
        "Searched for a foreign key relationship between 'places' and 'people' using the hint 'nothing' in the schema 'odd', but no matches were found.",
      hint: null,
    },
  },
  {
    name: 'embeds computed relationships of a table with itself, several levels deep',
    url: 'people?select=name,manager(name),reports(name,reports(name))&id=eq.1',
    status: 200,
    expect: [
      {
        name: 'Ann',
        manager: null,
        reports: [
          { name: 'Bob', reports: [{ name: 'Dee' }] },
          { name: 'Cy', reports: [] },
        ],
      },
    ],
  },
  {
    name: 'filters, orders and limits computed relationships',
    url: 'people?select=name,reports(name,initials)&reports.initials=eq.C&id=eq.1&reports.limit=1',
    status: 200,
    expect: [{ name: 'Ann', reports: [{ name: 'Cy', initials: 'C' }] }],
  },
  {
    name: 'joins computed relationships',
    url: 'people?select=name,reports!inner(name)&order=name',
    status: 200,
    expect: [
      { name: 'Ann', reports: [{ name: 'Bob' }, { name: 'Cy' }] },
      { name: 'Bob', reports: [{ name: 'Dee' }] },
    ],
  },
  {
    name: 'orders by a column of a computed to-one relationship',
    url: 'people?select=name,manager(name)&order=manager(name).desc.nullslast,name',
    status: 200,
    expect: [
      { name: 'Dee', manager: { name: 'Bob' } },
      { name: 'Bob', manager: { name: 'Ann' } },
      { name: 'Cy', manager: { name: 'Ann' } },
      { name: 'Ann', manager: null },
    ],
  },
  {
    name: 'spreads children into arrays that belong together',
    url: 'boxes?select=name,...box_parts(n,...parts(part:name))&order=id&box_parts.order=n',
    status: 200,
    expect: [
      { name: 'blue', n: [5, 6], part: ['bolt', 'nut'] },
      { name: 'empty', n: [], part: [] },
    ],
  },
  {
    name: 'spreads many-to-many',
    url: 'boxes?select=name,...parts!box_parts(parts:name)&parts.order=name.desc&id=eq.1',
    status: 200,
    expect: [{ name: 'blue', parts: ['nut', 'bolt'] }],
  },
  {
    name: 'spreads with embeds inside',
    url: 'box_parts?select=n,...parts(name,suppliers(name))&order=n',
    status: 200,
    expect: [
      { n: 5, name: 'bolt', suppliers: { name: 'ACME' } },
      { n: 6, name: 'nut', suppliers: null },
    ],
  },
  {
    name: 'spreads and filters by an inner join',
    url: 'box_parts?select=n,...parts!inner(name)&parts.name=eq.nut',
    status: 200,
    expect: [{ n: 6, name: 'nut' }],
  },
  {
    name: 'filters inside embeds with trees',
    url: 'boxes?select=name,box_parts(n)&box_parts.or=(n.eq.5,and(n.gt.5,n.lt.6))&id=eq.1',
    status: 200,
    expect: [{ name: 'blue', box_parts: [{ n: 5 }] }],
  },
  {
    name: 'filters inside embeds with negated trees',
    url: 'boxes?select=name,box_parts(n)&box_parts.not.or=(n.eq.5,n.eq.7)&id=eq.1',
    status: 200,
    expect: [{ name: 'blue', box_parts: [{ n: 6 }] }],
  },
  {
    name: 'filters several levels deep',
    url: 'boxes?select=name,box_parts(n,parts(name))&box_parts.parts.name=eq.nut&box_parts.order=n&id=eq.1',
    status: 200,
    expect: [
      {
        name: 'blue',
        box_parts: [
          { n: 5, parts: null },
          { n: 6, parts: { name: 'nut' } },
        ],
      },
    ],
  },
  {
    name: 'joins several levels deep',
    url: 'boxes?select=name,box_parts!inner(n,parts!inner(name))&box_parts.parts.name=eq.nut',
    status: 200,
    expect: [{ name: 'blue', box_parts: [{ n: 6, parts: { name: 'nut' } }] }],
  },
  {
    name: 'filters by the absence of what embeds several levels hold',
    url: 'boxes?select=name,box_parts(parts())&box_parts=is.null',
    status: 200,
    expect: [{ name: 'empty' }],
  },
  {
    name: 'pages embeds',
    url: 'boxes?select=box_parts(n)&box_parts.order=n&box_parts.limit=1&box_parts.offset=1&id=eq.1',
    status: 200,
    expect: [{ box_parts: [{ n: 6 }] }],
  },
  {
    name: 'limits embeds as the database does',
    url: 'boxes?select=box_parts(n)&box_parts.order=n&id=eq.1',
    settings: { max_rows: 1 },
    status: 200,
    expect: [{ box_parts: [{ n: 5 }] }],
  },
  {
    name: 'filters trees on the presence of several embeds',
    url: 'boxes?select=name,box_parts(),parts!box_parts()&and=(box_parts.not.is.null,parts.not.is.null)',
    status: 200,
    expect: [{ name: 'blue' }],
  },
  {
    name: 'embeds in what was inserted, updated and deleted',
    method: 'PATCH',
    url: 'people?id=eq.2&select=name,home(name),reports(name)',
    headers: representation,
    body: '{"name":"Rob"}',
    status: 200,
    expect: [{ name: 'Rob', home: { name: 'Home' }, reports: [{ name: 'Dee' }] }],
  },
  {
    name: 'sees in what was inserted the rows that were there',
    method: 'POST',
    url: 'box_parts?select=n,boxes(name),parts(name)',
    headers: representation,
    body: '{"box_id":2,"part_id":1}',
    status: 201,
    expect: [{ n: 1, boxes: { name: 'empty' }, parts: { name: 'bolt' } }],
  },
  {
    name: 'refuses to embed what a tree names and the selection does not',
    url: 'boxes?select=name&or=(box_parts.not.is.null,name.eq.x)',
    status: 400,
    error: { code: '42703', message: 'column boxes.box_parts does not exist' },
  },
  {
    name: 'aggregates inside embeds',
    url: 'boxes?select=name,box_parts(n.sum(),count())&order=id',
    status: 200,
    expect: [
      { name: 'blue', box_parts: [{ sum: 11, count: 2 }] },
      { name: 'empty', box_parts: [{ sum: null, count: 0 }] },
    ],
  },
  {
    name: 'groups by JSON paths and casts',
    url: 'kinds?select=doc->>s,id.count()::text&doc->>s=not.is.null',
    status: 200,
    expect: [{ s: 'x', count: '1' }],
  },
  {
    name: 'does not join two views of one table by the key that both show',
    url: 'part_view?select=part_id,part_view_2(pid)',
    status: 400,
    error: { code: 'PGRST200' },
  },
])
