import { useQuery } from '@tanstack/react-query'
import { ApiError } from '../api/client.ts'
import { type Lake, type LakeTable, lake } from '../api/lake.ts'
import { age, bytes, count } from '../format.ts'
import { patched, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Command, Frame, Link, Panel } from '../ui/control.tsx'
import { Empty, Failure, Loading, Skeleton, Stale, Time, useNow } from '../ui/state.tsx'
import { Detail } from './lake/detail.tsx'
import { Tiers } from './lake/tiers.tsx'
import { Work } from './lake/work.tsx'

const SETTINGS = `lake:
  enabled: true
  flush_interval: 1h`

/** The lake: its tables and their past, where events rest, and what is done in the background. */
export default function LakePage() {
  const query = useQuery({
    queryKey: ['lake'],
    queryFn: ({ signal }) => lake.list(signal),
    refetchInterval: q => (isOff(q.state.error) ? false : 15_000),
  })
  const { data, error } = query
  return (
    <>
      <TopBar title="Lake" />
      <div className="page">
        {data ? (
          <>
            {error && <Stale since={query.dataUpdatedAt}>{error.message} Trying again.</Stale>}
            <Body data={data} />
          </>
        ) : isOff(error) ? (
          <Empty title="This process writes no lake">
            <p>
              With it, all events are Iceberg tables that Spark, Trino and pyiceberg read, with every state that they
              were in, and old events rest there. Switch it on in the settings of a process that runs the pass:
            </p>
            <Command text={SETTINGS} />
          </Empty>
        ) : error ? (
          <Failure
            what="The lake could not be read"
            error={error}
            holds="What was flushed is in files, and stays there."
            onRetry={() => void query.refetch()}
          />
        ) : (
          <div className="panel waiting">
            <Loading what="the lake" />
            <Skeleton lines={8} />
          </div>
        )}
      </div>
    </>
  )
}

/** Whether the process has no lake, which asking again does not change. */
const isOff = (error: Error | null) => error instanceof ApiError && error.status === 404

function Body({ data }: { data: Lake }) {
  const { params } = usePlace()
  const first = data.tables.find(t => t.name === 'events')?.name ?? data.tables[0]?.name ?? ''
  const picked = params.get('table') ?? first
  return (
    <>
      <Totals data={data} />
      <Tables data={data} picked={picked} />
      {picked !== '' && <Detail key={picked} name={picked} />}
      <Tiers policy={data.policy} />
      <Work data={data} />
    </>
  )
}

function Totals({ data }: { data: Lake }) {
  const now = useNow(5000)
  const sum = (of: (table: LakeTable) => number) => data.tables.reduce((n, table) => n + of(table), 0)
  const failed = data.failed || data.work.some(w => w.failed)
  return (
    <section className="panel totals five" aria-label="Totals">
      <Total label="Tables" value={count(data.tables.length)} says={`${count(sum(t => t.kept))} snapshots are kept`} />
      <Total label="Rows" value={count(sum(t => t.rows))} says={`${count(data.written)} written since the start`} />
      <Total
        label="Size"
        value={bytes(sum(t => t.bytes))}
        says={
          sum(t => t.rows) > 0 ? `${(sum(t => t.bytes) / sum(t => t.rows)).toFixed(1)} bytes per row` : 'no rows yet'
        }
      />
      <Total label="Files" value={count(sum(t => t.files))} says={`merged up to ${bytes(data.policy.file_bytes)}`} />
      <Total
        label="Newest flush"
        value={data.flushed ? `${age(now - Date.parse(data.flushed))} ago` : 'not yet'}
        says={failed ? 'a step failed, see below' : 'all steps went well'}
      />
    </section>
  )
}

function Total({ label, value, says }: { label: string; value: string; says: string }) {
  return (
    <div className="total">
      <span className="small faint">{label}</span>
      <span className="total-value">{value}</span>
      <span className="small quiet clip" title={says}>
        {says}
      </span>
    </div>
  )
}

function Tables({ data, picked }: { data: Lake; picked: string }) {
  const place = usePlace()
  if (data.tables.length === 0) {
    return (
      <Empty title="Nothing is in the lake yet">
        <p>Rows are written in rounds, or now:</p>
        <Command text="millrace lake flush" />
      </Empty>
    )
  }
  return (
    <Panel title="Tables" note={count(data.tables.length)}>
      <Frame label="Tables">
        <table className="table">
          <thead>
            <tr>
              <th>Table</th>
              <th className="num">Rows</th>
              <th className="num">Size</th>
              <th className="num">Files</th>
              <th className="num">Snapshots</th>
              <th className="num">Log position</th>
              <th>Partition</th>
              <th>Changed</th>
            </tr>
          </thead>
          <tbody>
            {data.tables.map(table => (
              <tr key={table.name} className={table.name === picked ? 'lake-picked' : ''}>
                <td title={table.comment}>
                  <Link
                    href={patched(place, { table: table.name })}
                    className="link"
                    aria-current={table.name === picked ? 'true' : undefined}
                  >
                    {table.name}
                  </Link>
                </td>
                <td className="num">{count(table.rows)}</td>
                <td className="num">{bytes(table.bytes)}</td>
                <td className="num">{count(table.files)}</td>
                <td className="num">{count(table.kept)}</td>
                <td className="num">{position(table)}</td>
                <td className="quiet">{table.partition ?? 'none'}</td>
                <td>{table.changed ? <Time at={table.changed} /> : <span className="faint">no rows yet</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Frame>
    </Panel>
  )
}

/** Records of the log, or results of jobs, that are in. */
function position(table: LakeTable): string {
  if (table.results) return `${count(table.results)} results`
  return count(Object.values(table.offsets).reduce((n, offset) => n + offset, 0))
}
