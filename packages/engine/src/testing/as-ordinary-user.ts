/** Run by a test under another uid: one database's life in the home of `argv[2]`; prints what it found as JSON. */
import { statSync } from 'node:fs'
import { newId } from '@db9/types/ids'
import { createEmbeddedEngine } from '../embedded/create.ts'
import { startMetadataServer } from '../embedded/metadata-server.ts'
import { adminVerifier, loginKey, pidOf, query } from './databases.ts'

const home = process.argv[2] ?? ''
const engine = await createEmbeddedEngine({ loginKey, home })
const metadata = await startMetadataServer({ loginKey, home })
const id = newId('database')
await engine.create({ id, adminVerifier })
const serverUid = statSync(`/proc/${pidOf((await engine.connect(id)).epoch)}`).uid
await query(engine, id, 'create table t as select 1 as n')
await engine.stop(id)
const rows = await query(engine, id, 'select n from t')
const { dataFolder } = engine
await engine.close()
await metadata.stop()
process.stdout.write(JSON.stringify({ dataFolder, serverUid, rows }))
