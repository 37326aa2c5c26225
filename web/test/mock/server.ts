// A stand-in for `millrace up`: the HTTP API with fixed data, the built console, and moods to test with.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Problem } from '../../src/api/types.ts'
import { Boards } from './boards.ts'
import * as data from './data.ts'
import { explained } from './explain.ts'
import * as jobs from './jobs.ts'
import { runJobSql } from './jobsql.ts'
import { lake } from './lake.ts'
import { lineage } from './lineage.ts'
import { quality } from './quality.ts'
import { Quarantine } from './quarantine.ts'
import { Queries } from './queries.ts'
import { hours, Reconcile } from './reconcile.ts'
import { runSql } from './sql.ts'

/** real: all is well. empty: nothing came yet. loading: no answer comes. error: 500. gone: connections are cut. off: the ledger is short. failed: a job was stopped. none: no jobs run. */
export type Mood = 'real' | 'empty' | 'loading' | 'error' | 'gone' | 'off' | 'failed' | 'none'

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const DIST = process.env['DIST'] ?? fileURLToPath(new URL('../../../internal/gateway/console/dist', import.meta.url))
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface Mock {
  url: string
  mood: Mood
  /** Bytes of every response so far by path, for the budget. */
  sent: Map<string, number>
  /** Audits stand where they are until what is returned is called. */
  holdAudits: () => () => void
  close: () => Promise<void>
}

interface State {
  mood: Mood
  tick: number
  replay: boolean
  started: number
  held: Quarantine
  reconcile: Reconcile
  queries: Queries
  boards: Boards
}

const DAY = 86_400_000

function clockOf(state: State): data.Clock {
  const newest = state.replay
    ? Math.min(data.LAST, Date.parse('2010-12-20T12:00:00Z') + state.tick * 6 * DAY)
    : data.LAST
  return { tick: state.tick, newest, asOf: new Date().toISOString() }
}

function json(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  res.end(JSON.stringify(body))
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function listEvents(query: URLSearchParams): unknown {
  const q = query.get('q')?.toLowerCase()
  const from = query.get('from') ?? ''
  const to = query.get('to') ?? '9'
  const found = data.events.filter(e => {
    if (q && ![e.event_id, e.order_id.toLowerCase(), e.customer_id.toLowerCase()].includes(q)) return false
    for (const key of ['order_id', 'customer_id', 'source', 'type'] as const) {
      if (query.get(key) && e[key] !== query.get(key)) return false
    }
    return (e.event_time ?? '') >= from && (e.event_time ?? '') < to
  })
  const at = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  const next = at + limit < found.length ? String(at + limit) : ''
  return { events: found.slice(at, at + limit).map(({ raw: _, ...event }) => event), next_cursor: next }
}

function onePassport(res: ServerResponse, found: data.MockEvent | undefined, name: string): void {
  if (found) json(res, 200, data.passport(found))
  else json(res, 404, { status: 404, title: 'Not found', detail: `No event ${name} is in the log or in any table.` })
}

function ledger(query: URLSearchParams, state: State): unknown {
  const empty = state.mood === 'empty'
  const total = empty ? data.NO_LEDGER : data.platform(0).ledger
  const audit = query.get('check') === 'true' ? { ok: true, findings: [] } : null
  if (empty) return { total, rows: [], audit }
  if (query.get('by') === 'hour') return { total, rows: hours(state.mood === 'off'), audit }
  if (query.get('by') === 'minute') {
    const start = Date.parse('2026-11-21T09:00:00Z')
    const rows = Array.from({ length: 30 }, (_, i) => ({
      ...data.web,
      source: 'onlineretail',
      minute: new Date(start + i * 60_000).toISOString(),
      received: Math.round(18_000 + 6000 * Math.sin(i / 4) + 900 * Math.sin(i * 2)),
    }))
    return { total, rows, audit }
  }
  return {
    total,
    rows: [
      { source: 'onlineretail', ...data.retail },
      { source: 'web', ...data.web },
    ],
    audit,
  }
}

function statusOf(state: State): unknown {
  const status = data.status(clockOf(state), new Date(state.started).toISOString(), (Date.now() - state.started) / 1000)
  if (state.mood === 'empty') {
    return {
      ...status,
      ledger: data.NO_LEDGER,
      events_per_second: 0,
      freshness_ms: { p50: 0, p99: 0 },
      lag: 0,
      event_time: null,
      partitions: status.partitions?.map(p => ({ ...p, end: 0, committed: 0, position: 0, lag: 0 })),
    }
  }
  if (state.mood === 'off')
    return { ...status, ledger: { ...status.ledger, accepted: status.ledger.accepted - 1200, balanced: false } }
  return status
}

function overviewOf(query: URLSearchParams, state: State) {
  if (state.mood === 'empty') return data.emptyOverview(new Date().toISOString())
  const overview = data.overview(query, clockOf(state))
  if (state.mood !== 'off') return overview
  const { ledger: l } = overview.platform
  return {
    ...overview,
    platform: { ...overview.platform, ledger: { ...l, accepted: l.accepted - 60_000, balanced: false } },
  }
}

function stream(req: IncomingMessage, res: ServerResponse, query: URLSearchParams, state: State): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const send = () => {
    if (state.mood === 'gone') return void req.socket.destroy()
    if (state.mood === 'error') return void res.end()
    res.write(`event: overview\ndata: ${JSON.stringify(overviewOf(query, state))}\n\n`)
  }
  send()
  const timer = setInterval(send, 1000)
  req.on('close', () => clearInterval(timer))
}

