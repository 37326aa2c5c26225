// The ledger by hour, audits, statements, orders and alerts as the mock has them.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditReport, Escalations, LedgerEvent, OrderDay, Statement } from '../../src/api/reconcile.ts'
import type { Ledger } from '../../src/api/types.ts'
import { events } from './data.ts'

const HOUR = 3_600_000

function counts(received: number, quarantined: number, missing = 0): Ledger {
  const duplicate = Math.round(received / 50)
  const rejected = Math.round(received / 400)
  const recovered = Math.floor(quarantined / 2)
  const waived = Math.floor(quarantined / 10)
  return {
    received,
    accepted: received - duplicate - rejected - quarantined - missing,
    duplicate,
    quarantined,
    rejected,
    recovered,
    waived,
    dead: 0,
    open: quarantined - recovered - waived,
    late: 0,
    corrected: Math.round(received / 9),
    balanced: missing === 0,
  }
}

/** Hours of two sources; in one of them an event has no verdict when the ledger is off. */
export function hours(off: boolean) {
  const now = Math.floor(Date.now() / HOUR) * HOUR
  return Array.from({ length: 24 }, (_, i) => now - i * HOUR).flatMap((at, i) => [
    { source: 'onlineretail', hour: new Date(at).toISOString(), ...counts(40_000 + 997 * i, 120 + i) },
    { source: 'web', hour: new Date(at).toISOString(), ...counts(900 + 31 * i, 9, off && i === 2 ? 1 : 0) },
  ])
}

function behind(query: URLSearchParams): { events: LedgerEvent[]; next_cursor?: string } {
  const at = Number(query.get('cursor') ?? 0)
  const verdict = query.get('verdict') ?? 'received'
  const found = events.filter(
    e => verdict === 'received' || e.verdict === (verdict === 'open' ? 'quarantined' : verdict),
  )
  const page = found.slice(at, at + 50).map(
    (e): LedgerEvent => ({
      verdict: e.verdict === 'quarantined' ? 'quarantined' : 'accepted',
      table: e.verdict === 'quarantined' ? 'quarantine' : 'events',
      ...(e.verdict === 'quarantined' ? { state: 'open' } : {}),
      partition: e.partition,
      offset: e.offset,
      event_id: e.event_id,
      received_at: e.received_at,
      source: query.get('source') ?? e.source,
      stream: 'online_retail.csv',
      line: e.line,
      link: `/coordinates/${e.partition}/${e.offset}`,
    }),
  )
  return { events: page, ...(at + 50 < found.length ? { next_cursor: String(at + 50) } : {}) }
}

function report(began: string, findings: AuditReport['findings']): AuditReport {
  return {
    ok: findings.length === 0,
    began,
    seconds: 8.4,
    records: 541_909,
    acts: 12,
    rows: { events: 530_104, quarantine: 2517 },
    compared: 530_104,
    other_versions: 0,
    gone: 0,
    found: findings.length,
    findings,
  }
}

const first = events[0]
const WRONG: AuditReport['findings'] = [
  {
    kind: 'missing',
    table: 'events',
    source: 'onlineretail',
    partition: first?.partition ?? 0,
    offset: first?.offset ?? 0,
    event_id: first?.event_id ?? '',
    detail: 'no table has a row of this record, which the store has passed',
  },
  {
    kind: 'disagree',
    table: 'ledger',
    source: 'onlineretail',
    minute: '2026-11-20T09:12:00Z',
    detail: 'the ledger says 412 received, 412 accepted, the stores hold 412 received, 411 accepted',
  },
]

const DIGEST = '5f1a0c7be24d9038aa61c9e2f7d0b3345f1a0c7be24d9038aa61c9e2f7d0b334'

function statement(day: string, unbalanced: boolean): Statement {
  const web = counts(21_400, 40, unbalanced ? 1 : 0)
  return {
    day,
    closed: `${day}T23:59:59Z`,
    total: web,
    sources: [{ source: 'web', ...web }],
    previous: DIGEST,
    digest: DIGEST,
    signed: [],
  }
}

const WITNESSES = ['database', 'browser', 'invoice']

function orderDays(): OrderDay[] {
  return Array.from({ length: 28 }, (_, i) => `2026-10-${String(i + 1).padStart(2, '0')}`).flatMap((day, i) =>
    WITNESSES.slice(1).flatMap((witness, w): OrderDay[] => [
      { day, witness, reason: 'agrees', orders: 180 - w * 20 - (i % 7), amount: '9120.500' },
      { day, witness, reason: 'missing', orders: 3 + (i % 5), amount: '120.500' },
      { day, witness, reason: 'amount', orders: 1 + w, amount: '30' },
    ]),
  )
}

