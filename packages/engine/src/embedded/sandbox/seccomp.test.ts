/** The seccomp filter, run by an interpreter of classic BPF written for this test. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seccompFilter } from './seccomp.ts'

const X64 = 0xc000003e
const ARM64 = 0xc00000b7
const ALLOWED = 0x7fff0000
const refusedWith = (errno: number) => 0x50000 | errno
const [EPERM, ENOSYS, EOPNOTSUPP, EAFNOSUPPORT] = [1, 38, 95, 97]

interface Call {
  architecture: number
  number: number
  argument0?: number
  argument1?: number
}

/** linux/filter.h, as far as the filter uses it. */
function judge(filter: Buffer, { architecture, number, argument0 = 0, argument1 = 0 }: Call): number {
  const data = new Map([
    [0, number],
    [4, architecture],
    [16, argument0],
    [24, argument1],
  ])
  let accumulator = 0
  for (let at = 0; at < filter.length / 8; at++) {
    const code = filter.readUInt16LE(at * 8)
    const [jumpIf, jumpElse] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)]
    const value = filter.readUInt32LE(at * 8 + 4)
    if (code === 0x06) return value
    if (code === 0x20) {
      accumulator = (data.get(value) ?? Number.NaN) >>> 0
      continue
    }
    const holds = {
      21: accumulator === value,
      37: accumulator > value,
      53: accumulator >= value,
      69: (accumulator & value) !== 0,
    }[code]
    if (holds === undefined) throw new Error(`opcode ${code}`)
    at += holds ? jumpIf : jumpElse
  }
  throw new Error('the filter has no end')
}

describe.each([
  [
    'x64',
    X64,
    {
      read: 0,
      mount: 165,
      unshare: 272,
      ptrace: 101,
      clone: 56,
      socket: 41,
      socketpair: 53,
      fallocate: 285,
      fcntl: 72,
    },
  ],
  [
    'arm64',
    ARM64,
    {
      read: 63,
      mount: 40,
      unshare: 97,
      ptrace: 117,
      clone: 220,
      socket: 198,
      socketpair: 199,
      fallocate: 47,
      fcntl: 25,
    },
  ],
])('on %s', (arch, architecture, numbers) => {
  const filter = seccompFilter(arch)
  const answer = (number: number, argument0 = 0) => judge(filter, { architecture, number, argument0 })

  test('allows what Postgres calls', () => {
    expect(answer(numbers.read)).toBe(ALLOWED)
    // fork by glibc: CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID and SIGCHLD.
    expect(answer(numbers.clone, 0x01200011)).toBe(ALLOWED)
    expect(answer(numbers.socket, 1)).toBe(ALLOWED)
    expect(answer(numbers.socketpair, 1)).toBe(ALLOWED)
  })

  test('refuses mounts, namespaces and other processes', () => {
    for (const name of ['mount', 'unshare', 'ptrace'] as const)
      expect(answer(numbers[name]), name).toBe(refusedWith(EPERM))
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
      expect(answer(numbers.clone, flag | 17)).toBe(refusedWith(EPERM))
  })

  test('knows no clone3, whose flags no filter can see, and no later call', () => {
    expect(answer(435)).toBe(refusedWith(ENOSYS))
    expect(answer(463)).toBe(refusedWith(ENOSYS))
  })

  test('has no call that takes blocks without writing them', () => {
    expect(answer(numbers.fallocate)).toBe(refusedWith(EOPNOTSUPP))
  })

  test('takes no lease on a file, for which others would wait', () => {
    const control = (argument1: number) =>
      judge(filter, { architecture, number: numbers.fcntl, argument0: 2, argument1 })
    expect(control(1024)).toBe(refusedWith(EPERM))
    // F_SETFD, F_SETFL, F_OFD_SETLK, F_DUPFD_CLOEXEC
    for (const command of [2, 4, 37, 1030]) expect(control(command)).toBe(ALLOWED)
  })

  test('lets no family but unix sockets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (family) => {
        const expected = family === 1 ? ALLOWED : refusedWith(EAFNOSUPPORT)
        expect(answer(numbers.socket, family)).toBe(expected)
      }),
    )
  })

  test('ends what calls by another architecture', () => {
    expect(judge(filter, { architecture: architecture === X64 ? ARM64 : X64, number: numbers.read })).toBe(
      0x80000000,
    )
    // AUDIT_ARCH_I386
    expect(judge(filter, { architecture: 0x40000003, number: 1 })).toBe(0x80000000)
  })
})

test('refuses the second ABI of x86-64', () => {
  const answer = judge(seccompFilter('x64'), { architecture: X64, number: 0x40000000 + 165 })
  expect(answer).toBe(refusedWith(ENOSYS))
})

test('is none for an architecture without a list', () => {
  expect(() => seccompFilter('riscv64')).toThrow('there is no seccomp filter')
})
