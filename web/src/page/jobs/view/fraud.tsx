import type { Row } from '../../../api/types.ts'
import { count, moneyCents, moneyExact, percent } from '../../../format.ts'
import { literal } from '../../../metric.ts'
import { patched, usePatch, usePlace } from '../../../router.ts'
import { Link, Segments } from '../../../ui/control.tsx'
import { Time } from '../../../ui/state.tsx'
import { VerdictMark } from '../../../ui/verdict.tsx'
import { Id } from '../cell.tsx'
import { Opened } from '../opened.tsx'
import { computed } from '../opens.ts'
import { useRows } from '../query.ts'
import { jsonOf, number, text } from '../read.ts'
import { useCurrency } from './currency.ts'
import { List, Share, Totals, ViewPanel, type ViewProps } from './frame.tsx'

const DAY = 'time > (SELECT max(time) FROM fraud_decisions) - INTERVAL 24 HOUR'

const SUMS = `SELECT decision, count(*) AS payments, sum(amount) AS amount
FROM fraud_decisions
WHERE ${DAY}
GROUP BY decision`

const ALL = `SELECT count(*) AS payments
FROM fraud_decisions
WHERE ${DAY}`

const SHOWN = { suspect: 'Suspect', block: 'Blocked', review: 'To review', all: 'All' } as const
type Shown = keyof typeof SHOWN

function listSql(shown: Shown): string {
  const where = {
    suspect: "\nWHERE decision <> 'approve'",
    block: "\nWHERE decision = 'block'",
    review: "\nWHERE decision = 'review'",
    all: '',
  }
  return `SELECT payment_id, order_id, customer_id, time, amount, decision, score, reasons
FROM fraud_decisions${where[shown]}
ORDER BY time DESC
LIMIT 50`
}

interface Sum {
  decision: string
  payments: number
  amount: string
}

const readSum = (row: Row): Sum => ({
  decision: text(row['decision']),
  payments: number(row['payments']),
  amount: text(row['amount']),
})

interface Reason {
  rule: string
  by: string
  score: number
  evidence: string
}

interface Payment {
  row: Row
  id: string
  order: string
  customer: string
  time: string
  amount: string
  decision: string
  score: number
  reasons: Reason[]
}

const readPayment = (row: Row): Payment => ({
  row,
  id: text(row['payment_id']),
  order: text(row['order_id']),
  customer: text(row['customer_id']),
  time: text(row['time']),
  amount: text(row['amount']),
  decision: text(row['decision']),
  score: number(row['score']),
  reasons: jsonOf<Reason[]>(row['reasons'], []),
})

/** The events of the payments that are shown: a decision names its payment, the event is what can be looked into. */
function usePassports(payments: readonly Payment[]): ReadonlyMap<string, string> {
  const orders = [...new Set(payments.map(p => p.order))].filter(id => id !== '').sort()
  const sql =
    orders.length === 0
      ? null
      : `SELECT event_id, json_extract_string(properties, '$.payment_id') AS payment_id
FROM events
WHERE type = 'payment_attempted'
  AND order_id IN (${orders.map(literal).join(', ')})`
  const { items } = useRows(sql, readPassport, Number.POSITIVE_INFINITY)
  return new Map(items)
}

const readPassport = (row: Row): [string, string] => [text(row['payment_id']), text(row['event_id'])]

/** Where a payment's event is: its passport once that is known, else the order's attempts to pay. */
function passportHref(payment: Payment, passports: ReadonlyMap<string, string>): string {
  const id = passports.get(payment.id)
  if (id) return `/events/${id}`
  return patched(
    { path: '/events', params: new URLSearchParams() },
    { order_id: payment.order, type: 'payment_attempted' },
  )
}

const MARKS = { approve: 'accepted', review: 'quarantined', block: 'rejected' } as const
const WORDS: Record<string, string> = { approve: 'Approved', review: 'Review', block: 'Blocked' }

function Decision({ decision }: { decision: string }) {
  return (
    <span className="verdict">
      <VerdictMark verdict={MARKS[decision as keyof typeof MARKS] ?? 'pending'} />
      {WORDS[decision] ?? decision}
    </span>
  )
}

