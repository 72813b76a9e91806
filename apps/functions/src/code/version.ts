/** A version as the supervisor loads it, and the name that its isolate is kept by. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CodeSpec } from '@db9/types/functions-part'
import { COMPATIBILITY_DATE, RUNNER_FILE } from '../process/config.ts'
import type { Bundle, Module } from './bundle.ts'

export interface LoadedVersion {
  modules: Record<string, Module>
  secrets: Record<string, string>
  entry: { name: string; entrypoint: string }
  hasNetwork: boolean
  compatibilityDate: string
}

const RUNNER = readFileSync(RUNNER_FILE, 'utf8')

/** Other for every change of what an isolate is made of: a changed secret gives a new one. */
export function isolateNameOf(code: CodeSpec): string {
  const { version_id, bundle_digest, entrypoint, network_allowlist, secrets } = code
  const all = JSON.stringify([
    version_id,
    bundle_digest,
    entrypoint,
    network_allowlist,
    Object.entries(secrets).sort(),
  ])
  return createHash('sha256').update(all).digest('hex')
}

export function toLoaded({ modules, main, exportName }: Bundle, code: CodeSpec): LoadedVersion {
  const specifier = JSON.stringify(`./${main}`)
  const own: Record<string, Module> = {
    'db9-main.js': {
      kind: 'js',
      content: `import { serve } from './db9-runner.js'\nimport * as user from ${specifier}\nexport default serve(user)\n`,
    },
    'db9-runner.js': { kind: 'js', content: RUNNER },
  }
  return {
    modules: { ...modules, ...own },
    secrets: code.secrets,
    entry: { name: exportName, entrypoint: code.entrypoint },
    hasNetwork: code.network_allowlist.length > 0,
    compatibilityDate: COMPATIBILITY_DATE,
  }
}
