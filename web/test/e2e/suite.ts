// One browser and one mock for a file of tests; each test gets a page of its own.
import { after, before } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser, screen, type WIDTHS } from '../browser.ts'
import { type Mock, type Mood, startMock } from '../mock/server.ts'

export interface Suite {
  mock: Mock
  open: (path: string, options?: OpenOptions) => Promise<Opened>
}

export interface OpenOptions {
  mood?: Mood
  width?: keyof typeof WIDTHS
  theme?: 'light' | 'dark'
}

export interface Opened {
  page: Page
  /** What the page complained about: refused by the policy, thrown, or logged as an error. */
  complaints: string[]
  [Symbol.asyncDispose]: () => Promise<void>
}

/** The browser logs every failed request; those are part of the states under test. */
const EXPECTED = /Failed to load resource/

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
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text())
    })
    await page.goto(shared.mock.url + path)
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
  }
  return shared
}
