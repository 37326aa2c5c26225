import { useQuery } from '@tanstack/react-query'
import { ApiError, api } from '../api/client.ts'
import type { Passport, Row } from '../api/types.ts'
import { count, countryName, dayOf, moneyExact, NONE, shortId, plain as text } from '../format.ts'
import { explainRowHref, literal, sqlHref } from '../metric.ts'
import { TopBar } from '../shell/topbar.tsx'
import { CopyButton, Frame, Link, Panel } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Failure, Loading, Skeleton, Time } from '../ui/state.tsx'
import { VerdictLabel } from '../ui/verdict.tsx'
import { Delivered } from './passport/delivered.tsx'
import { Facts, RawPanel, RowTable, Versions } from './passport/parts.tsx'
import { Timeline } from './passport/timeline.tsx'

type PassportProps = { id: string } | { coordinates: { partition: string; offset: string } }

export function PassportPage(props: PassportProps) {
  const at = 'id' in props ? props.id : `${props.coordinates.partition}/${props.coordinates.offset}`
  const query = useQuery({
    queryKey: ['passport', at],
    queryFn: ({ signal }) =>
      'id' in props
        ? api.event(props.id, signal)
        : api.coordinates(props.coordinates.partition, props.coordinates.offset, signal),
  })
  const missing = query.error instanceof ApiError && query.error.status === 404
  return (
    <>
      <TopBar
        title={`Event ${shortId(query.data?.event_id || at)}`}
        trail={
          <Link href="/events" className="trail">
            Events <Icon name="right" size={14} />
          </Link>
        }
      />
      <div className="page">
        {missing ? (
          <Empty title="No event by this name">
            <p>
              There is no event <code>{at}</code>. It may be older than the retention, or not processed yet.
            </p>
            <p className="quiet">{query.error?.message}</p>
          </Empty>
        ) : query.error && !query.data ? (
          <Failure what="The passport could not be read" error={query.error} onRetry={() => void query.refetch()} />
        ) : query.data ? (
          <PassportBody passport={query.data} />
        ) : (
          <>
            <Loading what="the passport" />
            <div className="panel waiting">
              <Skeleton lines={4} />
            </div>
            <div className="panel waiting">
              <Skeleton lines={9} />
            </div>
          </>
        )}
      </div>
    </>
  )
}

function eventRow(passport: Passport): Row {
  return passport.event ?? passport.quarantine?.[0] ?? {}
}

function Head({ passport }: { passport: Passport }) {
  const row = eventRow(passport)
  const order = text(row['order_id'])
  const customer = text(row['customer_id'])
  const amount = text(row['amount'])
  const marks = ['late', 'corrected', 'warned'].filter(mark => row[mark] === true)
  return (
    <section className="panel passport-head">
      <div className="passport-title">
        <VerdictLabel verdict={passport.verdict} badge />
        {marks.map(mark => (
          <span key={mark} className="badge mark-badge">
            {mark}
          </span>
        ))}
        <span className="passport-type">{text(row['type']) || 'event'}</span>
        {amount && <span className="passport-amount">{moneyExact(amount, text(row['currency']))}</span>}
        <span className="spacer" />
        <span className="passport-id">
          <code>{passport.event_id}</code>
          <CopyButton text={passport.event_id} what="event id" />
        </span>
      </div>
      <Facts
        facts={[
          ['Event time', <Time key="t" at={text(row['event_time'])} />],
          [
            'Order',
            order && (
              <Link key="o" href={`/events?order_id=${encodeURIComponent(order)}`} className="link">
                {order}
              </Link>
            ),
          ],
          [
            'Customer',
            customer && (
              <Link key="c" href={`/events?customer_id=${encodeURIComponent(customer)}`} className="link">
                {customer}
              </Link>
            ),
          ],
          ['Country', text(row['country']) && countryName(text(row['country']))],
          ['Source', passport.source.name],
          [
            'File and line',
            passport.source.stream && (
              <span key="f">
                {passport.source.stream}:{passport.source.line}
              </span>
            ),
          ],
        ]}
      />
    </section>
  )
}

