// What a user does, and what the console then does.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { events } from '../mock/data.ts'
import { suite } from './suite.ts'

const shared = suite()
const { open } = shared

const search = (page: Page) => new URL(page.url()).searchParams
const type = async (page: Page, query: string) => {
  await page.getByLabel('SQL query').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(query)
}

const openPalette = async (page: Page) => {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').waitFor()
}

test('the range picker changes the numbers and the address; back and forward restore both', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  await page.getByRole('button', { name: /^Time range/ }).click()
  await page.getByRole('button', { name: 'All data' }).click()
  await page.getByText('£9,769,872').waitFor()
  assert.equal(search(page).get('range'), 'all')
  await page.goBack()
  await page.getByText('£3,734,708').waitFor()
  await page.goForward()
  await page.getByText('£9,769,872').waitFor()
  await page.reload()
  await page.getByText('£9,769,872').waitFor()
})

test('two days of one’s own choice; a range that ends before it starts is refused', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByRole('button', { name: /^Time range/ }).click()
  await page.getByLabel('From').fill('2011-11-30')
  await page.getByLabel('To, inclusive').fill('2011-11-01')
  await page.getByText('The range ends before it starts').waitFor()
  await page.getByLabel('From').fill('2011-11-01')
  await page.getByLabel('To, inclusive').fill('2011-11-30')
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.getByRole('button', { name: 'Time range: 1 Nov 2011 to 30 Nov 2011' }).waitFor()
  assert.equal(search(page).get('to'), '2011-12-01')
})

test('dragging over the chart zooms; the window below can be moved by keys', async () => {
  await using opened = await open('/')
  const { page } = opened
  const box = await page.locator('.u-over').boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + box.width * 0.5, box.y + 80)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.7, box.y + 80, { steps: 6 })
  await page.mouse.up()
  await page.waitForURL(/from=2011-1\d-\d\d&to=/)
  const from = search(page).get('from')
  await page.getByRole('slider', { name: 'Start of the range' }).focus()
  await page.keyboard.press('ArrowLeft')
  await page.waitForFunction(old => !location.search.includes(`from=${old}`), from)
})

test('a tile chooses what the chart draws; its number explains itself and leads to its rows', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByRole('button', { name: 'Orders', exact: true }).click()
  await page.getByRole('heading', { name: 'Orders per day' }).waitFor()
  assert.equal(search(page).get('metric'), 'orders')
  await page.getByRole('button', { name: /^Revenue: £3,734,708/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Revenue' })
  await dialog.getByText('sum of quantity × unit price').waitFor()
  await dialog.getByRole('link', { name: 'Rows behind it' }).click()
  await page.getByText(/500 rows in/).waitFor()
  assert.match(search(page).get('q') ?? '', /FROM order_lines\nWHERE [\s\S]*event_time >= TIMESTAMP '2011-09-11/)
})

test('live numbers come each second; paused they stand still, and the address says so', async () => {
  await using opened = await open('/')
  const { page } = opened
  const rate = page.locator('.fact-value').first()
  await rate.waitFor()
  const first = await rate.textContent()
  await page.waitForFunction(old => document.querySelector('.fact-value')?.textContent !== old, first)
  await page.getByRole('button', { name: /Pause live updates/ }).click()
  await page.getByText(/^Paused/).waitFor()
  assert.equal(search(page).get('live'), 'off')
  await page.waitForTimeout(300)
  const held = await rate.textContent()
  await page.waitForTimeout(2300)
  assert.equal(await rate.textContent(), held)
  await page.getByRole('button', { name: /Resume live updates/ }).click()
  await page.waitForFunction(old => document.querySelector('.fact-value')?.textContent !== old, held)
})

test('when the platform goes away the numbers stay, marked with their age; when it returns they move again', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  shared.mock.mood = 'gone'
  await page.getByText(/Reconnecting, \d+ s old/).waitFor()
  await page.getByText(/Millrace does not answer; trying again/).waitFor()
  assert.ok(await page.getByText('£3,734,708').isVisible())
  await page.getByRole('button', { name: 'Platform: Unreachable' }).waitFor()
  shared.mock.mood = 'real'
  await page.getByRole('button', { name: 'Platform: Healthy' }).waitFor()
  await page
    .getByRole('button', { name: /Pause live updates/ })
    .getByText('Live')
    .waitFor({ timeout: 15_000 })
})

test('an error tries again by itself', async () => {
  await using opened = await open('/events', { mood: 'error' })
  const { page } = opened
  await page.getByText('The analytics store did not answer within 10 s.').waitFor()
  shared.mock.mood = 'real'
  await page.getByText('581587').first().waitFor({ timeout: 12_000 })
})

test('the palette finds pages, orders, products and actions, by keyboard alone', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  await openPalette(page)
  await page.keyboard.type('quar')
  await page
    .getByRole('option', { name: /Quarantine/ })
    .first()
    .waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Quarantine', level: 1 }).waitFor()
  await openPalette(page)
  await page.keyboard.type('536365')
  await page.getByRole('option', { name: /Order 536365/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/order_id=536365/)
  await openPalette(page)
  await page.keyboard.type('lantern')
  await page
    .getByRole('option', { name: /LANTERN/ })
    .first()
    .waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await openPalette(page)
  await page.keyboard.type('dark theme')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), 'dark')
  await page.reload()
  assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), 'dark')
})

test('g and a letter goes to a page, and typing in a field does not', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('e')
  await page.waitForURL(/\/events/)
  await page.keyboard.press('/')
  await page.keyboard.type('gs')
  assert.match(page.url(), /\/events/)
})

