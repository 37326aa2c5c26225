import type { Job, PartitionWatermark, SourceWatermark, Watermarks } from '../../api/types.ts'
import { timeOf } from '../../format.ts'
import { Panel } from '../../ui/control.tsx'
import { Failure, Skeleton, Time } from '../../ui/state.tsx'
import { behindText, brief, leastOf, progress, type Reference, reasonOf } from './behind.ts'

interface PanelProps {
  answer: Watermarks | undefined
  error: Error | null
  reference: Reference | null
  retry: () => void
  /** Only what holds this job is told. */
  job?: Job
}

/** How far event time has come in each source and partition, and who holds it. */
export function WatermarkPanel({ answer, error, reference, retry, job }: PanelProps) {
  const sources = answer?.sources ?? []
  if (answer && sources.length === 0) return null
  const least = reference ? leastOf(sources, reference.at) : 0
  return (
    <Panel
      title="Watermarks"
      note={reference ? `event time, up to ${reference.name}, ${timeOf(reference.at)}` : 'event time'}
    >
      {error && !answer ? (
        <Failure what="The watermarks are not known" error={error} onRetry={retry} />
      ) : !answer ? (
        <div className="waiting">
          <Skeleton lines={4} />
        </div>
      ) : (
        <>
          <p className="panel-sub quiet">
            {job ? (
              <Held job={job} />
            ) : (
              'A job is as far as the slowest of its sources that are not idle; a source as its slowest partition.'
            )}
          </p>
          <ul className="mark-sources">
            {sources.map(source => (
              <Source key={source.source} source={source} answer={answer} reference={reference} least={least} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}

function Held({ job }: { job: Job }) {
  if (!job.watermark) return <>Job {job.name} has seen no event yet.</>
  return (
    <>
      Job {job.name} has reached <Time at={job.watermark} />
      {job.holder ? ` and is held by source ${job.holder}.` : '; nobody holds it, its time goes on with the clock.'}
    </>
  )
}

function heldJobs(source: string, answer: Watermarks): string {
  const held = answer.jobs.filter(job => job.holder === source).map(job => job.job)
  if (held.length === 0) return ''
  return held.length === answer.jobs.length && held.length > 1 ? 'holds all jobs' : `holds ${held.join(', ')}`
}

function Source({
  source,
  answer,
  reference,
  least,
}: {
  source: SourceWatermark
  answer: Watermarks
  reference: Reference | null
  least: number
}) {
  const holds = source.idle ? '' : heldJobs(source.source, answer)
  return (
    <li>
      <div className="mark-head">
        <b>{source.source}</b>
        {source.idle && <span className="badge mark-badge">idle</span>}
        {holds && <span className="badge holds-badge">{holds}</span>}
        <span className="spacer" />
        <span>
          {source.watermark ? <Time at={source.watermark} /> : <span className="faint">no event yet</span>}{' '}
          <span className="quiet">{behindText(source.watermark, reference)}</span>
        </span>
      </div>
      <p className="small quiet">{reasonOf(source)}</p>
      {source.partitions.length > 0 && (
        <ul className="mark-strips" aria-label={`Partitions of ${source.source}`}>
          {source.partitions.map(p => (
            <Strip
              key={p.partition}
              partition={p}
              holds={!source.idle && p.partition === source.holder}
              reference={reference}
              least={least}
            />
          ))}
        </ul>
      )}
    </li>
  )
}

/** A bar from the slowest partition to the newest event: the longer, the farther along. */
function Strip({
  partition,
  holds,
  reference,
  least,
}: {
  partition: PartitionWatermark
  holds: boolean
  reference: Reference | null
  least: number
}) {
  const share = reference ? progress(partition, least, reference.at) : 0
  const late = reference && partition.newest ? Math.max(reference.at - Date.parse(partition.newest), 0) : null
  const says = partition.idle ? 'idle' : late === null ? 'no event' : late < 1 ? 'newest' : `−${brief(late)}`
  const title = partition.newest ? `newest event ${timeOf(partition.newest)}` : 'no event yet'
  return (
    <li className={`mark-strip${holds ? ' holds' : ''}${partition.idle ? ' idle' : ''}`} title={title}>
      <span className="small faint">{partition.partition}</span>
      <span className="mark-track">
        <span style={{ width: partition.idle ? '100%' : `${6 + share * 94}%` }} />
      </span>
      <span className="small num">
        {holds && <b>holds </b>}
        {says}
      </span>
    </li>
  )
}
