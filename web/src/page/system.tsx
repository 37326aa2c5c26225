import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '../api/client.ts'
import type { LedgerAnswer, Status } from '../api/types.ts'
import { bytes, count, duration, freshness, percent, timeOf } from '../format.ts'
import { usePatch, usePlace } from '../router.ts'
import { healthOf, useStatus } from '../shell/health.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Button, Frame, Link, Panel } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Balance, LedgerBar, LedgerSum } from '../ui/ledger.tsx'
import { Failure, Loading, Skeleton, Time } from '../ui/state.tsx'
import { useLedgerBySource } from './sources.tsx'

export function SystemPage() {
  const { data, error, refetch } = useStatus()
  return (
    <>
      <TopBar title="System" />
      <div className="page">
        {data ? (
          <Body status={data} error={error} />
        ) : error ? (
          <Failure what="The state of the platform is not known" error={error} onRetry={() => void refetch()} />
        ) : (
          <div className="panel waiting">
            <Loading what="the state of the platform" />
            <Skeleton lines={8} />
          </div>
        )}
      </div>
    </>
  )
}

function Body({ status, error }: { status: Status; error: unknown }) {
  const health = healthOf(status, error)
  const cpu = status.uptime_seconds > 0 ? status.cpu_seconds / status.uptime_seconds : 0
  return (
    <>
      <section className="panel totals five" aria-label="State">
        <div className="total">
          <span className="small faint">State</span>
          <span className={`total-value state ${health.level}`}>
            <span className="dot" />
            {health.label}
          </span>
          <span className="small quiet clip" title={health.detail}>
            {(status.reasons ?? []).join('; ') || `ready, version ${status.version}`}
          </span>
        </div>
        <div className="total">
          <span className="small faint">Events per second</span>
          <span className="total-value">{count(status.events_per_second)}</span>
          <span className="small quiet">
            {status.cpu_seconds > 0
              ? `${count(status.ledger.received / status.cpu_seconds)} per CPU-second`
              : 'since the start'}
          </span>
        </div>
        <div className="total">
          <span className="small faint">Freshness p99</span>
          <span className="total-value">{freshness(status.freshness_ms.p99)}</span>
          <span className="small quiet">p50 {freshness(status.freshness_ms.p50)}</span>
        </div>
        <div className="total">
          <span className="small faint">Memory, most</span>
          <span className="total-value">{bytes(status.max_rss_bytes)}</span>
          <span className="small quiet">{percent(cpu, 0)} of one CPU on average</span>
        </div>
        <div className="total">
          <span className="small faint">Up for</span>
          <span className="total-value">{duration(status.uptime_seconds * 1000)}</span>
          <span className="small quiet">
            since <Time at={status.started_at} />
          </span>
        </div>
      </section>
      {status.replay?.active && <Replay replay={status.replay} eventTime={status.event_time} />}
      <LedgerPanel status={status} />
      <div className="halves">
        <Partitions status={status} />
        <BySource />
      </div>
    </>
  )
}

function Replay({ replay, eventTime }: { replay: NonNullable<Status['replay']>; eventTime: string | null }) {
  return (
    <Panel title="Replay" note={`speed ${replay.speed}`}>
      <div className="replay">
        <span className="replay-bar">
          <span style={{ width: `${Math.min(replay.done, 1) * 100}%` }} />
        </span>
        <span>{percent(replay.done, 0)}</span>
        <span className="quiet">
          event time <Time at={eventTime} />
        </span>
      </div>
    </Panel>
  )
}

function LedgerPanel({ status }: { status: Status }) {
  const { params } = usePlace()
  const patch = usePatch()
  const asked = params.get('check') === '1'
  const audit = useQuery({
    queryKey: ['ledger', 'check'],
    enabled: asked,
    staleTime: 0,
    queryFn: ({ signal }) => api.ledger({ by: 'total', check: true }, signal),
  })
  const check = () => {
    if (asked) void audit.refetch()
    else patch({ check: '1' }, { replace: true })
  }
  return (
    <Panel
      title="Ledger"
      note="received = accepted + duplicate + quarantined + rejected"
      actions={
        <Button icon="check" onClick={check} disabled={audit.isFetching}>
          {audit.isFetching ? 'Checking' : 'Check against the stores'}
        </Button>
      }
    >
      <div className="ledger-pad">
        <LedgerSum ledger={status.ledger}>
          <span className="quiet small">
            marks: {count(status.ledger.corrected)} corrected, {count(status.ledger.late)} late
          </span>
        </LedgerSum>
        {asked && audit.data && <Audit answer={audit.data} />}
        {asked && audit.error && <p className="error-text">The check failed: {audit.error.message}</p>}
        <Minutes />
      </div>
    </Panel>
  )
}

