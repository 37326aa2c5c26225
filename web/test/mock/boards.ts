// Dashboards with made-up numbers of the right shapes; "fifty" has fifty live charts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Annotation, Board, BoardDefinition, ChartAnswer, ChartKind, ChartSpec } from '../../src/api/boards.ts'
import type { MetricRow, MetricsResult } from '../../src/api/types.ts'

const DAY = 86_400_000
const END = Date.parse('2011-12-10T00:00:00Z')

const METRICS = [
  ['revenue', 'Revenue', 'money', 'higher', 41_000],
  ['orders', 'Orders', 'count', 'higher', 92],
  ['average_order_value', 'Average order value', 'money', 'higher', 446],
  ['customers', 'Customers', 'count', 'higher', 84],
  ['cancellation_rate', 'Cancellation rate', 'percent', 'lower', 0.08],
  ['visits', 'Visits', 'count', 'higher', 5200],
  ['product_views', 'Product views', 'count', 'higher', 3900],
  ['carts', 'Carts', 'count', 'higher', 640],
  ['checkouts', 'Checkouts', 'count', 'higher', 240],
  ['units_sold', 'Units sold', 'count', 'higher', 2400],
] as const

const COUNTRIES = ['GB', 'DE', 'FR', 'IE', 'NL', 'ES', 'CH', 'BE', 'PT', 'AU']
const PRODUCTS = ['22423', '85123A', '47566', '85099B', '23084', '22086', '79321', '84879', '22197', '20725']
const VALUES: Record<string, string[]> = {
  country: COUNTRIES,
  channel: ['web', 'marketplace', 'app', 'phone'],
  product_id: Array.from({ length: 200 }, (_, i) => PRODUCTS[i] ?? String(20_000 + i)),
  weekday: ['1', '2', '3', '4', '5', '6', '7'],
  hour: Array.from({ length: 24 }, (_, i) => String(i)),
}

const chart = (id: string, kind: ChartKind, metrics: string[], rest: Partial<ChartSpec> = {}): ChartSpec => ({
  id,
  kind,
  metrics,
  ...rest,
})

const executive: BoardDefinition = {
  version: 1,
  id: 'executive',
  title: 'Executive',
  description: 'Are we on plan, against the weeks before.',
  range: '28d',
  compare: 'previous',
  filters: ['country', 'channel'],
  rows: [
    {
      title: 'Sales',
      charts: [
        chart('revenue', 'number', ['revenue'], { title: 'Revenue', grain: 'day' }),
        chart('orders', 'number', ['orders'], { title: 'Orders', grain: 'day' }),
        chart('aov', 'number', ['average_order_value'], { grain: 'day' }),
        chart('cancelled', 'number', ['cancellation_rate'], { grain: 'day' }),
      ],
    },
    {
      charts: [
        chart('trend', 'line', ['revenue'], { title: 'Revenue over time', grain: 'day', width: 8 }),
        chart('countries', 'bar', ['revenue'], { by: ['country'], order: '-revenue', limit: 10, width: 4 }),
        chart('both', 'line', ['revenue', 'orders'], { grain: 'day', width: 6 }),
        chart('channels', 'area', ['revenue'], {
          title: 'Revenue by channel',
          by: ['channel'],
          grain: 'day',
          width: 6,
        }),
      ],
    },
    {
      title: 'Visitors',
      charts: [
        chart('steps', 'funnel', ['visits', 'product_views', 'carts', 'checkouts', 'orders'], {
          title: 'From visit to order',
        }),
        chart('when', 'heatmap', ['orders'], { title: 'When orders come', by: ['weekday', 'hour'] }),
        chart('lands', 'line', ['orders'], { title: 'Orders by country', by: ['country'], grain: 'day', limit: 5 }),
        chart('table', 'table', ['revenue', 'orders'], {
          title: 'Products',
          by: ['product_id'],
          order: '-revenue',
          limit: 200,
        }),
        { id: 'note', kind: 'text', text: 'Revenue is after cancellations. Guests count as customers of their own.' },
      ],
    },
  ],
}

