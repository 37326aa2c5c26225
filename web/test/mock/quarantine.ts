// The quarantine as the mock keeps it: real lines of Online Retail, and some that a till wrote with decimal commas. Runs
// go on with every question about them.
import type {
  DryRun,
  Grain,
  HeldDetail,
  HeldFilter,
  HeldGroup,
  HeldItem,
  HeldPreview,
  HeldRun,
  RunRequest,
  TriageChange,
} from '../../src/api/types.ts'
import { bucketStart } from '../../src/state/bucket.ts'
import { events, idOf } from './data.ts'

const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
]

interface Held extends HeldItem {
  columns: string[]
}

const base = {
  partition: 0,
  type: 'order_line',
  source: 'onlineretail',
  state: 'open' as const,
  attempts: 0,
  stream: 'online_retail.csv',
  customer_id: '',
  order_id: '',
  value: '',
}

function quote(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function lines(): Held[] {
  const bad = events.filter(event => event.verdict === 'quarantined')
  return bad.map((event, i) => {
    const [line, ...cells] = event.raw
    const columns = cells.map(String)
    return {
      ...base,
      offset: i,
      event_id: event.event_id,
      event_time: event.event_time ?? '',
      received_at: event.received_at,
      rule: 'price_positive',
      category: 'out_of_range',
      field: 'item.price',
      value: columns[5] ?? '',
      message: 'a price of zero or less is a stock or bookkeeping entry, not a sale',
      order_id: event.order_id,
      amount: '0',
      columns,
      payload: columns.map(quote).join(','),
      line,
      group: 'e1c5a8d0',
    }
  })
}

function commas(): Held[] {
  const good = events.filter(event => event.verdict === 'accepted').slice(0, 40)
  return good.map((event, i) => {
    const [line, ...cells] = event.raw
    const columns = cells.map(String)
    columns[5] = (columns[5] ?? '').replace('.', ',')
    return {
      ...base,
      offset: 5000 + i,
      event_id: idOf(`comma${i}`),
      event_time: event.event_time ?? '',
      received_at: event.received_at,
      rule: 'csv.money',
      category: 'format',
      field: 'item.price',
      value: columns[5],
      message: 'is not a decimal number such as 2.55',
      order_id: event.order_id,
      amount: '0',
      columns,
      payload: columns.map(quote).join(','),
      line,
      group: '7b90f3ce',
    }
  })
}

function clicks(): Held[] {
  return Array.from({ length: 9 }, (_, i) => ({
    ...base,
    offset: 9000 + i,
    event_id: idOf(`web${i}`),
    event_time: `2011-12-09T09:${String(12 + i).padStart(2, '0')}:04Z`,
    received_at: `2026-11-21T09:${String(12 + i).padStart(2, '0')}:04Z`,
    source: 'web',
    type: 'Order Completed',
    rule: 'order_id_present',
    category: 'missing',
    field: 'order_id',
    message: 'properties.order_id is missing; an Order Completed event must have one',
    amount: '42.500',
    columns: [],
    payload: '{"type":"track","event":"Order Completed","userId":"17850","properties":{"revenue":42.5,"ref":"W-1009"}}',
    stream: 'http',
    line: 0,
    group: '42aa0de1',
  }))
}

/** The answers of one mock. */
export class Quarantine {
  private readonly items: Held[] = [...lines(), ...commas(), ...clicks()]
  private readonly runs: HeldRun[] = []
  private readonly said = new Map<string, HeldGroup['triage']>()

  /** The answer, or null for an address that is none of its own. */
  answer(method: string, path: string, query: URLSearchParams, body: unknown): unknown {
    const [, , kind = '', a = '', b = ''] = path.split('/')
    if (kind === 'groups' && b === 'triage') return this.triage(a, body as TriageChange)
    if (kind === 'groups' && a !== '') return this.group(a)
    if (kind === 'groups') return this.groups(this.select(filterOf(query)), query.get('bucket'))
    if (kind === 'items' && a !== '') return this.item(Number(b))
    if (kind === 'items') return this.page(query)
    if (kind === 'dry-run') return this.dryRun(body as RunRequest)
    if (kind === 'runs' && method === 'POST' && a === '') return this.start(body as RunRequest)
    if (kind === 'runs' && method === 'POST') return this.control(a, b)
    if (kind === 'runs') return { runs: this.runs.map(run => this.step(run)).toReversed() }
    return null
  }

  private select(filter: HeldFilter): Held[] {
    const text = filter.text?.toLowerCase()
    const within = (list: readonly string[] | null | undefined, value: string) =>
      !list || list.length === 0 || list.includes(value)
    return this.items.filter(
      item =>
        within(filter.sources, item.source) &&
        within(filter.rules, item.rule) &&
        within(filter.categories, item.category) &&
        within(filter.fields, item.field ?? '') &&
        within(filter.states, item.state) &&
        (!filter.group || item.group === filter.group) &&
        (!text || `${item.payload} ${item.message}`.toLowerCase().includes(text)) &&
        (item.event_time ?? '') >= (filter.from ?? '') &&
        (item.event_time ?? '') < (filter.to ?? '9'),
    )
  }

  private groups(items: readonly Held[], bucket: string | null): unknown {
    const found = new Map<string, HeldGroup>()
    for (const item of items) {
      const day = new Date(bucketStart(Date.parse(item.event_time ?? ''), (bucket ?? 'day') as Grain)).toISOString()
      const key = bucket ? `${item.group} ${day}` : item.group
      const group = found.get(key)
      if (group) {
        group.count += 1
        group.open += item.state === 'open' ? 1 : 0
        group.amount = String(Number(group.amount) + Number(item.amount))
        continue
      }
      found.set(key, {
        id: item.group,
        source: item.source,
        rule: item.rule,
        category: item.category,
        field: item.field ?? '',
        ...(bucket ? { bucket: day } : {}),
        count: 1,
        open: item.state === 'open' ? 1 : 0,
        dead: 0,
        amount: item.amount,
        first_seen: item.received_at,
        last_seen: item.received_at,
        triage: this.said.get(item.group) ?? { state: 'new' },
        samples: [],
      })
    }
    const groups = [...found.values()].sort((x, y) => y.count - x.count)
    const sum = (of: (group: HeldGroup) => number) => groups.reduce((total, group) => total + of(group), 0)
    return {
      total: sum(g => g.count),
      open: sum(g => g.open),
      amount: String(sum(g => Number(g.amount))),
      groups,
      more: false,
    }
  }

  private group(id: string): unknown {
    const items = this.items.filter(item => item.group === id)
    const { groups } = this.groups(items, null) as { groups: HeldGroup[] }
    if (!groups[0]) return undefined
    const values = [...new Set(items.map(item => item.value ?? ''))].slice(0, 5)
    const count = (value: string) => items.filter(item => (item.value ?? '') === value).length
    const triage = this.said.get(id)
    return {
      ...groups[0],
      timeline: [],
      values: values.map(value => ({ value, count: count(value) })),
      streams: [{ value: items[0]?.stream ?? '', count: items.length }],
      history: triage ? [{ ...triage, at: triage.at ?? '', by: triage.by ?? '' }] : [],
    }
  }

  private triage(id: string, { state = 'triaged', by = 'api', ...said }: TriageChange): unknown {
    const triage = { ...said, state, by, at: new Date().toISOString() } as HeldGroup['triage']
    this.said.set(id, triage)
    return triage
  }

  private page(query: URLSearchParams): unknown {
    const all = this.select(filterOf(query))
    const at = Number(query.get('cursor') ?? 0)
    const limit = Number(query.get('limit') ?? 50)
    const next = at + limit < all.length ? { next_cursor: String(at + limit) } : {}
    return { items: all.slice(at, at + limit).map(shown), total: all.length, ...next }
  }

  private item(offset: number): unknown {
    const found = this.items.find(item => item.offset === offset)
    if (!found) return undefined
    const detail: Partial<HeldDetail> = { ...shown(found), columns: columnsOf(found.columns), history: [], siblings: 1 }
    return detail
  }

  private dryRun({ kind, filter, patch }: RunRequest): DryRun {
    const items = this.select(acting(filter))
    const previews = items.map(item => preview(item, patch as Patch | undefined))
    const of = (outcome: HeldPreview['outcome']) => previews.filter(p => p.outcome === outcome).length
    return {
      kind,
      total: items.length,
      tried: items.length,
      sampled: false,
      heal: of('heals'),
      duplicate: 0,
      broken: of('broken'),
      failed: 0,
      unchanged: previews.filter(p => p.before.payload === p.after?.payload).length,
      rules:
        of('broken') > 0 ? [{ rule: items[0]?.rule ?? '', message: items[0]?.message ?? '', count: of('broken') }] : [],
      failures: [],
      metrics: [
        {
          currency: 'GBP',
          before: { revenue: '9769872.054', orders: 22_061, units: 5_660_979 },
          after: {
            revenue: String(9769872.054 + 12.75 * of('heals')),
            orders: 22_061,
            units: 5_660_979 + 6 * of('heals'),
          },
        },
      ],
      samples: previews.slice(0, 8),
      confirm: 'c0ffee',
    }
  }

  private start(request: RunRequest): HeldRun {
    const total = this.select(acting(request.filter)).length
    const run: HeldRun = {
      id: `r${this.runs.length + 1}`,
      kind: request.kind,
      filter: request.filter,
      ...(request.patch
        ? {
            patch: `${(request.patch as Patch).name}@1.3f9a1c2b`,
            patch_text: JSON.stringify(request.patch, null, 2),
          }
        : {}),
      by: request.by ?? 'api',
      reason: request.reason ?? '',
      state: 'running',
      rate: request.rate ?? 0,
      progress: {
        ...{ total, done: 0, left: total, recovered: 0, duplicate: 0, requarantined: 0 },
        ...{ applied: 0, void: 0, failed: 0, elsewhere: 0 },
      },
      created: '2026-11-21T10:00:00Z',
      failures: [],
      broken: [],
      history: [],
    }
    this.runs.push(run)
    return run
  }

  /** A quarter of the events for each question, unless it was asked to be slow. */
  private step(run: HeldRun): HeldRun {
    if (run.state !== 'running' || run.rate === 1) return run
    const { progress } = run
    const patch = run.patch_text ? (JSON.parse(run.patch_text) as Patch | null) : null
    const some = this.select(acting(run.filter)).slice(0, Math.ceil(progress.total / 4))
    for (const item of some) {
      const heals = run.kind === 'redrive' && preview(item, patch ?? undefined).outcome === 'heals'
      if (run.kind === 'redrive' && !heals) progress.requarantined += 1
      else {
        item.state = run.kind === 'redrive' ? 'recovered' : run.kind === 'waive' ? 'waived' : 'dead'
        if (heals) progress.recovered += 1
        else progress.applied += 1
      }
      progress.done += 1
    }
    progress.left = progress.total - progress.done
    if (some.length === 0 || progress.left <= 0) run.state = 'done'
    return run
  }

  private control(id: string, what: string): HeldRun | undefined {
    const run = this.runs.find(one => one.id === id)
    if (run) run.state = what === 'pause' ? 'paused' : what === 'resume' ? 'running' : 'cancelled'
    return run
  }
}

interface Patch {
  name: string
  steps: { field?: string; number?: unknown; set?: string }[]
}

const acting = (filter: HeldFilter): HeldFilter => ({ ...filter, states: filter.states ?? ['open', 'dead'] })

function shown({ columns: _, ...item }: Held): HeldItem {
  return item
}

const columnsOf = (cells: readonly string[]) => cells.map((value, i) => ({ name: COLUMNS[i] ?? '', value }))

/** The mock understands two steps: a number of a locale, and a value that is set. */
function preview(item: Held, patch: Patch | undefined): HeldPreview {
  const after = [...item.columns]
  for (const step of patch?.steps ?? []) {
    const i = step.field === item.field ? 5 : COLUMNS.indexOf(step.field ?? '')
    if (i >= 0 && step.number) after[i] = (after[i] ?? '').replace(',', '.')
    if (i >= 0 && step.set) after[i] = step.set
  }
  const heals = after.length > 0 && Number(after[5]) > 0
  return {
    item: `0:${item.offset}`,
    outcome: heals ? 'heals' : 'broken',
    before: { payload: item.payload, columns: columnsOf(item.columns) },
    after: { payload: after.map(quote).join(',') || item.payload, columns: columnsOf(after) },
  }
}

function filterOf(query: URLSearchParams): HeldFilter {
  const filter: Record<string, unknown> = {}
  const lists = { sources: 'source', rules: 'rule', categories: 'category', fields: 'field', states: 'state' }
  for (const [name, param] of Object.entries(lists)) {
    const values = query.getAll(param)
    if (values.length > 0) filter[name] = values
  }
  for (const name of ['group', 'text', 'from', 'to']) if (query.get(name)) filter[name] = query.get(name)
  return filter as HeldFilter
}
