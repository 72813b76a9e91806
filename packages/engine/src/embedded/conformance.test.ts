import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { testConformance } from '../testing/conformance.ts'
import { loginKey, makeOpenFolder, query } from '../testing/databases.ts'
import { createEmbeddedEngine } from './create.ts'

testConformance('the embedded engine', async () => {
  const base = makeOpenFolder()
  const engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  return {
    engine,
    query: (id, statement, password) => query(engine, id, statement, { password }),
    dispose: async () => {
      await engine.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
})
