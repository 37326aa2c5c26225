import { LiveSwitch, TopBar } from '../shell/topbar.tsx'
import { INGEST, POST } from '../ui/connect.ts'
import { Command, Link } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Failure, Loading, Skeleton, Stale } from '../ui/state.tsx'
import { referenceOf } from './jobs/behind.ts'
import { FilePanel } from './jobs/files.tsx'
import { JobBody } from './jobs/job.tsx'
import { JobTable, Summary } from './jobs/list.tsx'
import { useJobs, useLive, useSamples, useWatermarks } from './jobs/query.ts'
import { WatermarkPanel } from './jobs/watermarks.tsx'

/** All streaming jobs, or the one that has a name. */
export default function JobsPage({ name }: { name: string }) {
  const jobs = useJobs()
  const watermarks = useWatermarks()
  const live = useLive()
  const samples = useSamples(jobs.data?.jobs, jobs.dataUpdatedAt)
  const all = jobs.data?.jobs ?? []
  const files = jobs.data?.files ?? []
  const found = all.find(job => job.name === name)
  const sources = watermarks.data?.sources ?? []
  const reference = referenceOf(sources, jobs.dataUpdatedAt)
  // Each answer is measured against the moment at which it came.
  const markReference = referenceOf(sources, watermarks.dataUpdatedAt)
  const trail = (
    <Link href="/jobs" className="trail">
      Live jobs <Icon name="right" size={14} />
    </Link>
  )
  return (
    <>
      <TopBar title={name || 'Live jobs'} {...(name ? { trail } : {})}>
        <LiveSwitch
          phase={!live ? 'paused' : jobs.error ? 'lost' : jobs.data ? 'live' : 'connecting'}
          receivedAt={jobs.dataUpdatedAt || null}
        />
      </TopBar>
      <div className="page">
        {!jobs.data && jobs.error ? (
          <Failure
            what="The jobs could not be listed"
            error={jobs.error}
            holds="Jobs run on without this page. What they published is in their tables; SQL may still answer."
            onRetry={() => void jobs.refetch()}
          />
        ) : !jobs.data ? (
          <Waiting />
        ) : all.length === 0 ? (
          <NoJobs />
        ) : name && !found ? (
          <NoJob name={name} />
        ) : (
          <>
            {jobs.error && <Stale since={jobs.dataUpdatedAt}>{jobs.error.message} Trying again.</Stale>}
            {found ? (
              <JobBody
                job={found}
                file={files.find(file => file.job === name && file.problem)}
                samples={samples.get(name)}
                reference={reference}
              />
            ) : (
              <>
                <Summary jobs={all} samples={samples} reference={reference} />
                {sources.length === 0 && watermarks.data && <NoEvents />}
                <JobTable jobs={all} samples={samples} reference={reference} />
                <FilePanel files={files} />
              </>
            )}
            <WatermarkPanel
              answer={watermarks.data}
              error={watermarks.error}
              reference={markReference}
              retry={() => void watermarks.refetch()}
              {...(found ? { job: found } : {})}
            />
          </>
        )}
      </div>
    </>
  )
}

function Waiting() {
  return (
    <>
      <Loading what="the jobs" />
      <div className="panel waiting jobs-summary-waiting">
        <Skeleton lines={2} />
      </div>
      <div className="panel waiting">
        <Skeleton lines={10} />
      </div>
    </>
  )
}

function NoJobs() {
  return (
    <Empty title="No jobs run in this process">
      <p>
        Streaming jobs watch events as they come: figures per minute, visits, carts, fraud, stock. They are on unless{' '}
        <code>pass.jobs.enabled</code> is false, and need all partitions in one process. Switch them on and start the
        platform again:
      </p>
      <Command text="MILLRACE_PASS_JOBS_ENABLED=true millrace up" />
    </Empty>
  )
}

function NoJob({ name }: { name: string }) {
  return (
    <Empty title={`No job “${name}” runs in this process`}>
      <p>
        It may run in another process, or have another name now.{' '}
        <Link href="/jobs" className="link">
          All jobs
        </Link>
      </p>
    </Empty>
  )
}

function NoEvents() {
  return (
    <Empty title="The jobs wait for their first event">
      <p>Send them something, and this page fills by itself. An hour of a made-up shop in a minute:</p>
      <Command
        text={`millrace generate --speed 60x --rate 100/s --duration 1h --to ${location.origin} --write-key WRITE_KEY`}
      />
      <h4>A file of orders</h4>
      <Command text={INGEST} />
      <h4>One event by HTTP</h4>
      <Command text={POST} />
      <p className="quiet">
        WRITE_KEY is one of a source’s <code>write_keys</code> in millrace.yaml.
      </p>
    </Empty>
  )
}
