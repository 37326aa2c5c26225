// A number that is opened: the revenue of three lines.
import type { Explained } from '../../src/api/types.ts'
import { events } from './data.ts'

export function explained(): Explained {
  const lines = events.filter(e => e.verdict === 'accepted').slice(0, 3)
  const cents = lines.reduce((sum, e) => sum + Math.round(Number(e.amount) * 100), 0)
  const total = (cents / 100).toFixed(3)
  return {
    column: 'revenue',
    type: 'DECIMAL(38,6)',
    value: total,
    total,
    equals: true,
    reason: '',
    as_of: { positions: { 0: 270_511, 1: 269_388 }, results: 0 },
    parts: [{ expression: 'sum(amount)', row_count: lines.length, value: total }],
    row_count: lines.length,
    rows: lines.map(e => ({
      contributions: [{ counts: true, value: e.amount }],
      more_origins: 0,
      origins: [
        {
          table: 'order_lines',
          event_id: e.event_id,
          partition: e.partition,
          offset: e.offset,
          line_no: 1,
          fields: { event_time: e.event_time, order_id: e.order_id, customer_id: e.customer_id, amount: e.amount },
        },
      ],
    })),
    next_cursor: null,
    versions: [
      {
        versions:
          'onlineretail@1-dc4a77b1 rules@2.f7425f70 country@1.fba772,currency@1.f929d3,channel@1.e3b0c4,ip_country@1.6035f2,client@1,campaign@1.40c8fd,base@1.EUR.2026-04-13.729e74c3',
        events: lines.length,
        late: 0,
      },
    ],
    query: 'SELECT 1',
  }
}