function differences(query: URLSearchParams): unknown {
  const reason = query.get('reason')
  const rows = events
    .filter((_, i) => i % 17 === 0)
    .slice(0, 12)
    .map((e, i) => ({
      order_id: e.order_id,
      witness: i % 2 === 0 ? 'browser' : 'invoice',
      reason: i % 3 === 0 ? 'amount' : 'missing',
      believed: {
        witness: 'database',
        amount: '24.990',
        currency: 'GBP',
        at: '2026-10-28T10:12:00Z',
        event_id: e.event_id,
      },
      ...(i % 3 === 0
        ? {
            said: {
              witness: 'browser',
              amount: '19.990',
              currency: 'GBP',
              at: '2026-10-28T10:12:04Z',
              event_id: e.event_id,
            },
          }
        : {}),
    }))
  const unique = [...new Map(rows.map(row => [`${row.order_id} ${row.witness}`, row])).values()]
  return { differences: unique.filter(row => !reason || row.reason === reason) }
}

/** The answers of one mock. */
export class Reconcile {
  private readonly reports = [report('2026-11-20T10:00:00Z', WRONG), report('2026-11-19T10:00:00Z', [])]
  private readonly days = [statement('2026-11-20', true), statement('2026-11-19', false)]
  private readonly alerts: Escalations = {
    incidents: [
      {
        id: 'i-1',
        rule: 'ledger',
        key: 'ledger.balance|ledger',
        severity: 'critical',
        title: 'The ledger does not balance: 1 rows',
        text: 'web, at 2026-11-20 09:12: 412 received, 411 with a verdict',
        link: '/ledger',
        state: 'open',
        firing: true,
        opened: new Date(Date.now() - HOUR).toISOString(),
        closed: null,
        muted_until: null,
        targets: ['ops'],
        refs: {},
        history: [{ at: new Date(Date.now() - HOUR).toISOString(), what: 'opened' }],
      },
    ],
    outbox: [
      {
        id: 'm-1',
        incident: 'i-1',
        target: 'pager',
        kind: 'open',
        title: 'The ledger does not balance: 1 rows',
        state: 'given_up',
        attempts: 8,
        at: new Date(Date.now() - HOUR).toISOString(),
        next: new Date(Date.now() - HOUR).toISOString(),
        last_error: 'the service answered 503',
      },
    ],
    targets: [
      { name: 'ops', delivered: 4, failed: 0, given_up: 0 },
      { name: 'pager', delivered: 0, failed: 8, given_up: 1 },
    ],
  }

  /** The answer, or null for an address that is none of its own. */
  answer(method: string, path: string, query: URLSearchParams, body: Record<string, string>, empty: boolean): unknown {
    const [, kind = '', a = '', b = ''] = path.split('/')
    if (path === '/ledger/events') return behind(query)
    if (path === '/audits' && method === 'GET') return { audits: empty ? [] : this.reports }
    if (path === '/statements') {
      return empty ? { statements: [], intact: true } : { statements: this.days, intact: true }
    }
    if (kind === 'statements') return this.day(a, b, body)
    if (path === '/orders/truth') {
      const witnesses = empty ? [] : WITNESSES.map(name => ({ name, sources: [name], types: [] }))
      return { from: '2026-10-01T00:00:00Z', to: '2026-10-29T00:00:00Z', witnesses, days: empty ? [] : orderDays() }
    }
    if (path === '/orders/differences') return differences(query)
    if (kind === 'escalations') return this.escalation(path, empty)
    return null
  }

  private day(day: string, what: string, body: Record<string, string>): unknown {
    const found = this.days.find(s => s.day === day)
    if (!found) return null
    const changes = day === '2026-11-19' ? ['web: 40 quarantined then, 20 recovered, 40 quarantined now'] : []
    if (what === 'sign') {
      found.signed.push({ by: body['by'] ?? '', at: new Date().toISOString(), note: body['note'] ?? '', changes })
    }
    return { ...found, changes }
  }

  private escalation(path: string, empty: boolean): unknown {
    if (path === '/escalations') return empty ? { incidents: [], outbox: [], targets: [] } : this.alerts
    const incident = this.alerts.incidents[0]
    if (path.endsWith('/acknowledge') && incident) {
      incident.state = 'acknowledged'
      return incident
    }
    if (path.endsWith('/mute') && incident) {
      incident.muted_until = new Date(Date.now() + HOUR).toISOString()
      return incident
    }
    if (path === '/escalations/retry') {
      const messages = this.alerts.outbox.splice(0).length
      return { messages }
    }
    return path === '/escalations/test' ? {} : null
  }

  /** An audit goes on once this is kept; a test that wants to see one at work holds it. */
  gate: Promise<void> = Promise.resolve()

  /** An audit that reads for a while, and finds nothing. */
  async run(req: IncomingMessage, res: ServerResponse): Promise<void> {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    for (let i = 0; i <= 4 && !req.socket.destroyed; i += 1) {
      res.write(`event: progress\ndata: {"read":${i * 100_000},"of":400000}\n\n`)
      await this.gate
    }
    const done = report(new Date().toISOString(), [])
    this.reports.unshift(done)
    res.end(`event: result\ndata: ${JSON.stringify(done)}\n\n`)
  }
}
