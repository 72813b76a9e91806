/** The command line: `dev`, `stop`, `doctor`, `restore-metadata`. */
import { checkHome, restoreMetadataOf } from '@db9/control-api/start'
import { runCommandLine } from '@db9/process/command-line'
import { checkVariables } from '@db9/process/doctor'
import { stopHolder } from '@db9/process/stop'
import { parseConfig } from './config.ts'
import { describe } from './describe.ts'
import { startLocal } from './start.ts'
import { LOCAL_VARIABLES } from './variables.ts'

await runCommandLine(
  process.argv.slice(2),
  {
    stop: () => stopHolder(parseConfig({}, process.env).home),
    doctor: async () => {
      const config = parseConfig({}, process.env)
      checkVariables(LOCAL_VARIABLES, process.env)
      if (!(await checkHome({ ...config, ...config.engine }))) process.exitCode = 1
    },
    'restore-metadata': (args) => {
      const { home, engine } = parseConfig({}, process.env)
      return restoreMetadataOf({ home, ...engine }, args)
    },
  },
  async ({ closers, signal, say }) => {
    const stack = await startLocal({ onProgress: say, signal })
    closers.add(stack.stop)
    return describe(stack)
  },
)
