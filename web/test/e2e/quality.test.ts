// Quality: what fails and why, what the data look like, and the rules that they propose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds } from '../browser.ts'
import { clipboard, suite } from './suite.ts'

const { open } = suite()

test('a check that fails comes first, opens, and leads to the rows that fail; it can be run', async () => {
  await using opened = await open('/quality')
  const { page } = opened
  await page.getByRole('region', { name: 'Checks' }).getByRole('row').nth(1).getByRole('link').click()
  await page.getByRole('heading', { name: 'prices_positive' }).waitFor()
  const asked = page.waitForRequest(request => request.method() === 'POST' && request.url().includes('/checks/run'))
  await page.getByRole('button', { name: 'Run now' }).click()
  assert.deepEqual((await asked).postDataJSON(), { names: ['prices_positive'] })
  const row = page.getByRole('link', { name: '0.00' })
  await holds(async () => assert.equal(await row.getAttribute('href'), '/coordinates/0/42'))
  await page.goBack()
  await page.getByRole('heading', { name: 'prices_positive' }).waitFor({ state: 'detached' })
})

test('a profile proposes rules that can be copied', async () => {
  await using opened = await open('/quality')
  const { page } = opened
  await page.getByRole('button', { name: 'Profiles' }).click()
  await page.getByRole('cell', { name: '≈ 311' }).waitFor()
  await page.getByRole('button', { name: 'Suggest rules' }).click()
  await page.getByRole('button', { name: 'Copy rules' }).click()
  await page.getByText('Copied').waitFor()
  await holds(async () => assert.match(await clipboard(page), /^# Proposed from 500[\s\S]*name: amount_range/))
})
