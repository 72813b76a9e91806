/**
 * The seccomp filter of a sandbox: system calls that neither Postgres nor the programs that copy its files need, and that
 * reach the kernel's more dangerous parts. A list of what is refused and not of what is allowed, since what a C library
 * calls changes with its version (docs: seccomp(2), linux/filter.h; the selection follows Docker's and systemd's lists).
 */

/** Numbers by `process.arch`; null where the architecture has no such call (asm/unistd_64.h, asm-generic/unistd.h). */
const REFUSED: Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>> = {
  // File systems and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  unshare: [272, 97],
  setns: [308, 268],
  // Files beyond their paths.
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  lookup_dcookie: [212, 18],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  // They write whatever the whole machine has not written yet.
  sync: [162, 81],
  syncfs: [306, 267],
  // Other processes.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  // Parts of the kernel in which flaws are found often.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  vmsplice: [278, 75],
  memfd_secret: [447, 447],
  personality: [135, 92],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  get_mempolicy: [239, 236],
  modify_ldt: [154, null],
  iopl: [172, null],
  ioperm: [173, null],
  uselib: [134, null],
  ustat: [136, null],
  sysfs: [139, null],
  _sysctl: [156, null],
  // The machine.
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  syslog: [103, 116],
  nfsservctl: [180, 42],
  vhangup: [153, 58],
}

interface Architecture {
  /** Of `seccomp_data` (linux/audit.h). */
  audit: number
  column: 0 | 1
  clone: number
  clone3: number
  socket: number
  socketpair: number
  fallocate: number
  fcntl: number
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000003e,
    column: 0,
    clone: 56,
    clone3: 435,
    socket: 41,
    socketpair: 53,
    fallocate: 285,
    fcntl: 72,
  },
  arm64: {
    audit: 0xc00000b7,
    column: 1,
    clone: 220,
    clone3: 435,
    socket: 198,
    socketpair: 199,
    fallocate: 47,
    fcntl: 25,
  },
}

/** The 32-bit calls of x86-64's second ABI have this bit. */
const X32_BIT = 0x40000000
/** mseal; what came later is unknown here, and C libraries do without where the kernel has it not. */
const LAST_KNOWN = 462
/** CLONE_NEWNS, …CGROUP, …UTS, …IPC, …USER, …PID, …NET (linux/sched.h). */
const NEW_NAMESPACES = 0x7e020000
const AF_UNIX = 1
/** linux/fcntl.h */
const F_SETLEASE = 1024
const ERRNO = { EPERM: 1, ENOSYS: 38, EOPNOTSUPP: 95, EAFNOSUPPORT: 97 } as const

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const REFUSE = 0x00050000

/** Opcodes of classic BPF (linux/bpf_common.h). */
const LOAD = 0x20
const RETURN = 0x06
const JUMP = { equal: 0x15, greater: 0x25, atLeast: 0x35, anyBit: 0x45 } as const
/** Offsets in `seccomp_data` (linux/seccomp.h); arguments are 64 bits, of which the low half lies first. */
const DATA = { number: 0, architecture: 4, argument0: 16, argument1: 24 } as const

type Line =
  | { kind: 'label'; name: string }
  | { kind: 'load'; offset: number }
  | { kind: 'return'; value: number }
  /** Falls through where it does not hold. */
  | { kind: 'jump'; test: keyof typeof JUMP; value: number; to: string }

/** The program for `prctl(PR_SET_SECCOMP)`, as an array of `sock_filter`. Throws for an architecture without a list. */
export function seccompFilter(arch: string): Buffer {
  const found = ARCHITECTURES[arch]
  if (!found) throw new Error(`there is no seccomp filter for ${arch}`)
  const { audit, column, clone, clone3, socket, socketpair, fallocate, fcntl } = found
  const refused = Object.values(REFUSED).flatMap((numbers) => numbers[column] ?? [])
  const jump = (test: keyof typeof JUMP, value: number, to: string): Line => ({
    kind: 'jump',
    test,
    value,
    to,
  })
  return assemble([
    { kind: 'load', offset: DATA.architecture },
    jump('equal', audit, 'known'),
    { kind: 'return', value: KILL_PROCESS },
    { kind: 'label', name: 'known' },
    { kind: 'load', offset: DATA.number },
    ...(arch === 'x64' ? [jump('atLeast', X32_BIT, 'absent')] : []),
    jump('greater', LAST_KNOWN, 'absent'),
    // Its flags lie in memory, where no filter can look; C libraries then call `clone`.
    jump('equal', clone3, 'absent'),
    jump('equal', clone, 'clone'),
    jump('equal', socket, 'socket'),
    jump('equal', socketpair, 'socket'),
    jump('equal', fcntl, 'fcntl'),
    // Blocks are had by writing alone, which the kernel counts: one call could take the whole volume. Postgres then writes zeros.
    jump('equal', fallocate, 'unsupported'),
    ...refused.map((number) => jump('equal', number, 'refuse')),
    { kind: 'return', value: ALLOW },
    { kind: 'label', name: 'clone' },
    { kind: 'load', offset: DATA.argument0 },
    jump('anyBit', NEW_NAMESPACES, 'refuse'),
    { kind: 'return', value: ALLOW },
    // A network namespace does not hold every family apart: AF_VSOCK reaches the host of a virtual machine.
    { kind: 'label', name: 'socket' },
    { kind: 'load', offset: DATA.argument0 },
    jump('equal', AF_UNIX, 'allow'),
    { kind: 'return', value: REFUSE | ERRNO.EAFNOSUPPORT },
    // The kernel would let all others who open the file wait for its holder.
    { kind: 'label', name: 'fcntl' },
    { kind: 'load', offset: DATA.argument1 },
    jump('equal', F_SETLEASE, 'refuse'),
    { kind: 'return', value: ALLOW },
    { kind: 'label', name: 'unsupported' },
    { kind: 'return', value: REFUSE | ERRNO.EOPNOTSUPP },
    { kind: 'label', name: 'refuse' },
    { kind: 'return', value: REFUSE | ERRNO.EPERM },
    { kind: 'label', name: 'absent' },
    { kind: 'return', value: REFUSE | ERRNO.ENOSYS },
    { kind: 'label', name: 'allow' },
    { kind: 'return', value: ALLOW },
  ])
}

/** Labels become distances, which one byte holds. */
function assemble(lines: readonly Line[]): Buffer {
  const places = new Map<string, number>()
  const instructions = lines.filter((line, i) => {
    if (line.kind !== 'label') return true
    places.set(line.name, i - places.size)
    return false
  })
  const program = Buffer.alloc(instructions.length * 8)
  for (const [i, line] of instructions.entries()) {
    const write = (code: number, jumpIf: number, value: number) => {
      program.writeUInt16LE(code, i * 8)
      program.writeUInt8(jumpIf, i * 8 + 2)
      program.writeUInt32LE(value, i * 8 + 4)
    }
    if (line.kind === 'load') write(LOAD, 0, line.offset)
    else if (line.kind === 'return') write(RETURN, 0, line.value)
    else if (line.kind === 'jump')
      write(JUMP[line.test], (places.get(line.to) ?? Number.NaN) - i - 1, line.value)
  }
  return program
}
