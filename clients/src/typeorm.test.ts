import { DataSource, EntitySchema } from 'typeorm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

interface Note {
  id: string
  body: string
  tags: string[]
}

const NoteSchema = new EntitySchema<Note>({
  name: 'note',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    body: { type: 'text', unique: true },
    tags: { type: 'text', array: true, default: '{}' },
  },
})

let source: DataSource
beforeAll(async () => {
  source = new DataSource({ type: 'postgres', url: await newDatabase('typeorm'), entities: [NoteSchema] })
  await source.initialize()
})
afterAll(() => source?.destroy())

test('makes the schema of its entities, and finds nothing to change afterwards', async () => {
  await source.synchronize()
  const { upQueries } = await source.driver.createSchemaBuilder().log()
  expect(upQueries.map(({ query }) => query)).toEqual([])
})

test('saves, finds and removes entities', async () => {
  const notes = source.getRepository(NoteSchema)
  const saved = await notes.save({ body: 'one', tags: ['a'] })
  expect(await notes.findOneBy({ body: 'one' })).toEqual(saved)
  await expect(notes.insert({ body: 'one' })).rejects.toMatchObject({ code: '23505' })
  await notes.remove(saved)
  expect(await notes.count()).toBe(0)
})
