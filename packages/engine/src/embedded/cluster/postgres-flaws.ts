/** The published flaws of PostgreSQL 18 that matter to a db9 installation, by the minor release that mends them. */

/*
 * Left out: flaws of client programs (they depend on the client's release), and flaws that need what no owner of db9
 * has: replication, subscriptions, foreign servers, dblink, refint, amcheck, TLS or GSSAPI in Postgres, a 32-bit build.
 *
 * Sources: the release notes of 18.1 to 18.6, and for 18.7 those of 17.12 of the same day; flaws that 18 alone has and
 * 18.7 fixes are not in this table.
 */

/** The least rights that using a flaw takes. */
export type UsableBy =
  /** Anyone with a publishable key, where a table, view or function of the database leads there. */
  | 'api_client'
  /** Clients that may run SQL of their own in the database. */
  | 'sql'
  /** Clients that may create objects in the database, as its `admin` may. */
  | 'owner'

export interface Flaw {
  readonly cve: string
  /** The minor release of 18 that mends it: 6 for 18.6. */
  readonly fixedIn: number
  /** One sentence: what can happen, and by what. */
  readonly summary: string
  readonly usableBy: UsableBy
}

/** The newest release that this table knows of. */
export const NEWEST_KNOWN = { version: '18.7', date: '2026-11-12' } as const

type Row = readonly [cve: string, usableBy: UsableBy, summary: string]

