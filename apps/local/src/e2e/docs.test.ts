/** The pages of a stack in a browser: what they show, and that they ask nothing of another origin. */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasProgram } from '../testing/require.ts'
import { startTestStack, type TestStack } from '../testing/stack.ts'

describe.skipIf(!hasProgram('chromium'))('in a browser', () => {
  let stack: TestStack
  let browser: Browser
  beforeAll(async () => {
    stack = await startTestStack()
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await stack?.dispose()
  })

  /** A page, the origins that it asked, and what went wrong in it. */
  async function visit(path: string): Promise<{ page: Page; origins: Set<string>; faults: string[] }> {
    const page = await browser.newPage()
    const origins = new Set<string>()
    const faults: string[] = []
    page.on('request', (request) => {
      if (/^https?:/.test(request.url())) origins.add(new URL(request.url()).origin)
    })
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    await page.goto(stack.url + path)
    return { page, origins, faults }
  }

  test('/ says what to do first, with the address it was opened at', async () => {
    const { page, origins, faults } = await visit('/')
    await page.getByRole('heading', { name: 'db9' }).waitFor()
    await expect.poll(() => page.textContent('pre')).toContain(`DB9=${new URL(stack.url).origin}`)
    await page.getByRole('link', { name: 'API reference' }).click()
    await page.waitForURL(`${stack.url}/docs`)
    expect([...origins]).toEqual([new URL(stack.url).origin])
    expect(faults).toEqual([])
  })

  test('/docs shows the routes of the REST API and of the data plane', async () => {
    const { page, origins, faults } = await visit('/docs')
    await page.getByText('Create an anonymous account').first().waitFor({ timeout: 30_000 })
    await page.getByText('DB9 REST API').first().waitFor()
    await page.goto(`${stack.url}/docs?api=data-plane`)
    await page.getByText('DB9 data plane').first().waitFor({ timeout: 30_000 })
    await page.getByText('Read rows').first().waitFor()
    expect([...origins]).toEqual([new URL(stack.url).origin])
    expect(faults).toEqual([])
  })
})
