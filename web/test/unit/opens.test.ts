// Every number opens: where those of the ledger and of jobs' tables lead.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobOutput } from '../../src/api/types.ts'
import { ledgerHref, ledgerSql } from '../../src/metric.ts'
import { type Opening, openingIn, opensOf } from '../../src/page/jobs/opens.ts'
import { FIGURES, overSql } from '../../src/page/jobs/view/series.ts'
import { daysOf, hoursOf, periodOf } from '../../src/page/ledger/view.ts'

const day = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' }

test('a number of the ledger is counted where its rows are', () => {
  assert.equal(
    ledgerSql('quarantined', day, "ann's"),
    "SELECT count(*) AS quarantined FROM quarantine WHERE source = 'ann''s' AND received_at >= TIMESTAMP '2026-11-20 00:00:00' AND received_at < TIMESTAMP '2026-11-21 00:00:00'",
  )
  assert.equal(ledgerSql('open', {}, ''), "SELECT count(*) AS open FROM quarantine WHERE state = 'open'")
  assert.equal(
    ledgerSql('received', {}, ''),
    'SELECT count(*) AS received FROM (SELECT event_id AS event_id FROM events WHERE NOT recovered UNION ALL SELECT event_id AS event_id FROM duplicates UNION ALL SELECT event_id AS event_id FROM quarantine UNION ALL SELECT NULL AS event_id FROM rejections)',
  )
  const asked = new URL(ledgerHref('rejected', {}, ''), 'http://x').searchParams
  assert.equal(asked.get('q'), 'SELECT count(*) AS rejected FROM rejections')
  assert.equal(asked.get('column'), 'rejected')
})

test('days are a period with its end exclusive; what is none is not taken', () => {
  const days = daysOf(new URLSearchParams('first=2026-11-20&last=2026-11-20'))
  assert.ok(days)
  assert.deepEqual(periodOf(days), day)
  for (const wrong of [
    '',
    'first=2026-11-20',
    'first=2026-11-21&last=2026-11-20',
    'first=x&last=2026-11-20',
    'first=2026-13-01&last=2026-13-02',
  ]) {
    assert.equal(daysOf(new URLSearchParams(wrong)), null, wrong)
  }
  assert.deepEqual(hoursOf([{ hour: '2026-11-20T23:00:00Z' }, { hour: '2026-11-20T00:00:00Z' }]), day)
  assert.deepEqual(hoursOf([]), {})
})

const kpis = {
  kind: 'table',
  name: 'kpis',
  key: ['member', 'minute'],
  columns: ['member', 'minute', 'revenue', 'revision'].map(name => ({ name, type: 'BIGINT' })),
} as unknown as JobOutput

const asked = (to: Opening) => {
  assert.ok('href' in to, 'why' in to ? to.why : '')
  return new URL(to.href, 'http://x').searchParams
}
const why = (to: Opening) => ('why' in to ? to.why : assert.fail(to.href))

test('a number of a job’s table opens with the key of its row', () => {
  const columns = ['revision_no', 'member', 'minute', 'revenue'].map(name => ({ name, type: 'BIGINT' }))
  const row = [7, 'all', '2026-11-20T14:00:00Z', '12.50']
  const params = asked(openingIn(kpis, columns, row, 'revenue'))
  assert.equal(params.get('table'), 'kpis')
  assert.equal(params.get('column'), 'revenue')
  assert.deepEqual(JSON.parse(params.get('key') ?? ''), { member: 'all', minute: '2026-11-20T14:00:00Z' })
  assert.match(why(openingIn(kpis, columns, row, 'revision_no')), /how the row was published/)
  assert.match(why(openingIn(kpis, columns, row, 'minute')), /names the row/)
  assert.match(why(openingIn({ ...kpis, kind: 'topic' }, columns, row, 'revenue')), /message of a topic/)
  assert.match(why(openingIn(kpis, columns.slice(2), row, 'revenue')), /member is not shown/)
  assert.match(why(openingIn({ ...kpis, key: [] }, columns, row, 'revenue')), /no key/)
})

test('a view opens the numbers of the tables that its job publishes', () => {
  const opens = opensOf([{ ...kpis, kind: 'topic' }, kpis])
  const row = { member: null, minute: '2026-11-20T14:00:00Z', revenue: '12.50' }
  assert.deepEqual(JSON.parse(asked(opens('kpis', row, 'revenue')).get('key') ?? ''), {
    member: null,
    minute: '2026-11-20T14:00:00Z',
  })
  assert.match(why(opens('stock', row, 'available')), /no such table/)
  assert.match(why(opens('kpis', row, 'profit')), /no column profit/)
})

test('figures over a stretch of minutes are computed of the minutes that are drawn', () => {
  const group = { dimension: 'channel', member: "o'web" }
  const from = Date.parse('2026-11-20T13:00:00Z')
  const orders = FIGURES.find(figure => figure.key === 'aov')
  assert.ok(orders)
  assert.equal(
    overSql(orders, group, from, from + 3_540_000),
    `SELECT sum(revenue) / nullif(sum(orders), 0) AS average_order_value
FROM kpis
WHERE dimension = 'channel' AND member = 'o''web'
  AND minute >= TIMESTAMP '2026-11-20 13:00:00' AND minute <= TIMESTAMP '2026-11-20 13:59:00'`,
  )
})
