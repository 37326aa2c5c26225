import type { Job } from '../../api/types.ts'
import { Spark } from '../../chart/spark.tsx'
import { bytes, count, NONE } from '../../format.ts'
import { navigate, patched, usePlace } from '../../router.ts'
import { Frame, Link, Panel } from '../../ui/control.tsx'
import { useNarrow } from '../../ui/screen.ts'
import { Time } from '../../ui/state.tsx'
import { VerdictMark } from '../../ui/verdict.tsx'
import { behindText, type Reference } from './behind.ts'
import { courseOf, rateOf, type Sample, type Samples } from './rate.ts'

/** A pause goes along from job to job. */
export function jobHref(name: string, params: URLSearchParams): string {
  const live = params.get('live')
  return patched({ path: `/jobs/${encodeURIComponent(name)}`, params: new URLSearchParams() }, { live })
}

export function perSecond(rate: number | null): string {
  if (rate === null) return NONE
  return rate > 0 && rate < 9.95 ? rate.toFixed(1) : count(rate)
}

export function StateLabel({ job }: { job: Job }) {
  const [mark, says] =
    job.state === 'failed'
      ? (['rejected', 'Failed'] as const)
      : job.watermark
        ? (['accepted', 'Running'] as const)
        : (['pending', 'Waits for events'] as const)
  return (
    <span className="verdict">
      <VerdictMark verdict={mark} />
      {says}
    </span>
  )
}

interface Figures {
  jobs: readonly Job[]
  samples: Samples
  reference: Reference | null
}

const sum = (jobs: readonly Job[], of: (job: Job) => number) => jobs.reduce((all, job) => all + of(job), 0)

/** The running job that event time has come least far in. */
function slowest(jobs: readonly Job[]): Job | undefined {
  const running = jobs.filter(job => job.state === 'running' && job.watermark)
  return running.sort((a, b) => (a.watermark ?? '').localeCompare(b.watermark ?? ''))[0]
}

export function Summary({ jobs, samples, reference }: Figures) {
  const failed = jobs.filter(job => job.state === 'failed')
  const last = slowest(jobs)
  const rates = jobs.map(job => rateOf(samples.get(job.name), 'outputs'))
  const rate = rates.every(r => r === null) ? null : rates.reduce((all: number, r) => all + (r ?? 0), 0)
  return (
    <section className="panel totals five" aria-label="All jobs">
      <div className="total">
        <span className="small faint">Jobs</span>
        <span className={`total-value state ${failed.length > 0 ? 'bad' : 'good'}`}>
          <span className="dot" />
          {failed.length > 0 ? `${failed.length} failed` : `${jobs.length} running`}
        </span>
        <span className="small quiet clip">
          {failed.length > 0 ? failed.map(job => job.name).join(', ') : 'none has failed'}
        </span>
      </div>
      <div className="total wide-total">
        <span className="small faint">Event time reached by all</span>
        <span className="total-value">{last ? <Time at={last.watermark} clip /> : NONE}</span>
        <span className="small quiet clip">
          {last ? `${behindText(last.watermark, reference)}, held by ${last.holder ?? 'nobody'}` : 'no event yet'}
        </span>
      </div>
      <div className="total">
        <span className="small faint">Results per second</span>
        <span className="total-value">{perSecond(rate)}</span>
        <span className="small quiet">{count(sum(jobs, job => job.outputs))} since the start</span>
      </div>
      <div className="total">
        <span className="small faint">Too late</span>
        <span className="total-value">{count(sum(jobs, job => job.late))}</span>
        <span className="small quiet">of {count(sum(jobs, job => job.values))} values</span>
      </div>
      <div className="total">
        <span className="small faint">State in memory</span>
        <span className="total-value">{bytes(sum(jobs, job => job.memory_bytes))}</span>
        <span className="small quiet">{count(sum(jobs, job => job.entries))} entries</span>
      </div>
    </section>
  )
}

export function JobTable({ jobs, samples, reference }: Figures) {
  const narrow = useNarrow()
  const sorted = [...jobs].sort((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))
  return (
    <Panel title="Jobs" note="counts are since the start of the process">
      {narrow ? (
        <ul className="job-cards">
          {sorted.map(job => (
            <JobCard key={job.name} job={job} samples={samples.get(job.name)} reference={reference} />
          ))}
        </ul>
      ) : (
        <Frame label="Jobs">
          <table className="table roomy job-table">
            <thead>
              <tr>
                <th>Job</th>
                <th>State</th>
                <th>Event time reached</th>
                <th>Held by</th>
                <th className="num">Values</th>
                <th className="num">Results per second</th>
                <th className="num">Too late</th>
                <th className="num">Entries</th>
                <th className="num">Memory</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map(job => (
                <JobRow key={job.name} job={job} samples={samples.get(job.name)} reference={reference} />
              ))}
            </tbody>
          </table>
        </Frame>
      )}
    </Panel>
  )
}

interface OneProps {
  job: Job
  samples: readonly Sample[] | undefined
  reference: Reference | null
}

function JobRow({ job, samples, reference }: OneProps) {
  const { params } = usePlace()
  const href = jobHref(job.name, params)
  const open = (event: React.MouseEvent) => {
    if (!(event.target as Element).closest('a,button') && !getSelection()?.toString()) navigate(href)
  }
  return (
    // The link in the first cell is what the keyboard uses; the row is only a larger place to press.
    <tr className="opens" onClick={open}>
      <td className="job-name">
        <Link href={href} className="link">
          <b>{job.name}</b>
        </Link>
        <span
          className={`small clip ${job.failure ? 'error-text' : 'quiet'}`}
          title={job.failure?.reason ?? job.description}
        >
          {job.failure ? `${job.failure.place}: ${job.failure.reason}` : job.description}
        </span>
      </td>
      <td>
        <StateLabel job={job} />
      </td>
      <td>
        {job.watermark ? <Time at={job.watermark} /> : <span className="faint">no event yet</span>}
        <span className="small quiet under">{behindText(job.watermark, reference)}</span>
      </td>
      <td>{job.holder ?? <span className="faint">nobody</span>}</td>
      <td className="num">{count(job.values)}</td>
      <td className="num">
        <span className="job-rate">
          <Spark values={courseOf(samples, 'outputs')} width={56} height={20} />
          <span>{perSecond(rateOf(samples, 'outputs'))}</span>
        </span>
      </td>
      <td className={`num ${job.late > 0 ? '' : 'faint'}`}>{count(job.late)}</td>
      <td className="num">{count(job.entries)}</td>
      <td className="num">{bytes(job.memory_bytes)}</td>
    </tr>
  )
}

function JobCard({ job, samples, reference }: OneProps) {
  const { params } = usePlace()
  return (
    <li>
      <Link href={jobHref(job.name, params)} className="job-card">
        <b>{job.name}</b>
        <StateLabel job={job} />
        <span className={`small job-card-text ${job.failure ? 'error-text' : 'quiet'}`}>
          {job.failure ? `${job.failure.place}: ${job.failure.reason}` : job.description}
        </span>
        <span className="small">{behindText(job.watermark, reference) || 'no event yet'}</span>
        <span className="small num">{perSecond(rateOf(samples, 'outputs'))} results/s</span>
      </Link>
    </li>
  )
}
