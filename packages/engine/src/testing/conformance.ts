/** What every engine has to do, as tests: an engine's own test calls `testConformance` with a factory of engines. */
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CopyOrigin } from '../contract/copies.ts'
import type { KnownData } from '../contract/inventory.ts'
import type { DatabaseEngine } from '../engine.ts'

/** An engine without databases, and how its databases are reached. */
export interface EngineUnderTest {
  engine: DatabaseEngine
  /** Runs a statement as `admin` on a database, and gives its rows as arrays. */
  query(id: string, statement: string, password: string): Promise<unknown[][]>
  /** Ends the engine and removes all that it made. */
  dispose(): Promise<void>
}

const NOTHING_KNOWN: KnownData = {
  live: new Set(),
  retained: new Set(),
  staged: new Set(),
  backups: new Set(),
  osUids: new Set(),
}
const first = makeScramVerifier('first')
const second = makeScramVerifier('second')

let made: EngineUnderTest
let engine: DatabaseEngine
let id: string

/**
 * Tests of the contract in `engine.ts`. What an engine does beyond it, its own tests cover.
 *
 * @param name of the engine, for the titles
 * @param makeEngine is called once; `reconcile` has not been called on what it gives
 */
export function testConformance(name: string, makeEngine: () => Promise<EngineUnderTest>): void {
  describe(`${name} keeps the contract of engines`, () => {
    beforeAll(async () => {
      made = await makeEngine()
      engine = made.engine
      await engine.reconcile(NOTHING_KNOWN)
    })
    afterAll(() => made?.dispose())
    beforeEach(async () => {
      id = newId('database')
      await engine.create({ id, adminVerifier: first })
    })

    describe('lifecycle', testLifecycle)
    describe('connect', testConnect)
    describe('copies', testCopies)
    describe('backups', testBackups)
    describe('inventory', testInventory)
  })
}

function testLifecycle(): void {
  test('creates a database again without a change of its data', async () => {
    await made.query(id, 'create table kept as select 1 as n', 'first')
    await engine.create({ id, adminVerifier: first })
    expect(await made.query(id, 'select n from kept', 'first')).toEqual([[1]])
  })

  test('refuses a password that is no verifier', async () => {
    const spec = { id: newId('database'), adminVerifier: 'secret' }
    await expect(engine.create(spec)).rejects.toMatchObject({ code: 'failed' })
  })

  test('keeps the data of a database that is stopped', async () => {
    await made.query(id, 'create table kept as select 1 as n', 'first')
    await engine.stop(id)
    await engine.stop(id)
    expect(engine.isRunning(id)).toBe(false)
    expect(await made.query(id, 'select n from kept', 'first')).toEqual([[1]])
  })

  test('takes the new password of admin, and the old one no more', async () => {
    await engine.setAdminVerifier(id, second)
    expect(await made.query(id, 'select 1', 'second')).toEqual([[1]])
    await expect(made.query(id, 'select 1', 'first')).rejects.toThrow()
  })

  test('refuses settings out of their range by name', async () => {
    const settings = { ...engine.defaultSettings, maxConnections: 0 }
    await expect(engine.configure(id, settings)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('maxConnections'),
    })
  })

  test('serves a soft-deleted database again once it is recovered', async () => {
    await made.query(id, 'create table kept as select 1 as n', 'first')
    for (let time = 1; time <= 2; time++) await engine.softDelete(id)
    await expect(engine.connect(id)).rejects.toMatchObject({ code: 'not_found' })
    for (let time = 1; time <= 2; time++) await engine.undelete(id)
    expect(await made.query(id, 'select n from kept', 'first')).toEqual([[1]])
  })

  test('destroys a database, and does nothing where there is none', async () => {
    for (let time = 1; time <= 2; time++) await engine.destroy(id)
    await expect(engine.connect(id)).rejects.toMatchObject({ code: 'not_found' })
  })
}

