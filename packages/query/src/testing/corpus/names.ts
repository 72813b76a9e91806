import type { CorpusCase } from './corpus-case.ts'
import { odd } from './odd.ts'

/** Names of all kinds, however they are spelled in an address. */
export const NAMES: readonly CorpusCase[] = odd([
  {
    name: 'reads a table with umlauts, an ampersand and a space in its name',
    url: `${encodeURIComponent('Ärger & Söhne')}?select=${encodeURIComponent('名前')}&order=${encodeURIComponent('名前')}.desc`,
    status: 200,
    expect: [{ 名前: 'ä' }, { 名前: 'b' }],
    has: {
      'content-location': `/${encodeURIComponent('Ärger & Söhne').replaceAll('%26', '&')}?order=${encodeURIComponent('名前')}.desc&select=${encodeURIComponent('名前')}`,
    },
  },
  {
    name: 'takes names in quotes with dots, commas, brackets, arrows and quotes',
    url: `${encodeURIComponent('Ärger & Söhne')}?select="a.b","a,b","a(b)","qu\\"ote","Ünï->x"&"a.b"=eq.1`,
    status: 200,
    expect: [{ 'a.b': 1, 'a,b': 2, 'a(b)': 5, 'qu"ote': 7, 'Ünï->x': 8 }],
  },
  {
    name: 'takes names with spaces, dashes and dollars without quotes',
    url: `${encodeURIComponent('Ärger & Söhne')}?select=a b,a-b,$x,x:a+b&a b=eq.3&a-b=gte.4`,
    status: 200,
    expect: [{ 'a b': 3, 'a-b': 4, $x: 6, x: 3 }],
  },
  {
    name: 'takes names that are words of the grammar',
    url: `${encodeURIComponent('Ärger & Söhne')}?select=not,and&not=eq.9&or=(not.eq.9,and(not.eq.1,and.eq.2))`,
    status: 200,
    expect: [{ not: 9, and: 10 }],
  },
  {
    name: 'takes names in quotes inside trees and orders',
    url: `${encodeURIComponent('Ärger & Söhne')}?select="a.b"&or=("a,b".eq.2,"a.b".is.null)&order="a.b".desc.nullslast`,
    status: 200,
    expect: [{ 'a.b': 1 }, { 'a.b': null }],
  },
  {
    name: 'takes names that are numbers',
    url: '42?select=1,id::text&1=eq.one',
    status: 200,
    expect: [{ 1: 'one', id: '1' }],
  },
  {
    name: 'calls a function with a space in its name and its argument',
    url: 'rpc/call%20me?the%20arg=hi+there',
    status: 200,
    expect: 'hi there',
  },
  {
    name: 'writes columns with odd names',
    method: 'POST',
    url: `${encodeURIComponent('Ärger & Söhne')}?select="a.b","qu\\"ote"&columns="名前","a.b","qu\\"ote"`,
    headers: { prefer: 'return=representation' },
    body: '{"名前":"c","a.b":1,"qu\\"ote":2}',
    status: 201,
    expect: [{ 'a.b': 1, 'qu"ote': 2 }],
  },
  {
    name: 'says where a row with an odd key is',
    method: 'POST',
    url: encodeURIComponent('Ärger & Söhne'),
    headers: { prefer: 'return=headers-only' },
    body: '{"名前":"x=y&z"}',
    status: 201,
    has: {
      location: `/${encodeURIComponent('Ärger & Söhne').replaceAll('%26', '&')}?${encodeURIComponent('名前')}=eq.${encodeURIComponent('x=y&z')}`,
    },
  },
  {
    name: 'decodes plus signs as spaces and %2B as plus',
    url: 'kinds?select=id&texts=cs.{a}&mail=eq.a%40b',
    status: 200,
    expect: [{ id: 1 }],
  },
  {
    name: 'reads bytes that are no UTF-8 as replacement characters',
    url: 'kinds?select=id&mail=eq.%ff%fe',
    status: 200,
    expect: [],
  },
  {
    name: 'does not fold the case of names',
    url: 'KINDS',
    status: 404,
    error: { code: 'PGRST205', hint: "Perhaps you meant the table 'odd.kinds'" },
  },
])
