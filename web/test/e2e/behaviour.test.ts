// What a user does, and what the console then does.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { holds } from '../browser.ts'
import { events } from '../mock/data.ts'
import { addressed, askPalette, chord, clipboard, counted, focused, runSelected, stands, suite } from './suite.ts'

const shared = suite()
const { open } = shared

const type = async (page: Page, query: string) => {
  await page.getByLabel('SQL query').click()
  await focused(page.getByLabel('SQL query'))
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(query)
}

test('the range picker changes the numbers and the address; back and forward restore both', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  await page.getByRole('button', { name: /^Time range/ }).click()
  await page.getByRole('button', { name: 'All data' }).click()
  await page.getByText('£9,769,872').waitFor()
  await addressed(page, { range: 'all' })
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
  await addressed(page, { to: '2011-12-01' })
})

test('dragging over the chart zooms; the window below can be moved by keys', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  const box = await page.locator('.u-over').boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + box.width * 0.5, box.y + 80)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.7, box.y + 80, { steps: 6 })
  await page.mouse.up()
  await page.waitForURL(/from=2011-1\d-\d\d&to=/)
  const from = new URL(page.url()).searchParams.get('from')
  await page.getByRole('slider', { name: 'Start of the range' }).press('ArrowLeft')
  await page.waitForURL(url => url.searchParams.get('from') !== from)
})

test('a tile chooses what the chart draws; its number explains itself and leads to its rows', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByRole('button', { name: 'Orders', exact: true }).click()
  await page.getByRole('heading', { name: 'Orders per day' }).waitFor()
  await addressed(page, { metric: 'orders' })
  await page.getByRole('button', { name: /^Revenue: £3,734,708/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Revenue' })
  await dialog.getByText('sum of quantity × unit price').waitFor()
  await dialog.getByRole('link', { name: 'Rows behind it' }).click()
  await page.getByText('= its rows').first().waitFor()
  await addressed(page, {
    column: 'revenue',
    q: /FROM order_lines\nWHERE [\s\S]*event_time >= TIMESTAMP '2011-09-11/,
  })
})

test('live numbers come each second; paused they stand still, and the address says so', async () => {
  await using opened = await open('/')
  const { page } = opened
  const rate = page.locator('.fact-value').first()
  await rate.waitFor()
  const moves = async () => {
    const before = await rate.textContent()
    await holds(async () => assert.notEqual(await rate.textContent(), before))
  }
  await moves()
  await page.getByRole('button', { name: /Pause live updates/ }).click()
  await page.getByText(/^Paused/).waitFor()
  await addressed(page, { live: 'off' })
  await stands(() => rate.textContent())
  await page.getByRole('button', { name: /Resume live updates/ }).click()
  await moves()
})

test('when the platform goes away the numbers stay, marked with their age; when it returns they move again', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  shared.mock.mood = 'gone'
  await page.getByText(/Reconnecting, \d+ s old/).waitFor()
  await page.getByText(/Millrace does not answer; trying again/).waitFor()
  await page.getByText('£3,734,708').waitFor()
  await page.getByRole('button', { name: 'Platform: Unreachable' }).waitFor()
  shared.mock.mood = 'real'
  await page.getByRole('button', { name: 'Platform: Healthy' }).waitFor()
  await page
    .getByRole('button', { name: /Pause live updates/ })
    .getByText('Live')
    .waitFor()
})

test('an error tries again by itself', async () => {
  await using opened = await open('/events', { mood: 'error' })
  const { page } = opened
  await page.getByText('The analytics store did not answer within 10 s.').waitFor()
  shared.mock.mood = 'real'
  await page.getByText('581587').first().waitFor()
})

test('the palette finds pages, orders, products and actions, by keyboard alone', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  await askPalette(page, 'quar')
  await runSelected(page, 'Pages', /^Quarantine/)
  await page.getByRole('heading', { name: 'Quarantine', level: 1 }).waitFor()
  await askPalette(page, '536365')
  await runSelected(page, 'Go to', /^Order 536365/)
  await page.waitForURL(/order_id=536365/)
  await askPalette(page, 'lantern')
  await page
    .getByRole('group', { name: 'Products' })
    .getByRole('option', { name: /LANTERN/ })
    .first()
    .waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await askPalette(page, 'dark theme')
  await runSelected(page, 'Actions', /^Dark theme/)
  await page.locator('html[data-theme="dark"]').waitFor()
  await page.reload()
  await page.locator('html[data-theme="dark"]').waitFor()
})

