// `npm run shots [folder] [name…]` takes a picture of every page, state, width and theme, to be looked at.
import { mkdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { openBrowser, screen, type WIDTHS } from './browser.ts'
import { events } from './mock/data.ts'
import { type Mood, startMock } from './mock/server.ts'

const folder = process.argv[2] ?? 'shots'
const wanted = process.argv.slice(3)
const guest = events.find(e => e.corrected)?.event_id ?? ''
const bad = events.find(e => e.verdict === 'quarantined')?.event_id ?? ''
const REVENUE =
  "SELECT date_trunc('month', event_time) AS month, sum(amount) AS revenue\nFROM order_lines\nGROUP BY ALL\nORDER BY month"
const query = (text: string) => `/sql?q=${encodeURIComponent(text)}&run=1`

interface Shot {
  name: string
  path: string
  mood?: Mood
  /** Set once the page has loaded. */
  later?: Mood
  act?: (page: Page) => Promise<void>
  widths?: (keyof typeof WIDTHS)[]
  themes?: ('light' | 'dark')[]
}

const few = { widths: [1440, 390] as (keyof typeof WIDTHS)[] }
const SHOTS: Shot[] = [
  { name: 'overview', path: '/' },
  { name: 'overview-all', path: '/?range=all', ...few },
  { name: 'overview-hover', path: '/', widths: [1440], act: page => page.mouse.move(900, 360) },
  {
    name: 'overview-explain',
    path: '/',
    ...few,
    act: page => page.getByRole('button', { name: /^Revenue: / }).click(),
  },
  { name: 'overview-range', path: '/', ...few, act: page => page.getByRole('button', { name: /^Time range/ }).click() },
  {
    name: 'overview-health',
    path: '/',
    ...few,
    act: page => page.getByRole('button', { name: /^Platform: / }).click(),
  },
  { name: 'number', path: `/explain?q=${encodeURIComponent(REVENUE)}&column=revenue`, ...few },
  { name: 'number-none', path: '/explain', ...few },
  { name: 'number-error', path: '/explain?q=SELECT%201', mood: 'error', ...few },
  { name: 'overview-table', path: '/?view=table', widths: [1440] },
  { name: 'overview-empty', path: '/', mood: 'empty', ...few },
  { name: 'overview-loading', path: '/', mood: 'loading', ...few },
  { name: 'overview-error', path: '/', mood: 'error', ...few },
  { name: 'overview-off', path: '/', mood: 'off', ...few },
  { name: 'overview-stale', path: '/', later: 'gone', ...few, act: page => page.waitForTimeout(5000) },
  { name: 'palette', path: '/', ...few, act: page => page.keyboard.press('Control+k') },
  {
    name: 'palette-order',
    path: '/',
    widths: [1440],
    act: async page => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('536365')
    },
  },
  { name: 'events', path: '/events' },
  { name: 'events-filter', path: '/events?order_id=536365&source=onlineretail', ...few },
  { name: 'events-none', path: '/events?q=nosuch', ...few },
  { name: 'events-error', path: '/events', mood: 'error', ...few },
  { name: 'passport', path: `/events/${guest}` },
  { name: 'passport-quarantined', path: `/events/${bad}`, ...few },
  { name: 'passport-missing', path: '/events/00000000-0000-4000-8000-000000000000', widths: [1440] },
  { name: 'quarantine', path: '/quarantine' },
  { name: 'quarantine-fields', path: '/quarantine?by=field', ...few },
  {
    name: 'quarantine-repair',
    path: `/quarantine?pick=7b90f3ce&tab=repair&steps=${encodeURIComponent('[{"field":"UnitPrice","number":{"locale":"de"}}]')}`,
    act: async page => {
      await page.getByRole('button', { name: 'Dry run' }).click()
      await page.getByText('would heal').waitFor()
    },
  },
  {
    name: 'quarantine-run',
    path: '/quarantine?pick=7b90f3ce&tab=repair&act=waive',
    ...few,
    act: async page => {
      await page.getByRole('button', { name: 'Dry run' }).click()
      await page.getByLabel('Reason').fill('stock entries')
      await page.getByRole('button', { name: /^Waive \d/ }).click()
      await page.getByText('Runs').waitFor()
    },
  },
  { name: 'quarantine-triage', path: '/quarantine?pick=7b90f3ce&tab=triage', ...few },
  { name: 'quarantine-error', path: '/quarantine', mood: 'error', widths: [1440] },
  { name: 'quarantine-loading', path: '/quarantine', mood: 'loading', widths: [1440] },
  { name: 'quarantine-empty', path: '/quarantine', mood: 'empty', widths: [1440] },
  { name: 'sql', path: '/sql' },
  { name: 'sql-table', path: query('SELECT event_time, order_id, kind\nFROM order_lines\nLIMIT 1000') },
  { name: 'sql-chart', path: `${query(REVENUE)}&view=chart`, ...few },
  { name: 'sql-saved', path: '/sql?saved=weekly-revenue' },
  {
    name: 'sql-save',
    path: '/sql?saved=weekly-revenue',
    ...few,
    act: page => page.getByRole('button', { name: 'Save', exact: true }).click(),
  },
  {
    name: 'sql-schedule',
    path: '/sql?saved=weekly-revenue',
    ...few,
    act: page => page.getByRole('button', { name: 'Schedule' }).click(),
  },
  { name: 'sql-unknown', path: '/sql?saved=weekly', ...few },
  { name: 'sql-error', path: query('SELECT sum(amount)\nFORM order_lines'), ...few },
  { name: 'quality', path: '/quality?check=prices_positive' },
  { name: 'quality-profiles', path: '/quality?tab=profiles&suggest=1' },
  { name: 'quality-rules', path: '/quality?tab=rules', ...few },
  { name: 'quality-error', path: '/quality', mood: 'error', widths: [1440] },
  { name: 'quality-empty', path: '/quality', mood: 'empty', widths: [1440] },
  { name: 'lineage', path: '/lineage' },
  { name: 'lineage-column', path: '/lineage?pick=table:order_lines/amount&open=pass:events,source:onlineretail' },
  { name: 'lineage-dataset', path: '/lineage?pick=source:web&dir=down', ...few },
  { name: 'lineage-path', path: '/lineage?pick=source:onlineretail/UnitPrice&to=metric:revenue', ...few },
  { name: 'lineage-filter', path: '/lineage?q=price', ...few },
  { name: 'lineage-table', path: '/lineage?view=table', widths: [1440] },
  { name: 'lineage-empty', path: '/lineage', mood: 'empty', widths: [1440] },
  { name: 'lineage-loading', path: '/lineage', mood: 'loading', widths: [1440] },
  { name: 'lineage-error', path: '/lineage', mood: 'error', widths: [1440] },
  { name: 'lake', path: '/lake' },
  { name: 'lake-empty', path: '/lake', mood: 'empty', ...few },
  { name: 'lake-off', path: '/lake', mood: 'off', ...few },
  { name: 'lake-error', path: '/lake', mood: 'error', widths: [1440] },
  { name: 'lake-then', path: '/sql?as_of=snapshot:1189400912210441001&made=2011-12-09T09:50:00Z&q=SELECT%201', ...few },
  { name: 'jobs', path: '/jobs' },
  { name: 'jobs-failed', path: '/jobs', mood: 'failed', ...few },
  { name: 'jobs-empty', path: '/jobs', mood: 'empty', ...few },
  { name: 'jobs-none', path: '/jobs', mood: 'none', widths: [1440] },
  { name: 'jobs-error', path: '/jobs', mood: 'error', widths: [1440] },
  { name: 'jobs-loading', path: '/jobs', mood: 'loading', widths: [1440] },
  { name: 'jobs-stale', path: '/jobs', later: 'error', ...few, act: page => page.waitForTimeout(3000) },
  { name: 'job-kpis', path: '/jobs/kpis' },
  { name: 'job-kpis-empty', path: '/jobs/kpis', mood: 'empty', widths: [1440] },
  { name: 'job-kpis-channel', path: '/jobs/kpis?by=channel&member=web&figure=conversion&span=180', ...few },
  { name: 'job-popularity', path: '/jobs/popularity', ...few },
  { name: 'job-sessions', path: '/jobs/sessions', ...few },
  { name: 'job-carts', path: '/jobs/carts', ...few },
  { name: 'job-profiles', path: '/jobs/profiles?key=17850', ...few },
  { name: 'job-fraud', path: '/jobs/fraud', ...few },
  { name: 'job-prices', path: '/jobs/price_errors', ...few },
  { name: 'job-stock', path: '/jobs/stock', ...few },
  { name: 'job-stopped', path: '/jobs/stock', mood: 'failed', ...few },
  { name: 'job-volume', path: '/jobs/volume', widths: [1440] },
  { name: 'job-unknown', path: '/jobs/nothing', widths: [1440] },
  { name: 'sources', path: '/sources' },
  {
    name: 'sources-health',
    path: '/sources',
    ...few,
    act: page => page.getByRole('button', { name: /^Health of web/ }).click(),
  },
  { name: 'sources-empty', path: '/sources', mood: 'empty', widths: [1440] },
  { name: 'ledger', path: '/ledger' },
  { name: 'ledger-off', path: '/ledger', mood: 'off', ...few },
  { name: 'ledger-cell', path: `/ledger?cell=${encodeURIComponent('open 2026-11-20T09:00:00.000Z web')}`, ...few },
  { name: 'ledger-audit', path: '/ledger?tab=audit', ...few },
  { name: 'ledger-statements', path: '/ledger?tab=statements', ...few },
  { name: 'ledger-orders', path: '/ledger?tab=orders', ...few },
  { name: 'ledger-orders-none', path: '/ledger?tab=orders', mood: 'empty', widths: [1440] },
  { name: 'alerts', path: '/alerts?incident=i-1' },
  { name: 'system', path: '/system?check=1' },
]

const mock = await startMock()
const browser = await openBrowser()
await mkdir(folder, { recursive: true })
for (const shot of SHOTS) {
  if (wanted.length > 0 && !wanted.includes(shot.name)) continue
  for (const width of shot.widths ?? ([1440, 1920, 390] as const)) {
    for (const theme of shot.themes ?? (['light', 'dark'] as const)) {
      mock.mood = shot.mood ?? 'real'
      const page = await browser.newPage(screen(width, theme))
      page.on(
        'console',
        message => message.type() === 'error' && process.stdout.write(`${shot.name}: ${message.text()}\n`),
      )
      page.on('pageerror', error => process.stdout.write(`${shot.name}: ${error.message}\n`))
      await page.goto(mock.url + shot.path)
      await page.waitForTimeout(/^.(sql|jobs)/.test(shot.path) ? 1500 : 600)
      if (shot.later) mock.mood = shot.later
      await shot.act?.(page)
      await page.waitForTimeout(250)
      await page.screenshot({
        path: `${folder}/${shot.name}-${width}-${theme}.png`,
        fullPage: (width === 390 && !shot.act) || shot.path.startsWith('/jobs'),
      })
      await page.close()
    }
  }
}
await browser.close()
await mock.close()
