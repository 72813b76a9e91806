import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Whether a program is on the PATH. A test that needs one is skipped by name where it is missing; with
 * `DB9_TEST_REQUIRE=psql,chromium` a missing one is an error, so that CI cannot pass by skipping.
 */
export function hasProgram(name: string): boolean {
  const found = (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)))
  const required = (process.env.DB9_TEST_REQUIRE ?? '').split(',').includes(name)
  if (!found && required) throw new Error(`DB9_TEST_REQUIRE names ${name}, which is not on the PATH`)
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
