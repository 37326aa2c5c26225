import type { IconName } from '../ui/icon.tsx'

export interface PageEntry {
  path: string
  title: string
  icon: IconName
  /** Pressed after g. */
  key: string
  says: string
}

/** The rail, in order. A page is listed when it exists. */
export const PAGES: readonly PageEntry[] = [
  { path: '/', title: 'Overview', icon: 'overview', key: 'o', says: 'what the shop sells, live' },
  {
    path: '/dashboards',
    title: 'Dashboards',
    icon: 'dashboards',
    key: 'd',
    says: 'the shop in charts, live; made and shared here',
  },
  {
    path: '/jobs',
    title: 'Live jobs',
    icon: 'jobs',
    key: 'j',
    says: 'what the streaming jobs find, and how far they are',
  },
  { path: '/events', title: 'Events', icon: 'events', key: 'e', says: 'find an event, order or customer' },
  { path: '/quarantine', title: 'Quarantine', icon: 'quarantine', key: 'q', says: 'what broke a rule, and why' },
  { path: '/quality', title: 'Quality', icon: 'check', key: 'u', says: 'checks, scores, profiles and rules' },
  {
    path: '/lineage',
    title: 'Lineage',
    icon: 'lineage',
    key: 'n',
    says: 'where data come from, and what a change touches',
  },
  { path: '/sql', title: 'SQL', icon: 'sql', key: 's', says: 'ask anything' },
  {
    path: '/lake',
    title: 'Lake',
    icon: 'lake',
    key: 'k',
    says: 'Iceberg tables: files, snapshots, old rows, and the past',
  },
  { path: '/sources', title: 'Sources', icon: 'sources', key: 'r', says: 'who sends what' },
  {
    path: '/ledger',
    title: 'Ledger',
    icon: 'ledger',
    key: 'l',
    says: 'whether everything is accounted for: hours, audits, statements, orders',
  },
  { path: '/alerts', title: 'Alerts', icon: 'alerts', key: 'a', says: 'what fires, and who was told' },
  { path: '/system', title: 'System', icon: 'system', key: 'y', says: 'partitions, lag, ledger' },
]

export function pageOf(path: string): PageEntry | undefined {
  if (path === '/') return PAGES[0]
  const found = PAGES.find(page => page.path !== '/' && (path === page.path || path.startsWith(`${page.path}/`)))
  return found ?? (path.startsWith('/coordinates/') ? PAGES.find(page => page.path === '/events') : undefined)
}

/** The range travels between pages; a page's own filters do not. */
export function pageHref(path: string, params: URLSearchParams): string {
  const kept = new URLSearchParams()
  if (path === '/' || path === '/events' || path === '/quarantine') {
    for (const name of ['range', 'from', 'to']) {
      const value = params.get(name)
      if (value) kept.set(name, value)
    }
  }
  const text = kept.toString()
  return text === '' ? path : `${path}?${text}`
}
