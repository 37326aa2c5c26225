import { useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import type { LedgerRow, Source } from '../api/types.ts'
import { age, count } from '../format.ts'
import { TopBar } from '../shell/topbar.tsx'
import { INGEST, POST, SEGMENT } from '../ui/connect.ts'
import { Command, Frame, Link, Panel } from '../ui/control.tsx'
import { Balance, LedgerBar } from '../ui/ledger.tsx'
import { Empty, Failure, Loading, Skeleton, useNow } from '../ui/state.tsx'
import { Health } from './health.tsx'

export function useLedgerBySource() {
  return useQuery({
    queryKey: ['ledger', 'source'],
    queryFn: ({ signal }) => api.ledger({ by: 'source' }, signal),
    refetchInterval: 3000,
  })
}

export function SourcesPage() {
  const query = useQuery({
    queryKey: ['sources'],
    queryFn: ({ signal }) => api.sources(signal),
    refetchInterval: 3000,
  })
  const ledger = useLedgerBySource()
  const sources = query.data?.sources ?? []
  return (
    <>
      <TopBar title="Sources" />
      <div className="page">
        {query.error && !query.data ? (
          <Failure what="The sources could not be listed" error={query.error} onRetry={() => void query.refetch()} />
        ) : !query.data ? (
          <div className="panel waiting">
            <Loading what="sources" />
            <Skeleton lines={6} />
          </div>
        ) : sources.length === 0 ? (
          <Empty title="No source has sent anything">
            <p>A source appears here with its first event. These commands send one.</p>
          </Empty>
        ) : (
          <SourceTable sources={sources} ledger={ledger.data?.rows ?? []} />
        )}
        <Connect />
      </div>
    </>
  )
}

/** A source that was quiet this long is said to be quiet; no plan of its traffic is known yet. */
const QUIET_MS = 3_600_000

function SourceTable({ sources, ledger }: { sources: readonly Source[]; ledger: readonly LedgerRow[] }) {
  const now = useNow(5000)
  const rows = new Map(ledger.map(row => [row.source, row]))
  return (
    <Panel title="Sources" note={count(sources.length)}>
      <Frame label="Sources">
        <table className="table roomy">
          <thead>
            <tr>
              <th>Source</th>
              <th>Adapter</th>
              <th>Door</th>
              <th>State</th>
              <th>Health</th>
              <th className="num">Events</th>
              <th className="num">Rejected</th>
              <th className="bar-column">Verdicts</th>
              <th>Ledger</th>
              <th>Last seen</th>
            </tr>
          </thead>
          <tbody>
            {sources.map(source => {
              const row = rows.get(source.name)
              const silent = source.last_seen ? now - Date.parse(source.last_seen) : null
              return (
                <tr key={source.name}>
                  <td>
                    <Link href={`/events?source=${encodeURIComponent(source.name)}`} className="link">
                      <b>{source.name}</b>
                    </Link>
                  </td>
                  <td>{source.adapter}</td>
                  <td className="quiet">{source.kind}</td>
                  <td title={source.last_error || undefined}>
                    <SourceState source={source} />
                  </td>
                  <td>
                    <Health source={source} />
                  </td>
                  <td className="num">{count(source.events)}</td>
                  <td className="num">{count(source.rejected)}</td>
                  <td>{row && <LedgerBar ledger={row} slim />}</td>
                  <td>{row && <Balance ledger={row} />}</td>
                  <td title={source.last_seen ?? undefined}>
                    {silent === null ? (
                      <span className="faint">never</span>
                    ) : (
                      <span className={silent > QUIET_MS ? 'quiet' : ''}>{age(silent)} ago</span>
                    )}
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

/** How a source is doing. One that waits for senders has nothing to say about itself. */
function SourceState({ source }: { source: Source }) {
  const tone = STATE_TONES[source.state] ?? 'quiet'
  return (
    <>
      <span className={tone}>{source.state}</span>
      {source.lag > 0 && <span className="faint"> · {count(source.lag)} behind</span>}
    </>
  )
}

const STATE_TONES: Record<string, string> = {
  passive: 'faint',
  running: 'balance good',
  paused: 'quiet',
  retrying: 'balance bad',
  probing: 'balance bad',
  broken: 'balance bad',
}

function Connect() {
  return (
    <Panel title="Connect a source" note="an answer 200 means that the event is on disk">
      <div className="connect">
        <div>
          <h3>A file</h3>
          <p className="quiet">CSV or JSON lines, also .gz and .zst; sent twice, it counts once.</p>
          <Command text={INGEST} />
        </div>
        <div>
          <h3>HTTP</h3>
          <p className="quiet">
            An object, an array or JSON lines; wait=verdict answers what became of each. The key is the source’s.
          </p>
          <Command text={POST} />
        </div>
        <div>
          <h3>A Segment SDK</h3>
          <p className="quiet">Keep your tracking code; change the host.</p>
          <Command text={SEGMENT} />
        </div>
      </div>
    </Panel>
  )
}
