import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CHECKOUT } from '../testing/command.ts'
import { startTestStack } from '../testing/stack.ts'

test('the README’s five minutes with curl end with a row read through the gateway', async () => {
  const readme = readFileSync(join(CHECKOUT, 'README.md'), 'utf8')
  const section = /## Five minutes with curl\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ''
  const script = [...section.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n')
  const promised = /```\n(\[.*\])\n```/.exec(section)?.[1]
  expect(script).toContain('http://localhost:9009')

  const folder = mkdtempSync(join(tmpdir(), 'db9-readme-'))
  const stack = await startTestStack()
  try {
    symlinkSync(stack.home, join(folder, '.db9'))
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-euo', 'pipefail', '-c', script.replace('http://localhost:9009', stack.url)],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    expect(stdout.trim().split('\n').at(-1)).toBe(promised)
  } finally {
    await stack.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
})