async function sql(req: IncomingMessage, res: ServerResponse, state: State): Promise<void> {
  const { query } = JSON.parse(await bodyOf(req)) as { query: string }
  // It ends when it is cancelled, and not before.
  if (/slow/.test(query)) return
  const answer = runJobSql(query, Date.now(), state.mood === 'empty') ?? runSql(query)
  if (!('columns' in answer)) return json(res, (answer as Problem).status ?? 400, answer)
  const accept = req.headers.accept ?? ''
  if (accept.includes('csv')) {
    res.writeHead(200, { 'content-type': 'text/csv' })
    const lines = [answer.columns.map(c => c.name), ...(answer.rows ?? [])]
    res.end(`${lines.map(line => line.join(',')).join('\n')}\n`)
  } else if (accept.includes('arrow')) {
    res.writeHead(200, { 'content-type': 'application/vnd.apache.arrow.stream' })
    res.end(Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]))
  } else json(res, 200, answer)
}

function jobsOf(path: string, state: State): unknown {
  const failed = state.mood === 'failed'
  if (state.mood === 'none') return path === '/jobs' ? { jobs: [], files: [] } : { jobs: [], sources: [] }
  const all = state.mood === 'empty' ? jobs.idleJobs() : jobs.jobs(Date.now(), state.tick, failed)
  if (path === '/jobs') return { jobs: all, files: failed ? jobs.FILES : [] }
  return state.mood === 'empty'
    ? { jobs: all.map(job => ({ job: job.name })), sources: [] }
    : jobs.watermarks(Date.now(), state.tick, failed)
}

function oneState(res: ServerResponse, job: string, key: string): void {
  const found = jobs.keyState(job, key)
  if (found) json(res, 200, found)
  else json(res, 404, { status: 404, title: 'Not found', detail: `Job "${job}" keeps nothing of key ${key}.` })
}

/** A job's results: the newest hundred, then one each 700 ms. */
function results(req: IncomingMessage, res: ServerResponse, job: string, output: string, state: State): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  res.write(': here\n\n')
  if (state.mood === 'empty') return
  const send = (last: number) => {
    if (state.mood === 'gone' || state.mood === 'error') return void req.socket.destroy()
    for (const event of jobs.results(job, output, Date.now(), last)) {
      res.write(`id: ${event.number}\nevent: result\ndata: ${JSON.stringify(event)}\n\n`)
    }
  }
  send(100)
  const timer = setInterval(() => send(1), 700)
  req.on('close', () => clearInterval(timer))
}

async function quarantine(
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  query: URLSearchParams,
  state: State,
): Promise<void> {
  if (state.mood === 'empty') {
    return json(res, 200, { total: 0, open: 0, amount: '0', groups: [], more: false, items: [], runs: [] })
  }
  const text = await bodyOf(req)
  const answer = state.held.answer(req.method ?? 'GET', path, query, text === '' ? null : JSON.parse(text))
  if (answer) json(res, 200, answer)
  else json(res, 404, { status: 404, title: 'Not found', detail: 'There is no such group or event.' })
}

