/** Figures as tables for a terminal and for RESULTS.md, and the ratios that DESIGN asks for. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { LoadResult } from './load.ts'
import { round, type Spread, spread } from './stats.ts'

export interface Figure {
  name: string
  perSecond: Spread
  p50Ms: Spread
  p99Ms: Spread
  failures: number
  firstFailure: string | null
}

/** A figure that is no throughput: a time, a size, a share. */
export interface Measure {
  name: string
  unit: string
  value: number | null
  detail: string
}

export interface Ratio {
  name: string
  least: number
  aim: number | null
  measured: number | null
}

export interface Machine {
  cpu: string
  cores: number
  memoryGb: number
  kernel: string
  node: string
  commit: string
  date: string
  command: string
  /** Load averages of 1 and 5 minutes when the run began; more than nothing is other people's work. */
  loadBefore: string
}

export interface Report {
  machine: Machine
  rounds: number
  seconds: number
  connections: number
  figures: Figure[]
  ratios: Ratio[]
  measures: Measure[]
}

export function toFigure(name: string, rounds: LoadResult[]): Figure {
  return {
    name,
    perSecond: spread(rounds.map((one) => one.perSecond)),
    p50Ms: spread(rounds.map((one) => one.p50Ms)),
    p99Ms: spread(rounds.map((one) => one.p99Ms)),
    failures: rounds.reduce((sum, one) => sum + one.failures, 0),
    firstFailure: rounds.find((one) => one.firstFailure !== null)?.firstFailure ?? null,
  }
}

const HELLO = 'workerd + Hono hello'
const REFUSALS = [
  'db9 refuses: key of wrong shape (401)',
  'db9 refuses: token of wrong shape (401)',
  'db9 refuses: origin not on the list (403)',
  'db9 refuses: over the limit (429)',
  'db9 answers a preflight (204)',
]

/** What is held against what, the least that is asked for, and the aim. */
const RATIOS: ReadonlyArray<{ of: string; to: string; least: number; aim: number | null }> = [
  { of: 'db9, row', to: 'workerd → Node → Postgres, row', least: 0.75, aim: 0.9 },
  { of: 'db9, list', to: 'workerd → Node → Postgres, list', least: 0.75, aim: 0.9 },
  { of: 'db9, row', to: 'PostGraphile, row', least: 1, aim: 1.3 },
  { of: 'db9, row', to: '@supabase/lite, row', least: 2, aim: 3 },
  { of: 'db9, row', to: 'workerd → PostGraphile, row', least: 1.3, aim: null },
  { of: 'db9, row', to: 'workerd → @supabase/lite, row', least: 2.5, aim: null },
  ...REFUSALS.map((of) => ({ of, to: HELLO, least: 0.6, aim: null })),
  {
    of: 'db9 refuses: wrong signature (401)',
    to: 'workerd + one ES256 verify, refused',
    least: 0.85,
    aim: null,
  },
]

/** The ratios of medians; null where a side was not measured or failed. */
export function toRatios(figures: Figure[]): Ratio[] {
  const median = (name: string) => {
    const figure = figures.find((one) => one.name === name)
    return figure && figure.failures === 0 ? figure.perSecond.median : Number.NaN
  }
  return RATIOS.map(({ of, to, least, aim }) => {
    const measured = median(of) / median(to)
    return { name: `${of} / ${to}`, least, aim, measured: Number.isFinite(measured) ? measured : null }
  })
}

export function describeMachine(command: string, loadAtStart: string): Machine {
  const run = (program: string, ...args: string[]) => {
    try {
      return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {
      return 'unknown'
    }
  }
  const changed = run('git', 'status', '--porcelain', '--untracked-files=no') !== ''
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: run('uname', '-sr'),
    node: process.version,
    commit: run('git', 'rev-parse', '--short=12', 'HEAD') + (changed ? ' with uncommitted changes' : ''),
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    command,
    loadBefore: loadAtStart,
  }
}

/** The machine's load before a run: figures of a busy machine are worth little. */
export function loadBefore(): string {
  try {
    return readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 2).join(', ')
  } catch {
    return 'unknown'
  }
}

/** Where and when a run's figures were taken. */
export function machineToMarkdown(machine: Machine): string {
  return (
    `${machine.date} UTC · commit ${machine.commit} · \`${machine.command}\`\n\n` +
    `${machine.cpu}, ${machine.cores} cores shared with the load generator, ${machine.memoryGb} GB, ` +
    `${machine.kernel}, Node ${machine.node}; load average before the run ${machine.loadBefore}`
  )
}

export function toMarkdown(report: Report): string {
  const parts = [machineToMarkdown(report.machine)]
  if (report.ratios.length > 0)
    parts.push(table(['ratio of medians', 'measured', 'at least', 'aim', ''], ratioRows(report)))
  if (report.figures.length > 0) {
    parts.push(
      `${report.connections} connections, ${report.rounds} interleaved rounds of ${report.seconds} s; ` +
        'median (least to greatest) of the rounds.',
      table(['', 'requests/s', 'p50 ms', 'p99 ms', 'failures'], report.figures.map(figureRow)),
    )
  }
  if (report.measures.length > 0) {
    parts.push(table(['', 'measured', ''], report.measures.map(measureRow)))
  }
  return `${parts.join('\n\n')}\n`
}

function ratioRows({ ratios }: Report): string[][] {
  return ratios.map(({ name, least, aim, measured }) => [
    name,
    measured === null ? 'not measured' : `${round(measured)} ×`,
    `${least} ×`,
    aim === null ? '' : `${aim} ×`,
    measured === null ? '' : measured >= (aim ?? least) ? 'yes' : measured >= least ? 'least' : 'below',
  ])
}

function figureRow({ name, perSecond, p50Ms, p99Ms, failures, firstFailure }: Figure): string[] {
  return [
    name,
    `${whole(perSecond.median)} (${whole(perSecond.min)} to ${whole(perSecond.max)})`,
    String(round(p50Ms.median)),
    String(round(p99Ms.median)),
    failures === 0 ? '0' : `${failures}: ${firstFailure?.replaceAll(/\s+/g, ' ').slice(0, 120)}`,
  ]
}

function measureRow({ name, unit, value, detail }: Measure): string[] {
  return [name, value === null ? 'not measured' : `${round(value)} ${unit}`, detail]
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, 3, ...rows.map((row) => (row[i] ?? '').length)),
  )
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
