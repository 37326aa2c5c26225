// The console on the real binary. Start `millrace demo --speed max` first and name it in MILLRACE_URL.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
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

/** A number as it is written: "£1.18M", "−3.1 %" or "9,769,872.054". */
function numberOf(text: string): number {
  const [digits = ''] = /[−-]?[\d,.]+/.exec(text.replaceAll(/[£€$]/g, '')) ?? []
  const unit = /[\d.]k$/.test(text) ? 1000 : /[\d.]M$/.test(text) ? 1_000_000 : text.endsWith('%') ? 0.01 : 1
  return Number(digits.replaceAll(',', '').replace('−', '-')) * unit
}

/** Clicks a number of a dashboard, and checks that the rows behind it come to it; the address goes back afterwards. */
async function opensTo(page: Page, number: Locator, shown: string, within: number): Promise<void> {
  await number.click()
  await page.waitForURL(/\/explain\?/)
  const balanced = page.getByText('= its rows')
  await balanced.waitFor({ timeout: 60_000 })
  const totalOf = async () => numberOf((await page.locator('.passport-amount').last().textContent()) ?? '')
  const total = await totalOf()
  const parts = page.locator('.parts .part')
  const wanted = numberOf(shown)
  if ((await parts.count()) === 0) {
    assert.ok(Math.abs(total - wanted) <= Math.abs(wanted) * within + 1e-9, `${shown} opens to rows of ${total}`)
  } else {
    await parts.nth(1).click()
    await page.waitForURL(url => url.searchParams.get('column') !== null)
    await parts.nth(1).and(page.locator('[aria-current]')).waitFor()
    await balanced.waitFor({ timeout: 60_000 })
    const [one, other] = [Math.abs(total), Math.abs(await totalOf())]
    // A rate is a part of another number, or of both together: cancelled of all orders.
    const near = [one / other, one / (one + other)].some(r => Math.abs(r - wanted) <= wanted * 1e-4 + 1e-6)
    assert.ok(near, `${shown} opens to ${one} and ${other}`)
    await page.goBack()
  }
  await page.goBack()
}

test('every number of the executive dashboard opens to rows that come to it, and a row to its passport', () =>
  visit('/dashboards/executive?live=off', async page => {
    for (const chart of ['revenue', 'orders', 'basket', 'customers', 'repeat', 'cancelled', 'refunded']) {
      const one = page.locator(`[data-chart="${chart}"] button.big-value`)
      await page.locator(`[data-chart="${chart}"]`).scrollIntoViewIfNeeded()
      await one.waitFor({ timeout: 60_000 })
      const exact = (await one.getAttribute('title')) ?? ''
      await opensTo(page, one, exact, exact.endsWith('%') ? 0.000_01 : 1e-6)
    }
    for (const chart of ['countries', 'products']) {
      const bar = page.locator(`[data-chart="${chart}"] button.cbar`).nth(1)
      await page.locator(`[data-chart="${chart}"]`).scrollIntoViewIfNeeded()
      await bar.waitFor({ timeout: 60_000 })
      await opensTo(page, bar, (await bar.locator('.cbar-value').textContent()) ?? '', 0.005)
    }
    await page.locator('[data-chart="trend"] canvas').waitFor()
    await page.locator('[data-chart="trend"] .u-over').click({ position: { x: 60, y: 60 } })
    await page.getByText('= its rows').waitFor({ timeout: 60_000 })
    await page.locator('.passport-main tbody a').first().click()
    await page.getByRole('heading', { name: 'Raw payload' }).waitFor()
  }))

test('the cells of a dashboard’s table open to rows that come to them', () =>
  visit('/dashboards/sales?live=off', async page => {
    const cells = page.locator('[data-chart="table"] tbody tr:nth-child(2) td:has(button)')
    await page.locator('[data-chart="table"]').scrollIntoViewIfNeeded()
    await cells.first().waitFor({ timeout: 60_000 })
    const count = await cells.count()
    assert.ok(count >= 5, `${count} cells open`)
    for (let i = 0; i < count; i += 1) {
      await page.locator('[data-chart="table"]').scrollIntoViewIfNeeded()
      await cells.nth(i).waitFor()
      const exact = (await cells.nth(i).getAttribute('title')) ?? ''
      await opensTo(page, cells.nth(i).locator('button'), exact, exact.endsWith('%') ? 0.000_01 : 1e-6)
    }
  }))