async function api(req: IncomingMessage, res: ServerResponse, url: URL, state: State): Promise<void> {
  const path = url.pathname.replace('/api/v1', '')
  const empty = state.mood === 'empty'
  if (state.mood === 'gone') return void req.socket.destroy()
  if (state.mood === 'loading') return
  if (state.mood === 'error' && path !== '/status') {
    return json(res, 500, {
      status: 500,
      title: 'Internal error',
      detail: 'The analytics store did not answer within 10 s.',
    })
  }
  if (path === '/status') return json(res, 200, statusOf(state))
  if (path === '/overview') return json(res, 200, overviewOf(url.searchParams, state))
  if (path === '/definitions') return json(res, 200, { definitions: data.definitions(url.searchParams) })
  if (path === '/overview/stream') return stream(req, res, url.searchParams, state)
  if (path === '/ledger') return json(res, 200, ledger(url.searchParams, state))
  if (path === '/events') return json(res, 200, empty ? { events: [], next_cursor: '' } : listEvents(url.searchParams))
  if (path.startsWith('/quarantine/')) return quarantine(req, res, path, url.searchParams, state)
  const held = quality(path, req.method ?? 'GET', empty)
  if (held) return json(res, 200, held)
  const stored = lake(path, state.mood)
  if (stored) return json(res, 'status' in stored ? (stored.status ?? 404) : 200, stored)
  const derived = lineage(path, url.searchParams, empty)
  if (derived) return json(res, 'status' in derived ? (derived.status ?? 404) : 200, derived)
  if (path === '/sources') return json(res, 200, { sources: empty ? [] : data.sources(Date.now()) })
  if (path === '/sources/web/health') return json(res, 200, data.health(Date.now()))
  if (path === '/schema') return json(res, 200, { tables: data.schema, reader: data.reader })
  if (path === '/sql/slow' || /^\/queries(\/|$)/.test(path)) {
    const text = await bodyOf(req)
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    const answer = state.queries.answer(req.method ?? 'GET', path, body, empty) as { status?: number }
    return json(res, answer.status ?? 200, answer)
  }
  if ((path === '/sql' || path === '/lake/sql') && req.method === 'POST') return sql(req, res, state)
  if (path === '/explain' && req.method === 'POST') return json(res, 200, explained())
  if (path === '/jobs' || path === '/watermarks') return json(res, 200, jobsOf(path, state))
  if (path === '/audits' && req.method === 'POST') return state.reconcile.run(req, res)
  if (/^\/(ledger\/events|audits|statements|orders|escalations)/.test(path)) {
    const text = await bodyOf(req)
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, string>)
    const answer = state.reconcile.answer(req.method ?? 'GET', path, url.searchParams, body, empty)
    if (answer) return json(res, 200, answer)
  }
  const [, kind, a = '', b = ''] = path.split('/')
  if ((kind === 'dashboards' || kind === 'shared') && b === 'live') {
    return state.boards.stream(req, res, kind === 'shared' ? 'executive' : a, url.searchParams, () => state.tick)
  }
  if (/^\/(dashboards|annotations|shares|shared|metrics)(\/|$)/.test(path)) {
    const text = await bodyOf(req)
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    const found = state.boards.answer(req.method ?? 'GET', path, body, state.tick, empty)
    if (found) return json(res, ...found)
  }
  if (kind === 'jobs' && b === 'results')
    return results(req, res, decodeURIComponent(a), url.searchParams.get('output') ?? '', state)
  if (kind === 'state') return oneState(res, decodeURIComponent(a), decodeURIComponent(b))
  if (kind === 'events')
    return onePassport(
      res,
      data.events.find(e => e.event_id === a),
      a,
    )
  if (kind === 'coordinates') {
    return onePassport(
      res,
      data.events.find(e => String(e.partition) === a && String(e.offset) === b),
      `${a}/${b}`,
    )
  }
  json(res, 404, { status: 404, title: 'Not found', detail: `There is no ${url.pathname}.` })
}

async function file(res: ServerResponse, path: string, sent: Map<string, number>): Promise<void> {
  const name = extname(path) ? path : '/index.html'
  try {
    const body = await readFile(join(DIST, name))
    sent.set(name, body.length)
    res.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    res.end(body)
  } catch {
    res.writeHead(404).end()
  }
}

export async function startMock(options: { port?: number; mood?: Mood; replay?: boolean } = {}): Promise<Mock> {
  const state: State = {
    mood: options.mood ?? 'real',
    tick: 0,
    replay: options.replay ?? false,
    started: Date.now(),
    held: new Quarantine(),
    reconcile: new Reconcile(),
    queries: new Queries(),
    boards: new Boards(),
  }
  const sent = new Map<string, number>()
  const server: Server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://mock')
    const handled = url.pathname.startsWith('/api/') ? api(req, res, url, state) : file(res, url.pathname, sent)
    handled.catch(error => json(res, 500, { status: 500, title: 'The mock failed', detail: String(error) }))
  })
  const timer = setInterval(() => {
    state.tick += 1
  }, 1000)
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mood() {
      return state.mood
    },
    set mood(mood: Mood) {
      state.mood = mood
    },
    sent,
    holdAudits: () => {
      let release = () => {}
      state.reconcile.gate = new Promise(resolve => {
        release = resolve
      })
      return () => release()
    },
    close: async () => {
      clearInterval(timer)
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
