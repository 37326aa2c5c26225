import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Debian's Chromium, or the one that CHROMIUM names. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    throw new Error(`no browser at ${executablePath}: install Debian's chromium, or set CHROMIUM to one`)
  }
  return chromium.launch({ executablePath, args: FLAGS, timeout: 60_000 })
}

/** How long a test waits for anything at most. A loaded machine is slow; a wait that is never met fails all the same. */
export const PATIENCE_MS = 30_000

const AGAIN_MS = 50

/** Asks again until the check passes; after PATIENCE_MS it fails as the check last failed. */
export async function holds(check: () => void | Promise<void>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    }
  }
}

export const WIDTHS = { 1440: 900, 1920: 1080, 390: 844 } as const

export function screen(width: keyof typeof WIDTHS, theme: 'light' | 'dark'): BrowserContextOptions {
  return {
    viewport: { width, height: WIDTHS[width] },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    ...(width === 390 ? { deviceScaleFactor: 2, hasTouch: true, isMobile: true } : {}),
  }
}
