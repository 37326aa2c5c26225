// The state of a dashboard is in its address: range, comparison, filters, what is shown as a table, pause.
import type { BoardDefinition, BoardView, Compare, Filter } from '../../api/boards.ts'

export interface BoardRange {
  key: string
  label: string
  /** Beside a delta: the period compared with. */
  before: string
}

export const RANGES: readonly BoardRange[] = [
  { key: '1h', label: 'Last hour', before: 'hour before' },
  { key: '24h', label: 'Last 24 hours', before: '24 hours before' },
  { key: '7d', label: 'Last 7 days', before: '7 days before' },
  { key: '28d', label: 'Last 28 days', before: '28 days before' },
  { key: '90d', label: 'Last 90 days', before: '90 days before' },
  { key: '12mo', label: 'Last 12 months', before: '12 months before' },
  { key: 'all', label: 'All data', before: 'before' },
]

const DEFAULT_RANGE = '28d'
const DAY = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/
const instant = (text: string) => (text.length === 10 ? `${text}T00:00:00Z` : text)

/** `filter=country:GB` as often as there are values. */
export function filtersOf(params: URLSearchParams): Filter[] {
  const by = new Map<string, string[]>()
  for (const text of params.getAll('filter')) {
    const cut = text.indexOf(':')
    if (cut < 1) continue
    const dimension = text.slice(0, cut)
    by.set(dimension, [...(by.get(dimension) ?? []), text.slice(cut + 1)])
  }
  return [...by].map(([dimension, values]) => ({ dimension, values }))
}

export function withFilter(params: URLSearchParams, dimension: string, values: readonly string[]): URLSearchParams {
  const next = new URLSearchParams(params)
  next.delete('filter')
  for (const filter of filtersOf(params)) {
    if (filter.dimension === dimension) continue
    for (const value of filter.values ?? []) next.append('filter', `${filter.dimension}:${value}`)
  }
  for (const value of values) next.append('filter', `${dimension}:${value}`)
  return next
}

export function compareOf(definition: BoardDefinition | undefined, params: URLSearchParams): Compare {
  const text = params.get('compare') ?? definition?.compare ?? 'none'
  return text === 'year' || text === 'previous' ? text : 'none'
}

export function viewOf(definition: BoardDefinition | undefined, params: URLSearchParams): BoardView {
  const from = params.get('from')
  const to = params.get('to')
  const filters = filtersOf(params)
  const shared = { compare: compareOf(definition, params), ...(filters.length > 0 ? { filters } : {}) }
  if (from && to && DAY.test(from) && DAY.test(to) && from < to) {
    return { from: instant(from), to: instant(to), ...shared }
  }
  const asked = params.get('range') ?? definition?.range ?? DEFAULT_RANGE
  return { range: RANGES.some(r => r.key === asked) ? asked : DEFAULT_RANGE, ...shared }
}

export function beforeLabel(view: BoardView): string {
  if (view.compare === 'year') return 'a year before'
  return RANGES.find(r => r.key === view.range)?.before ?? 'period before'
}
