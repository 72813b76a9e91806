/** `doctor` of a part: its variables, and whether the parts that it needs answer. */
import {
  describeVariables,
  type Environment,
  readVariables,
  type ValuesOf,
  type VariableTable,
} from './variables/index.ts'

/** Another part, and the variable that says where it is. */
export interface OtherPart {
  name: string
  variable: string
  origin: string
  /** Answers 200 once the part serves. */
  healthPath: string
  /** Whether it takes what this part signs; left out where it is not asked. */
  takesSignature?(): Promise<boolean>
}

const ANSWER_LIMIT_MS = 5_000

/** Says what each variable is, and then what is wrong with any. Returns whether all are right. */
export function checkVariables(table: VariableTable, env: Environment): boolean {
  const { lines, problems } = describeVariables(table, env)
  process.stdout.write(`${['Variables:', ...lines, ...problems].join('\n')}\n`)
  return problems.length === 0
}

export interface PartChecks<Values> {
  /** The parts that this one needs. */
  others(values: Values): readonly OtherPart[]
  /** What else there is to check of this one. */
  own?(values: Values): Promise<boolean>
}

/** Checks a part by its variables, and says what it found. The process ends with 1 where something is not well. */
export async function checkPart<Table extends VariableTable>(
  table: Table,
  env: Environment,
  { others, own = async () => true }: PartChecks<ValuesOf<Table>>,
): Promise<void> {
  let isWell = checkVariables(table, env)
  if (isWell) {
    const values = readVariables(table, env)
    // The others first: what this one checks of itself may need them.
    isWell = await checkOthers(others(values))
    isWell = (await own(values)) && isWell
  }
  if (!isWell) process.exitCode = 1
}

/** Asks each part. Returns whether all serve. */
async function checkOthers(others: readonly OtherPart[]): Promise<boolean> {
  const states = await Promise.all(others.map(askHealth))
  for (const [i, { name, variable, origin }] of others.entries()) {
    const state = states[i] ?? null
    const said =
      state === null ? 'serves' : `${state}; see that it runs, and that ${variable} is where it is reached`
    process.stdout.write(`The ${name} at ${origin}: ${said}\n`)
  }
  return states.every((state) => state === null)
}

/** Null where it serves, and takes our signature. */
async function askHealth({ origin, healthPath, takesSignature }: OtherPart): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
    const reply = await fetch(origin + healthPath, { redirect: 'manual', signal })
    await reply.body?.cancel()
    if (!reply.ok) return `answers with status ${reply.status}`
    if ((await takesSignature?.()) === false)
      return 'refuses the signature of this part; set DB9_INTERNAL_SECRET to the same'
    return null
  } catch {
    return 'does not answer'
  }
}
