import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type AuditFinding, type AuditReport, type Progress, reconcile } from '../../api/reconcile.ts'
import { count, duration, timeOf } from '../../format.ts'
import { patched, usePlace } from '../../router.ts'
import { Button, Frame, Link, Panel } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, Failure, Skeleton, Time } from '../../ui/state.tsx'

/** Recounts of the log and every table, and what they found. */
export function Audits() {
  const query = useQuery({
    queryKey: ['audits'],
    queryFn: ({ signal }) => reconcile.audits(signal),
    refetchInterval: 10_000,
  })
  return (
    <>
      <Run />
      {query.error && !query.data ? (
        <Failure what="The audits could not be listed" error={query.error} onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <div className="panel waiting">
          <Skeleton lines={6} />
        </div>
      ) : query.data.audits.length === 0 ? (
        <Empty title="No audit has been run yet">
          <p>
            It reads the log and every table, and compares them record by record, beside the pass. It changes nothing.
          </p>
        </Empty>
      ) : (
        <Panel title="Newest audits">
          <ul className="ledger-list">
            {query.data.audits.map((report, i) => (
              <Report key={report.began} report={report} newest={i === 0} />
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}

function Run() {
  const client = useQueryClient()
  const [source, setSource] = useState('')
  const [progress, setProgress] = useState<Progress | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])
  const run = async () => {
    const mine = new AbortController()
    abort.current = mine
    setFailure(null)
    setProgress({ read: 0, of: 0 })
    try {
      await reconcile.runAudit(source.trim() === '' ? {} : { source: source.trim() }, setProgress, mine.signal)
      await client.invalidateQueries({ queryKey: ['audits'] })
    } catch (error) {
      if (!mine.signal.aborted) setFailure(error instanceof Error ? error.message : 'The audit failed.')
    } finally {
      if (!mine.signal.aborted) setProgress(null)
    }
  }
  const stop = () => {
    abort.current?.abort()
    setProgress(null)
  }
  return (
    <Panel title="Audit" note="log, tables and ledger, compared record by record">
      <form
        className="ledger-form"
        onSubmit={event => {
          event.preventDefault()
          void run()
        }}
      >
        <label>
          <span>Source</span>
          <input type="text" value={source} placeholder="all" onChange={event => setSource(event.target.value)} />
        </label>
        {progress ? (
          <Button icon="stop" onClick={stop}>
            Stop
          </Button>
        ) : (
          <Button type="submit" tone="primary" icon="check">
            Run an audit now
          </Button>
        )}
        {progress && (
          <div className="ledger-progress">
            <div
              className="run-bar"
              role="progressbar"
              aria-label="Audit"
              aria-valuemin={0}
              aria-valuemax={Math.max(progress.of, 1)}
              aria-valuenow={progress.read}
            >
              <span style={{ width: `${progress.of > 0 ? (progress.read / progress.of) * 100 : 0}%` }} />
            </div>
            <span className="small quiet">
              {count(progress.read)} of {count(progress.of)} records
            </span>
          </div>
        )}
      </form>
      {failure && (
        <p className="error-text ledger-note" role="alert">
          The audit failed: {failure}
        </p>
      )}
    </Panel>
  )
}

function scopeOf(report: AuditReport): string {
  const parts = [report.source || 'all sources']
  if (report.from) parts.push(`from ${timeOf(report.from)}`)
  if (report.to) parts.push(`to ${timeOf(report.to)}`)
  return parts.join(', ')
}

function Report({ report, newest }: { report: AuditReport; newest: boolean }) {
  const place = usePlace()
  const chosen = place.params.get('report')
  const open = chosen === report.began || (chosen === null && newest)
  return (
    <li aria-label={`Audit of ${timeOf(report.began)}`}>
      <div className="ledger-head">
        {report.ok ? (
          <span className="balance good">
            <Icon name="check" size={14} /> Everything agrees
          </span>
        ) : (
          <span className="balance bad">
            <Icon name="quarantine" size={14} /> {count(report.found)} {report.found === 1 ? 'finding' : 'findings'}
          </span>
        )}
        <Link href={patched(place, { report: report.began })} className="link">
          <Time at={report.began} />
        </Link>
        <span className="quiet small">
          {scopeOf(report)}; {count(report.records)} records in {duration(report.seconds * 1000)}
        </span>
      </div>
      {open && <Details report={report} />}
    </li>
  )
}

function Details({ report }: { report: AuditReport }) {
  return (
    <>
      <p className="small quiet">
        {count(report.compared)} accepted events compared with their record, {count(report.acts)} decisions
        {report.other_versions > 0 && `, ${count(report.other_versions)} made by other versions`}
        {report.gone > 0 && `, ${count(report.gone)} rows without a record in the log any more`}.
      </p>
      {report.findings.length > 0 && (
        <Frame label="Findings" className="ledger-events">
          <table className="table">
            <thead>
              <tr>
                <th>Kind</th>
                <th>Table</th>
                <th>Where</th>
                <th>What</th>
              </tr>
            </thead>
            <tbody>
              {report.findings.map((finding, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a record may have findings that are alike
                <tr key={i}>
                  <td>{finding.kind}</td>
                  <td>{finding.table}</td>
                  <td>
                    <Where finding={finding} />
                  </td>
                  <td>{finding.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Frame>
      )}
    </>
  )
}

function Where({ finding }: { finding: AuditFinding }) {
  if (finding.partition === undefined || finding.offset === undefined) {
    return (
      <>
        {finding.source} <Time at={finding.minute} />
      </>
    )
  }
  return (
    <Link href={`/coordinates/${finding.partition}/${finding.offset}`} className="cell-link">
      {finding.partition}/{finding.offset}
    </Link>
  )
}
