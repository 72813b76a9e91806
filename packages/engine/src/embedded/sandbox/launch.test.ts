/** Tests of what reaches a program through the launch of its sandbox. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { probeIsolation } from './probe.ts'
import { NOTHING_SHOWN, toLaunch } from './sandbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'db9-launch-'))
chmodSync(folder, 0o755)
const ids = process.getuid?.() === 0 ? { uid: 1_900_099_999, gid: 1_900_099_999 } : null
const isolation = probeIsolation('auto', { root: folder, ids })

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
    rmSync(folder, { recursive: true, force: true })
  }
})
