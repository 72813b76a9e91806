import { execFileSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, expect, test } from 'vitest'
import { adminVerifier, knowing, loginKey, makeOpenFolder } from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'

/** Any but root. */
const SOMEONE = 1_900_000_001

const base = makeOpenFolder()
afterAll(() => execFileSync('rm', ['-rf', base]))

/** Deeper than the longest path, closed to its owner, and with a link to what is not its own. */
const FILL = `my ($data, $target) = @ARGV; my @s = stat $data; $) = $s[5]; $> = $s[4];
chdir "$data/base" or die; symlink $target, 'link'; mkdir 'closed'; open my $f, '>', 'closed/file'; chmod 0, 'closed';
for (1 .. 3000) { mkdir 'd' or die; chdir 'd' or die }`

test('a database with folders deeper than any path is removed, and nothing that its links lead to', async () => {
  const target = join(base, 'target')
  mkdirSync(target)
  writeFileSync(join(target, 'kept'), 'kept')
  const engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  try {
    await engine.reconcile(knowing([]))
    const [destroyed, left] = [newId('database'), newId('database')]
    for (const id of [destroyed, left]) {
      await engine.create({ id, adminVerifier })
      await engine.connect(id)
      await engine.stop(id)
      execFileSync('perl', ['-e', FILL, join(engine.dataFolder, id, 'data'), target])
    }
    symlinkSync(target, join(engine.dataFolder, left, 'link'))
    await engine.destroy(destroyed)
    expect(existsSync(join(engine.dataFolder, destroyed))).toBe(false)
    expect(existsSync(join(engine.dataFolder, `${destroyed}.doomed`))).toBe(false)
    const { cleared, ...report } = await engine.reconcile(knowing([]))
    expect(report).toEqual({ adopted: [], removed: [left], missing: [], failed: [] })
    expect(await cleared).toEqual([])
    expect(existsSync(join(engine.dataFolder, left))).toBe(false)
    expect(readFileSync(join(target, 'kept'), 'utf8')).toBe('kept')
  } finally {
    await engine.close()
  }
}, 60_000)

test.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'a folder that cannot be removed keeps nobody from starting',
  async () => {
    const engine = await createEmbeddedEngine({ loginKey, home: join(base, 'other') })
    const id = newId('database')
    const data = join(engine.dataFolder, `${id}.doomed`, 'data')
    const mounted = join(data, 'mounted')
    mkdirSync(mounted, { recursive: true })
    chownSync(data, SOMEONE, SOMEONE)
    execFileSync('mount', ['-t', 'tmpfs', 'none', mounted])
    try {
      const { cleared } = await engine.reconcile(knowing([]))
      const [failed] = await cleared
      expect(failed?.name).toMatch(new RegExp(`^${id}\\.[0-9a-f]{12}\\.doomed$`))
      expect((await engine.inspect()).leftovers).toEqual([failed?.name])
      // The next start finds it under the name that it has now.
      expect((await (await engine.reconcile(knowing([]))).cleared).map(({ name }) => name)).toEqual([
        failed?.name,
      ])
      const made = newId('database')
      await engine.create({ id: made, adminVerifier })
      await engine.connect(made)
      expect(engine.isRunning(made)).toBe(true)
    } finally {
      // Under whatever name its folder has now.
      const [folder = ''] = readdirSync(engine.dataFolder).filter((name) => name.startsWith(id))
      execFileSync('umount', [join(engine.dataFolder, folder, 'data', 'mounted')])
      await engine.close()
    }
  },
  60_000,
)