function PassportBody({ passport }: { passport: Passport }) {
  const changes = passport.changes ?? []
  const lines = passport.lines ?? []
  const products = passport.products ?? []
  const quarantine = passport.quarantine ?? []
  const duplicates = passport.duplicates ?? []
  return (
    <>
      <Head passport={passport} />
      <div className="passport">
        <div className="passport-main">
          {quarantine.map(row => (
            <Reason key={`${text(row['rule'])}${text(row['field'])}`} row={row} source={passport.source.name} />
          ))}
          <Panel title="Changes" note={changes.length === 0 ? undefined : 'made between the raw payload and the rows'}>
            {changes.length === 0 ? (
              <p className="panel-empty">Nothing was changed: the rows say what the sender said.</p>
            ) : (
              <ChangeTable passport={passport} />
            )}
          </Panel>
          {passport.event && <RowTable title="Row in events" table="events" rows={[passport.event]} />}
          {quarantine.length > 0 && <RowTable title="Row in quarantine" table="quarantine" rows={quarantine} />}
          {lines.length > 0 && <RowTable title="Rows in order_lines" table="order_lines" rows={lines} />}
          {products.length > 0 && <RowTable title="Rows in product_events" table="product_events" rows={products} />}
          <WhereItWent passport={passport} />
          <Delivered passport={passport} />
          <Acts passport={passport} />
          <Panel title="Seen again" note={duplicates.length > 0 ? count(duplicates.length) : undefined}>
            {duplicates.length === 0 ? (
              <p className="panel-empty">Not once: no duplicate of this event has come.</p>
            ) : (
              <DuplicateTable passport={passport} />
            )}
          </Panel>
        </div>
        <div className="passport-side">
          <Timeline passport={passport} />
          <Origin passport={passport} />
          <RawPanel raw={passport.raw} />
        </div>
      </div>
    </>
  )
}

