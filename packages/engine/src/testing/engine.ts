/** An engine of its own for the tests of one file. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { createEmbeddedEngine } from '../embedded/create.ts'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { adminVerifier, loginKey, makeOpenFolder } from './databases.ts'

export interface TestEngine {
  engine: EmbeddedEngine
  /** Holds the engine's `home`, and room for what a test puts beside it. */
  base: string
  /** Closes the engine and removes the folder. */
  dispose(): Promise<void>
}

export async function startTestEngine(): Promise<TestEngine> {
  const base = makeOpenFolder()
  const engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  return {
    engine,
    base,
    async dispose() {
      await engine.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

export interface TestDatabase extends TestEngine {
  id: string
}

/** An engine of its own with one database. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const testEngine = await startTestEngine()
  const id = newId('database')
  await testEngine.engine.create({ id, adminVerifier })
  return { ...testEngine, id }
}
