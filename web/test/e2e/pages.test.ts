// Every page in every state: it says what it must, fits its screen, is accessible, and complains about nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { events } from '../mock/data.ts'
import type { Mood } from '../mock/server.ts'
import { suite } from './suite.ts'

const { open, look } = suite()
// Evaluated, not added as a script: the page's policy would refuse one.
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const corrected = events.find(e => e.corrected)?.event_id ?? ''
const quarantined = events.find(e => e.verdict === 'quarantined')?.event_id ?? ''

interface Case {
  path: string
  mood?: Mood
  /** A text that shows that the state has been reached. */
  shows: string | RegExp
  /** Only a wide window shows it. */
  wide?: boolean
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
  'quarantine by kind': { path: '/quarantine?by=category', shows: 'Wrong format' },
  'quarantine, a patch': {
    path: '/quarantine?pick=7b90f3ce&tab=repair&steps=[{"field":"UnitPrice","number":{"locale":"de"}}]',
    shows: 'without any effect',
  },
  'quarantine, triage': { path: '/quarantine?pick=7b90f3ce&tab=triage', shows: 'Most frequent values' },
  'quarantine, a group that is gone': { path: '/quarantine?pick=none', shows: 'This group has no events here' },
  'quarantine, filtered to nothing': { path: '/quarantine?q=nosuch', shows: 'No quarantined event matches' },
  'quarantine, empty': { path: '/quarantine', mood: 'empty', shows: 'Nothing is in quarantine' },
  'quarantine, failing': { path: '/quarantine', mood: 'error', shows: 'The quarantine could not be read' },
  'a number': { path: '/explain?q=SELECT%20sum(amount)%20AS%20revenue%20FROM%20order_lines', shows: '= its rows' },
  'a number, none chosen': { path: '/explain', shows: 'No number was chosen' },
  'a number, failing': { path: '/explain?q=SELECT%201', mood: 'error', shows: 'The number could not be opened' },
  dashboards: { path: '/dashboards', shows: 'Payments and fraud' },
  'a dashboard': { path: '/dashboards/executive', shows: 'United Kingdom' },
  'a dashboard, edited': { path: '/dashboards/executive?edit=1', shows: 'Add a chart' },
  'a dashboard under a link': { path: '/shared/good', shows: 'United Kingdom' },
  quality: { path: '/quality', shows: '1 of 2 fail' },
  'quality, a check': { path: '/quality?check=prices_positive', shows: 'Rows that fail' },
  'quality, no checks': { path: '/quality', mood: 'empty', shows: 'No checks are declared' },
  'quality, failing': { path: '/quality', mood: 'error', shows: 'The checks could not be read' },
  'quality, profiles': { path: '/quality?tab=profiles', shows: 'A{3}' },
  'quality, a proposal': { path: '/quality?tab=profiles&suggest=1', shows: 'Proposed from 500' },
  'quality, no profiles': { path: '/quality?tab=profiles', mood: 'empty', shows: 'Nothing has been profiled yet' },
  'quality, rules': { path: '/quality?tab=rules', shows: 'price_not_positive' },
  ledger: { path: '/ledger', shows: 'In this period' },
  'ledger, a number opened': {
    path: `/ledger?cell=${encodeURIComponent('open 2026-11-20T09:00:00.000Z web')}`,
    shows: 'Open: the events behind',
  },
  'ledger, off': { path: '/ledger', mood: 'off', shows: 'Only what does not balance (1)' },
  'ledger, empty': { path: '/ledger', mood: 'empty', shows: 'Nothing was received in this period' },
  'ledger, failing': { path: '/ledger', mood: 'error', shows: 'The ledger could not be read' },
  'ledger, audits': { path: '/ledger?tab=audit', shows: '2 findings' },
  'ledger, no audit': { path: '/ledger?tab=audit', mood: 'empty', shows: 'No audit has been run yet' },
  'ledger, statements': { path: '/ledger?tab=statements', shows: 'Nothing has changed since' },
  'ledger, no statement': { path: '/ledger?tab=statements', mood: 'empty', shows: 'No day is closed yet' },
  'ledger, orders': { path: '/ledger?tab=orders', shows: 'does not know it' },
  'ledger, orders as a table': { path: '/ledger?tab=orders&view=table', shows: '2026-10-28' },
  'ledger, no witnesses': { path: '/ledger?tab=orders', mood: 'empty', shows: 'Nobody is asked about orders yet' },
  alerts: { path: '/alerts?incident=i-1', shows: 'the service answered 503' },
  'alerts, none': { path: '/alerts', mood: 'empty', shows: 'Nothing fires' },
  'alerts, failing': { path: '/alerts', mood: 'error', shows: 'The alerts could not be read' },
  lineage: { path: '/lineage', shows: 'average_order_value' },
  'lineage of a column': { path: '/lineage?pick=table:order_lines/amount', shows: 'A change touches 3 things' },
  'lineage, a way': { path: '/lineage?pick=source:onlineretail/UnitPrice&to=metric:revenue', shows: 'aggregation' },
  'lineage as a table': { path: '/lineage?view=table', shows: 'average_order_value' },
  'lineage, filtered to nothing': { path: '/lineage?q=nosuch', shows: 'Nothing is called' },
  'lineage, empty': { path: '/lineage', mood: 'empty', shows: 'Nothing is declared yet' },
  'lineage, failing': { path: '/lineage', mood: 'error', shows: 'The lineage could not be read' },
  lake: { path: '/lake', shows: 'Snapshots of events' },
  'lake, off': { path: '/lake', mood: 'off', shows: 'This process writes no lake' },
  'lake, empty': { path: '/lake', mood: 'empty', shows: 'Nothing is in the lake yet' },
  'lake, failing': { path: '/lake', mood: 'error', shows: 'The lake could not be read' },
  'sql as of a snapshot': { path: '/sql?as_of=snapshot:1&q=SELECT%201', shows: 'The lake as of snapshot 1' },
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
  'sql, failing': { path: '/sql', mood: 'error', shows: 'The tables could not be listed', wide: true },
  'dashboards, empty': { path: '/dashboards', mood: 'empty', shows: 'There are no dashboards' },
  'a dashboard, failing': { path: '/dashboards/executive', mood: 'error', shows: 'The dashboard could not be opened' },
  'a link that has ended': { path: '/shared/none', shows: 'This link shows nothing' },
}

