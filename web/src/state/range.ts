// The time range of a view. Presets count back from the newest event, not from the clock on the wall.
import type { Grain, OverviewQuery } from '../api/types.ts'
import { dayOf } from '../format.ts'

export const DAY_MS = 86_400_000

export interface Preset {
  key: string
  label: string
  short: string
  days: number | null
}

export const PRESETS: readonly Preset[] = [
  { key: '1d', label: 'Last day', short: '1 day', days: 1 },
  { key: '7d', label: 'Last 7 days', short: '7 days', days: 7 },
  { key: '30d', label: 'Last 30 days', short: '30 days', days: 30 },
  { key: '90d', label: 'Last 90 days', short: '90 days', days: 90 },
  { key: '365d', label: 'Last 365 days', short: '365 days', days: 365 },
  { key: 'all', label: 'All data', short: 'all data', days: null },
]

export type Range = { kind: 'preset'; preset: Preset } | { kind: 'custom'; from: string; to: string }

const ISO_DAY = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/

export function rangeOf(params: URLSearchParams, fallback: string): Range {
  const from = params.get('from')
  const to = params.get('to')
  if (from && to && ISO_DAY.test(from) && ISO_DAY.test(to) && from < to) return { kind: 'custom', from, to }
  const key = params.get('range') ?? fallback
  const preset = PRESETS.find(p => p.key === key) ?? PRESETS.find(p => p.key === fallback) ?? PRESETS[0]
  if (!preset) throw new Error('BUG: no presets')
  return { kind: 'preset', preset }
}

export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS
}

const instant = (text: string) => (text.length === 10 ? `${text}T00:00:00Z` : text)

/** First instant and end (exclusive) to ask for; nothing where the range is open. */
export function boundsOf(range: Range, newest: number | null): { from?: string; to?: string } {
  if (range.kind === 'custom') return { from: instant(range.from), to: instant(range.to) }
  if (range.preset.days === null || newest === null) return {}
  return { from: new Date(startOfDay(newest) - (range.preset.days - 1) * DAY_MS).toISOString().replace('.000Z', 'Z') }
}

export function grainFor(spanMs: number): Grain {
  const days = spanMs / DAY_MS
  if (days <= 4) return 'hour'
  if (days <= 200) return 'day'
  if (days <= 1100) return 'week'
  return 'month'
}

export const GRAINS: Record<Grain, string> = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' }

/** How many buckets the server may be asked for before a chart stops being readable. */
const MAX_BUCKETS = 1500
const GRAIN_MS: Record<Grain, number> = { hour: 3_600_000, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS }

export function grainFits(grain: Grain, spanMs: number): boolean {
  return spanMs / GRAIN_MS[grain] <= MAX_BUCKETS && spanMs >= GRAIN_MS[grain]
}

export function queryOf(
  range: Range,
  newest: number | null,
  oldest: number | null,
  grain: Grain | null,
): OverviewQuery {
  const bounds = boundsOf(range, newest)
  const start = bounds.from ? Date.parse(bounds.from) : oldest
  const end = bounds.to ? Date.parse(bounds.to) : newest
  const span = start !== null && end !== null ? Math.max(end - start, 1) : null
  const chosen = grain && (span === null || grainFits(grain, span)) ? grain : null
  return { ...bounds, grain: chosen ?? (span === null ? 'day' : grainFor(span)) }
}

export function rangeLabel(range: Range): string {
  if (range.kind === 'preset') return range.preset.label
  const last = Date.parse(instant(range.to)) - 1
  const from = dayOf(instant(range.from))
  const to = dayOf(last)
  return from === to ? from : `${from} to ${to}`
}

/** What the comparison is with, in words that fit beside a delta. */
export function previousLabel(range: Range): string {
  return range.kind === 'preset' && range.preset.days !== null ? `previous ${range.preset.short}` : 'previous period'
}
