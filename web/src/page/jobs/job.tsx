import { useMemo } from 'react'
import type { Job, JobFile } from '../../api/types.ts'
import { Spark } from '../../chart/spark.tsx'
import { bytes, count, NONE } from '../../format.ts'
import { Command } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Time } from '../../ui/state.tsx'
import { behindText, type Reference } from './behind.ts'
import { boundOf } from './bound.ts'
import { Problem } from './files.tsx'
import { KeyStatePanel } from './keystate.tsx'
import { perSecond, StateLabel } from './list.tsx'
import { opensOf } from './opens.ts'
import { Outputs } from './outputs.tsx'
import { courseOf, rateOf, type Sample } from './rate.ts'
import { viewsOf } from './view/registry.tsx'

interface JobProps {
  job: Job
  samples: readonly Sample[] | undefined
  reference: Reference | null
}

export function JobBody({ job, file, samples, reference }: JobProps & { file: JobFile | undefined }) {
  const bound = boundOf(job)
  const opens = useMemo(() => opensOf(job.out), [job.out])
  return (
    <>
      <p className="job-lead quiet">{job.description}</p>
      {job.failure && <Stopped job={job} />}
      {file && (
        <section className="panel job-file" aria-label="The file of the job">
          <h3>
            <code>{file.file}</code> is wrong as it is now
          </h3>
          <Problem file={file} />
        </section>
      )}
      <Figures job={job} samples={samples} reference={reference} />
      {viewsOf(job).map(({ name, View }) => (
        <View key={name} bound={bound} opens={opens} />
      ))}
      <Outputs job={job.name} outputs={job.out} />
      <KeyStatePanel key={job.name} job={job.name} />
    </>
  )
}

function Stopped({ job }: { job: Job }) {
  return (
    <div className="failure" role="alert">
      <Icon name="quarantine" />
      <div>
        <h3>The job was stopped at {job.failure?.place}</h3>
        <p>{job.failure?.reason}</p>
        <p className="quiet">
          Its state and its results stand as of the commit before; the other jobs go on. When the cause is mended, let
          it go on from where it failed: it reads what it has missed. The platform’s log has the stack of a panic.
        </p>
        <Command text={`millrace job restart ${job.name}`} />
      </div>
    </div>
  )
}

function Figures({ job, samples, reference }: JobProps) {
  return (
    <section className="panel totals five" aria-label="State of the job">
      <div className="total">
        <span className="small faint">State</span>
        <span className="total-value">
          <StateLabel job={job} />
        </span>
        <span className="small quiet">version {job.version}</span>
      </div>
      <div className="total wide-total">
        <span className="small faint">Event time reached</span>
        <span className="total-value">{job.watermark ? <Time at={job.watermark} clip /> : NONE}</span>
        <span className="small quiet clip">
          {job.watermark
            ? `${behindText(job.watermark, reference)}, held by ${job.holder ?? 'nobody'}`
            : 'no event yet'}
        </span>
      </div>
      <div className="total">
        <span className="small faint">Results per second</span>
        <span className="total-value">
          {perSecond(rateOf(samples, 'outputs'))}
          <span className="total-spark">
            <Spark values={courseOf(samples, 'outputs')} width={72} height={20} />
          </span>
        </span>
        <span className="small quiet">{count(job.outputs)} since the start</span>
      </div>
      <div className="total">
        <span className="small faint">Too late</span>
        <span className="total-value">{count(job.late)}</span>
        <span className="small quiet">of {count(job.values)} values</span>
      </div>
      <div className="total">
        <span className="small faint">State in memory</span>
        <span className="total-value">{bytes(job.memory_bytes)}</span>
        <span className="small quiet">{count(job.entries)} entries</span>
      </div>
    </section>
  )
}