/** By the minor release that mends them. */
const FIXED: readonly (readonly [minor: number, rows: readonly Row[]])[] = [
  // 18.7, 2026-11-12
  [
    7,
    [
      ['CVE-2026-16237', 'api_client', 'An upsert through a view changes rows that the view hides.'],
      ['CVE-2026-116315', 'api_client', 'ts_delete() writes beyond its buffer on crafted input.'],
      ['CVE-2026-116317', 'api_client', 'ts_rank_cd() writes beyond its buffer on crafted input.'],
      [
        'CVE-2026-6460',
        'owner',
        'Changing a composite type whose values are in use runs code in the server.',
      ],
      ['CVE-2026-116306', 'owner', 'Changing a row type while its fields are assigned confuses types.'],
      ['CVE-2026-120151', 'owner', 'Changing a row type while PL/pgSQL assigns its fields confuses types.'],
      ['CVE-2026-120142', 'owner', 'Row types with dropped columns are taken for equal when they are not.'],
      ['CVE-2026-120141', 'sql', 'Functions that return records of varying types run code in the server.'],
      ['CVE-2026-18447', 'owner', 'An SQL function that returns type "any" confuses types.'],
      [
        'CVE-2026-116331',
        'owner',
        'An aggregate with a sort operator confuses the types of input and result.',
      ],
      ['CVE-2026-116335', 'owner', 'A commutator or negator of another result type confuses types.'],
      ['CVE-2026-120148', 'owner', 'Extended statistics on expressions of record types confuse types.'],
      ['CVE-2026-116332', 'sql', 'Closing a cursor while it is set up uses freed memory.'],
      [
        'CVE-2026-120143',
        'owner',
        'A cursor on a transition table outlives its trigger and uses freed memory.',
      ],
      ['CVE-2026-116304', 'sql', 'A race in shared row descriptors uses freed memory.'],
      ['CVE-2026-120152', 'sql', 'Reading pg_settings can use freed memory.'],
      ['CVE-2026-120150', 'owner', 'Checking a domain over a composite type uses freed memory.'],
      ['CVE-2026-116310', 'sql', 'An error of COPY FROM with ON_ERROR can show memory of the server.'],
      ['CVE-2026-116328', 'sql', 'Freeing a large allocation of a generation context corrupts memory.'],
      ['CVE-2026-120139', 'sql', 'Sizes of allocations overflow, and the server writes beyond its buffers.'],
      ['CVE-2026-116321', 'sql', 'Assigning to an element of a value of type name reads beyond its end.'],
      ['CVE-2026-116333', 'sql', 'Parallel scans of B-tree indexes read beyond an array.'],
      ['CVE-2026-116312', 'owner', 'MERGE hands a wrong row to a trigger with transition tables.'],
      ['CVE-2026-116336', 'owner', 'A function in an index can break REINDEX CONCURRENTLY of that index.'],
      ['CVE-2026-6467', 'owner', 'Renaming an extension’s schema while it is created replaces its objects.'],
      [
        'CVE-2026-120153',
        'owner',
        'Odd names of roles and schemas inject SQL into the scripts of extensions.',
      ],
      ['CVE-2026-116316', 'owner', 'A type in a temporary schema stands in for another during maintenance.'],
      ['CVE-2026-116327', 'sql', 'Queries can learn values of rows that row level security or a view hides.'],
      ['CVE-2026-120154', 'sql', 'A condition of ON CONFLICT DO UPDATE sees rows that a policy hides.'],
      ['CVE-2026-116311', 'sql', 'DROP OWNED BY takes a role out of policies on tables of others.'],
      [
        'CVE-2026-116303',
        'sql',
        'Casts in JSON functions and foreign keys run without the EXECUTE privilege.',
      ],
      ['CVE-2026-120146', 'sql', 'REASSIGN OWNED gives objects to roles that the caller may not become.'],
      ['CVE-2026-116308', 'sql', 'The extension dict_int shows memory of the server.'],
      ['CVE-2026-116323', 'owner', 'PL/Tcl uses freed memory when its functions call each other.'],
      ['CVE-2026-116326', 'owner', 'PL/Perl fails on errors raised by tied objects.'],
      ['CVE-2026-116309', 'owner', 'PL/Perl confuses the types of array references.'],
      ['CVE-2026-116320', 'owner', 'PL/Perl uses freed memory while it reads arrays and hashes.'],
      ['CVE-2026-116319', 'owner', 'PL/Perl uses freed memory in return_next.'],
      ['CVE-2026-116307', 'owner', 'PL/Perl uses freed memory when a running query is released.'],
    ],
  ],
  // 18.6, 2026-08-13; 18.5 was never released
  [
    6,
    [
      ['CVE-2026-14669', 'api_client', 'A long time zone abbreviation in to_char() runs code in the server.'],
      ['CVE-2026-14664', 'sql', 'Regular expression functions run code in the server on badly encoded text.'],
      ['CVE-2026-15742', 'api_client', 'levenshtein() with huge costs runs code in the server.'],
      ['CVE-2026-14678', 'owner', 'A GiST index of pg_trgm reads beyond a buffer.'],
      ['CVE-2026-14663', 'api_client', 'pgcrypto encrypts to plain text where OpenSSL refuses the cipher.'],
      ['CVE-2026-16239', 'sql', 'A cursor that is closed and declared anew runs code in the server.'],
      ['CVE-2026-14680', 'sql', 'Calling functions that take type internal runs code in the server.'],
      ['CVE-2026-14679', 'owner', 'Calling a function with very many arguments by name writes to memory.'],
      ['CVE-2026-14662', 'sql', 'Too large text search values write beyond their buffers.'],
      ['CVE-2026-14676', 'sql', 'A query with many lists of constants runs code by pg_stat_statements.'],
      [
        'CVE-2026-16238',
        'owner',
        'pg_restore_attribute_stats() on a multirange column runs code in the server.',
      ],
      [
        'CVE-2026-14668',
        'owner',
        'An operator with an unfit selectivity estimator shows the server’s memory.',
      ],
      ['CVE-2026-18024', 'sql', 'ascii() shows a few bytes of memory on badly encoded text.'],
      [
        'CVE-2026-15741',
        'owner',
        'A made-up field of EXTRACT() injects SQL where its definition is restored.',
      ],
      ['CVE-2026-14666', 'sql', 'Plans made before a change of roles apply the row level security of then.'],
      ['CVE-2026-6469', 'owner', 'ALTER TABLE makes its caller the owner of extended statistics.'],
      ['CVE-2026-6470', 'owner', 'A role without USAGE on a type can keep its owner from changing it.'],
      ['CVE-2026-14670', 'owner', 'PL/Perl writes beyond its buffers by tied objects.'],
    ],
  ],
  // 18.4, 2026-05-14
  [
    4,
    [
      ['CVE-2026-6474', 'api_client', 'A made-up time zone in timeofday() shows memory of the server.'],
      ['CVE-2026-6473', 'api_client', 'Sizes of allocations overflow in many functions, which may run code.'],
      ['CVE-2026-6575', 'owner', 'Restored column statistics crash the planner.'],
      [
        'CVE-2026-6472',
        'owner',
        'CREATE TYPE puts a multirange type into a schema without CREATE privilege.',
      ],
    ],
  ],
  // 18.2, 2026-02-12; 18.3 mends no flaw with a number
  [
    2,
    [
      ['CVE-2026-2005', 'api_client', 'Decrypting a crafted message with pgcrypto runs code in the server.'],
      ['CVE-2026-2007', 'api_client', 'A crafted text writes beyond a buffer of pg_trgm.'],
      ['CVE-2026-2006', 'sql', 'Badly encoded text runs code in the server.'],
      ['CVE-2026-2004', 'owner', 'An operator with an estimator of intarray runs code in the server.'],
      ['CVE-2026-2003', 'sql', 'A crafted oidvector shows a few bytes of memory.'],
    ],
  ],
  // 18.1, 2025-11-13
  [1, [['CVE-2025-12817', 'owner', 'CREATE STATISTICS works in schemas without CREATE privilege.']]],
]

/** Newest fixes first. */
export const FLAWS: readonly Flaw[] = FIXED.flatMap(([fixedIn, rows]) =>
  rows.map(([cve, usableBy, summary]) => ({ cve, fixedIn, summary, usableBy })),
)

/**
 * The flaws that a minor release of PostgreSQL 18 has, newest fixes first.
 *
 * @param minor 4 for 18.4. Of a release newer than `NEWEST_KNOWN` nothing is known; the answer is then empty.
 */
export function flawsOf(minor: number): Flaw[] {
  return FLAWS.filter(({ fixedIn }) => minor < fixedIn)
}
