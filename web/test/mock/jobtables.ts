// Rows of the jobs' tables, made up for a shop whose events come now; equal for equal minutes.
import { readFileSync } from 'node:fs'

export type Column = [name: string, type: string]
type Row = Record<string, unknown>

export interface Table {
  columns: Column[]
  /** The newest row first. */
  rows: (now: number) => Row[]
}

const MINUTE = 60_000
const HOUR = 3_600_000
const iso = (ms: number) => new Date(ms).toISOString()
const money = (units: number) => units.toFixed(6)

/** The number of the result that lies i behind the newest. */
export const numberOf = (now: number, i: number) => Math.floor((now - Date.parse('2026-01-01')) / 50) - i

/** A number from 0 to 1 that looks random and is not. */
export function chance(...seeds: number[]): number {
  let hash = 2_166_136_261
  for (const seed of seeds) hash = Math.imul(hash ^ Math.floor(seed), 16_777_619) ^ (hash >>> 13)
  return ((hash >>> 0) % 10_007) / 10_007
}

const products = Object.values(
  JSON.parse(readFileSync(new URL('./fixture/products.json', import.meta.url), 'utf8')) as Record<
    string,
    [string, string][]
  >,
)[0] as [string, string][]

export const PRODUCTS = products.slice(0, 20)
export const productOf = (i: number) => PRODUCTS[i % PRODUCTS.length]?.[0] ?? '22423'

function columns(text: string): Column[] {
  return text.split(', ').map(part => {
    const cut = part.indexOf(' ')
    return [part.slice(0, cut), part.slice(cut + 1)]
  })
}

export const MEMBERS: Record<string, Record<string, number>> = {
  total: { all: 1 },
  channel: { web: 0.58, app: 0.27, store: 0.13, phone: 0.02 },
  country: { GB: 0.55, DE: 0.12, FR: 0.1, NL: 0.08, IE: 0.07, US: 0.05, SE: 0.03 },
  device: { desktop: 0.34, mobile: 0.4, app: 0.16, tablet: 0.06, till: 0.04 },
}

/** The figures of a minute; the one that goes on has only its part of them. */
export function minute(at: number, now: number, share: number): Row {
  const part = Math.min((now - at) / MINUTE, 1)
  const swing = 1 + 0.35 * Math.sin(at / (47 * MINUTE)) + 0.25 * (chance(at / MINUTE) - 0.5)
  const orders = Math.round(24 * swing * share * part)
  const revenue = orders * (41 + 14 * chance(at / MINUTE, 3))
  const sessions = Math.round(560 * swing * share * part)
  return {
    minute: iso(at),
    revision: 60,
    phase: part < 1 ? 'early' : 'on_time',
    revenue: money(revenue),
    orders,
    average_order_value: money(orders > 0 ? revenue / orders : 0),
    units: Math.round(orders * 3.4),
    sessions_with_view: sessions,
    conversion: sessions > 0 ? orders / sessions : 0,
    open_carts: Math.round((1840 + 160 * Math.sin(at / (71 * MINUTE))) * share),
    cancellations: chance(at / MINUTE, 9) > 0.7 ? 1 : 0,
    cancelled_amount: money(0),
  }
}

function kpis(now: number): Row[] {
  const newest = Math.floor(now / MINUTE) * MINUTE
  return Array.from({ length: 100 }, (_, i) => {
    const dimension = Object.keys(MEMBERS)[i % 4] as string
    const [member, share] = Object.entries(MEMBERS[dimension] ?? {})[Math.floor(i / 4) % 3] ?? ['all', 1]
    return { dimension, member, ...minute(newest - Math.floor(i / 12) * MINUTE, now, share) }
  })
}

const score = (i: number, now: number) => Math.round(940 / (1 + i * 0.22) + 30 * chance(i, now / 5000))

function popularityTop(now: number): Row[] {
  return PRODUCTS.map(([id], i) => ({
    rank: i + 1,
    revision: 40,
    retracted: false,
    product_id: id,
    score: score(i, now),
  })).sort((a, b) => a.rank - b.rank)
}

const STEP = 5 * MINUTE

