// What the page looks at is in the address.
import type { LedgerColumn } from '../../api/reconcile.ts'
import type { Ledger } from '../../api/types.ts'

export const HOUR_MS = 3_600_000

export const SPANS = {
  '24h': { label: '24 hours', hours: 24 },
  '7d': { label: '7 days', hours: 168 },
  '30d': { label: '30 days', hours: 720 },
} as const
export type Span = keyof typeof SPANS

const DAY = /^\d{4}-\d\d-\d\d$/
const dayOf = (text: string | null) => (text && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : null)

/** Days that somebody has chosen; both inclusive, in UTC. */
export interface Days {
  first: string
  last: string
}

export function daysOf(params: URLSearchParams): Days | null {
  const first = dayOf(params.get('first'))
  const last = dayOf(params.get('last'))
  return first && last && first <= last ? { first, last } : null
}

/** The days as a period, its end exclusive. */
export function periodOf(days: Days): { from: string; to: string } {
  return {
    from: new Date(Date.parse(days.first)).toISOString(),
    to: new Date(Date.parse(days.last) + 24 * HOUR_MS).toISOString(),
  }
}

/** From the first hour of rows to the end of the last; empty when there are none. */
export function hoursOf(rows: readonly { hour?: string | undefined }[]): { from?: string; to?: string } {
  const at = rows.map(row => Date.parse(row.hour ?? '')).filter(time => !Number.isNaN(time))
  if (at.length === 0) return {}
  return {
    from: new Date(Math.min(...at)).toISOString(),
    to: new Date(Math.max(...at) + HOUR_MS).toISOString(),
  }
}

export const COLUMNS = [
  { key: 'received', label: 'Received' },
  { key: 'accepted', label: 'Accepted' },
  { key: 'duplicate', label: 'Duplicate' },
  { key: 'quarantined', label: 'Quarantined' },
  { key: 'rejected', label: 'Rejected' },
  { key: 'recovered', label: 'Recovered' },
  { key: 'waived', label: 'Waived' },
  { key: 'dead', label: 'Dead' },
  { key: 'open', label: 'Open' },
] as const satisfies readonly { key: LedgerColumn; label: string }[]

export function spanOf(params: URLSearchParams): Span {
  const asked = params.get('span') ?? ''
  return asked in SPANS ? (asked as Span) : '24h'
}

export interface Cell {
  column: LedgerColumn
  from: string
  to: string
  source: string
}

/** The number that is opened: `column hour source`. */
export function cellOf(params: URLSearchParams): Cell | null {
  const found = /^(\w+) (\S+) (.+)$/.exec(params.get('cell') ?? '')
  const column = COLUMNS.find(c => c.key === found?.[1])?.key
  const from = Date.parse(found?.[2] ?? '')
  if (!column || Number.isNaN(from)) return null
  return {
    column,
    from: new Date(from).toISOString(),
    to: new Date(from + HOUR_MS).toISOString(),
    source: found?.[3] ?? '',
  }
}

const ADDED = [...COLUMNS.map(c => c.key), 'late', 'corrected'] as const

export function totalOf(rows: readonly Ledger[]): Ledger {
  const sum = Object.fromEntries(
    ADDED.map(key => [key, rows.reduce((total, row) => total + row[key], 0)]),
  ) as unknown as Omit<Ledger, 'balanced'>
  return { ...sum, balanced: rows.every(row => row.balanced) }
}
