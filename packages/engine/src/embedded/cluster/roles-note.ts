/**
 * Notes that a server has the roles and guards of this release, so that its next start does not look for them. No owner can
 * take them away, and a copy or a restore has a folder of its own, without the note.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Placement } from './placement.ts'
import type { ServerFiles } from './server-files.ts'
import { isOfThisRelease, templateName } from './template.ts'

type Release = Pick<Placement, 'postgres'>
type Noted = Pick<ServerFiles, 'folder' | 'rolesOf'>

/** Whether a server was made with the roles and guards of this release, or was given them at an earlier start. */
export function hasRolesOf(release: Release, files: Noted): boolean {
  return isOfThisRelease(release, files) || readNote(files) === templateName(release)
}

/** Called once the server has them, durably. */
export function noteRolesOf(release: Release, { rolesOf }: Noted): void {
  writeFileSync(rolesOf, templateName(release), { mode: 0o600 })
}

function readNote({ rolesOf }: Noted): string | null {
  try {
    return readFileSync(rolesOf, 'utf8')
  } catch {
    return null
  }
}
