import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isThere, run } from './programs.ts'
import { newDatabase } from './stack.ts'

/** What both say of themselves is the same, but for the name of the module. */
const script = (name: string) => `
import sys, ${name} as driver
connection = driver.connect(sys.argv[1])
with connection, connection.cursor() as cursor:
    cursor.execute('create table notes (id int primary key, body text, tags text[])')
    cursor.executemany('insert into notes values (%s, %s, %s)', [(n, 'it''s %d' % n, ['a', 'b']) for n in range(50)])
connection = driver.connect(sys.argv[1])
with connection.cursor() as cursor:
    cursor.execute('select count(*), max(tags[2]) from notes where id >= %s', (10,))
    print(*cursor.fetchone())
    try:
        cursor.execute('insert into notes values (1)')
    except driver.errors.UniqueViolation as error:
        print(error.diag.constraint_name)
connection.close()
`

/** Debian's own, for which its packages are, whichever comes first in the path. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

const MODULES = { 'psycopg 2': 'psycopg2', 'psycopg 3': 'psycopg' }

describe.each(Object.entries(MODULES))('%s', (_what, name) => {
  const isInstalled = isThere(name, PYTHON, ['-c', `import ${name}`])
  test.skipIf(!isInstalled)('writes, reads and names a broken constraint', async () => {
    const connection = await newDatabase(name)
    const { stdout } = await run(PYTHON, ['-c', script(name), connection])
    expect(stdout).toBe('40 b\nnotes_pkey\n')
  })
})
