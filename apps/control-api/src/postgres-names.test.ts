import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseQualifiedName } from './postgres-names.ts'
import { refusal } from './testing/refusal.ts'

describe('a qualified name', () => {
  test.each([
    ['posts', { schema: null, name: 'posts' }],
    ['api.posts', { schema: 'api', name: 'posts' }],
    ['"a.b"', { schema: null, name: 'a.b' }],
    ['"my schema"."a.""b"', { schema: 'my schema', name: 'a."b' }],
    ['Posts', { schema: null, name: 'Posts' }],
  ])('%s', (text, name) => expect(parseQualifiedName(text, 'f')).toEqual(name))

  test.each(['', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b', '""', 'a\0b', 'x'.repeat(64), 'a."b"c'])(
    'is not "%s"',
    (text) => {
      expect(refusal(() => parseQualifiedName(text, 'f'))).toMatch(/^422 f: /)
    },
  )

  test('any two quoted parts are read back', () => {
    const part = fc.string({ minLength: 1, maxLength: 15 }).filter((text) => !/\p{Cc}/u.test(text))
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(part, part, (schema, name) => {
        expect(parseQualifiedName(`${quote(schema)}.${quote(name)}`, 'f')).toEqual({ schema, name })
      }),
    )
  })
})
