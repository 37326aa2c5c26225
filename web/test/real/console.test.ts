// The console on the real binary. Start `millrace demo --speed max` first and name it in MILLRACE_URL.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Status } from '../../src/api/types.ts'
import { openBrowser, screen } from '../browser.ts'

const base = process.env['MILLRACE_URL'] ?? 'http://127.0.0.1:8080'
const ROWS = 541_909
const PATIENCE_MS = 180_000
let browser: Browser

async function replayed(): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const status = (await (await fetch(`${base}/api/v1/status`)).json()) as Status
    if (status.ledger.received >= ROWS && status.lag === 0) return
    if (Date.now() > deadline)
      throw new Error(`${base} has ${status.ledger.received} of the demo's ${ROWS} events after 3 min`)
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

before(async () => {
  await replayed()
  browser = await openBrowser()
})
after(() => browser?.close())

async function visit(path: string, check: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(screen(1440, 'light'))
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  try {
    await page.goto(base + path)
    await check(page)
    assert.deepEqual(complaints, [])
  } finally {
    await context.close()
  }
}

test('the overview shows the year, live, to the penny', () =>
  visit('/?range=all', async page => {
    await page.getByRole('button', { name: 'Revenue: £9,769,872. Explain' }).click()
    await page.getByText('£9,769,872.054').waitFor()
    await page.getByRole('link', { name: 'Compute it in SQL' }).click()
    await page.getByText('1 row in').waitFor()
    await page.getByText('9,769,872.054').waitFor()
  }))

test('the ledger balances, and agrees with the stores', () =>
  visit('/system?check=1', async page => {
    await page.getByText('Every count of the ledger equals').waitFor({ timeout: 60_000 })
    await page.getByText('539,392').first().waitFor()
  }))

test('order 536365 is seven lines, and each has a passport', () =>
  visit('/events?order_id=536365', async page => {
    await page.getByText('7 shown').waitFor()
    const grid = page.getByRole('grid')
    await grid.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Raw payload' }).waitFor()
    await page.getByText(/^536365,85123A,/).waitFor()
    await page.getByRole('link', { name: /^\d+\/\d+$/ }).click()
    await page.waitForURL(/\/coordinates\/\d+\/\d+/)
    await page.getByText(/^536365,85123A,/).waitFor()
  }))

test('the quarantine says what it holds back, and why', () =>
  visit('/quarantine', async page => {
    await page.getByText('2,517').first().waitFor()
    await page.getByText('−£22,124.12').first().waitFor()
    await page.getByRole('link', { name: 'Passport' }).first().click()
    await page.getByText('Quarantined').first().waitFor()
  }))

test('SQL answers; sources are listed', async () => {
  await visit('/sql', async page => {
    await page.getByRole('button', { name: /Revenue by month/ }).click()
    await page.getByText('13 rows in').waitFor()
    await page.getByRole('button', { name: 'Chart' }).click()
    await page.locator('.quick-time canvas').waitFor()
  })
  await visit('/sources', page => page.getByRole('link', { name: 'onlineretail' }).waitFor())
})

test('the numbers of a job’s view open, and their rows come to them', async () => {
  for (const job of ['kpis', 'profiles']) {
    await visit(`/jobs/${job}`, async page => {
      const links = page.locator('.job-view a[href^="/explain"]')
      await links.first().waitFor()
      const hrefs = await links.evaluateAll(all => all.map(link => link.getAttribute('href') ?? ''))
      const columns = new Map(hrefs.map(href => [new URL(href, base).searchParams.get('column'), href]))
      assert.ok(columns.size >= 3, `${job} opens ${[...columns.keys()]}`)
      for (const href of columns.values()) {
        await page.goto(base + href)
        await page.getByText('= its rows').waitFor({ timeout: 20_000 })
      }
    })
  }
})
