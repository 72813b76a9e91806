import type { CorpusCase } from './corpus-case.ts'

/** Related resources inside a row. */
export const EMBEDDING: readonly CorpusCase[] = [
  {
    name: 'embeds a parent as an object or null',
    url: 'todos?select=id,users(name)&order=id&id=in.(1,4)',
    status: 200,
    expect: [
      { id: 1, users: { name: 'Ada' } },
      { id: 4, users: null },
    ],
  },
  {
    name: 'embeds children as an array with filters, order and limit of their own',
    url: 'users?select=name,todos(id)&todos.done=is.false&todos.order=id.desc&todos.limit=1&order=id',
    status: 200,
    expect: [
      { name: 'Ada', todos: [{ id: 1 }] },
      { name: 'Grace', todos: [{ id: 3 }] },
    ],
  },
  {
    name: 'embeds one-to-one as an object',
    url: 'users?select=id,profiles(bio)&order=id',
    status: 200,
    expect: [
      { id: 1, profiles: { bio: 'first' } },
      { id: 2, profiles: null },
    ],
  },
  {
    name: 'embeds through a junction',
    url: 'todos?select=id,labels(label)&order=id&labels.order=id&id=lte.2',
    status: 200,
    expect: [
      { id: 1, labels: [{ label: 'red' }, { label: 'green' }] },
      { id: 2, labels: [] },
    ],
  },
  {
    name: 'embeds several levels',
    url: 'profiles?select=users(name,todos(title,labels(label)))&users.todos.id=eq.3',
    status: 200,
    expect: [{ users: { name: 'Ada', todos: [] } }],
  },
  {
    name: 'keeps only parents with a child under !inner',
    url: 'users?select=id,todos!inner(id)&todos.done=is.true',
    status: 200,
    expect: [{ id: 1, todos: [{ id: 2 }] }],
  },
  {
    name: 'counts under !inner',
    url: 'users?select=id,todos!inner(id)&todos.done=is.true',
    headers: { prefer: 'count=exact' },
    status: 200,
    has: { 'content-range': '0-0/1' },
  },
  {
    name: 'filters by the absence of a child',
    url: 'users?select=id,profiles()&profiles=is.null',
    status: 200,
    expect: [{ id: 2 }],
  },
  {
    name: 'filters by the presence of a child in a tree',
    url: 'todos?select=id,users(),labels()&or=(users.is.null,labels.not.is.null)&order=id',
    status: 200,
    expect: [{ id: 1 }, { id: 3 }, { id: 4 }],
  },
  {
    name: 'refuses other filters on an embed',
    url: 'users?select=id,profiles()&profiles=eq.1',
    status: 400,
    error: { code: 'PGRST120', message: "Bad operator on the 'profiles' embedded resource" },
  },
  {
    name: 'spreads a parent',
    url: 'todos?select=id,...users(owner:name)&order=id&id=gte.3',
    status: 200,
    expect: [
      { id: 3, owner: 'Grace' },
      { id: 4, owner: null },
    ],
  },
  {
    name: 'spreads children into arrays',
    url: 'users?select=id,...todos(titles:title,done)&id=eq.1&todos.order=id',
    status: 200,
    expect: [{ id: 1, titles: ['write', 'read'], done: [false, true] }],
  },
  {
    name: 'orders by a column of a parent',
    url: 'todos?select=id,users(name)&order=users(name).desc.nullslast,id',
    status: 200,
    expect: [
      { id: 3, users: { name: 'Grace' } },
      { id: 1, users: { name: 'Ada' } },
      { id: 2, users: { name: 'Ada' } },
      { id: 4, users: null },
    ],
  },
  {
    name: 'refuses to order by children',
    url: 'users?select=id,todos(id)&order=todos(id)',
    status: 400,
    error: {
      code: 'PGRST118',
      details: "'users' and 'todos' do not form a many-to-one or one-to-one relationship",
    },
  },
  {
    name: 'embeds the rows that point to a row of the same table',
    url: 'staff?select=id,staff(id)&id=eq.1&staff.order=id',
    status: 200,
    expect: [{ id: 1, staff: [{ id: 2 }, { id: 3 }] }],
  },
  {
    name: 'embeds the row that a row of the same table points to',
    url: 'staff?select=id,boss:boss_id(name)&id=eq.2',
    status: 200,
    expect: [{ id: 2, boss: { name: 'Boss' } }],
  },
  {
    name: 'filters by the column that an aliased embed goes by',
    url: 'staff?select=id,boss:boss_id(name)&boss_id=eq.1&id=eq.2',
    status: 200,
    expect: [{ id: 2, boss: { name: 'Boss' } }],
  },
  {
    name: 'filters an aliased embed by its alias, and by the name of its target',
    url: 'users?select=id,mine:todos(id)&mine.id=eq.1&todos.done=is.false&id=eq.1',
    status: 200,
    expect: [{ id: 1, mine: [{ id: 1 }] }],
  },
  {
    name: 'tells relationships apart by hints',
    url: 'messages?select=from:users!sender(name),to:users!messages_receiver_fkey(name)',
    status: 200,
    expect: [{ from: { name: 'Ada' }, to: { name: 'Grace' } }],
  },
  {
    name: 'tells the two ways through a junction of a table with itself apart',
    url: 'users?select=id,follows:users!friends_a_fkey(id),followed:users!friends_b_fkey(id)&order=id',
    status: 200,
    expect: [
      { id: 1, follows: [{ id: 2 }], followed: [] },
      { id: 2, follows: [], followed: [{ id: 1 }] },
    ],
  },
  {
    name: 'lists the relationships where several are meant',
    url: 'messages?select=users(name)',
    status: 300,
    error: {
      code: 'PGRST201',
      details: [
        {
          cardinality: 'many-to-one',
          embedding: 'messages with users',
          relationship: 'messages_sender_fkey using messages(sender) and users(id)',
        },
        {
          cardinality: 'many-to-one',
          embedding: 'messages with users',
          relationship: 'messages_receiver_fkey using messages(receiver) and users(id)',
        },
      ],
      hint: "Try changing 'users' to one of the following: 'users!messages_sender_fkey', 'users!messages_receiver_fkey'. Find the desired relationship in the 'details' key.",
    },
  },
  {
    name: 'says which relationship was searched for',
    url: 'users?select=todo(id)',
    status: 400,
    error: {
      code: 'PGRST200',
      message: "Could not find a relationship between 'users' and 'todo' in the schema cache",
      hint: "Perhaps you meant 'todos' instead of 'todo'.",
    },
  },
  {
    name: 'embeds computed relationships',
    url: 'users?select=id,open_todos(title)&id=eq.1',
    status: 200,
    expect: [{ id: 1, open_todos: [{ title: 'write' }] }],
  },
  {
    name: 'holds a computed relationship to one row where it promises one',
    url: 'users?select=id,newest(title)&order=id',
    status: 200,
    expect: [
      { id: 1, newest: { title: 'read' } },
      { id: 2, newest: { title: 'run, fast' } },
    ],
  },
  {
    name: 'counts children without permission to aggregate',
    url: 'users?select=id,todos(count)&order=id',
    settings: { aggregates_enabled: false },
    status: 200,
    expect: [
      { id: 1, todos: [{ count: 2 }] },
      { id: 2, todos: [{ count: 1 }] },
    ],
  },
  {
    name: 'refuses filters of what is not embedded',
    url: 'users?todos.id=eq.1',
    status: 400,
    error: {
      code: 'PGRST108',
      message: "'todos' is not an embedded resource in this request",
      hint: "Verify that 'todos' is included in the 'select' query parameter.",
    },
  },

  {
    name: 'embeds from a view by the keys of its table',
    url: 'todo_heads?select=title,users(name),people(full_name)&todo_id=eq.1',
    status: 200,
    expect: [{ title: 'WRITE', users: { name: 'Ada' }, people: { full_name: 'Ada' } }],
  },
  {
    name: 'embeds a view of a view',
    url: 'people?select=full_name,todo_heads_2("the id")&id=eq.2',
    status: 200,
    expect: [{ full_name: 'Grace', todo_heads_2: [{ 'the id': 3 }] }],
  },
  {
    name: 'embeds an unsafe view as little as it reads it',
    url: 'users?select=id,todos_plain(id)',
    status: 403,
    error: { code: 'DB9203' },
  },
  {
    name: 'warns of an aliased embed that is named by its target',
    url: 'users?select=id,mine:todos(id)&todos.order=id.desc&todos.limit=1&id=eq.1',
    status: 200,
    expect: [{ id: 1, mine: [{ id: 2 }] }],
    has: {
      warning:
        '299 PostgRESTv16 "Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop working in a future release. Update `todos` to `mine` in query string filters, orders or limits."',
    },
  },
  {
    name: 'does not warn of an embed that is named by its alias',
    url: 'users?select=id,mine:todos(id)&mine.limit=1&id=eq.2',
    status: 200,
    expect: [{ id: 2, mine: [{ id: 3 }] }],
    has: { warning: '' },
  },
  {
    name: 'filters by a column that an embed is called after',
    url: 'staff?select=id,boss_id(name)&boss_id=eq.1&order=id',
    status: 200,
    expect: [
      { id: 2, boss_id: { name: 'Boss' } },
      { id: 3, boss_id: { name: 'Boss' } },
    ],
  },
]
