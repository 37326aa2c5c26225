// One browser and one mock for a file of tests; each test gets a page of its own.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { holds, openBrowser, PATIENCE_MS, screen, type WIDTHS } from '../browser.ts'
import { type Mock, type Mood, startMock } from '../mock/server.ts'

export interface Suite {
  mock: Mock
  /** A page in a context of its own. */
  open: (path: string, options?: OpenOptions) => Promise<Opened>
  /** The page of its screen, used again without what it stored: quicker, for tests that only look. */
  look: (path: string, options?: OpenOptions) => Promise<Looked>
}

export interface OpenOptions {
  mood?: Mood
  width?: keyof typeof WIDTHS
  theme?: 'light' | 'dark'
}

export interface Looked {
  page: Page
  /** What the page complained about: refused by the policy, thrown, or logged as an error. */
  complaints: string[]
}

export interface Opened extends Looked {
  [Symbol.asyncDispose]: () => Promise<void>
}

/** The browser logs every failed request; those are part of the states under test. */
const EXPECTED = /Failed to load resource/

function listened(page: Page): Looked {
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text())
  })
  return { page, complaints }
}

const BLANK = 'about:blank'

export function suite(): Suite {
  let browser: Browser
  const shared = {} as Suite
  before(async () => {
    shared.mock = await startMock()
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await shared.mock.close()
  })
  shared.open = async (path, { mood = 'real', width = 1440, theme = 'light' } = {}) => {
    shared.mock.mood = mood
    const context = await browser.newContext({ ...screen(width, theme), acceptDownloads: true })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const seen = listened(await context.newPage())
    await seen.page.goto(shared.mock.url + path)
    return { ...seen, [Symbol.asyncDispose]: () => context.close() }
  }
  const kept = new Map<string, Looked>()
  shared.look = async (path, { mood = 'real', width = 1440, theme = 'light' } = {}) => {
    const name = `${width} ${theme}`
    const seen = kept.get(name) ?? listened(await browser.newPage(screen(width, theme)))
    kept.set(name, seen)
    if (seen.page.url() !== BLANK) {
      await seen.page.evaluate(() => {
        localStorage.clear()
        sessionStorage.clear()
      })
      // What the page before still asks must not meet the next one's mood.
      await seen.page.goto(BLANK)
    }
    seen.complaints.length = 0
    shared.mock.mood = mood
    await seen.page.goto(shared.mock.url + path)
    return seen
  }
  return shared
}

/** What the address says comes a moment after the click: waits until each parameter is as wanted, null for one that is not there. */
export function addressed(page: Page, want: Record<string, string | RegExp | null>): Promise<void> {
  return holds(() => {
    const params = new URL(page.url()).searchParams
    for (const [name, value] of Object.entries(want)) {
      if (value instanceof RegExp) assert.match(params.get(name) ?? '', value, name)
      else assert.equal(params.get(name), value, name)
    }
  })
}

export const counted = (locator: Locator, want: number): Promise<void> =>
  holds(async () => assert.equal(await locator.count(), want))

export const focused = (locator: Locator): Promise<void> =>
  holds(async () => assert.ok(await locator.evaluate(e => e.matches(':focus')), 'it is not focused'))

/** Opens the palette and types: a key that is pressed before its field has the focus would go elsewhere. */
export async function askPalette(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await focused(page.getByRole('combobox', { name: /^Search pages/ }))
  await page.keyboard.type(text)
}

/** Enter does what is selected, so the wanted entry must be that; then the palette has gone, and the page has its keys again. */
export async function runSelected(page: Page, group: string, name: RegExp): Promise<void> {
  await page.getByRole('group', { name: group }).getByRole('option', { name, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('listbox', { name: 'Results' }).waitFor({ state: 'detached' })
}

/** Two keys, sent together: the second counts only soon after the first. */
export const chord = (page: Page, first: string, second: string): Promise<unknown> =>
  Promise.all([page.keyboard.press(first), page.keyboard.press(second)])

/** Longer than anything that moves by itself stands still. */
const STILL_MS = 2_300

/** Waits until what is read stays as it is: what is still on its way comes, and then nothing does. */
export function stands(read: () => unknown): Promise<void> {
  return holds(async () => {
    const before = await read()
    await new Promise(resolve => setTimeout(resolve, STILL_MS))
    assert.deepEqual(await read(), before)
  })
}

export const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
