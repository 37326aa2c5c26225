// What the mock says of jobs, watermarks and keyed state: a shop whose events come now.
import type { Job, JobFile, JobOutput, KeyState, ResultEvent, Watermarks } from '../../src/api/types.ts'
import { numberOf, TABLES } from './jobtables.ts'

const iso = (ms: number) => new Date(ms).toISOString()

function table(name: string, key: string, description: string): JobOutput {
  const columns = TABLES[name]?.columns.map(([n, type]) => ({ name: n, type, comment: '' }))
  if (!columns) throw new Error(`the mock has no table ${name}`)
  return { kind: 'table', name, description, key: key.split(' '), columns }
}

/** The same results by another way. */
const also = (kind: 'topic' | 'feed', name: string, of: JobOutput): JobOutput => ({ ...of, kind, name })

interface Sketch {
  name: string
  description: string
  /** Per second. */
  values: number
  outputs: number
  late: number
  entries: number
  bytes: number
  out: JobOutput[]
}

const decisions = table('fraud_decisions', 'payment_id', 'One row per payment: whether it may pass, its score and why.')
const alerts = table(
  'stock_alerts',
  'product_id location_id kind since',
  'When too little was available, or less than nothing.',
)
const anomalies = table(
  'volume_anomalies',
  'source type since',
  'When a source sent far fewer or far more events of a type than usual.',
)

function sketch(name: string, description: string, rates: string, out: JobOutput[]): Sketch {
  const [values = 0, outputs = 0, late = 0, entries = 0, bytes = 0] = rates.split(' ').map(Number)
  return { name, description, values, outputs, late, entries, bytes, out }
}

const SKETCHES: readonly Sketch[] = [
  sketch(
    'kpis',
    'Business figures per minute: revenue, orders, average order value, units, conversion, open carts and cancellations, in total and by channel, country and kind of device.',
    '812 46 3 184203 41943040',
    [table('kpis', 'dimension member minute', 'Business figures per minute and group; see docs/jobs.md')],
  ),
  sketch(
    'popularity',
    'Views, additions to carts and purchases per product over a sliding hour, weighted, with the trend against the hour before; and the list of the most popular products now.',
    '640 118 0 20480 9437184',
    [
      table('popularity_top', 'rank', 'The most popular products now, by rank'),
      table('popularity', 'product_id', 'How much products are used now; see docs/jobs.md'),
    ],
  ),
  sketch(
    'sessions',
    'Visits: entry, exit, campaign, events, bounce, how far they came and what they ordered; and the funnel of each hour.',
    '954 21 12 96114 30408704',
    [
      table('funnel', 'hour step_no', 'Visits per hour and step of the funnel; see docs/jobs.md'),
      table('visits', 'visitor started_at', 'Visits of the shop; see docs/jobs.md'),
    ],
  ),
  sketch(
    'carts',
    'Abandoned carts with their value and products, and whether they were recovered later.',
    '96 2.4 1 31877 18874368',
    [table('abandoned_carts', 'cart_id opened_at', 'Carts with products that were left alone; see docs/jobs.md')],
  ),
  sketch(
    'profiles',
    'Customers by recency, frequency and value of their orders, with a live segment and their favourite categories.',
    '14 14 0 58204 22020096',
    [table('customer_profiles', 'customer_id', 'Customers with their orders and segment; see docs/jobs.md')],
  ),
  sketch(
    'fraud',
    'Judges every payment when it is attempted: approve, review or block, with a score and the reasons for it.',
    '48 18 4 74310 28311552',
    [decisions, also('topic', 'fraud-alerts', decisions), also('feed', 'fraud_alerts', decisions)],
  ),
  sketch(
    'price_errors',
    'Finds prices beyond the band that is meant for their product, and the orders at them, with the value lost, until they are corrected.',
    '19 0.1 0 4200 1048576',
    [table('price_errors', 'product_id since', 'One row per wrong price: from when to when, and what was sold at it.')],
  ),
  sketch(
    'stock',
    'What is available and on hand of every product at every location, at any time, with alerts when it is low or oversold.',
    '88 91 6 12603 5242880',
    [
      alerts,
      table('stock', 'product_id location_id', 'The stock of every product at every location now.'),
      also('feed', 'stock_alerts', alerts),
    ],
  ),
  sketch(
    'volume',
    'Notices when a source sends far fewer or far more events of a type than it usually does at this hour of the week.',
    '1320 0.2 0 8112 3145728',
    [anomalies, also('feed', 'volume_alerts', anomalies)],
  ),
]

