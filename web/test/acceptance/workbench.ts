// Repairs a quarantine by hand, in the workbench of a running platform: `PLAN` says what is wrong with which group, and
// how many events its patch heals. e2e/workbench_test.go starts it, and compares the tables after it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { openBrowser, screen } from '../browser.ts'

interface Plan {
  repairs: { rule: string; field: string; steps: object[]; heals: number }[]
  /** The numbers of the orders that are missing, by line of the file. */
  orders: Record<string, string>
}

const base = process.env['MILLRACE_URL'] ?? ''
const plan = JSON.parse(readFileSync(process.env['PLAN'] ?? '', 'utf8')) as Plan

/** Opens the group of a rule and field. */
async function pick(page: Page, rule: string, field: string): Promise<void> {
  const group = page.locator('.group', { hasText: rule }).filter({ hasText: `${field}, onlineretail` })
  await group.click()
  await page.getByRole('heading', { name: rule, level: 2 }).waitFor()
  await page.locator('.panel-head .note', { hasText: field }).waitFor()
  await page.getByRole('button', { name: 'Repair', exact: true }).click()
}

/** Waits until the run in the address has ended, and returns what it came to. */
async function ended(page: Page): Promise<string> {
  await page.waitForURL(/[?&]run=/)
  const run = page.locator('.run[aria-current]')
  await run.getByText('done', { exact: true }).waitFor()
  return (await run.locator('p').first().textContent()) ?? ''
}

async function repair(page: Page, { rule, field, steps, heals }: Plan['repairs'][number]): Promise<void> {
  await page.goto(`${base}/quarantine`)
  await pick(page, rule, field)
  await page.getByRole('button', { name: 'Text' }).click()
  const text = page.getByLabel('Patch as JSON')
  await text.fill(JSON.stringify({ version: 1, name: 'by_hand', steps }))
  await text.blur()
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.getByText(new RegExp(`^${heals.toLocaleString('en-GB')} would heal`)).waitFor()
  await page.getByLabel('Who', { exact: true }).fill('acceptance')
  await page.getByRole('button', { name: /^Redrive [\d,]+ events$/ }).click()
  assert.match(await ended(page), new RegExp(`: ${heals.toLocaleString('en-GB')} recovered`), `${rule}, ${field}`)
}

/** The orders that are missing are looked up elsewhere: the events leave as a file and come back with them. */
async function edit(page: Page): Promise<void> {
  await page.goto(`${base}/quarantine`)
  await pick(page, 'csv.required', 'order_id')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'JSON Lines' }).click()
  const exported = readFileSync(await (await download).path(), 'utf8')
  const rows = exported
    .trimEnd()
    .split('\n')
    .map(row => {
      const event = JSON.parse(row) as { line: number; columns: Record<string, string> }
      event.columns['InvoiceNo'] = plan.orders[event.line] ?? ''
      return JSON.stringify(event)
    })
  await page.getByLabel('Import').setInputFiles({
    name: 'edited.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from(`${rows.join('\n')}\n`),
  })
  await page.getByRole('button', { name: /^Redrive [\d,]+ changed events$/ }).click()
  const count = Object.keys(plan.orders).length.toLocaleString('en-GB')
  assert.match(await ended(page), new RegExp(`: ${count} recovered`))
}

const browser = await openBrowser()
try {
  const context = await browser.newContext({ ...screen(1440, 'light'), acceptDownloads: true })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  for (const one of plan.repairs) await repair(page, one)
  await edit(page)
  assert.deepEqual(complaints, [])
} finally {
  await browser.close()
}
