// What the workbench shows is in its address: how events are grouped, which of them are meant, and the repair that is
// being tried. A copied address shows a colleague the same.
import type { ActKind, HeldFilter, HeldGroup, HeldQuery, HeldState } from '../../api/types.ts'
import type { Place } from '../../router.ts'

export const CATEGORIES: Record<string, string> = {
  missing: 'Missing',
  format: 'Wrong format',
  out_of_range: 'Out of range',
  schema: 'Breaks the schema',
  business: 'Breaks a business rule',
  duplicate_conflict: 'Same id, other content',
  decode: 'Not decodable',
  too_large: 'Too large',
  enrichment: 'Enrichment failed',
}

export const STATES: Record<HeldState | 'all', string> = {
  open: 'Open',
  dead: 'Dead letters',
  waived: 'Waived',
  recovered: 'Recovered',
  purged: 'Purged',
  all: 'All',
}

export type GroupBy = 'rule' | 'source' | 'field' | 'category'
export type Tab = 'events' | 'repair' | 'triage'

export interface View {
  by: GroupBy
  state: HeldState | 'all'
  /** Of the group that is looked at: an id, or the value that `by` groups by. */
  pick: string | null
  tab: Tab
  text: string
  source: string | null
  rule: string | null
  bounds: { from?: string; to?: string }
}

function oneOf<T extends string>(value: string | null, all: readonly T[], fallback: T): T {
  return all.find(one => one === value) ?? fallback
}

export function viewOf({ params }: Place, bounds: View['bounds']): View {
  return {
    by: oneOf(params.get('by'), ['rule', 'source', 'field', 'category'], 'rule'),
    state: oneOf(params.get('state'), Object.keys(STATES) as (HeldState | 'all')[], 'open'),
    pick: params.get('pick'),
    tab: oneOf(params.get('tab'), ['events', 'repair', 'triage'], 'events'),
    text: params.get('q') ?? '',
    source: params.get('source'),
    rule: params.get('rule'),
    bounds,
  }
}

/** The filter of the whole page. */
export function pageQuery(view: View): HeldQuery {
  return {
    ...view.bounds,
    ...(view.state === 'all' ? {} : { state: [view.state] }),
    ...(view.source ? { source: [view.source] } : {}),
    ...(view.rule ? { rule: [view.rule] } : {}),
    ...(view.text ? { text: view.text } : {}),
  }
}

/** The filter of what is picked; that of the page, when nothing is. */
export function pickQuery(view: View, pick: string | null): HeldQuery {
  const query = pageQuery(view)
  if (pick === null) return query
  if (view.by === 'rule') return { ...query, group: pick }
  return { ...query, [view.by]: [pick] }
}

/** The same filter in the body of a request. */
export function filterOf(query: HeldQuery): HeldFilter {
  const lists = {
    sources: query.source,
    rules: query.rule,
    categories: query.category,
    fields: query.field,
    states: query.state,
  }
  const filter: Record<string, unknown> = {}
  for (const [name, values] of Object.entries(lists)) if (values && values.length > 0) filter[name] = values
  for (const name of ['group', 'text', 'from', 'to'] as const) if (query[name]) filter[name] = query[name]
  return filter as HeldFilter
}

/** Some groups taken together under the value that they share. */
export interface Heap {
  key: string
  title: string
  sub: string
  count: number
  open: number
  amount: number
  categories: Set<string>
  group: HeldGroup | null
}

export function heapsOf(groups: readonly HeldGroup[], by: GroupBy): Heap[] {
  const heaps = new Map<string, Heap>()
  for (const group of groups) {
    const key = by === 'rule' ? group.id : group[by]
    let heap = heaps.get(key)
    if (!heap) {
      const title = by === 'rule' ? group.rule : by === 'category' ? (CATEGORIES[key] ?? key) : key || 'none'
      heap = { key, title, sub: '', count: 0, open: 0, amount: 0, categories: new Set(), group: null }
      heaps.set(key, heap)
    }
    heap.count += group.count
    heap.open += group.open
    heap.amount += Number(group.amount)
    heap.categories.add(group.category)
    if (by === 'rule') heap.group = group
  }
  for (const heap of heaps.values()) {
    const names = [...heap.categories].map(c => CATEGORIES[c] ?? c).join(', ')
    heap.sub = heap.group ? `${names}: ${heap.group.field}, ${heap.group.source}` : names
  }
  return [...heaps.values()].sort((a, b) => b.count - a.count)
}

export interface Act {
  kind: ActKind
  label: string
  /** What it comes to, in a sentence. */
  says: string
  /** States of events that it is for. */
  states: readonly HeldState[]
  reason: boolean
}

export const ACTS: readonly Act[] = [
  {
    kind: 'redrive',
    label: 'Redrive',
    says: 'Judges the events again. What passes counts as if it had come so; the rest stays here.',
    states: ['open', 'dead'],
    reason: false,
  },
  {
    kind: 'waive',
    label: 'Waive',
    says: 'Leaves the events out for a good reason. Reopen takes it back.',
    states: ['open', 'dead'],
    reason: true,
  },
  {
    kind: 'bury',
    label: 'Bury',
    says: 'Gives the events up to the dead letters. They may still be redriven.',
    states: ['open'],
    reason: false,
  },
  {
    kind: 'reopen',
    label: 'Reopen',
    says: 'Takes a waiver or a burial back.',
    states: ['waived', 'dead'],
    reason: false,
  },
  {
    kind: 'purge',
    label: 'Purge',
    says: 'Blanks the payloads for ever. Nothing brings them back.',
    states: ['open', 'dead', 'waived'],
    reason: true,
  },
]

const BY_KEY = 'millrace.by'

/** Who acts: kept in this browser, as it says nothing about what is looked at. */
export function actor(): string {
  return localStorage.getItem(BY_KEY) ?? ''
}

export function setActor(name: string): void {
  localStorage.setItem(BY_KEY, name)
}