/** The results of jobs that the event is a part of; each opens. */
function WhereItWent({ passport }: { passport: Passport }) {
  const reached = passport.reached ?? []
  if (passport.verdict !== 'accepted') return null
  return (
    <Panel title="Where it went" note={reached.length > 0 ? `${count(reached.length)} results of jobs` : undefined}>
      {reached.length === 0 ? (
        <p className="panel-empty">No result of a job has it in it now.</p>
      ) : (
        <Frame label="Where it went">
          <table className="table">
            <thead>
              <tr>
                <th>Job</th>
                <th>Row</th>
                <th>Values</th>
                <th>Besides</th>
              </tr>
            </thead>
            <tbody>
              {reached.map(r => (
                <tr key={`${r.table}${JSON.stringify(r.key)}`}>
                  <td>
                    <Link href={`/jobs/${encodeURIComponent(r.job)}`} className="link">
                      {r.job}
                    </Link>{' '}
                    <span className="quiet">version {r.version}</span>
                  </td>
                  <td className="wraps">
                    {r.table}{' '}
                    <span className="quiet">
                      {Object.values(r.key ?? {})
                        .map(text)
                        .join(', ')}
                    </span>
                  </td>
                  <td className="wraps">
                    {Object.keys(r.row ?? {})
                      .filter(name => !(name in (r.key ?? {})) && !ARRIVAL.includes(name) && text(r.row?.[name]) !== '')
                      .slice(0, 4)
                      .map((name, i) =>
                        i === 0 ? (
                          <Link key={name} href={explainRowHref(r.table, name, r.key ?? {})} className="cell-link">
                            {name} {text(r.row?.[name])}
                          </Link>
                        ) : (
                          <span key={name} className="quiet">
                            , {name} {text(r.row?.[name])}
                          </span>
                        ),
                      )}
                  </td>
                  <td className="quiet">{(r.outputs ?? []).join(', ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Frame>
      )}
    </Panel>
  )
}

/** Columns that say how a row came to be published. */
const ARRIVAL = ['revision', 'phase', 'retracted']

/** What was done about the event while it was quarantined. */
function Acts({ passport }: { passport: Passport }) {
  const acts = passport.acts ?? []
  if (acts.length === 0) return null
  return (
    <Panel title="Done about it" note={count(acts.length)}>
      <Frame label="What was done about it">
        <table className="table">
          <thead>
            <tr>
              <th>When</th>
              <th>What</th>
              <th>Outcome</th>
              <th>By</th>
              <th>Why</th>
              <th>Patch</th>
            </tr>
          </thead>
          <tbody>
            {acts.map(act => (
              <tr key={`${text(act['partition'])}/${text(act['offset'])}`}>
                <td>
                  <Time at={text(act['at'])} />
                </td>
                <td>{text(act['kind'])}</td>
                <td>{text(act['outcome'])}</td>
                <td>{text(act['by'])}</td>
                <td>{text(act['reason'])}</td>
                <td className="quiet">{text(act['patch'])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

function Reason({ row, source }: { row: Row; source: string }) {
  const rule = text(row['rule'])
  return (
    <section className="panel reason">
      <VerdictLabel verdict="quarantined" />
      <div>
        <p className="reason-text">{text(row['message'])}</p>
        <p className="quiet">
          Rule{' '}
          <Link
            href={`/quarantine?source=${encodeURIComponent(source)}&rule=${encodeURIComponent(rule)}`}
            className="link"
          >
            {rule}
          </Link>
          , category {text(row['category'])}, field <code>{text(row['field'])}</code> was{' '}
          <code>{text(row['value']) || 'empty'}</code>
        </p>
      </div>
    </section>
  )
}

function ChangeTable({ passport }: { passport: Passport }) {
  return (
    <Frame label="Changes">
      <table className="table changes">
        <thead>
          <tr>
            <th>Field</th>
            <th>Before</th>
            <th>
              <span className="sr">becomes</span>
            </th>
            <th>After</th>
            <th>By</th>
            <th>Version</th>
          </tr>
        </thead>
        <tbody>
          {(passport.changes ?? []).map(c => (
            <tr key={`${c.rule}${c.field}`}>
              <td>{c.field}</td>
              <td>{c.before ? <code>{c.before}</code> : <span className="faint">empty</span>}</td>
              <td className="faint" aria-hidden="true">
                →
              </td>
              <td>
                <code>{c.after ?? NONE}</code>
              </td>
              <td>
                {c.kind} <span className="quiet">{c.rule}</span>
              </td>
              <td className="quiet wraps">{c.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}

function DuplicateTable({ passport }: { passport: Passport }) {
  return (
    <Frame label="Further deliveries">
      <table className="table">
        <thead>
          <tr>
            <th>Received</th>
            <th>Source</th>
            <th>File and line</th>
            <th className="num">Partition/offset</th>
          </tr>
        </thead>
        <tbody>
          {(passport.duplicates ?? []).map(d => (
            <tr key={`${d.partition}/${d.offset}`}>
              <td>
                <Time at={d.received_at} />
              </td>
              <td>{d.source}</td>
              <td>
                {d.stream}:{d.line}
              </td>
              <td className="num">
                <Link href={`/coordinates/${d.partition}/${d.offset}`} className="link">
                  {d.partition}/{d.offset}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}

function Origin({ passport }: { passport: Passport }) {
  const { source, coordinates: at } = passport
  const row = eventRow(passport)
  const day = passport.event ? text(row['event_time']).slice(0, 10) : ''
  return (
    <Panel title="Origin and versions">
      <Facts
        rows
        facts={[
          ['Adapter', `${source.adapter}${source.adapter_version ? ` ${source.adapter_version}` : ''}`],
          ['Request', source.request],
          ['Versions', passport.versions && <Versions key="v" text={passport.versions} />],
          ['Topic', at.topic],
          [
            'Partition/offset',
            <span key="c" className="id-cell">
              <Link href={`/coordinates/${at.partition}/${at.offset}`} className="link">
                {at.partition}/{at.offset}
              </Link>
              <CopyButton text={`${at.topic}/${at.partition}/${at.offset}`} what="coordinates" />
            </span>,
          ],
          ['Received', <Time key="r" at={text(row['received_at'])} />],
          [
            'Counted in',
            day && (
              <Link
                key="d"
                className="link"
                href={sqlHref(
                  `SELECT *\nFROM order_lines\nWHERE event_time >= TIMESTAMP ${literal(`${day} 00:00:00`)}\n  AND event_time < TIMESTAMP ${literal(`${day} 00:00:00`)} + INTERVAL 1 DAY\nORDER BY event_time`,
                )}
              >
                the lines of {dayOf(day)}
              </Link>
            ),
          ],
        ]}
      />
    </Panel>
  )
}
