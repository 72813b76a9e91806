import type { ConnectReply } from '@db9/types/internal'
import { beforeEach, expect, test } from 'vitest'
import { ControlApiUnavailable, unavailable } from '../errors.ts'
import { Directory } from './directory.ts'

const MINUTE = 60_000

let now: number
let asked: number
let answer: () => Promise<ConnectReply | null>
let directory: Directory

const reply = (epoch: string) => ({ epoch }) as ConnectReply
const find = async () => (await directory.find('db_1', 'admin')).epoch

beforeEach(() => {
  now = 1_000_000
  asked = 0
  answer = async () => reply('first')
  const control = {
    connect: async () => {
      asked++
      return answer()
    },
    verifier: async () => null,
    login: async () => null,
  }
  directory = new Directory(control, () => now)
})

test('an address is asked for once in half a minute', async () => {
  await Promise.all([find(), find()])
  now += MINUTE / 4
  await find()
  expect(asked).toBe(1)
  now += MINUTE / 2
  answer = async () => reply('second')
  expect(await find()).toBe('second')
})

test('while the control API does not answer, a known address is used for five minutes, and then no more', async () => {
  await find()
  answer = () => Promise.reject(new ControlApiUnavailable())
  for (let minutes = 0; minutes < 4; minutes++) {
    now += MINUTE
    expect(await find()).toBe('first')
  }
  now += MINUTE
  await expect(find()).rejects.toMatchObject({ code: '57P03' })
})

test('once it answers again, its answer counts', async () => {
  await find()
  answer = () => Promise.reject(new ControlApiUnavailable())
  now += MINUTE
  await find()
  answer = async () => reply('second')
  now += 2_000
  expect(await find()).toBe('second')
})

test('what the control API says is never replaced by what was known', async () => {
  await find()
  now += MINUTE
  answer = async () => null
  await expect(find()).rejects.toMatchObject({ code: '3D000' })
  await find().catch(() => {})
  answer = () => Promise.reject(unavailable('the database is not active'))
  await expect(find()).rejects.toMatchObject({ message: 'the database is not active' })
})

test('an address that did not hold is forgotten, also while the control API is away', async () => {
  await find()
  directory.forget('db_1', 'first')
  answer = () => Promise.reject(new ControlApiUnavailable())
  await expect(find()).rejects.toMatchObject({ code: '57P03' })
})