function popularity(now: number): Row[] {
  const newest = Math.floor(now / MINUTE) * MINUTE
  return PRODUCTS.flatMap(([id], i) =>
    Array.from({ length: 24 }, (_, n) => {
      const until = newest - (23 - n) * STEP
      const course = score(i, until) * (1 + 0.4 * Math.sin(i + n / (4 + (i % 5))))
      return {
        product_id: id,
        until: iso(until),
        revision: 1,
        retracted: false,
        views: Math.round(course * 0.5),
        additions: Math.round(course * 0.07),
        purchases: Math.round(course * 0.029),
        score: Math.round(course),
        score_before: Math.round(course * (1 - 0.2 * Math.cos(i))),
        trend: Math.round(course * 0.2 * Math.cos(i)),
      }
    }),
  )
}

export const STEPS = ['visit', 'view', 'cart', 'checkout', 'payment', 'order'] as const
const REACH = [1, 0.71, 0.19, 0.094, 0.071, 0.046]

function funnel(now: number): Row[] {
  const newest = Math.floor(now / HOUR) * HOUR
  return Array.from({ length: 168 }, (_, h) => {
    const at = newest - h * HOUR
    const visits = 5200 * (1 + 0.6 * Math.sin(at / (4 * HOUR))) * (h === 0 ? 0.4 : 1)
    return STEPS.map((step, no) => ({
      hour: iso(at),
      step_no: no,
      step,
      revision: 12,
      phase: h === 0 ? 'early' : 'on_time',
      visits: Math.round(visits * ((REACH[no] ?? 0) * (1 + (no === 0 ? 0 : 0.2 * (chance(h, no) - 0.5))))),
    }))
  }).flat()
}

function visits(now: number): Row[] {
  return Array.from({ length: 40 }, (_, i) => ({
    visitor: `v${(chance(i) * 1e6).toFixed(0)}`,
    started_at: iso(now - 2_400_000 - i * 4000),
    ended_at: iso(now - 1_900_000 - i * 4000),
    revision: 1,
    phase: 'on_time',
    retracted: false,
    customer_id: i % 3 === 0 ? String(12_000 + i) : null,
    channel: i % 2 === 0 ? 'web' : 'app',
    country: 'GB',
    entry_page: '/',
    exit_page: '/checkout',
    campaign: i % 5 === 0 ? 'autumn' : null,
    events: 3 + (i % 17),
    bounce: false,
    step_no: i % 6,
    step: STEPS[i % 6],
    orders: i % 6 === 5 ? 1 : 0,
    order_value: money(i % 6 === 5 ? 54.2 : 0),
  }))
}

function carts(now: number): Row[] {
  return Array.from({ length: 50 }, (_, i) => {
    const at = now - 40_000 - i * 97_000
    const recovered = chance(i, 5) > 0.82
    return {
      cart_id: `cart-${81_204 - i}`,
      opened_at: iso(at - 5_400_000),
      revision: 1,
      retracted: false,
      last_event_at: iso(at - HOUR),
      abandoned_at: iso(at),
      times: 1,
      customer_id: i % 3 === 0 ? String(12_346 + i * 7) : null,
      anonymous_id: `anon-${(chance(i) * 1e6).toFixed(0)}`,
      channel: 'web',
      country: 'GB',
      currency: i % 11 === 4 ? 'EUR' : 'GBP',
      value: money(12 + 180 * chance(i, 2)),
      pieces: 1 + Math.floor(9 * chance(i, 3)),
      product_ids: JSON.stringify(Array.from({ length: 1 + (i % 4) }, (_, k) => productOf(i + k))),
      recovered,
      recovered_at: recovered ? iso(at + 1_200_000) : null,
      order_id: recovered ? `W-${90_211 + i}` : null,
    }
  })
}

const SEGMENTS = [
  'champion',
  'loyal',
  'new',
  'promising',
  'needs_attention',
  'cannot_lose',
  'at_risk',
  'hibernating',
  'lost',
]

function profiles(now: number): Row[] {
  return Array.from({ length: 60 }, (_, i) => ({
    customer_id: String(12_346 + i * 13),
    revision: 3,
    first_order_at: iso(now - 200 * 24 * HOUR),
    last_order_at: iso(now - i * HOUR),
    orders: 1 + (i % 12),
    value: money(40 + 900 * chance(i)),
    units: 10 + i,
    cancelled: money(0),
    recency_score: 5 - (i % 5),
    frequency_score: 1 + (i % 5),
    value_score: 1 + (i % 5),
    segment: SEGMENTS[i % SEGMENTS.length],
    favourite_categories: '["Lighting","Kitchen"]',
  }))
}