function Audit({ answer }: { answer: LedgerAnswer }) {
  const findings = answer.audit?.findings ?? []
  return (
    <div className="audit" role="status">
      {answer.audit?.ok ? (
        <p className="balance good">
          <Icon name="check" size={14} /> Every count of the ledger equals the rows of the stores.
        </p>
      ) : (
        <>
          <p className="balance bad">
            <Icon name="quarantine" size={14} /> {findings.length} finding(s)
          </p>
          <ul>
            {findings.map(finding => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

const MINUTES = 60

/** Received per minute of processing time, the newest at the right. */
function Minutes() {
  const { data } = useQuery({
    queryKey: ['ledger', 'minute'],
    queryFn: ({ signal }) => api.ledger({ by: 'minute' }, signal),
    refetchInterval: 5000,
  })
  const minutes = useMemo(() => {
    const sums = new Map<string, number>()
    for (const row of data?.rows ?? []) if (row.minute) sums.set(row.minute, (sums.get(row.minute) ?? 0) + row.received)
    return [...sums].sort(([a], [b]) => a.localeCompare(b)).slice(-MINUTES)
  }, [data])
  if (minutes.length < 2) return null
  const most = Math.max(...minutes.map(m => m[1]), 1)
  return (
    <figure className="minutes">
      <figcaption className="small faint">
        Received per minute, <Time at={minutes[0]?.[0]} /> to <Time at={minutes.at(-1)?.[0]} />; most {count(most)}
      </figcaption>
      <div className="minute-bars" aria-hidden="true">
        {minutes.map(([minute, received]) => (
          <span
            key={minute}
            style={{ height: `${(received / most) * 100}%` }}
            title={`${timeOf(minute)}: ${count(received)} received`}
          />
        ))}
      </div>
    </figure>
  )
}

function Partitions({ status }: { status: Status }) {
  const partitions = status.partitions ?? []
  const top = Math.max(...partitions.map(p => p.end), 1)
  return (
    <Panel title="Partitions" note={`lag ${count(status.lag)}`}>
      <Frame label="Partitions">
        <table className="table">
          <thead>
            <tr>
              <th>Partition</th>
              <th className="num">Committed</th>
              <th className="num">Queryable</th>
              <th className="num">End of log</th>
              <th className="num">Lag</th>
              <th className="bar-column wide-only">Share of records</th>
            </tr>
          </thead>
          <tbody>
            {partitions.map(p => (
              <tr key={p.partition}>
                <td>{p.partition}</td>
                <td className="num">{count(p.committed)}</td>
                <td className="num">{count(p.position)}</td>
                <td className="num">{count(p.end)}</td>
                <td className={`num ${p.lag > 0 ? '' : 'faint'}`}>{count(p.lag)}</td>
                <td className="wide-only">
                  <span className="group-bar plain">
                    <span style={{ width: `${(p.end / top) * 100}%` }} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

function BySource() {
  const { data, error, refetch } = useLedgerBySource()
  const rows = data?.rows ?? []
  return (
    <Panel title="Ledger by source">
      {error && !data ? (
        <Failure what="The ledger could not be read" error={error} onRetry={() => void refetch()} />
      ) : rows.length === 0 ? (
        <p className="panel-empty">No source has sent anything yet.</p>
      ) : (
        <ul className="by-source">
          {rows.map(row => (
            <li key={row.source}>
              <div className="by-source-head">
                <Link href={`/events?source=${encodeURIComponent(row.source)}`} className="link">
                  {row.source}
                </Link>
                <Balance ledger={row} />
                <span className="spacer" />
                <span className="quiet">{count(row.received)} received</span>
              </div>
              <LedgerBar ledger={row} slim />
              <p className="small quiet">
                {count(row.accepted)} accepted, {count(row.duplicate)} duplicate, {count(row.quarantined)} quarantined,{' '}
                {count(row.rejected)} rejected
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
