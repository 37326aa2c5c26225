// Lineage: the graph by mouse and by keyboard, what a change touches, the way between two, and the address.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { holds } from '../browser.ts'
import { addressed, counted, suite } from './suite.ts'

const { open } = suite()

const focusedOn = (page: Page, ref: string) =>
  holds(async () =>
    assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['ref']), ref),
  )

test('a column shows what a change touches, and the graph highlights it; back clears it', async () => {
  await using opened = await open('/lineage')
  const { page } = opened
  await page.getByRole('button', { name: 'Show the columns of order_lines' }).click()
  await page.getByRole('button', { name: 'amount', exact: true }).click()
  await page.getByText('A change touches 3 things: 2 metrics, 1 query.').waitFor()
  await addressed(page, { pick: 'table:order_lines/amount' })
  await page.locator('.lin-node.lit', { hasText: 'revenue' }).waitFor()
  await counted(page.locator('.lin-node.lit', { hasText: 'units' }), 0)
  const panel = page.getByRole('region', { name: 'Selection' })
  await panel.getByText('UnitPrice, Quantity').waitFor()
  await panel.getByRole('button', { name: 'Downstream' }).click()
  await page.locator('.lin-node.lit', { hasText: 'millrace.raw' }).waitFor({ state: 'detached' })
  await page.reload()
  await page.getByText('A change touches 3 things').waitFor()
  await page.goBack()
  await page.goBack()
  await panel.waitFor({ state: 'detached' })
})

test('arrows follow the lines, Enter opens columns, Space selects, Escape clears', async () => {
  await using opened = await open('/lineage')
  const { page } = opened
  await page.locator('[data-ref="source:onlineretail"]').focus()
  for (const want of ['topic:millrace.raw', 'pass:events']) {
    await page.keyboard.press('ArrowRight')
    await focusedOn(page, want)
  }
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'item.amount' }).waitFor()
  await addressed(page, { open: 'pass:events' })
  await page.keyboard.press('ArrowDown')
  await focusedOn(page, 'pass:events/item.amount')
  await page.keyboard.press('Space')
  await page.getByRole('heading', { name: 'item.amount' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { name: 'item.amount' }).waitFor({ state: 'detached' })
  await page.locator('[data-ref="table:kpis"]').focus()
  await page.keyboard.press('ArrowLeft')
  await focusedOn(page, 'job:kpis')
})

test('the way between two, and why there is none', async () => {
  await using opened = await open('/lineage?pick=source:onlineretail/UnitPrice')
  const { page } = opened
  const to = page.getByLabel('Way to a dataset or column')
  await to.fill('metric:revenue')
  await to.press('Enter')
  const way = page.getByRole('list', { name: 'Way' })
  await way.getByText('aggregation, metric revenue').waitFor()
  await counted(way.getByRole('listitem'), 4)
  await counted(page.locator('.lin-node.lit', { hasText: 'kpis' }), 0)
  await to.fill('source:web')
  await to.press('Enter')
  await page.getByText('Nothing leads from').waitFor()
  await to.fill('metric:revenu')
  await to.press('Enter')
  await page.getByText('did you mean "metric:revenue"').waitFor()
})

test('the filter finds names and columns, and keeps what they are joined with; the table has only what was found', async () => {
  await using opened = await open('/lineage')
  const { page } = opened
  await page.getByLabel('Filter by name or column').fill('unit_price')
  await page.getByText(/^1 of \d+$/).waitFor()
  await page.getByRole('button', { name: 'unit_price', exact: true }).waitFor()
  await page.locator('[data-ref="metric:revenue"]').waitFor()
  await counted(page.locator('[data-ref="table:kpis"]'), 0)
  await page.getByRole('button', { name: 'Table', exact: true }).click()
  const rows = page.getByRole('region', { name: 'Lineage' }).getByRole('row')
  await rows.nth(1).waitFor()
  await counted(rows, 2)
  await rows.nth(1).getByText('539,392 rows').waitFor()
  await addressed(page, { view: 'table' })
})

test('many contracts are one box until it is opened', async () => {
  await using opened = await open('/lineage')
  const { page } = opened
  await page.getByRole('button', { name: /^8 contracts/ }).click()
  await page.locator('[data-ref="contract:order_completed"]').waitFor()
})

test('on a phone the list leads to a column and to what a change of it touches', async () => {
  await using opened = await open('/lineage', { width: 390 })
  const { page } = opened
  await page.getByRole('button', { name: /^order_lines/ }).click()
  const panel = page.getByRole('region', { name: 'Selection' })
  await panel.getByText('8 columns').click()
  await panel.getByRole('button', { name: 'order_id', exact: true }).click()
  await panel.getByText('A change touches 1 thing: 1 metric.').waitFor()
  await addressed(page, { pick: 'table:order_lines/order_id' })
})
