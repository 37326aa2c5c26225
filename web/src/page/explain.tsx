import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import type { Explained, ExplainRequest, Row } from '../api/types.ts'
import { count, NONE, plain, shortId } from '../format.ts'
import { explainHref, explainRowHref, sqlHref, type Whole, wholeOf } from '../metric.ts'
import { usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Button, Command, CopyButton, Frame, Link, Panel } from '../ui/control.tsx'
import { Empty, Failure, Loading, Skeleton, Time } from '../ui/state.tsx'
import { Facts, Versions } from './passport/parts.tsx'
import { groupDigits, NUMERIC } from './sql/shape.ts'

function objectOf(text: string | null): Record<string, unknown> | undefined {
  if (!text) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The question is in the address, so that an opened number can be sent to a colleague. */
function requestOf(params: URLSearchParams): ExplainRequest | null {
  const column = params.get('column') ?? undefined
  const query = params.get('q')
  const table = params.get('table')
  const row = objectOf(params.get('row'))
  const key = objectOf(params.get('key'))
  if (query) return { query, ...(column ? { column } : {}), ...(row ? { row } : {}) }
  if (table) return { table, ...(column ? { column } : {}), ...(key ? { key } : {}) }
  return null
}

export function ExplainPage() {
  const { params } = usePlace()
  const request = requestOf(params)
  const whole = wholeOf(params.get('whole'))
  return (
    <>
      <TopBar title="Rows behind a number" />
      <div className="page">
        {request && whole && <Parts whole={whole} request={request} />}
        {request ? (
          <Question key={JSON.stringify(request)} request={request} />
        ) : (
          <Empty title="No number was chosen">
            <p>Click a number on the overview, in a result of SQL or in a job's table; or ask on the command line:</p>
            <Command text={'millrace explain "SELECT sum(amount) AS revenue FROM order_lines"'} />
          </Empty>
        )}
      </div>
    </>
  )
}

/** What a rate or an average is computed from, each with the rows behind it. */
function Parts({ whole, request }: { whole: Whole; request: ExplainRequest }) {
  const row = request.row as Record<string, unknown> | undefined
  return (
    <section className="panel passport-head" aria-label="What the number is made of">
      <div className="passport-title">
        <span className="passport-type">{whole.label}</span>
        <span className="passport-amount">{whole.value}</span>
        <span className="quiet">{whole.computed}</span>
      </div>
      <div className="parts">
        <span className="small quiet">Rows of</span>
        {whole.parts.map(part => (
          <Link
            key={part.column}
            href={explainHref(part.query, part.column, row, whole)}
            className="part"
            aria-current={part.column === request.column ? 'true' : undefined}
          >
            {part.column}
          </Link>
        ))}
      </div>
    </section>
  )
}

function Question({ request }: { request: ExplainRequest }) {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  const query = useQuery<Explained>({
    queryKey: ['explain', request, cursor],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.explain({ ...request, ...(cursor ? { cursor } : {}) }, signal),
  })
  if (query.error && !query.data) {
    const advice = query.error instanceof ApiError ? query.error.problem.errors?.[0]?.message : undefined
    return (
      <>
        <Failure what="The number could not be opened" error={query.error} onRetry={() => void query.refetch()} />
        {advice && <p className="quiet">{advice}</p>}
      </>
    )
  }
  if (!query.data) {
    return (
      <div className="panel waiting">
        <Loading what="the rows behind the number" />
        <Skeleton lines={10} />
      </div>
    )
  }
  const next = query.data.next_cursor
  return (
    <>
      <Cell answer={query.data} />
      <div className="passport">
        <div className="passport-main">
          <Rows answer={query.data} skipped={cursors.length * PAGE} />
          <div className="pop-links">
            <Button disabled={cursors.length === 0} onClick={() => setCursors(all => all.slice(0, -1))}>
              Rows before
            </Button>
            <Button disabled={!next} onClick={() => next && setCursors(all => [...all, next])}>
              Next rows
            </Button>
          </div>
        </div>
        <div className="passport-side">
          <Sums answer={query.data} />
          <Made answer={query.data} />
          {query.data.job && <Revisions answer={query.data} />}
        </div>
      </div>
    </>
  )
}

/** Rows that the server lists at once when it is not told how many. */
const PAGE = 100

/** A value of a type; digits are grouped in numbers, and never in an id that is written with digits. */
function valueText(value: unknown, type: string): string {
  if (value === null || value === undefined) return 'null'
  return NUMERIC.test(type) ? groupDigits(plain(value), 4) : plain(value)
}

/** What a row brings: of a count, it may be an id that is counted. */
function broughtText(value: unknown, expression: string, type: string): string {
  return valueText(value, /^count\b/i.test(expression) ? '' : type)
}

function Cell({ answer }: { answer: Explained }) {
  return (
    <section className="panel passport-head" aria-label="The number">
      <div className="passport-title">
        <span className="passport-type">{answer.column}</span>
        <span className="passport-amount">{valueText(answer.value, answer.type)}</span>
        <span className={answer.equals ? 'badge' : 'badge error-text'}>
          {answer.equals ? '= its rows' : `≠ its rows: ${valueText(answer.total, answer.type)}`}
        </span>
        <span className="spacer" />
        <CopyButton text={plain(answer.value)} what="the number" />
      </div>
      {!answer.equals && <p role="alert">{answer.reason}</p>}
    </section>
  )
}

function Sums({ answer }: { answer: Explained }) {
  return (
    <Panel title="Adds up">
      <Facts
        rows
        facts={[
          ...(answer.parts ?? []).map(
            part =>
              [part.expression, `${valueText(part.value, answer.type)} of ${count(part.row_count)} rows`] as const,
          ),
          ['Rows behind it', count(answer.row_count)] as const,
          ['Type', answer.type] as const,
          [
            'Listed by',
            <Link key="q" href={sqlHref(answer.query)} className="link">
              this statement
            </Link>,
          ] as const,
        ]}
      />
    </Panel>
  )
}

function Made({ answer }: { answer: Explained }) {
  const positions = Object.entries(answer.as_of.positions ?? {})
  const events = positions.reduce((sum, [, offset]) => sum + Number(offset), 0)
  return (
    <Panel title="As of, and made by">
      <Facts
        rows
        facts={[
          ['Log position', `${count(events)} records in ${count(positions.length)} partitions`],
          ...(answer.job ? [['Job', `${answer.job.name}, version ${answer.job.version}`] as const] : []),
          ...(answer.versions ?? []).map(
            v =>
              [
                `${count(v.events)} events${v.late > 0 ? `, ${count(v.late)} of them late` : ''}`,
                <Versions key={v.versions} text={v.versions} />,
              ] as const,
          ),
        ]}
      />
    </Panel>
  )
}

function Revisions({ answer }: { answer: Explained }) {
  const revisions = answer.job?.revisions ?? []
  return (
    <Panel title="Published" note={`${count(revisions.length)} times`}>
      <table className="table">
        <thead>
          <tr>
            <th className="num">No.</th>
            <th>Phase</th>
            <th className="num">{answer.column}</th>
          </tr>
        </thead>
        <tbody>
          {revisions.map(r => (
            <tr key={r.revision_no}>
              <td className="num">{count(r.revision_no)}</td>
              <td>{r.retracted ? 'taken away' : r.phase}</td>
              <td className="num">{valueText(r.value, answer.type)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

/** A row of a job's table opens in turn: at the column that is summed, where one is. */
function Held({ table, row, parts }: { table: string; row: Row; parts: NonNullable<Explained['parts']> }) {
  const column = parts.map(part => /^\w+\("?(\w+)"?\)/.exec(part.expression)?.[1]).find(Boolean)
  if (!column) return <>{table}</>
  return (
    <Link href={explainRowHref(table, column, row)} className="cell-link" title={`The events behind its ${column}`}>
      {table}
    </Link>
  )
}

/** The columns that tell most of a row. */
const SHOWN = ['type', 'order_id', 'customer_id', 'product_id', 'product_name', 'quantity', 'amount'] as const

function Rows({ answer, skipped }: { answer: Explained; skipped: number }) {
  const rows = answer.rows ?? []
  const parts = answer.job ? [] : (answer.parts ?? [])
  if (rows.length === 0) {
    return (
      <Panel title="Rows">
        <p className="panel-empty">No row is behind it.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Rows" note={`${count(skipped + 1)} to ${count(skipped + rows.length)} of ${count(answer.row_count)}`}>
      <Frame label="Rows behind the number">
        <table className="table">
          <thead>
            <tr>
              <th>Event</th>
              <th className="num">Partition/offset</th>
              {parts.map(part => (
                <th key={part.expression} className="num">
                  {part.expression}
                </th>
              ))}
              <th>Event time</th>
              <th>Row</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => {
              const origin = row.origins?.[0]
              const fields = origin?.fields ?? {}
              const further = (row.origins?.length ?? 0) + row.more_origins - 1
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a row may come of the same event twice
                <tr key={i}>
                  <td>
                    {origin?.event_id ? (
                      <Link href={`/events/${origin.event_id}`} className="cell-link" title={origin.event_id}>
                        {shortId(origin.event_id)}
                      </Link>
                    ) : (
                      origin && <Held table={origin.table} row={fields} parts={answer.parts ?? []} />
                    )}
                  </td>
                  <td className="num">{origin && origin.offset >= 0 ? `${origin.partition}/${origin.offset}` : ''}</td>
                  {parts.map((part, k) => (
                    <td key={part.expression} className="num">
                      {row.contributions?.[k]?.counts
                        ? broughtText(row.contributions[k].value, part.expression, answer.type)
                        : NONE}
                    </td>
                  ))}
                  <td>{fields['event_time'] ? <Time at={plain(fields['event_time'])} /> : ''}</td>
                  <td>
                    {(origin && origin.offset < 0 ? Object.keys(fields) : SHOWN)
                      .map(name => plain(fields[name]))
                      .filter(Boolean)
                      .join(' ')}
                    {further > 0 && <span className="quiet"> and {count(further)} more</span>}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}