const UP_FOR = 7200
const HOLDER = 'till'

/** As of so many seconds since the mock began. */
export function jobs(now: number, tick: number, failed: boolean): Job[] {
  return SKETCHES.map(s => {
    const stopped = failed && s.name === 'stock'
    const seconds = UP_FOR + (stopped ? -600 : tick)
    return {
      name: s.name,
      version: 1,
      description: s.description,
      state: stopped ? 'failed' : 'running',
      ...(stopped
        ? {
            failure: {
              place: 'shard 3',
              reason: '1000001 entries of state, its limit is 1000000: give its state a TTL, or raise the limit',
            },
          }
        : {}),
      watermark: iso(now - (stopped ? 600_000 : 7400)),
      holder: HOLDER,
      values: Math.round(s.values * seconds),
      outputs: Math.round(s.outputs * seconds),
      late: s.late,
      entries: s.entries,
      memory_bytes: s.bytes,
      out: s.out,
    }
  })
}

/** The same jobs before the first event. */
export function idleJobs(): Job[] {
  return jobs(0, -UP_FOR, false).map(({ watermark: _, holder: __, ...job }) => ({
    ...job,
    late: 0,
    entries: 0,
    memory_bytes: 0,
  }))
}

export function watermarks(now: number, tick: number, failed: boolean): Watermarks {
  const source = (name: string, partitions: number, behind: (p: number) => number | null) => {
    const newest = Array.from({ length: partitions }, (_, p) => behind(p))
    const active = newest.flatMap((ms, p) => (ms === null ? [] : [[ms, p] as const]))
    const [most, holder] = active.reduce((a, b) => (b[0] > a[0] ? b : a), [0, 0] as const)
    return {
      source: name,
      watermark: iso(now - most - 5000),
      idle: false,
      holder,
      partitions: newest.map((ms, partition) => ({
        partition,
        newest: iso(now - (ms ?? 3_725_000)),
        received_at: iso(now - (ms ?? 3_725_000) + 120),
        idle: ms === null,
      })),
    }
  }
  const erp = {
    source: 'erp',
    watermark: iso(now - 5000),
    idle: true,
    partitions: [{ partition: 2, newest: iso(now - 5_412_000), received_at: iso(now - 5_411_000), idle: true }],
  }
  return {
    jobs: jobs(now, tick, failed).map(job => ({ job: job.name, watermark: job.watermark ?? '', holder: HOLDER })),
    sources: [
      erp,
      source('till', 4, p => (p === 1 ? null : 700 + p * 560 + (tick % 3) * 20)),
      source('web', 8, p => 120 + ((p * 37) % 11) * 64),
    ],
  }
}

/** What a job published last to an output, the oldest first. */
export function results(job: string, output: string, now: number, last: number): ResultEvent[] {
  const out = SKETCHES.find(s => s.name === job)?.out.find(o => o.name === output)
  const table = Object.values(TABLES).find(
    t => t.columns.length === out?.columns.length && t.columns[0]?.[0] === out.columns[0]?.name,
  )
  if (!out || !table) return []
  return table
    .rows(now)
    .slice(0, last)
    .map((row, i) => ({ number: numberOf(now, i), job, output, kind: out.kind, time: iso(now), row }))
    .reverse()
}

/** A shop's own jobs: one file is right, one was broken while its job ran. */
export const FILES: JobFile[] = [
  { file: 'jobs/volume.yaml', job: 'volume' },
  {
    file: 'jobs/carts.yaml',
    job: 'carts',
    problem: 'line 7, column 12: no field "amout" in an event; did you mean "amount"?',
  },
]

export function keyState(job: string, key: string): KeyState | null {
  if (key !== '17850' && key !== '{"product":"22423","location":"wh-1"}') return null
  return {
    job,
    key,
    entries: [
      {
        operator: 'profiles',
        table: 'profiles',
        key: '17850',
        value: {
          first: 1763712000000000,
          last: 1763719331000000,
          orders: 34,
          value: '5391.21',
          units: 1733,
          cancelled: '-102.58',
          categories: [
            { category: 'Lighting', lines: 118 },
            { category: 'Kitchen', lines: 64 },
          ],
          revision: 35,
        },
      },
      { operator: 'profiles', table: 'aging', key: '17850', value: 1766304000000000 },
    ],
    positions: { '0': 68_104, '1': 70_332, '2': 66_981, '3': 71_207 },
  }
}