const REASONS = [
  [
    { rule: 'tested_cards', by: 'device', score: 80, evidence: '9 cards in 15 min, 7 of 9 answered payments declined' },
    { rule: 'velocity', by: 'device', score: 20, evidence: '9 attempts in 10 min' },
  ],
  [{ rule: 'impossible_travel', by: 'account', score: 50, evidence: 'London to Singapore, 10,841 km in 42 min' }],
  [{ rule: 'failures_before_success', by: 'card', score: 40, evidence: '5 declined payments, then an authorized one' }],
  [
    { rule: 'fresh_account', by: 'account', score: 45, evidence: 'account of 3 h pays 1,480.00' },
    { rule: 'outlier', by: 'account', score: 40, evidence: '9.2 times the mean of 6 payments' },
  ],
]

function decisions(now: number): Row[] {
  return Array.from({ length: 50 }, (_, i) => {
    const reasons = REASONS[i % REASONS.length] ?? []
    const total = Math.min(
      reasons.reduce((sum, reason) => sum + reason.score, 0),
      100,
    )
    return {
      payment_id: `pay-${48_120 - i}`,
      order_id: `W-${90_300 - i}`,
      customer_id: String(14_200 + ((i * 31) % 900)),
      time: iso(now - 3000 - i * 41_000),
      amount: money(24 + 1500 * chance(i, 8) * chance(i, 9)),
      decision: total >= 80 ? 'block' : total >= 40 ? 'review' : 'approve',
      score: total,
      reasons: JSON.stringify(reasons),
      revision: 1,
    }
  })
}

function stockAlerts(now: number): Row[] {
  return Array.from({ length: 30 }, (_, i) => ({
    product_id: productOf(i),
    location_id: i % 3 === 0 ? 'shop-2' : 'wh-1',
    kind: i % 5 === 1 ? 'oversold' : 'low',
    since: iso(now - 60_000 - i * 640_000),
    until: i > 7 ? iso(now - i * 210_000) : null,
    order_id: i % 2 === 0 ? `W-${90_290 - i}` : null,
    lowest: i % 5 === 1 ? -3 - (i % 4) : i % 5,
    revision: 1,
    retracted: false,
    available: i > 7 ? 140 + i : i % 5 === 1 ? -2 : i % 5,
  }))
}

function stock(): Row[] {
  return PRODUCTS.map(([id], i) => ({
    product_id: id,
    location_id: 'wh-1',
    available: 12 + i * 9,
    on_hand: 20 + i * 9,
    revision: 1,
  }))
}

function priceErrors(now: number): Row[] {
  return Array.from({ length: 9 }, (_, i) => {
    const expected = 12 + 40 * chance(i, 4)
    const low = i % 4 !== 3
    const price = low ? expected / 10 : expected * 10
    const pieces = low ? 3 + i * 2 : 0
    return {
      product_id: productOf(i + 3),
      since: iso(now - 240_000 - i * 5_100_000),
      until: i > 1 ? iso(now - i * 4_900_000) : null,
      direction: low ? 'too_low' : 'too_high',
      price: money(price),
      band_low: money(expected / 2),
      band_high: money(expected * 1.3),
      expected_price: money(expected),
      basis: 'list',
      orders: Math.ceil(pieces / 2),
      pieces,
      value_lost: money(pieces * (expected - price)),
      revision: 1,
      retracted: false,
    }
  })
}

function anomalies(now: number): Row[] {
  return Array.from({ length: 6 }, (_, i) => ({
    source: i % 2 === 0 ? 'web' : 'till',
    type: ['product_viewed', 'order_completed', 'page'][i % 3],
    since: iso(now - 1_500_000 - i * 9_000_000),
    until: iso(now - 300_000 - i * 8_700_000),
    over: i > 0,
    direction: i % 2 === 0 ? 'busy' : 'quiet',
    observed: i % 2 === 0 ? 48_211 : 12,
    expected: i % 2 === 0 ? 12_040 : 611,
    sigmas: 6.4,
    basis: 'hour_of_week',
    revision: 4,
    retracted: false,
  }))
}

