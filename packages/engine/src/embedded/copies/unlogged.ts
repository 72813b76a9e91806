/** Puts the unlogged relations of a staged copy back to their beginning. */
import { join } from 'node:path'
import type { Placement } from '../cluster/placement.ts'
import { ownerOf } from '../cluster/users.ts'
import { runTool } from '../sandbox/tool.ts'

/** Files of a relation: `<n>`, `<n>.1`, …, `<n>_fsm`, `<n>_vm`; of an unlogged one `<n>_init` too, which is how it begins. */
const RESET = `find "$1" -type f -name '[0-9]*_init' | while IFS= read -r init; do
  main="\${init%_init}"
  rm -f "$main" "$main".[0-9]* "$main"_fsm "$main"_vm && cp -p "$init" "$main" || exit 1
done`

/**
 * For a copy whose log was replayed and whose server has stopped. Postgres replays the init fork of an unlogged sequence into
 * its buffers and, when it is promoted, copies the file, which is still zeros (18.4). After the stop the file is right.
 */
export async function resetUnlogged(placement: Placement, data: string): Promise<void> {
  const options = { ids: ownerOf(placement.users, data), writable: [data] }
  await runTool(placement, 'sh', ['-c', RESET, 'sh', join(data, 'base')], options)
}
