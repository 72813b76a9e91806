import { PgBoss } from 'pg-boss'
import { expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

test('makes its schema, and fetches and completes what was sent', async () => {
  const boss = new PgBoss({ connectionString: await newDatabase('pg-boss') })
  boss.on('error', () => {})
  await boss.start()
  try {
    await boss.createQueue('mail')
    const id = await boss.send('mail', { to: 'ann' })
    const [job] = await boss.fetch('mail')
    expect(job).toMatchObject({ id, data: { to: 'ann' } })
    await boss.complete('mail', job?.id ?? '')
    expect(await boss.fetch('mail')).toEqual([])
  } finally {
    await boss.stop({ graceful: false })
  }
})
