// The lake: its tables, what the policy does next, work that failed, and SQL as of a snapshot.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suite } from './suite.ts'

const { open } = suite()

test('a table opens its files and snapshots; a snapshot opens SQL as of then, and now is one click away', async () => {
  await using opened = await open('/lake')
  const { page } = opened
  await page.getByRole('heading', { name: 'Snapshots of events' }).waitFor()
  await page.getByText('The next round moves events of before 11 Aug 2011').waitFor()
  await page.getByText('Partitions that end before 13 Jan 2011').waitFor()
  await page.getByRole('region', { name: 'Tables' }).getByRole('link', { name: 'order_lines' }).click()
  assert.equal(new URL(page.url()).searchParams.get('table'), 'order_lines')
  const past = page.getByRole('region', { name: 'Snapshots of order_lines' })
  const tagged = past.getByRole('row').filter({ hasText: 'closing-2011-11' })
  assert.match(await tagged.innerText(), /401,000/)
  const sizes = page.getByRole('region', { name: 'File sizes of order_lines' })
  assert.match(await sizes.getByRole('row').filter({ hasText: 'under 1 MiB' }).innerText(), /\b1\b/)
  const asked = page.waitForRequest(r => r.url().endsWith('/api/v1/lake/sql'))
  await tagged.getByRole('link', { name: 'Ask as of then' }).click()
  assert.deepEqual((await asked).postDataJSON(), {
    query: 'SELECT *\nFROM "order_lines"\nLIMIT 100',
    snapshot: '1189400912210441001',
  })
  await page.getByText('The lake as of snapshot 1189400912210441001').waitFor()
  await page.getByText('rows in').waitFor()
  await page.getByRole('button', { name: 'Back to now' }).click()
  await page.getByText('The lake as of').waitFor({ state: 'detached' })
  const now = page.waitForRequest(r => r.url().endsWith('/api/v1/sql'))
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await now
})

test('work that failed says so and why', async () => {
  await using opened = await open('/lake')
  const { page } = opened
  const work = page.getByRole('region', { name: 'Background work' })
  const row = work.getByRole('row').filter({ hasText: 'Compaction' })
  await row.getByText('failed').waitFor()
  assert.equal(await row.getByTitle('cannot compact events: no space left on device').count(), 1)
  await page.getByText('a step failed, see below').waitFor()
})
