import { describe, expect, test } from 'vitest'
import { isThere, run } from './programs.ts'
import { newDatabase } from './stack.ts'

describe.skipIf(!isThere('psql', 'psql', ['--version']))('psql', () => {
  test('describes tables', async () => {
    const connection = await newDatabase('psql')
    const psql = async (command: string) =>
      (await run('psql', [connection, '-X', '-At', '-c', command])).stdout
    await psql('create table notes (id int primary key, body text)')
    expect(await psql('\\dt')).toBe('public|notes|table|admin\n')
    expect(await psql('\\di')).toContain('public|notes_pkey|index|admin|notes')
  })

  test('requires TLS where the connection string says so', async () => {
    const url = new URL(await newDatabase('psql-tls'))
    url.searchParams.set('sslmode', 'require')
    const { stdout } = await run('psql', [url.href, '-X', '-At', '-c', '\\conninfo'])
    expect(stdout).toMatch(/SSL connection/)
  })
})

test.skipIf(!isThere('pgbench', 'pgbench', ['--version']))(
  'pgbench fills its tables and runs its transactions by each protocol',
  async () => {
    const connection = await newDatabase('pgbench')
    await run('pgbench', ['-i', '-s', '1', '-q', connection])
    for (const protocol of ['simple', 'extended', 'prepared']) {
      const { stdout } = await run('pgbench', ['-M', protocol, '-c', '4', '-t', '10', connection])
      expect(stdout).toContain('number of failed transactions: 0')
    }
  },
)
