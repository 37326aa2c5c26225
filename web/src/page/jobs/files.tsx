import type { JobFile } from '../../api/types.ts'
import { count } from '../../format.ts'
import { usePlace } from '../../router.ts'
import { Link, Panel } from '../../ui/control.tsx'
import { VerdictMark } from '../../ui/verdict.tsx'
import { jobHref } from './list.tsx'

/** The files that declare jobs, those that are wrong first. */
export function FilePanel({ files }: { files: readonly JobFile[] }) {
  const { params } = usePlace()
  if (files.length === 0) return null
  const wrong = files.filter(file => file.problem)
  const sorted = [...wrong, ...files.filter(file => !file.problem)]
  return (
    <Panel
      title="Files that declare jobs"
      note={wrong.length > 0 ? `${count(wrong.length)} of ${count(files.length)} wrong` : count(files.length)}
    >
      <ul className="job-files">
        {sorted.map(file => (
          <li key={file.file}>
            <p className="narrow-line">
              <VerdictMark verdict={file.problem ? 'quarantined' : 'accepted'} />
              <code className="clip">{file.file}</code>
              <span className="spacer" />
              {file.job ? (
                <Link href={jobHref(file.job, params)} className="link">
                  {file.job}
                </Link>
              ) : (
                <span className="faint">no job</span>
              )}
            </p>
            {file.problem && <Problem file={file} />}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** What is wrong with a file, and what holds until it is mended. */
export function Problem({ file }: { file: JobFile }) {
  return (
    <div className="job-problem">
      <p className="pre">{file.problem}</p>
      <p className="small quiet">
        {file.job
          ? 'The job goes on as the file was before. Mend the file; it is read again by itself.'
          : 'No job runs from this file. Mend it; it is read again by itself.'}
      </p>
    </div>
  )
}
