// Every page in every state: it says what it must, fits its screen, is accessible, and complains about nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { events } from '../mock/data.ts'
import type { Mood } from '../mock/server.ts'
import { suite } from './suite.ts'

const { open } = suite()
// Evaluated, not added as a script: the page's policy would refuse one.
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const corrected = events.find(e => e.corrected)?.event_id ?? ''
const quarantined = events.find(e => e.verdict === 'quarantined')?.event_id ?? ''

interface Case {
  path: string
  mood?: Mood
  /** A text that shows that the state has been reached. */
  shows: string | RegExp
}

const CASES: Record<string, Case> = {
  overview: { path: '/', shows: 'Rabbit night light'.toUpperCase() },
  'overview as a table': { path: '/?view=table', shows: 'Period before' },
  'overview, empty': { path: '/', mood: 'empty', shows: 'No orders yet' },
  'overview, failing': { path: '/', mood: 'error', shows: 'The overview could not be computed' },
  'overview, ledger off': { path: '/', mood: 'off', shows: 'without a verdict' },
  events: { path: '/events', shows: '581587' },
  'events, filtered to nothing': { path: '/events?order_id=1', shows: 'No event matches' },
  'events, failing': { path: '/events', mood: 'error', shows: 'The events could not be listed' },
  passport: { path: `/events/${corrected}`, shows: 'guest_customer' },
  'passport of a quarantined event': { path: `/events/${quarantined}`, shows: 'it must be greater than 0' },
  'passport of nothing': { path: '/events/00000000-0000-4000-8000-000000000000', shows: 'No event by this name' },
  quarantine: { path: '/quarantine', shows: 'order_id_present' },
  'quarantine, empty': { path: '/quarantine', mood: 'empty', shows: 'Nothing is in quarantine' },
  'quarantine, failing': { path: '/quarantine', mood: 'error', shows: 'The quarantine could not be read' },
  sql: { path: '/sql', shows: 'Start from an example' },
  'sql with a result': { path: '/sql?q=SELECT%20*%20FROM%20order_lines&run=1', shows: '500 rows in' },
  jobs: { path: '/jobs', shows: '9 running' },
  'jobs, one stopped': { path: '/jobs', mood: 'failed', shows: '1 failed' },
  'jobs, no events': { path: '/jobs', mood: 'empty', shows: 'The jobs wait for their first event' },
  'jobs, none': { path: '/jobs', mood: 'none', shows: 'No jobs run in this process' },
  'jobs, failing': { path: '/jobs', mood: 'error', shows: 'The jobs could not be listed' },
  'job with figures': { path: '/jobs/kpis', shows: 'Average order' },
  'job without results': { path: '/jobs/kpis', mood: 'empty', shows: 'No minute has figures yet' },
  'job with a funnel': { path: '/jobs/sessions', shows: 'of checkout' },
  'job with decisions': { path: '/jobs/fraud', shows: 'impossible_travel' },
  'job with segments and a key': { path: '/jobs/profiles?key=17850', shows: 'Reflects everything before' },
  'job that was stopped': { path: '/jobs/stock', mood: 'failed', shows: 'The job was stopped at shard 3' },
  'no such job': { path: '/jobs/nothing', shows: 'No job “nothing” runs' },
  sources: { path: '/sources', shows: 'segment' },
  'sources, empty': { path: '/sources', mood: 'empty', shows: 'No source has sent anything' },
  system: { path: '/system?check=1', shows: 'Every count of the ledger equals' },
  'no such page': { path: '/nothing/here', shows: 'There is nothing at' },
}

interface AxeResult {
  violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[]
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const result = (await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  )) as AxeResult
  return result.violations.flatMap(v => v.nodes.map(n => `${v.id} at ${JSON.stringify(n.target)}: ${n.failureSummary}`))
}

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

for (const [name, { path, mood, shows }] of Object.entries(CASES)) {
  test(`${name}: fits, is accessible, complains about nothing`, async () => {
    const screens = [
      { width: 1440, theme: 'light' },
      { width: 390, theme: 'dark' },
    ] as const
    for (const screen of screens) {
      await using opened = await open(path, { ...screen, ...(mood ? { mood } : {}) })
      const { page, complaints } = opened
      await page.getByText(shows).first().waitFor()
      assert.equal(await sideways(page), 0, `scrolls sideways at ${screen.width}`)
      assert.deepEqual(await violations(page), [], `at ${screen.width}, ${screen.theme}`)
      assert.deepEqual(complaints, [])
    }
  })
}

test('the other theme of each width is accessible too, and a wall screen fits', async () => {
  for (const path of ['/', '/events', `/events/${corrected}`, '/quarantine', '/jobs', '/jobs/kpis', '/system']) {
    for (const screen of [
      { width: 1440, theme: 'dark' },
      { width: 390, theme: 'light' },
      { width: 1920, theme: 'light' },
    ] as const) {
      await using opened = await open(path, screen)
      await opened.page.waitForTimeout(500)
      assert.equal(await sideways(opened.page), 0, `${path} scrolls sideways at ${screen.width}`)
      assert.deepEqual(await violations(opened.page), [], `${path} at ${screen.width}, ${screen.theme}`)
    }
  }
})

test('while nothing has come yet, the layout stands', async () => {
  for (const path of ['/', '/events', '/quarantine', '/jobs', '/sources', '/system']) {
    await using opened = await open(path, { mood: 'loading' })
    await opened.page.locator('.skeleton').first().waitFor()
    assert.equal(await sideways(opened.page), 0)
  }
  await using opened = await open('/', { mood: 'loading' })
  const before = await opened.page.locator('.kpis').boundingBox()
  await using loaded = await open('/')
  await loaded.page.getByText('£3,734,708').waitFor()
  assert.deepEqual(await loaded.page.locator('.kpis').boundingBox(), before, 'the tiles move when the numbers come')
})
