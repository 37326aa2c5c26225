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
  { name: 'quarantine-empty', path: '/quarantine', mood: 'empty', widths: [1440] },
  { name: 'sql', path: '/sql' },
  { name: 'sql-table', path: query('SELECT event_time, order_id, kind\nFROM order_lines\nLIMIT 1000') },
  { name: 'sql-chart', path: `${query(REVENUE)}&view=chart`, ...few },
  { name: 'sql-error', path: query('SELECT sum(amount)\nFORM order_lines'), ...few },
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
  { name: 'sources-empty', path: '/sources', mood: 'empty', widths: [1440] },
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