test('an order leads to its events, an event to its passport, and back', async () => {
  await using opened = await open('/events')
  const { page } = opened
  await page.getByRole('searchbox').fill('536365')
  await page.keyboard.press('Enter')
  await page.getByText('7 shown').waitFor()
  const grid = page.getByRole('grid')
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Raw payload' }).waitFor()
  await page.getByText('"InvoiceNo": "536365"').waitFor()
  await page.getByText(/millrace.raw, partition \d, offset \d+/).waitFor()
  await page.goBack()
  await page.getByText('7 shown').waitFor()
  assert.equal(await page.getByRole('searchbox').inputValue(), '536365')
})

test('coordinates and event ids are deep links', async () => {
  const event = events[3]
  assert.ok(event)
  await using opened = await open(`/coordinates/${event.partition}/${event.offset}`)
  const { page } = opened
  await page.getByText(event.event_id).first().waitFor()
  await page.getByRole('button', { name: 'Copy event id' }).click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), event.event_id)
})

test('columns can be chosen and rows sorted; both are in the address', async () => {
  await using opened = await open('/events')
  const { page } = opened
  await page.getByRole('columnheader', { name: 'Amount' }).getByRole('button').click()
  await page.waitForURL(/sort=amount\.asc/)
  await page.getByRole('button', { name: 'Columns and copies' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Received' }).click()
  await page.getByRole('columnheader', { name: 'Received' }).waitFor()
  assert.match(search(page).get('cols') ?? '', /received_at/)
  await page.getByRole('menuitem', { name: /Copy these rows/ }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  assert.match(copied, /^Event time,Verdict,Type,Order/)
})

test('quarantine: a rule, its samples, their passports', async () => {
  await using opened = await open('/quarantine')
  const { page } = opened
  await page.getByText('−£22,124.12').first().waitFor()
  await page.getByRole('link', { name: /revenue_number/ }).click()
  await page.getByText('12,50 €', { exact: true }).waitFor()
  assert.match(search(page).get('rule') ?? '', /revenue_number/)
  await page.goBack()
  await page.getByRole('link', { name: 'Passport' }).first().click()
  await page.getByText('UnitPrice is 0.0; it must be greater than 0').first().waitFor()
  await page.getByRole('link', { name: 'price_positive' }).click()
  await page.getByRole('heading', { name: 'price_positive' }).waitFor()
})

test('SQL: run by keyboard, see rows, draw them, keep them in the address and the history', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await type(
    page,
    "SELECT date_trunc('month', event_time) AS month, sum(amount) AS revenue FROM order_lines GROUP BY ALL",
  )
  await page.keyboard.press('Control+Enter')
  await page.getByText('13 rows in 11 ms').waitFor()
  await page.getByText('748,957.02').waitFor()
  await page.getByRole('button', { name: 'Chart' }).click()
  await page.locator('.quick-time canvas').waitFor()
  await page.reload()
  await page.getByText('13 rows in 11 ms').waitFor()
  await page.getByRole('button', { name: 'History' }).click()
  assert.equal(await page.locator('.history li').count(), 1)
})

test('SQL: a selection runs alone', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await type(page, 'SELECT nothing FROM events')
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+Enter')
  await page.getByText('The query is right and finds nothing.').waitFor()
})

test('SQL: a mistake is shown and marked where it is', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await type(page, 'SELECT sum(amount)\nFORM order_lines')
  await page.keyboard.press('Control+Enter')
  await page.getByText('line 2, column 1').waitFor()
  assert.equal(await page.locator('.cm-lintRange-error').textContent(), 'FORM')
})

test('SQL: what is no query is refused; what takes long can be cancelled', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await type(page, 'DROP TABLE events')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('DROP is not allowed here').waitFor()
  await type(page, 'SELECT slow')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText(/Cancelled after/).waitFor()
})

test('SQL: a result is exported as CSV, JSON and Arrow', async () => {
  await using opened = await open('/sql?q=SELECT%201&run=1')
  const { page } = opened
  for (const [item, name] of [
    ['CSV', 'result.csv'],
    ['JSON', 'result.json'],
    ['Arrow stream', 'result.arrows'],
  ] as const) {
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: item, exact: true }).click(),
    ])
    assert.equal(download.suggestedFilename(), name)
    assert.ok((await readFile(await download.path())).length > 0)
  }
})

test('SQL completes from the schema', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await page.getByText('order_lines').first().waitFor()
  await page.getByLabel('SQL query').click()
  await page.keyboard.type('SELECT * FROM order_l')
  await page.locator('.cm-tooltip-autocomplete').getByText('order_lines').waitFor()
  await page.keyboard.press('Enter')
  assert.match((await page.getByLabel('SQL query').textContent()) ?? '', /FROM order_lines$/)
})

test('on a phone every page is within the thumb’s reach', async () => {
  await using opened = await open('/', { width: 390 })
  const { page } = opened
  await page.getByRole('link', { name: 'Events' }).last().click()
  await page.getByText('581587').first().waitFor()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'System', exact: true }).click()
  await page.getByRole('heading', { name: 'Partitions' }).waitFor()
})

test('the first load stays within 300 kB of gzip, and leaves the editor out', async () => {
  await using opened = await open('/')
  await opened.page.getByText('£3,734,708').waitFor()
  const loaded = await opened.page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(entry => entry.name)
      .filter(name => !name.includes('/api/')),
  )
  let bytes = 0
  for (const url of loaded) bytes += gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer()), { level: 9 }).length
  assert.ok(loaded.length >= 3)
  assert.ok(!loaded.some(url => url.includes('sql-')), 'the editor is loaded before anyone asks for it')
  assert.ok(bytes < 300_000, `${bytes} bytes`)
})
