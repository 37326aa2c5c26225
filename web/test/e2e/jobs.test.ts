// Live jobs: what they find, how far they are, and what they keep.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds } from '../browser.ts'
import { events } from '../mock/data.ts'
import { addressed, askPalette, chord, counted, runSelected, stands, suite } from './suite.ts'

const shared = suite()
const { open } = shared

test('the list says who holds event time, and leads to a job; back returns', async () => {
  await using opened = await open('/jobs')
  const { page } = opened
  await page.getByText('7.4 s behind now, held by till').waitFor()
  await page.getByText('holds all jobs').waitFor()
  await page.getByText('held by partition 3: its newest event, less 5 s for events out of order').waitFor()
  await counted(page.getByRole('list', { name: 'Partitions of till' }).getByText('idle'), 1)
  await page.getByText('Judges every payment').click()
  await page.getByRole('heading', { name: 'fraud', level: 1 }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Live jobs', level: 1 }).waitFor()
})

test('a stopped job comes first, with the reason and what to do', async () => {
  await using opened = await open('/jobs', { mood: 'failed' })
  const { page } = opened
  const first = page.getByRole('row').nth(1)
  await first.getByText('its limit is 1000000').waitFor()
  await first.getByRole('link', { name: 'stock' }).click()
  await page.getByRole('alert').getByText('millrace job restart stock').waitFor()
})

test('a file that is wrong says where, beside its job and in the list', async () => {
  await using opened = await open('/jobs', { mood: 'failed' })
  const { page } = opened
  await page.getByText('1 of 2 wrong').waitFor()
  await page.getByText('line 7, column 12').waitFor()
  await page.getByRole('listitem').filter({ hasText: 'jobs/carts.yaml' }).getByRole('link', { name: 'carts' }).click()
  await page.getByRole('region', { name: 'The file of the job' }).getByText('The job goes on as the file was').waitFor()
})

test('figures move by themselves; paused they stand still and ask nothing', async () => {
  await using opened = await open('/jobs/kpis')
  const { page } = opened
  const values = page.locator('.total', { hasText: 'Too late' }).locator('.quiet')
  await values.waitFor()
  const first = await values.textContent()
  await holds(async () => assert.notEqual(await values.textContent(), first))
  await page.getByRole('button', { name: /Pause live updates/ }).click()
  await page.getByText(/^Paused/).waitFor()
  await addressed(page, { live: 'off' })
  const asked: string[] = []
  page.on('request', request => {
    if (/jobs|watermarks|sql/.test(request.url())) asked.push(request.url())
  })
  await stands(async () => [await values.textContent(), ...asked])
  await page.getByRole('link', { name: 'Live jobs' }).first().click()
  await page.getByText('9 running').waitFor()
})

test('a tile draws its figure, a member its curve, and the address knows both', async () => {
  await using opened = await open('/jobs/kpis')
  const { page } = opened
  await page.getByRole('button', { name: 'Conversion', exact: true }).click()
  await page.locator('.job-readout').getByText('Conversion').waitFor()
  await addressed(page, { figure: 'conversion' })
  await page.getByRole('button', { name: 'Country', exact: true }).click()
  await page.getByRole('link', { name: 'Germany' }).click()
  await page.getByRole('button', { name: 'Remove filter country' }).waitFor()
  await addressed(page, { member: 'DE' })
  await page.reload()
  await page.getByRole('button', { name: 'Remove filter country' }).click()
  await addressed(page, { member: null })
  await page.getByRole('button', { name: '3 h' }).click()
  await page.getByRole('img', { name: 'Conversion per minute of event time, 180 values' }).waitFor()
})

test('results come as they are published; the query behind them opens in SQL', async () => {
  await using opened = await open('/jobs/fraud')
  const { page } = opened
  const grid = page.getByRole('grid', { name: 'Rows of fraud_decisions' })
  await grid.waitFor()
  const newest = grid.getByRole('row').nth(1).getByRole('gridcell').first()
  const number = await newest.textContent()
  await holds(async () => assert.notEqual(await newest.textContent(), number))
  await page.getByRole('button', { name: 'fraud_alerts (feed)' }).click()
  await page.getByRole('grid', { name: 'Rows of fraud_alerts' }).waitFor()
  await addressed(page, { out: 'feed:fraud_alerts' })
  await page.getByRole('button', { name: 'fraud_decisions' }).click()
  await page.getByRole('button', { name: 'As it stands' }).click()
  await page.getByText('SELECT * FROM fraud_decisions ORDER BY payment_id LIMIT 100').waitFor()
  await page.getByRole('link', { name: 'Open in SQL', exact: true }).click()
  await page.getByText(/\d+ rows in/).waitFor()
  await addressed(page, { q: /FROM fraud_decisions/ })
})

test('a payment leads to the passport of its event', async () => {
  await using opened = await open('/jobs/fraud')
  const { page } = opened
  await page.locator(`a[title="Payment pay-48120"][href="/events/${events[0]?.event_id}"]`).waitFor()
  await page.getByRole('button', { name: 'Blocked', exact: true }).click()
  await addressed(page, { decision: 'block' })
  await page.locator('.job-list').getByText('Review').first().waitFor({ state: 'detached' })
})

test('the state of a key: found, not found, and in the address', async () => {
  await using opened = await open('/jobs/profiles')
  const { page } = opened
  const field = page.getByRole('searchbox', { name: 'Key' })
  await field.fill('nobody')
  await page.keyboard.press('Enter')
  await page.getByText('keeps nothing of key nobody').waitFor()
  await field.fill('17850')
  await page.getByRole('button', { name: 'Look up' }).click()
  await page.getByText('0/68,104').waitFor()
  await page.getByText('"units": 1733').waitFor()
  await addressed(page, { key: '17850' })
})

test('when the jobs cannot be read any more, what was there stays, marked with its age', async () => {
  await using opened = await open('/jobs')
  const { page } = opened
  await page.getByText('9 running').waitFor()
  shared.mock.mood = 'error'
  await page.getByText('What you see is').waitFor()
  await page.getByText('9 running').waitFor()
  shared.mock.mood = 'real'
  await page.getByText('What you see is').waitFor({ state: 'detached' })
})

test('jobs are found by the palette', async () => {
  await using opened = await open('/jobs')
  const { page } = opened
  await page.getByText('9 running').waitFor()
  await askPalette(page, 'fraud')
  await runSelected(page, 'Jobs', /^fraud/)
  await page.getByRole('heading', { name: 'fraud', level: 1 }).waitFor()
  await chord(page, 'g', 'j')
  await page.getByRole('heading', { name: 'Live jobs', level: 1 }).waitFor()
})

test('what was chosen in the palette stays chosen when more is found', async () => {
  await using opened = await open('/')
  const { page } = opened
  let release = () => {}
  const late = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/v1/jobs', route => late.then(() => route.continue()))
  await page.getByText('£3,734,708').waitFor()
  await askPalette(page, 'fraud')
  await page.getByRole('option', { name: /^Payments and fraud/, selected: true }).waitFor()
  await page.keyboard.press('ArrowUp')
  const chosen = page.getByRole('option', { selected: true })
  await page.getByRole('option', { name: 'Search events for “fraud”', selected: true }).waitFor()
  release()
  await page
    .getByRole('group', { name: 'Jobs' })
    .getByRole('option', { name: /^fraud/ })
    .waitFor()
  assert.equal((await chosen.textContent())?.trim(), 'Search events for “fraud”')
  await runSelected(page, 'Search', /^Search events/)
  await page.waitForURL(/\/events\?q=fraud/)
})
