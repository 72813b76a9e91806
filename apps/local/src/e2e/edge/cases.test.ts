import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../../', import.meta.url)
const text = readFileSync(new URL('docs/edge-cases.md', root), 'utf8')
const files = new Map(
  [...text.matchAll(/\*\*(\w+)\*\*\s+`([^`]+)`/g)].map(([, name = '', path = '']) => [name, path]),
)
const rows = [...text.matchAll(/^\| ([A-Z]\d\d) \|(.*)\|$/gm)].map(([, id = '', rest = '']) => {
  const [, answer = '', proof = ''] = rest.split('|').map((cell) => cell.trim())
  return { id, answer, proof }
})

test('docs/edge-cases.md has each of the 103 cases once', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(103)
  expect(rows).toHaveLength(103)
})

test.each(rows)(
  '$id is proven in the file that its row names, or has a reason not to be',
  ({ id, answer, proof }) => {
    if (proof === '') return expect(answer).toMatch(/^does not apply/)
    const path = files.get(proof)
    expect(path && existsSync(new URL(path, root)), proof).toBeTruthy()
    // Files of another part speak of the same cases in their own words.
    if (path?.includes('/edge/')) expect(readFileSync(new URL(path, root), 'utf8')).toContain(id)
  },
)