/** Payments that were not simply approved, with the reasons. */
export function FraudView({ opens }: ViewProps) {
  const { params } = usePlace()
  const patch = usePatch()
  const currency = useCurrency()
  const asked = params.get('decision') ?? ''
  const shown: Shown = asked in SHOWN ? (asked as Shown) : 'suspect'
  const sql = listSql(shown)
  const sums = useRows(SUMS, readSum)
  const payments = useRows(sql, readPayment)
  const passports = usePassports(payments.items ?? [])
  const score = (p: Payment) => (
    <Opened to={opens('fraud_decisions', p.row, 'score')} exact={count(p.score)}>
      <b>{count(p.score)}</b>
    </Opened>
  )
  const amount = (p: Payment) => (
    <Opened to={opens('fraud_decisions', p.row, 'amount')} exact={moneyExact(p.amount, currency)}>
      {moneyCents(p.amount, currency)}
    </Opened>
  )
  const tools = (
    <Segments
      label="Decisions shown"
      value={shown}
      choices={(Object.keys(SHOWN) as Shown[]).map(value => ({ value, label: SHOWN[value] }))}
      onChange={value => patch({ decision: value === 'suspect' ? null : value }, { replace: true })}
    />
  )
  return (
    <>
      {sums.items && sums.items.length > 0 && <Sums sums={sums.items} currency={currency} />}
      <ViewPanel
        title="Payments"
        note="newest first"
        sql={sql}
        rows={payments}
        empty={shown === 'all' ? 'No payment has been judged yet.' : 'No such payment.'}
        height={400}
        tools={tools}
      >
        {items => (
          <List
            label="Payments"
            rows={items}
            rowKey={p => p.id}
            narrow={p => (
              <>
                <p className="narrow-line">
                  <Decision decision={p.decision} /> {score(p)}
                  <span className="spacer" />
                  <b>{amount(p)}</b>
                </p>
                <Reasons reasons={p.reasons} />
                <p className="narrow-line small quiet">
                  <Time at={p.time} />
                  <span className="spacer" />
                  <Link href={passportHref(p, passports)} className="link">
                    Passport
                  </Link>
                </p>
              </>
            )}
            columns={[
              { key: 'time', title: 'Attempted', cell: p => <Time at={p.time} /> },
              { key: 'decision', title: 'Decision', cell: p => <Decision decision={p.decision} /> },
              { key: 'score', title: 'Score', num: true, cell: score },
              {
                key: 'bar',
                title: '',
                wide: true,
                cell: p => <Share of={p.score / 100} tone={p.decision} />,
              },
              {
                key: 'amount',
                title: 'Amount',
                num: true,
                cell: amount,
              },
              { key: 'reasons', title: 'Reasons', cell: p => <Reasons reasons={p.reasons} /> },
              { key: 'order', title: 'Order', wide: true, cell: p => <Id name="order_id" value={p.order} /> },
              {
                key: 'customer',
                title: 'Customer',
                wide: true,
                cell: p => <Id name="customer_id" value={p.customer} />,
              },
              {
                key: 'passport',
                title: '',
                cell: p => (
                  <Link href={passportHref(p, passports)} className="link" title={`Payment ${p.id}`}>
                    Passport
                  </Link>
                ),
              },
            ]}
          />
        )}
      </ViewPanel>
    </>
  )
}

/** The rules that spoke, the weightiest first, and what they saw. */
function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return <span className="faint">none</span>
  const sorted = [...reasons].sort((a, b) => b.score - a.score)
  return (
    <ul className="reasons">
      {sorted.map(reason => (
        <li key={`${reason.rule}/${reason.by}`} title={reason.evidence}>
          {reason.rule}{' '}
          <span className="quiet" title={`A part of the score, which opens. ${reason.evidence}`}>
            +{reason.score}
          </span>
          <span className="small quiet clip">{reason.evidence}</span>
        </li>
      ))}
    </ul>
  )
}

function Sums({ sums, currency }: { sums: Sum[]; currency: string }) {
  const all = sums.reduce((total, sum) => total + sum.payments, 0)
  const of = (decision: string) => sums.find(sum => sum.decision === decision)
  const opened = (decision: string, column: string, text: string) => (
    <Opened to={of(decision) ? computed(SUMS, column, { decision }) : { why: 'no payment was judged so' }} exact={text}>
      {text}
    </Opened>
  )
  return (
    <section className="panel" aria-label="Decisions of 24 hours">
      <Totals
        items={[
          {
            label: 'Payments in 24 h of event time',
            value: (
              <Opened to={computed(ALL, 'payments')} exact={count(all)}>
                {count(all)}
              </Opened>
            ),
            under: 'judged',
          },
          ...(['approve', 'review', 'block'] as const).map(decision => ({
            label: WORDS[decision] ?? decision,
            value: (
              <>
                <VerdictMark verdict={MARKS[decision]} />
                {opened(decision, 'payments', count(of(decision)?.payments ?? 0))}
              </>
            ),
            under: (
              <>
                {percent(all > 0 ? (of(decision)?.payments ?? 0) / all : 0, 2)},{' '}
                {opened(decision, 'amount', moneyCents(of(decision)?.amount ?? 0, currency))}
              </>
            ),
          })),
        ]}
      />
    </section>
  )
}