function fifty(): BoardDefinition {
  const kinds: ChartKind[] = ['line', 'area', 'bar', 'number', 'line']
  const charts = Array.from({ length: 50 }, (_, i): ChartSpec => {
    const kind = kinds[i % kinds.length] ?? 'line'
    const metric = METRICS[i % METRICS.length]?.[0] ?? 'orders'
    const by = kind === 'area' ? ['channel'] : kind === 'bar' ? ['country'] : []
    return { id: `c${i}`, kind, metrics: [metric], width: 3, grain: 'day', ...(by.length > 0 ? { by, limit: 6 } : {}) }
  })
  return { version: 1, id: 'fifty', title: 'Fifty charts', range: '90d', compare: 'previous', rows: [{ charts }] }
}

const TITLES: Record<string, string> = {
  sales: 'Sales',
  products: 'Products',
  customers: 'Customers',
  funnel: 'Funnel',
  marketing: 'Marketing',
  inventory: 'Inventory',
  payments: 'Payments and fraud',
  quality: 'Data quality',
  platform: 'Platform',
}

/** A number between 0 and 1 that depends on its name only. */
function noise(name: string): number {
  let hash = 2166136261
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619)
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507)
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296
}

interface Asked {
  range?: string
  from?: string
  to?: string
  compare?: string
  filters?: { dimension: string; values?: string[] | null }[]
  definition?: BoardDefinition
}

const RANGE_DAYS: Record<string, number> = { '1h': 1, '24h': 1, '7d': 7, '28d': 28, '90d': 90, '12mo': 365, all: 374 }

function valueAt(metric: string, at: number, key: string, share: number, tick: number): number {
  const [, , format, , scale] = METRICS.find(m => m[0] === metric) ?? METRICS[0]
  const weekday = new Date(at).getUTCDay()
  const wave = weekday === 6 ? 0.25 : 0.8 + noise(`${metric}${at}${key}`) * 0.5
  const base = scale * wave * (format === 'percent' ? 1 : share) + (at >= END - DAY ? (tick % 60) * scale * 0.004 : 0)
  return format === 'count' ? Math.round(base) : Number(base.toFixed(4))
}

function combinations(by: readonly string[], asked: Asked, limit: number): Record<string, string>[] {
  let all: Record<string, string>[] = [{}]
  for (const name of by) {
    const held = asked.filters?.find(f => f.dimension === name)?.values
    const values = held?.length ? held : (VALUES[name] ?? ['a', 'b', 'c'])
    all = all.flatMap(one => values.map(value => ({ ...one, [name]: value })))
  }
  return all.slice(0, limit)
}

function answerOf(spec: ChartSpec, asked: Asked, tick: number, timed: boolean): MetricsResult {
  const names = spec.metrics ?? []
  const heads = names.map(name => {
    const [, label, format, better] = METRICS.find(m => m[0] === name) ?? [name, name, 'count', 'higher']
    return {
      name,
      label,
      kind: 'simple',
      format,
      better,
      computed: `sum of ${name} over order_lines`,
      version: 'a1b2c3d4',
    }
  })
  const days =
    asked.from && asked.to
      ? (Date.parse(asked.to) - Date.parse(asked.from)) / DAY
      : (RANGE_DAYS[asked.range ?? '28d'] ?? 28)
  const grain = days > 200 ? 'month' : 'day'
  const step = grain === 'month' ? 30 * DAY : DAY
  const times = timed
    ? Array.from(
        { length: Math.max(Math.ceil((days * DAY) / step), 1) },
        (_, i) => END - (Math.ceil((days * DAY) / step) - i) * step,
      )
    : [null]
  const compared = asked.compare !== 'none'
  const groups = combinations(spec.by ?? [], asked, spec.limit ?? 200)
  const rows = times.flatMap(time =>
    groups.map((dimensions, g): MetricRow => {
      const key = Object.values(dimensions).join('/')
      const share = groups.length > 1 ? 0.55 / (g + 1) : 1
      const number = (name: string, shift: number) => {
        const at = (time ?? END - DAY) - shift
        const [, , format] = METRICS.find(m => m[0] === name) ?? METRICS[1]
        const whole = time === null && format !== 'percent' && name !== 'average_order_value' ? days : 1
        return String(Number((valueAt(name, at, key, share, shift ? 0 : tick) * whole).toFixed(4)))
      }
      const values = Object.fromEntries(names.map(n => [n, number(n, 0)]))
      const previous = Object.fromEntries(names.map(n => [n, number(n, days * DAY)]))
      const changes = Object.fromEntries(
        names.map(n => [n, String((Number(values[n]) - Number(previous[n])) / Number(previous[n]))]),
      )
      return {
        ...(time === null ? {} : { time: new Date(time).toISOString().replace('.000Z', 'Z') }),
        ...(spec.by?.length ? { dimensions } : {}),
        values,
        ...(compared ? { previous, changes } : {}),
      }
    }),
  )
  return {
    metrics: heads,
    dimensions: spec.by ?? [],
    rows,
    row_count: rows.length,
    truncated: false,
    ...(timed ? { grain } : {}),
    currency: 'GBP',
    ...(compared
      ? {
          compared_with: {
            from: new Date(END - 2 * days * DAY).toISOString(),
            to: new Date(END - days * DAY).toISOString(),
          },
        }
      : {}),
    statement: 'SELECT sum(amount) AS revenue FROM order_lines',
    open: names.map(metric => ({ metric, column: metric, query: `SELECT sum(amount) AS ${metric} FROM order_lines` })),
    sources: [],
    positions: { '0': 1000 + tick },
    exact: true,
    version: 'v1',
    engine: 'duckdb',
    elapsed_ms: 2.5,
  }
}

