import { expect, test } from 'vitest'
import { type Figure, toFigure, toMarkdown, toRatios } from './report.ts'

const result = (perSecond: number, failures = 0) => ({
  perSecond,
  elapsedSeconds: 1,
  p50Ms: 1,
  p99Ms: 2,
  failures,
  firstFailure: failures > 0 ? '500 broken' : null,
})
const PASS_THROUGH = 'workerd → Node → Postgres, row'
const ratio = (figures: Figure[]) =>
  toRatios(figures).find(({ name }) => name === `db9, row / ${PASS_THROUGH}`)

test('a ratio is that of the medians of the rounds', () => {
  const figures = [
    toFigure('db9, row', [result(90), result(70), result(80)]),
    toFigure(PASS_THROUGH, [result(100), result(50), result(200)]),
  ]
  expect(ratio(figures)?.measured).toBe(0.8)
})

test('a figure with failures makes no ratio, and its first failure is shown', () => {
  const figures = [toFigure('db9, row', [result(90, 3)]), toFigure(PASS_THROUGH, [result(100)])]
  expect(ratio(figures)?.measured).toBeNull()
  const machine = {
    cpu: '',
    cores: 2,
    memoryGb: 1,
    kernel: '',
    node: '',
    commit: '',
    date: '',
    command: '',
    loadBefore: '3, 2',
  }
  const text = toMarkdown({
    machine,
    rounds: 1,
    seconds: 1,
    connections: 1,
    figures,
    ratios: toRatios(figures),
    measures: [{ name: 'Memory', unit: 'MB', value: null, detail: 'only Linux tells PSS' }],
  })
  expect(text).toContain('load average before the run 3, 2')
  expect(text).toContain('3: 500 broken')
  expect(text).toMatch(/Memory +\| not measured \| only Linux tells PSS/)
  expect(text).toMatch(/Postgres, row +\| not measured \| 0\.75 ×/)
})

test('what was not measured makes no ratio', () => {
  expect(ratio([toFigure('db9, row', [result(90)])])?.measured).toBeNull()
})
