/** Tests of what reaches a program through the launch of its sandbox. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { probeIsolation } from './probe.ts'
import { NOTHING_SHOWN, toLaunch } from './sandbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-launch-'))
chmodSync(folder, 0o755)
const ids = process.getuid?.() === 0 ? { uid: 1_900_099_999, gid: 1_900_099_999 } : null
const isolation = probeIsolation('auto', { root: folder, ids })

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.runIf(isolation.state === 'on')('hands on no descriptor that the service was started with', () => {
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'secret', { mode: 0o600 })
  const launch = toLaunch(
    isolation,
    { ...NOTHING_SHOWN, ids, root: folder },
    {
      file: '/usr/bin/perl',
      args: ['-e', 'my $file; print <$file> if open $file, "<&=9"; print "done"'],
    },
  )
  try {
    const said = execFileSync(
      '/bin/bash',
      ['-c', 'exec 9<"$0"; exec "$@"', secret, launch.file, ...launch.args],
      { encoding: 'utf8', ...launch.options },
    )
    expect(said).toBe('done')
  } finally {
    rmSync(secret)
  }
})

test.runIf(isolation.state === 'on').each([
  ['is not there', join(folder, 'missing', 'cgroup.procs'), /^sandbox: open /],
  ['refuses it', '/dev/full', /^sandbox: join a control group: /],
])('does not start a program whose control group %s', (_what, group, message) => {
  const launch = toLaunch(
    isolation,
    { ...NOTHING_SHOWN, ids, root: folder, controlGroups: [group] },
    { file: '/usr/bin/perl', args: ['-e', 'print "started"'] },
  )
  const { status, stdout, stderr } = spawnSync(launch.file, launch.args, {
    encoding: 'utf8',
    ...launch.options,
  })
  expect([status, stdout]).toEqual([125, ''])
  expect(stderr).toMatch(message)
})