function chartAnswer(spec: ChartSpec, asked: Asked, tick: number): ChartAnswer {
  const head = { id: spec.id, cut: false, unfiltered: [] }
  if (spec.id === 'broken')
    return {
      ...head,
      problem: { title: 'Bad request', status: 400, detail: 'There is no metric "revenu"; did you mean "revenue"?' },
    }
  if (spec.kind === 'number') {
    return {
      ...head,
      answer: answerOf(spec, asked, tick, false),
      course: answerOf(spec, { ...asked, compare: 'none' }, tick, true),
    }
  }
  return { ...head, answer: answerOf(spec, asked, tick, spec.kind === 'line' || spec.kind === 'area') }
}

export class Boards {
  #saved = new Map<string, Board>()
  #notes: Annotation[] = [
    { id: 'n1', time: '2011-11-18T09:00:00Z', kind: 'deploy', text: 'Checkout 2.4', by: 'release', fixed: false },
    {
      id: 'n2',
      time: '2011-11-24T00:00:00Z',
      end: '2011-11-28T00:00:00Z',
      kind: 'campaign',
      text: 'Black Friday',
      by: 'marketing',
      fixed: false,
    },
    {
      id: 'n3',
      time: '2011-12-02T14:10:00Z',
      end: '2011-12-02T18:00:00Z',
      kind: 'incident',
      text: 'Prices of 500 lines refused',
      by: 'millrace',
      fixed: true,
    },
  ]
  #shares: Record<string, unknown>[] = []
  #platform = [executive, ...Object.entries(TITLES).map(([id, title]) => ({ ...executive, id, title })), fifty()]

  constructor() {
    for (const definition of this.#platform) this.#keep(definition, 'platform')
  }

  #keep(definition: BoardDefinition, origin: Board['origin']): Board {
    const version = `v${noise(JSON.stringify(definition))}`.slice(0, 10)
    const board = {
      definition,
      origin,
      version,
      yaml: `version: 1\nid: ${definition.id}\ntitle: ${definition.title}\n`,
    }
    this.#saved.set(definition.id, board)
    return board
  }

  list(): unknown {
    const dashboards = [...this.#saved.values()].map(({ definition: d, origin, version }) => ({
      id: d.id,
      title: d.title,
      description: d.description ?? 'Made for the tests.',
      origin,
      version,
      charts: d.rows.reduce((n, row) => n + row.charts.length, 0),
    }))
    return { dashboards: dashboards.filter(d => d.id !== 'fifty') }
  }

  query(id: string, asked: Asked, tick: number): unknown {
    const definition = asked.definition ?? this.#saved.get(id)?.definition
    const charts = (definition?.rows ?? []).flatMap(row => row.charts).filter(c => c.kind !== 'text')
    return {
      from: '2011-11-12T00:00:00Z',
      to: '2011-12-10T00:00:00Z',
      anchored: id === 'executive',
      pending: [],
      positions: { '0': 1000 + tick },
      as_of: new Date().toISOString(),
      charts: charts.map(spec => chartAnswer(spec, asked, tick)),
    }
  }

  /** The answer to a request for dashboards, notes or shares; undefined where it is about something else. */
  answer(
    method: string,
    path: string,
    body: Record<string, unknown>,
    tick: number,
    empty: boolean,
  ): [number, unknown] | undefined {
    const [, kind, id = '', rest = ''] = path.split('/').map(decodeURIComponent)
    if (kind === 'metrics' && id === '') return [200, { version: 'v1', metrics: catalogue() }]
    if (kind === 'metrics') {
      const spec = {
        id: 'v',
        kind: 'bar' as const,
        metrics: body['metrics'] as string[],
        by: body['dimensions'] as string[],
      }
      return [200, answerOf(spec, { compare: 'none' }, tick, false)]
    }
    if (kind === 'annotations') return this.#annotations(method, id, body, empty)
    if (kind === 'shares') return this.#share(method, id, body)
    if (kind === 'shared') {
      if (id !== 'good') return [404, { status: 404, title: 'Not found', detail: 'This link has ended.' }]
      if (rest === 'annotations') return this.#annotations('GET', '', body, empty)
      return rest === 'query' ? [200, this.query('executive', body, tick)] : [200, { definition: executive }]
    }
    if (kind !== 'dashboards') return undefined
    if (id === '') return [200, empty ? { dashboards: [] } : this.list()]
    if (rest === 'query') return [200, this.query(id, body, tick)]
    const board = this.#saved.get(id)
    if (method === 'PUT') {
      if ((body['if_version'] ?? '') !== (board?.version ?? ''))
        return [409, { status: 409, title: 'Conflict', detail: 'The dashboard has another version by now.' }]
      return [200, this.#keep(body['definition'] as BoardDefinition, 'saved')]
    }
    if (method === 'DELETE' && board) {
      const own = this.#platform.find(d => d.id === id)
      this.#saved.delete(id)
      return [200, own ? { restored: { id, title: own.title, version: this.#keep(own, 'platform').version } } : {}]
    }
    return board ? [200, board] : [404, { status: 404, title: 'Not found', detail: `There is no dashboard "${id}".` }]
  }

  #annotations(method: string, id: string, body: Record<string, unknown>, empty: boolean): [number, unknown] {
    if (method === 'POST')
      this.#notes.push({ id: `n${this.#notes.length + 1}`, fixed: false, ...body } as unknown as Annotation)
    if (method === 'DELETE') this.#notes = this.#notes.filter(n => n.id !== id)
    return [200, { annotations: empty ? [] : this.#notes }]
  }

  #share(method: string, id: string, body: Record<string, unknown>): [number, unknown] {
    if (method === 'DELETE') this.#shares = this.#shares.filter(s => s['id'] !== id)
    if (method !== 'POST') return [200, { shares: this.#shares }]
    this.#shares.push({ id: `s${this.#shares.length + 1}`, ...body })
    return [200, { token: 'good', url: '/shared/good' }]
  }

  stream(req: IncomingMessage, res: ServerResponse, id: string, query: URLSearchParams, tick: () => number): void {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const filters = query
      .getAll('filter')
      .map(text => ({ dimension: text.split(':')[0] ?? '', values: [text.split(':')[1] ?? ''] }))
    const asked: Asked = { ...Object.fromEntries(query), filters }
    const send = (event: string) =>
      res.write(`event: ${event}\ndata: ${JSON.stringify(this.query(id, asked, tick()))}\n\n`)
    send('snapshot')
    const timer = setInterval(() => send('charts'), 1000)
    req.on('close', () => clearInterval(timer))
  }
}

function catalogue(): unknown[] {
  const dimensions = Object.keys(VALUES).map(name => ({ name, type: 'text', description: `The ${name}.` }))
  return METRICS.map(([name, label, format, better]) => ({
    name,
    label,
    format,
    better,
    description: `${label} of the shop.`,
    owner: 'finance',
    kind: 'simple',
    area: name === 'visits' || name === 'carts' ? 'behaviour' : 'sales',
    synonyms: [],
    computed: `sum of ${name} over order_lines`,
    uses: [],
    datasets: ['order_lines'],
    dimensions,
    money: format === 'money',
    version: 'a1b2c3d4',
    file: 'sales.yaml',
    line: 1,
    built_in: true,
  }))
}
