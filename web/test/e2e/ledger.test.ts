// The ledger and the alerts: open a number, audit, sign a day off, compare orders, take an incident on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds } from '../browser.ts'
import { addressed, suite } from './suite.ts'

const shared = suite()
const { open } = shared

test('a number of an hour opens its events, and they their passports', async () => {
  await using opened = await open('/ledger')
  const { page } = opened
  await page
    .getByRole('link', { name: /^9 quarantined, web/ })
    .first()
    .click()
  await page.getByRole('heading', { name: 'Quarantined: the events behind' }).waitFor()
  await addressed(page, { cell: /^quarantined \S+ web$/ })
  await page.reload()
  const frame = page.getByRole('region', { name: 'Events behind the number' })
  await frame.getByRole('link').first().click()
  await page.waitForURL(/\/coordinates\/\d+\/\d+$/)
  await page.goBack()
  await page.getByRole('button', { name: 'Close the events' }).click()
  await frame.waitFor({ state: 'detached' })
})

test('what does not balance is found at a glance', async () => {
  await using opened = await open('/ledger', { mood: 'off' })
  const { page } = opened
  await page.getByLabel(/^Only what does not balance \(1\)/).check()
  await page.getByRole('grid').or(page.getByRole('table')).getByText('1 without a verdict').first().waitFor()
  await page.getByRole('combobox', { name: 'Source' }).selectOption('onlineretail')
  await page.getByText('Every row balances').waitFor()
  await addressed(page, { source: 'onlineretail' })
})

test('an audit shows how far it is, and its report', async () => {
  await using opened = await open('/ledger?tab=audit')
  const { page } = opened
  await page.getByText('2 findings').waitFor()
  const before = await page.getByRole('listitem', { name: /^Audit of/ }).count()
  const release = shared.mock.holdAudits()
  await page.getByRole('button', { name: 'Run an audit now' }).click()
  await page.getByRole('progressbar', { name: 'Audit' }).waitFor()
  release()
  await page.getByRole('button', { name: 'Run an audit now' }).waitFor()
  await page
    .getByRole('listitem', { name: /^Audit of/ })
    .nth(before)
    .waitFor()
  await page
    .getByRole('listitem', { name: /^Audit of 20 Nov 2026/ })
    .getByRole('link')
    .first()
    .click()
  await page.getByRole('region', { name: 'Findings' }).getByRole('link').first().waitFor()
})

test('a day that does not balance is signed with a note only', async () => {
  await using opened = await open('/ledger?tab=statements')
  const { page } = opened
  await page.getByText('The chain is intact').waitFor()
  const sign = page.getByRole('button', { name: 'Sign off' })
  await page.getByLabel('Signed by').fill('ada')
  await holds(async () => assert.ok(await sign.isDisabled()))
  await page.getByLabel(/^Note/).fill('one event, found')
  await sign.click()
  await page
    .getByText(/ada, .*one event, found/)
    .first()
    .waitFor()
  await page.getByRole('link', { name: /^2026-11-19/ }).click()
  await page.getByText('web: 40 quarantined then').waitFor()
  await addressed(page, { day: '2026-11-19' })
})

test('order truth: shares, their table, and differences by reason', async () => {
  await using opened = await open('/ledger?tab=orders')
  const { page } = opened
  await page.getByRole('figure', { name: /^browser: 9\d\.\d ?% of/ }).waitFor()
  await page.getByRole('button', { name: 'Table' }).click()
  await page.getByRole('region', { name: 'Orders of browser by day and reason' }).waitFor()
  await page.getByRole('combobox', { name: 'Reason' }).selectOption('amount')
  await page.getByText('does not know it').first().waitFor({ state: 'detached' })
  await addressed(page, { reason: 'amount' })
})

test('an incident is taken on, and messages that were given up are tried again', async () => {
  await using opened = await open('/alerts')
  const { page } = opened
  await page.getByRole('link', { name: 'The ledger does not balance: 1 rows' }).click()
  await page.getByLabel('Reason').fill('looking')
  await page.getByRole('button', { name: 'Acknowledge' }).click()
  await page.getByText(/^acknowledged, ledger/).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Every message was delivered.').waitFor()
  await page.getByRole('listitem', { name: 'ops' }).getByRole('button', { name: 'Test' }).click()
  await page.getByText('It has the test message.').waitFor()
})
