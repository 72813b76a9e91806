import { type JobPoint, jobPoints, undoPoints } from '@db9/control-api'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** One scenario, killed at one point. */
export interface Cell {
  scenario: Scenario
  point: JobPoint
}

/** Every point of every scenario, those of what is taken back included. */
export function cellsOf(scenario: Scenario): Cell[] {
  return pointsOf(scenario.kind).map((point) => ({ scenario, point }))
}

/** Where the operation has to fail to come to the point: at its very end, so that all of its steps are taken back. */
export function failuresFor({ kind, step }: JobPoint): JobPoint[] {
  const isUndo = undoPoints(kind).some((point) => point.step === step)
  const end = jobPoints(kind).at(-2)
  return isUndo && end ? [end] : []
}

/**
 * Each point of each kind once, in as few rounds as there are points of a kind: a round kills one operation of each kind.
 * Two scenarios of one kind take turns.
 */
export function rounds(): Cell[][] {
  const cells: Cell[][] = []
  for (const kind of new Set(SCENARIOS.map((scenario) => scenario.kind))) {
    const scenarios = SCENARIOS.filter((scenario) => scenario.kind === kind)
    const first = Math.max(
      ...scenarios.map(({ beginsWith }) => (beginsWith ? pointsOf(beginsWith).length : 0)),
    )
    for (const [i, point] of pointsOf(kind).entries()) {
      const scenario = scenarios[i % scenarios.length]
      if (scenario) cells[first + i] = [...(cells[first + i] ?? []), { scenario, point }]
    }
  }
  return cells
}

function pointsOf(kind: JobPoint['kind']): JobPoint[] {
  return [...jobPoints(kind), ...undoPoints(kind)]
}