interface AxeResult {
  violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[]
}

/** What is enabled while axe looks has the state of one moment and the colours of another: it looks again then. */
const AXE = `(async () => {
  for (let attempts = 1; ; attempts++) {
    let changed = false
    const watch = new MutationObserver(() => { changed = true })
    watch.observe(document, { subtree: true, attributes: true, attributeFilter: ['disabled'] })
    const result = await axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    watch.disconnect()
    if (!changed || attempts === 5) return result
  }
})()`

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const result = (await page.evaluate(AXE)) as AxeResult
  return result.violations.flatMap(v => v.nodes.map(n => `${v.id} at ${JSON.stringify(n.target)}: ${n.failureSummary}`))
}

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Everything that the page waits for has come. */
const settled = (page: Page) =>
  page.waitForFunction(() => {
    const body = document.querySelector('.page')
    return body?.childElementCount && !body.querySelector('.skeleton')
  })

const SCREENS = [
  { width: 1440, theme: 'light' },
  { width: 390, theme: 'dark' },
] as const

for (const [index, [name, { path, mood, shows, wide }]] of Object.entries(CASES).entries()) {
  test(`${name}: fits, is accessible, complains about nothing`, async () => {
    // A page's usual state is seen on both screens, its other states in turn on one of them.
    for (const screen of mood ? [SCREENS[wide || index % 2 === 0 ? 0 : 1]] : SCREENS) {
      const { page, complaints } = await look(path, { ...screen, ...(mood ? { mood } : {}) })
      await page.getByText(shows).first().waitFor()
      assert.equal(await sideways(page), 0, `scrolls sideways at ${screen.width}`)
      assert.deepEqual(await violations(page), [], `at ${screen.width}, ${screen.theme}`)
      assert.deepEqual(complaints, [])
    }
  })
}

test('the other theme of each width is accessible too, and a wall screen fits', async () => {
  for (const path of [
    '/',
    '/events',
    `/events/${corrected}`,
    '/quarantine',
    '/jobs',
    '/jobs/kpis',
    '/ledger',
    '/alerts',
    '/lineage',
    '/lake',
    '/system',
  ]) {
    for (const screen of [
      { width: 1440, theme: 'dark' },
      { width: 390, theme: 'light' },
      { width: 1920, theme: 'light' },
    ] as const) {
      const { page } = await look(path, screen)
      await settled(page)
      assert.equal(await sideways(page), 0, `${path} scrolls sideways at ${screen.width}`)
      assert.deepEqual(await violations(page), [], `${path} at ${screen.width}, ${screen.theme}`)
    }
  }
})

test('while nothing has come yet, the layout stands', async () => {
  for (const path of [
    '/',
    '/events',
    '/quarantine',
    '/jobs',
    '/sources',
    '/ledger',
    '/alerts',
    '/lineage',
    '/lake',
    '/system',
  ]) {
    const { page } = await look(path, { mood: 'loading' })
    await page.locator('.skeleton').first().waitFor()
    assert.equal(await sideways(page), 0)
  }
  await using opened = await open('/', { mood: 'loading' })
  await opened.page.locator('.kpis .skeleton').first().waitFor()
  await opened.page.evaluate(() => document.fonts.ready)
  const before = await opened.page.locator('.kpis').boundingBox()
  await using loaded = await open('/')
  await loaded.page.getByText('£3,734,708').waitFor()
  await loaded.page.evaluate(() => document.fonts.ready)
  assert.deepEqual(await loaded.page.locator('.kpis').boundingBox(), before, 'the tiles move when the numbers come')
})