const KPI =
  'dimension VARCHAR, member VARCHAR, minute TIMESTAMP, revision BIGINT, phase VARCHAR, revenue DECIMAL(18,6), orders BIGINT, average_order_value DECIMAL(18,6), units BIGINT, sessions_with_view BIGINT, conversion DOUBLE, open_carts BIGINT, cancellations BIGINT, cancelled_amount DECIMAL(18,6)'
const VISIT =
  'visitor VARCHAR, started_at TIMESTAMP, ended_at TIMESTAMP, revision BIGINT, phase VARCHAR, retracted BOOLEAN, customer_id VARCHAR, channel VARCHAR, country VARCHAR, entry_page VARCHAR, exit_page VARCHAR, campaign VARCHAR, events BIGINT, bounce BOOLEAN, step_no INTEGER, step VARCHAR, orders BIGINT, order_value DECIMAL(18,6)'
const CART =
  'cart_id VARCHAR, opened_at TIMESTAMP, revision BIGINT, retracted BOOLEAN, last_event_at TIMESTAMP, abandoned_at TIMESTAMP, times BIGINT, customer_id VARCHAR, anonymous_id VARCHAR, channel VARCHAR, country VARCHAR, currency VARCHAR, value DECIMAL(18,6), pieces BIGINT, product_ids VARCHAR, recovered BOOLEAN, recovered_at TIMESTAMP, order_id VARCHAR'
const PROFILE =
  'customer_id VARCHAR, revision BIGINT, first_order_at TIMESTAMP, last_order_at TIMESTAMP, orders BIGINT, value DECIMAL(18,6), units BIGINT, cancelled DECIMAL(18,6), recency_score INTEGER, frequency_score INTEGER, value_score INTEGER, segment VARCHAR, favourite_categories VARCHAR'
const POPULAR =
  'product_id VARCHAR, until TIMESTAMP, revision BIGINT, retracted BOOLEAN, views BIGINT, additions BIGINT, purchases BIGINT, score BIGINT, score_before BIGINT, trend BIGINT'
const PRICE =
  'product_id VARCHAR, since TIMESTAMP, until TIMESTAMP, direction VARCHAR, price DECIMAL(18,6), band_low DECIMAL(18,6), band_high DECIMAL(18,6), expected_price DECIMAL(18,6), basis VARCHAR, orders BIGINT, pieces BIGINT, value_lost DECIMAL(18,6), revision BIGINT, retracted BOOLEAN'

export const TABLES: Record<string, Table> = {
  kpis: { columns: columns(KPI), rows: kpis },
  popularity_top: {
    columns: columns('rank INTEGER, revision BIGINT, retracted BOOLEAN, product_id VARCHAR, score BIGINT'),
    rows: popularityTop,
  },
  popularity: { columns: columns(POPULAR), rows: popularity },
  funnel: {
    columns: columns('hour TIMESTAMP, step_no INTEGER, step VARCHAR, revision BIGINT, phase VARCHAR, visits BIGINT'),
    rows: funnel,
  },
  visits: { columns: columns(VISIT), rows: visits },
  abandoned_carts: { columns: columns(CART), rows: carts },
  customer_profiles: { columns: columns(PROFILE), rows: profiles },
  fraud_decisions: {
    columns: columns(
      'payment_id VARCHAR, order_id VARCHAR, customer_id VARCHAR, time TIMESTAMP, amount DECIMAL(18,6), decision VARCHAR, score INTEGER, reasons VARCHAR, revision BIGINT',
    ),
    rows: decisions,
  },
  stock_alerts: {
    columns: columns(
      'product_id VARCHAR, location_id VARCHAR, kind VARCHAR, since TIMESTAMP, until TIMESTAMP, order_id VARCHAR, lowest BIGINT, revision BIGINT, retracted BOOLEAN',
    ),
    rows: stockAlerts,
  },
  stock: {
    columns: columns('product_id VARCHAR, location_id VARCHAR, available BIGINT, on_hand BIGINT, revision BIGINT'),
    rows: stock,
  },
  price_errors: { columns: columns(PRICE), rows: priceErrors },
  volume_anomalies: {
    columns: columns(
      'source VARCHAR, type VARCHAR, since TIMESTAMP, until TIMESTAMP, over BOOLEAN, direction VARCHAR, observed BIGINT, expected BIGINT, sigmas DOUBLE, basis VARCHAR, revision BIGINT, retracted BOOLEAN',
    ),
    rows: anomalies,
  },
}
