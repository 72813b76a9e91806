/** Runs a function of a module of this package as a user who is not root, whom modes of files bind. For tests that root runs. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const NOBODY = 65_534

/**
 * Calls what `module` (a path from `src`) exports as `name`, in a process of its own, with arguments that JSON can hold.
 * Returns what it returned, as JSON; where it throws, the error's name.
 */
export function asOrdinaryUser(module: string, name: string, args: readonly unknown[]): unknown {
  const path = join(import.meta.dirname, '..', module)
  const script = `import { ${name} as call } from ${JSON.stringify(path)}
    process.on('warning', (warning) => { throw warning })
    const asJson = (value) => JSON.stringify(value instanceof Map ? [...value] : value ?? null)
    try { process.stdout.write(asJson(await call(...${JSON.stringify(args)}))) }
    catch (error) { process.stdout.write(asJson(error.name)) }`
  const options = {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  } as const
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], options))
}

/** Makes a folder and all that it holds this user's. */
export function giveToOrdinaryUser(folder: string): void {
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder])
}
