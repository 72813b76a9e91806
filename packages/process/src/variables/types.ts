/** Types of variables that more than one part has. */
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Malformed, type VariableType } from './variable.ts'

export const TEXT: VariableType<string> = { label: 'text', wanted: 'a text', parse: (text) => text }

/** 0, which chooses a free one, is for tests. */
export const PORT: VariableType<number> = {
  label: 'port',
  wanted: 'a number from 1 to 65535',
  parse(text) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
    if (!(port >= 0 && port <= 65_535)) throw new Malformed(`is "${text}", which is not a port`)
    return port
  },
}

/** A whole number; both ends are allowed. */
export function count(least: number, most: number): VariableType<number> {
  return {
    label: `${least} to ${most}`,
    wanted: `a number from ${least} to ${most}`,
    parse(text) {
      const number = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
      if (!(number >= least && number <= most)) throw new Malformed(`is "${text}"`)
      return number
    },
  }
}

export const SWITCH: VariableType<boolean> = {
  label: '1 or 0',
  wanted: '1 or 0',
  parse(text) {
    if (text === '1' || text === 'true') return true
    if (text === '0' || text === 'false') return false
    throw new Malformed(`is "${text}"`)
  },
}

/** One of a few words. `wanted` says what each does. */
export function oneOf<const Word extends string>(words: readonly Word[], wanted: string): VariableType<Word> {
  return {
    label: words.map((word) => `\`${word}\``).join(', '),
    wanted,
    parse(text) {
      const word = words.find((each) => each === text)
      if (word === undefined) throw new Malformed(`is "${text}"`)
      return word
    },
  }
}

/** An absolute path; `~/` is the folder of the user. An empty one would be the folder of the start by accident. */
export const FOLDER: VariableType<string> = {
  label: 'folder',
  wanted: 'a folder that may be created',
  readsEmpty: true,
  parse(text) {
    const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : text
    if (path.includes('\0') || path.trim() === '') throw new Malformed('is not a path')
    return resolve(path)
  },
}

/** Where a program listens. */
export const ADDRESS: VariableType<string> = {
  label: 'address',
  wanted: 'an address of this machine, 0.0.0.0 for all of them',
  parse: (text) => (text === 'localhost' ? '127.0.0.1' : text),
}

/** The http(s) URL of a host, without a path. */
export function origin(example: string, protocols: RegExp = /^https?:$/): VariableType<string> {
  return {
    label: 'URL',
    wanted: example,
    parse(text) {
      const url = URL.canParse(text) ? new URL(text) : null
      if (!url || !protocols.test(url.protocol) || url.href !== `${url.origin}/`)
        throw new Malformed(`is "${text}"`)
      return url.origin
    },
  }
}

/** A secret of at least so many characters, without blanks. */
export function secret(least: number, wanted: string): VariableType<string> {
  return {
    label: 'secret',
    wanted,
    isSecret: true,
    parse(text) {
      if (text.length < least) throw new Malformed(`is shorter than ${least} characters`)
      if (/[^\x21-\x7e]/.test(text)) throw new Malformed('holds blanks or characters beyond ASCII')
      return text
    },
  }
}

/** Addresses and CIDR blocks, separated by commas; handed on as they stand. */
export const BLOCKS: VariableType<string> = {
  label: 'addresses and blocks',
  wanted: 'addresses or blocks such as 10.0.0.0/8, separated by commas',
  parse(text) {
    for (const item of text.split(',').map((part) => part.trim())) {
      const [address = '', bits = '0', extra] = item.split('/')
      const width = { 4: 32, 6: 128 }[isIP(address)]
      const isBlock =
        width !== undefined && extra === undefined && /^\d+$/.test(bits) && Number(bits) <= width
      if (item !== '' && !isBlock) throw new Malformed(`holds "${item}"`)
    }
    return text
  },
}
