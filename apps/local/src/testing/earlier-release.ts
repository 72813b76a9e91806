/** An earlier release of db9, from this repository's own history, installed in a folder of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { CHECKOUT } from './command.ts'

/** Whether the history holds the commit: an archive of the sources alone, or a shallow clone, does not. */
export function hasRelease(commit: string): boolean {
  return spawnSync('git', ['-C', CHECKOUT, 'cat-file', '-e', `${commit}^{commit}`]).status === 0
}

/** Unpacks the release into `folder` and installs what it needs. */
export function installRelease(commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  const archive = execFileSync('git', ['-C', CHECKOUT, 'archive', commit], { maxBuffer: 2 ** 28 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  execFileSync('npx', ['--yes', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CI: '1' },
  })
}
