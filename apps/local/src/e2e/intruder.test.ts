/**
 * Code that runs inside one database's Postgres reaches nothing else, and takes no more than its share. As root, where each
 * database has a user of its own, and as an ordinary user.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readOwnerToken } from '@db9/control-api/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CHECKOUT,
  childrenOf,
  eventually,
  postmasterOf,
  type RunningCommand,
  sleep,
  startCommand,
} from '../testing/command.ts'
import { type Intruder, intrude, socketFolderOf } from '../testing/intruder.ts'
import { callsOf, expectStatus, type TestCalls } from '../testing/stack.ts'

const ORDINARY = 65_534
const isRoot = process.getuid?.() === 0
const MODES = [
  { who: 'root', ids: {} },
  { who: 'an ordinary user', ids: { uid: ORDINARY, gid: ORDINARY } },
].filter(({ ids }) => isRoot || ids.uid === undefined)

describe.runIf(process.platform === 'linux').each(MODES)('code inside a database, as $who', ({ ids }) => {
  let base: string
  let home: string
  let stack: RunningCommand
  let calls: TestCalls
  let victim: string
  let own: string
  let intruder: Intruder

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'db9-in-'))
    chmodSync(base, 0o755)
    home = join(base, 'home')
    mkdirSync(home)
    if (ids.uid !== undefined) chownSync(home, ids.uid, ids.gid)
    stack = await startCommand({ home, checkout: CHECKOUT, env: { HOME: home }, ...ids })
    calls = callsOf({ url: stack.url, ownerToken: String(readOwnerToken(home)) })
    const schema = 'create table t as select 1 as n'
    victim = (await calls.createDatabase('victim', schema)).id
    own = (await calls.createDatabase('own', schema)).id
    for (const id of [victim, own]) expectStatus(201, await calls.api('POST', `/databases/${id}/backups`, {}))
    intruder = await intrude({ home, dataFolder: stack.dataFolder, databaseId: own })
  }, 60_000)
  afterAll(async () => {
    await intruder?.leave().catch(() => {})
    stack?.child.kill('SIGTERM')
    await stack?.exited
    rmSync(base, { recursive: true, force: true })
  })

  /** That others are served, as long as `work` takes. */
  async function whileOthersAreServed<T>(work: () => Promise<T>): Promise<T> {
    let isOver = false
    const serving = (async () => {
      while (!isOver) {
        expect((await calls.sql(victim, 'select n from t')).json.rows).toEqual([[1]])
        await sleep(50)
      }
    })()
    try {
      return await work()
    } finally {
      isOver = true
      await serving
    }
  }

  /** What happened to it is repaired by the service itself. */
  async function expectRecovery(): Promise<void> {
    await eventually('the database is back', 30_000, async () => {
      const { status, json } = await calls.sql(own, 'select n from t')
      return status === 200 && json.rows[0][0] === 1
    })
    intruder = await intrude({ home, dataFolder: stack.dataFolder, databaseId: own })
  }

  const archiveOf = (id: string) => join(stack.dataFolder, id, 'wal')
  /** By name; the log goes on meanwhile. */
  /** Of what is archived; what is named `.tmp` is about to be. */
  const digestsOf = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder)
        .filter((name) => !name.endsWith('.tmp'))
        .map((name) => [
          name,
          createHash('sha256')
            .update(readFileSync(join(folder, name)))
            .digest('hex'),
        ]),
    )

  test('is a process without rights', async () => {
    const [user] = await intruder.run('id -u')
    if (ids.uid === undefined) expect(Number(user)).toBeGreaterThan(1_000_000)
    for (const attempt of [
      'unshare --user true',
      'unshare --mount true',
      'chroot / true',
      'mount -t tmpfs none /tmp',
    ]) {
      expect(await intruder.run(`${attempt} && echo DONE`)).not.toContain('DONE')
    }
    expect(await intruder.run('cp /bin/true /tmp/own && /tmp/own && echo DONE')).not.toContain('DONE')
    expect(await intruder.run('touch /x /usr/bin/x /etc/x /db/x && echo DONE')).not.toContain('DONE')
  })

  test('reads nothing of other databases, of the installation or of its own past', async () => {
    const folders = [
      stack.dataFolder,
      join(stack.dataFolder, victim),
      join(stack.dataFolder, victim, 'data'),
      archiveOf(victim),
      archiveOf(own),
      join(stack.dataFolder, own, 'bases'),
      join(stack.dataFolder, own),
      join(stack.dataFolder, 'metadata', 'data'),
      join(dirname(stack.dataFolder), 'backups'),
      socketFolderOf(stack.dataFolder, victim.slice('db_'.length)),
      socketFolderOf(stack.dataFolder, 'metadata'),
      join(home, 'logs'),
      home,
      CHECKOUT,
    ]
    // Bases and archives come in time.
    const present = () => folders.filter((folder) => existsSync(folder)).length
    await expect.poll(present).toBeGreaterThan(folders.length - 4)
    for (const folder of folders) {
      expect((await intruder.run(`ls -A "${folder}" | grep -v node_modules`)).join(), folder).toMatch(
        /^$|No such file|Permission denied/,
      )
    }
    for (const file of [
      join(home, 'credentials'),
      join(home, 'secrets.toml'),
      '/etc/shadow',
      '/etc/hostname',
    ]) {
      expect((await intruder.run(`cat "${file}"`)).join(), file).toMatch(/No such file/)
    }
  })

  test('connects to nothing: not to sockets of other servers, nor to any address', async () => {
    const connect = (path: string) =>
      intruder.run(
        `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un("${path}")) ? print "DONE" : print $!'`,
      )
    expect(await connect('/db/socket/.s.PGSQL.5432')).toEqual(['DONE'])
    for (const name of [victim.slice('db_'.length), 'metadata']) {
      const path = join(socketFolderOf(stack.dataFolder, name), '.s.PGSQL.5432')
      expect(await connect(path), path).toEqual(['No such file or directory'])
    }
    // The database's own under the path that the machine has it by.
    expect(
      await connect(join(socketFolderOf(stack.dataFolder, own.slice('db_'.length)), '.s.PGSQL.5432')),
    ).toEqual(['No such file or directory'])
    for (const family of ['AF_INET', 'AF_INET6', '40', '16']) {
      const reply = await intruder.run(
        `perl -MSocket -e 'print socket(S, ${family}, SOCK_STREAM, 0) ? "DONE" : $!'`,
      )
      expect(reply, family).toEqual(['Address family not supported by protocol'])
    }
  })

  test('sees and signals no process but its own server’s', async () => {
    const others = [
      stack.pid,
      postmasterOf(stack.dataFolder, victim),
      postmasterOf(stack.dataFolder, 'metadata'),
    ]
    expect((await intruder.run('ls /proc')).join()).toMatch(/No such file|cannot access/)
    for (const pid of others) {
      expect((await intruder.run(`kill -KILL ${pid}`)).join(), String(pid)).toMatch(/No such process/)
    }
    const [reached] = await intruder.run(
      'for p in $(seq 2 32768); do kill -0 $p 2>/dev/null && echo $p; done | wc -l',
    )
    expect(Number(reached)).toBeLessThan(40)
    for (const pid of others) expect(() => process.kill(pid, 0)).not.toThrow()
  })

  test('adds to its archive, and changes or removes nothing there', async () => {
    expectStatus(200, await calls.sql(own, 'insert into t select 2'))
    await eventually('something is archived', 70_000, () => archivedIn(own).length > 0)
    const [segment = ''] = archivedIn(own)
    const before = digestsOf(archiveOf(own))
    await intruder.run(`head -c 1048576 /dev/urandom > /db/inbox/${segment}`)
    await intruder.run(
      'ln -s /db/data/postgresql.conf /db/inbox/0000000100000000000000FE; mkfifo /db/inbox/0000000100000000000000FF',
    )
    await intruder.run('head -c 999 /dev/zero > /db/inbox/0000000100000000000000FD; mkdir /db/inbox/folder')
    await sleep(3_000)
    await intruder.run('rm -rf /db/inbox/*')
    const after = digestsOf(archiveOf(own))
    expect(after).toMatchObject(before)
    const added = Object.keys(after).filter((name) => !(name in before))
    expect(added.filter((name) => /F[DEF]$|folder/.test(name))).toEqual([])
  }, 90_000)

  test('stops nobody by as many processes as it can start, and its database comes back', async () => {
    await whileOthersAreServed(() =>
      intruder
        .run(
          'i=0; while [ $i -lt 500 ]; do sleep 60 < /dev/null > /dev/null 2>&1 & i=$((i+1)); done; echo started',
        )
        .then((lines) => {
          expect(lines.join()).toMatch(/Cannot fork|Resource temporarily unavailable/i)
        })
        .catch(() => {}),
    )
    expect(childrenOf(postmasterOf(stack.dataFolder, own)).length).toBeLessThan(100)
    await intruder.leave().catch(() => {})
    // What was started there goes on until its server ends: an owner can have it restarted.
    process.kill(postmasterOf(stack.dataFolder, own), 'SIGKILL')
    await expectRecovery()
  })

  test('stops nobody by as much memory as it can take, and its database comes back', async () => {
    await whileOthersAreServed(() =>
      intruder.run(`perl -e 'my @a; push @a, "x" x 16_000_000 while 1'`).catch(() => []),
    )
    await intruder.leave().catch(() => {})
    await expectRecovery()
  })

  test.each([
    ['in its data', '>> /db/data/junk'],
    ['in its inbox', '> /db/inbox/junk$i'],
    ['beside its socket', '>> /db/socket/junk'],
  ])(
    'fills the disk beyond its quota nowhere, not %s, and its database comes back',
    async (_, target) => {
      const MB = 2 ** 20
      const setQuota = async (disk_quota_bytes: number | null) =>
        expectStatus(200, await calls.api('PUT', `/databases/${own}/settings`, { disk_quota_bytes }))
      await setQuota(64 * MB)
      // 800 MB, little by little, so that it does not depend on the machine how much is written between two looks.
      const script = `for i in $(seq 100); do head -c ${8 * MB} /dev/zero ${target}; sleep 0.1; done`
      let most = 0
      await whileOthersAreServed(async () => {
        let isOver = false
        const writing = intruder.run(script).catch(() => [])
        void writing.finally(() => {
          isOver = true
        })
        for (; !isOver; await sleep(20)) most = Math.max(most, takenBy(own))
      })
      // The bound of what counts and that of its log, and what it wrote while it was asked to end and then killed.
      expect(Math.max(most, takenBy(own))).toBeLessThan(600 * MB)

      await intruder.leave().catch(() => {})
      await expectRecovery()
      await intruder.run('rm -rf /db/data/junk /db/inbox/junk* /db/socket/junk')
      await eventually('it takes writes again', 60_000, async () => {
        const { status } = await calls.sql(own, 'create table if not exists again (n int)')
        return status === 200
      })
      await setQuota(null)
    },
    120_000,
  )

  /** While it is down it has none. */
  function socketFolders(id: string): string[] {
    try {
      return [socketFolderOf(stack.dataFolder, id.slice('db_'.length))]
    } catch {
      return []
    }
  }

  function takenBy(id: string): number {
    const folder = join(stack.dataFolder, id)
    const names = ['data', 'inbox', 'postgres.log', 'postgres.log.1']
    const paths = [...names.map((name) => join(folder, name)), ...socketFolders(id)]
    const { stdout } = spawnSync('du', ['-skc', ...paths], { encoding: 'utf8' })
    return Number.parseInt(stdout.trim().split('\n').at(-1) ?? '', 10) * 1024
  }

  function archivedIn(id: string): string[] {
    try {
      return readdirSync(archiveOf(id)).filter((name) => /^[0-9A-F]{24}$/.test(name))
    } catch {
      return []
    }
  }
})