function testConnect(): void {
  test('wakes a database once for callers that come together', async () => {
    await engine.stop(id)
    const found = await Promise.all([1, 2, 3].map(() => engine.connect(id)))
    expect(new Set(found.map(({ epoch }) => epoch)).size).toBe(1)
    expect(engine.isRunning(id)).toBe(true)
  })

  test('tells where a database listens without waking it', async () => {
    await engine.stop(id)
    expect(engine.peek(id)).toBeNull()
    expect(engine.isRunning(id)).toBe(false)
    expect(await engine.storageBytes(id)).toBeGreaterThan(1_000_000)
    expect(engine.isRunning(id)).toBe(false)
    const connected = await engine.connect(id)
    expect(engine.peek(id)).toEqual(connected)
    expect(await engine.storageBytes(newId('database'))).toBeNull()
  })

  test('names another epoch for another run of the server', async () => {
    const { epoch } = await engine.connect(id)
    await engine.stop(id)
    expect((await engine.connect(id)).epoch).not.toBe(epoch)
  })

  test('rejects with not_found for a database that there is not', async () => {
    await expect(engine.connect(newId('database'))).rejects.toMatchObject({ code: 'not_found' })
  })

  test('gives the verifier of a login role, and null for other names', async () => {
    expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(first)
    expect(await engine.roleVerifier(id, 'no_such_role')).toBeNull()
  })

  test('lets roles change again after a hold', async () => {
    const hold = await engine.holdRoles(id)
    expect(await hold.release()).toEqual({ isRefused: false })
    expect(await made.query(id, 'create role changed', 'first')).toEqual([])
  })
}

function testCopies(): void {
  const branchOf = (at: 'now' | Date): CopyOrigin => ({ kind: 'database', id, at, data: true })

  test('makes a copy with a password of its own, each step of which may be repeated', async () => {
    const copy = newId('database')
    if (!engine.capabilities.branch.available)
      return expect(engine.stage(copy, branchOf('now'))).rejects.toMatchObject({ code: 'unsupported' })
    await made.query(id, 'create table kept as select 1 as n', 'first')
    for (let time = 1; time <= 2; time++) await engine.stage(copy, branchOf('now'))
    await expect(engine.connect(copy)).rejects.toMatchObject({ code: 'not_found' })
    for (let time = 1; time <= 2; time++) await engine.resetSecrets(copy, { adminVerifier: second })
    for (let time = 1; time <= 2; time++) await engine.publish(copy)
    expect(await made.query(copy, 'select n from kept', 'second')).toEqual([[1]])
    await made.query(copy, 'drop table kept', 'second')
    expect(await made.query(id, 'select n from kept', 'first')).toEqual([[1]])
  })

  test('publishes no copy that still has the secrets of its source', async () => {
    if (!engine.capabilities.branch.available) return
    const copy = newId('database')
    await engine.stage(copy, branchOf('now'))
    await expect(engine.publish(copy)).rejects.toMatchObject({ code: 'failed' })
    for (let time = 1; time <= 2; time++) await engine.discard(copy)
    expect((await engine.inspect()).staged).not.toContain(copy)
  })

  test('refuses a point in time outside of the restore window', async () => {
    const copy = newId('database')
    const code = engine.capabilities.branchAtTime.available ? 'out_of_window' : 'unsupported'
    for (const at of [new Date(Date.now() + 3_600_000), new Date(0)])
      await expect(engine.stage(copy, branchOf(at))).rejects.toMatchObject({ code })
  })

  test('says since when a database can be restored', async () => {
    const { from } = await engine.restoreWindow(id)
    if (from) expect(from.getTime()).toBeLessThanOrEqual(Date.now())
  })
}

function testBackups(): void {
  test('restores what was backed up, until the backup is deleted', async () => {
    const backupId = newId('backup')
    if (!engine.capabilities.backup.available)
      return expect(engine.backup(id, backupId)).rejects.toMatchObject({ code: 'unsupported' })
    await made.query(id, 'create table kept as select 1 as n', 'first')
    const facts = await engine.backup(id, backupId)
    expect(facts.sizeBytes).toBeGreaterThan(0)
    expect(await engine.backup(id, backupId)).toEqual(facts)
    await engine.verifyBackup(backupId)
    await engine.destroy(id)
    const copy = newId('database')
    await engine.stage(copy, { kind: 'backup', backupId })
    await engine.resetSecrets(copy, { adminVerifier: second })
    await engine.publish(copy)
    expect(await made.query(copy, 'select n from kept', 'second')).toEqual([[1]])
    for (let time = 1; time <= 2; time++) await engine.deleteBackup(backupId)
    await expect(engine.verifyBackup(backupId)).rejects.toMatchObject({ code: 'not_found' })
  })
}

function testInventory(): void {
  test('lists a database where it is: served, running, or deleted', async () => {
    await engine.connect(id)
    const running = await engine.inspect()
    expect([running.databases, running.running, running.softDeleted].map((ids) => ids.includes(id))).toEqual([
      true,
      true,
      false,
    ])
    await engine.softDelete(id)
    const deleted = await engine.inspect()
    expect([deleted.databases, deleted.running, deleted.softDeleted].map((ids) => ids.includes(id))).toEqual([
      false,
      false,
      true,
    ])
  })
}