test('g and a letter goes to a page, and typing in a field does not', async () => {
  await using opened = await open('/')
  const { page } = opened
  await page.getByText('£3,734,708').waitFor()
  await chord(page, 'g', 'e')
  await page.waitForURL(/\/events/)
  const field = page.getByRole('searchbox')
  await field.waitFor()
  await page.keyboard.press('/')
  await focused(field)
  await chord(page, 'g', 's')
  await holds(async () => assert.equal(await field.inputValue(), 'gs'))
  assert.match(page.url(), /\/events/)
  await addressed(page, { q: 'gs' }) // searched meanwhile, and the field stays where it is
  await page.keyboard.press('x')
  await addressed(page, { q: 'gsx' })
  await holds(async () => assert.equal(await field.inputValue(), 'gsx'))
})

test('an order leads to its events, an event to its passport, and back', async () => {
  await using opened = await open('/events')
  const { page } = opened
  await page.getByRole('searchbox').fill('536365')
  await page.keyboard.press('Enter')
  await page.getByText('7 shown').waitFor()
  const grid = page.getByRole('grid')
  await grid.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Raw payload' }).waitFor()
  await page.getByText('"InvoiceNo": "536365"').waitFor()
  await page.getByText(/millrace.raw, partition \d, offset \d+/).waitFor()
  await page.goBack()
  await page.getByText('7 shown').waitFor()
  await holds(async () => assert.equal(await page.getByRole('searchbox').inputValue(), '536365'))
})

test('a passport says which sinks have the event, and how far they are', async () => {
  await using opened = await open(`/events/${events.find(e => e.verdict === 'accepted')?.event_id}`)
  const sinks = opened.page.getByRole('region', { name: 'Delivered to' })
  await sinks.getByRole('row', { name: /archive s3 the event itself Delivered 541,910 of 541,910/ }).waitFor()
  await sinks.getByRole('row', { name: /crm webhook customer_profiles Behind.*1,204/ }).waitFor()
})

test('coordinates and event ids are deep links', async () => {
  const event = events[3]
  assert.ok(event)
  await using opened = await open(`/coordinates/${event.partition}/${event.offset}`)
  const { page } = opened
  await page.getByText(event.event_id).first().waitFor()
  await page.getByRole('button', { name: 'Copy event id' }).click()
  await holds(async () => assert.equal(await clipboard(page), event.event_id))
})

test('columns can be chosen and rows sorted; both are in the address', async () => {
  await using opened = await open('/events')
  const { page } = opened
  await page.getByRole('columnheader', { name: 'Amount' }).getByRole('button').click()
  await page.waitForURL(/sort=amount\.asc/)
  await page.getByRole('button', { name: 'Columns and copies' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Received' }).click()
  await page.getByRole('columnheader', { name: 'Received' }).waitFor()
  await addressed(page, { cols: /received_at/ })
  await page.getByRole('menuitem', { name: /Copy these rows/ }).click()
  await holds(async () => assert.match(await clipboard(page), /^Event time,Verdict,Type,Order/))
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
  await counted(page.locator('.history li'), 1)
})

test('SQL: a saved query has its parameters as fields, its runs, and is saved again', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await page.getByRole('button', { name: 'Saved' }).click()
  await page.getByRole('button', { name: /^Revenue by country/ }).click()
  await page.getByLabel('Country', { exact: true }).selectOption('DE')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('1 row in 4').waitFor()
  await addressed(page, { saved: 'weekly-revenue' })
  await page.getByRole('button', { name: 'Schedule' }).click()
  await page.getByText('2 times were missed').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByLabel('Title').fill('Revenue by land')
  await page.locator('.save-pop button[type=submit]').click()
  await page.getByText('version 4').waitFor()
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
  await page.locator('.cm-lintRange-error', { hasText: /^FORM$/ }).waitFor()
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

test('SQL completes from the schema, and says what bounds an answer', async () => {
  await using opened = await open('/sql')
  const { page } = opened
  await page.getByText('You read as analyst, which does not see 2 tables and 1 column.').waitFor()
  await page.getByText('order_lines').first().waitFor()
  await page.getByLabel('SQL query').click()
  await page.keyboard.type('SELECT * FROM order_l')
  await page
    .locator('.cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)')
    .getByRole('option', { name: 'order_lines', selected: true })
    .waitFor()
  // The editor takes no key for a choice that comes within 75 ms of the list, and the list says nothing of it.
  await page.waitForTimeout(500)
  await page.keyboard.press('Enter')
  await page.locator('.cm-content', { hasText: /FROM order_lines$/ }).waitFor()
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
