// The workbench: find a group, try a repair, redrive, decide, and send the address to somebody else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds } from '../browser.ts'
import { addressed, counted, suite } from './suite.ts'

const { open } = suite()

test('groups: by rule, by source, one of them, its events and their passports', async () => {
  await using opened = await open('/quarantine')
  const { page } = opened
  await page.getByRole('link', { name: /csv\.money/ }).click()
  await page.getByRole('heading', { name: 'csv.money' }).waitFor()
  await addressed(page, { pick: '7b90f3ce' })
  await page.getByText('20 of 40').waitFor()
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.getByText('40 of 40').nth(1).waitFor()
  await page.getByRole('button', { name: 'Source' }).click()
  await page.getByRole('link', { name: /^web/ }).click()
  await page.getByText('properties.order_id is missing').first().waitFor()
  await page.goBack()
  await page.getByRole('link', { name: /^onlineretail/ }).waitFor()
  await page.getByRole('link', { name: 'Passport' }).first().waitFor()
})

test('a filter by text, and by a bar of the course over time', async () => {
  await using opened = await open('/quarantine')
  const { page } = opened
  await page.getByRole('searchbox').fill('W-1009')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'order_id_present' }).waitFor()
  await addressed(page, { q: 'W-1009' })
  await page.getByRole('link', { name: /^Week of 5 Dec 2011: 9/ }).click()
  await page.getByRole('button', { name: /^Time range: 5 Dec 2011 to 11 Dec 2011/ }).waitFor()
  await addressed(page, { from: '2011-12-05T00:00:00Z' })
})

test('a patch: built, tried, refused when it does not heal, then redriven; the address holds it', async () => {
  await using opened = await open('/quarantine?pick=7b90f3ce&tab=repair')
  const { page } = opened
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.getByText('0 would heal').waitFor()
  await page.getByRole('button', { name: 'Add a step' }).click()
  await page.getByLabel('Field').fill('UnitPrice')
  await page.getByLabel('Does').selectOption('number')
  await addressed(page, { steps: '[{"field":"UnitPrice","number":{"locale":"de"}}]' })
  // The dry run of another patch is not shown.
  await counted(page.getByText('0 would heal'), 0)
  await page.reload()
  await holds(async () => assert.equal(await page.getByLabel('Field').inputValue(), 'UnitPrice'))
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.getByText('40 would heal').waitFor()
  await page.locator('.difference', { hasText: 'UnitPrice' }).first().waitFor()
  await page.getByRole('row', { name: /Revenue/ }).waitFor()
  await page.getByLabel('Who', { exact: true }).fill('ada')
  await page.getByRole('button', { name: 'Redrive 40 events' }).click()
  const run = page.getByRole('listitem', { name: 'Run r1' })
  await run.getByText('40 of 40: 40 recovered').waitFor()
  await addressed(page, { run: 'r1' })
  await page.getByRole('link', { name: /csv\.money/ }).waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'This group has no events here' }).waitFor()
  await page.getByRole('button', { name: 'Recovered' }).click()
  await page.getByRole('heading', { name: 'csv.money' }).waitFor()
})

test('a run waits, goes on and ends when it is told to', async () => {
  await using opened = await open('/quarantine?pick=42aa0de1&tab=repair&act=bury')
  const { page } = opened
  await page.getByRole('button', { name: 'Redrive', exact: true }).click()
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.getByLabel('Events per second').fill('1')
  await page.getByRole('button', { name: 'Redrive 9 events' }).click()
  const run = page.getByRole('listitem', { name: /^Run / }).first()
  await run.getByRole('button', { name: 'Pause the run' }).click()
  await run.getByText('paused', { exact: true }).waitFor()
  await run.getByRole('button', { name: 'Resume the run' }).click()
  await run.getByText('running', { exact: true }).waitFor()
  await run.getByRole('button', { name: 'Cancel the run' }).click()
  await run.getByText('cancelled', { exact: true }).waitFor()
})

test('a purge asks for a reason and for its number', async () => {
  await using opened = await open('/quarantine?pick=42aa0de1&tab=repair&act=purge')
  const { page } = opened
  await page.getByRole('button', { name: 'Dry run' }).click()
  const purge = page.getByRole('button', { name: 'Purge 9 events' })
  await purge.waitFor()
  await holds(async () => assert.ok(await purge.isDisabled()))
  await page.getByLabel('Reason').fill('test traffic')
  assert.ok(await purge.isDisabled(), 'it purges without its number')
  await page.getByLabel('Type 9 to confirm').fill('9')
  await holds(async () => assert.ok(await purge.isEnabled()))
})

test('a group is given to somebody, with a ticket', async () => {
  await using opened = await open('/quarantine?pick=e1c5a8d0&tab=triage')
  const { page } = opened
  await page.getByLabel('Sees to it').fill('grace')
  await page.getByLabel('Ticket').fill('https://tickets.example/42')
  await page.getByRole('button', { name: 'Mark as triaged' }).click()
  await page.getByText('triaged; for grace; https://tickets.example/42').waitFor()
  await page.getByRole('link', { name: /price_positive.*grace sees to it/ }).waitFor()
  await page
    .getByRole('link', { name: 'Open the ticket' })
    .and(page.locator('[href="https://tickets.example/42"]'))
    .waitFor()
})
