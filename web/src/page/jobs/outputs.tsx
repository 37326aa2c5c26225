import { memo, useMemo } from 'react'
import { useResults } from '../../api/results.ts'
import type { JobOutput } from '../../api/types.ts'
import { sqlHref } from '../../metric.ts'
import { usePatch, usePlace } from '../../router.ts'
import { CopyButton, Link, Panel, Segments } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Failure, Skeleton, Stale } from '../../ui/state.tsx'
import { AnswerGrid } from './grid.tsx'
import { answerOf } from './published.ts'
import { useAnswer, useLive } from './query.ts'
import { LIMIT, resultsSql, tableSql } from './statement.ts'

const nameOf = (output: JobOutput) => `${output.kind}:${output.name}`

const KINDS: Record<JobOutput['kind'], string> = {
  table: 'a table of the analytics store',
  topic: 'a topic of the log, for any Kafka client',
  feed: 'a live feed, as server-sent events',
}

/** Where the results of a job go, and the newest of them. */
export const Outputs = memo(function Outputs({ job, outputs }: { job: string; outputs: readonly JobOutput[] }) {
  const { params } = usePlace()
  const patch = usePatch()
  const first = outputs[0]
  const chosen = outputs.find(output => nameOf(output) === params.get('out')) ?? first
  if (!first || !chosen) return null
  const choose = (out: string) => patch({ out: out === nameOf(first) ? null : out, sort: null, cols: null, rows: null })
  const replaces =
    chosen.key.length > 0
      ? `A later row replaces the one of the same ${chosen.key.join(', ')}.`
      : 'No row replaces another.'
  return (
    <Panel title="Results" note={KINDS[chosen.kind]} className="job-output">
      {outputs.length > 1 && (
        <div className="job-tabs">
          <Segments
            label="Output"
            value={nameOf(chosen)}
            choices={outputs.map(output => ({
              value: nameOf(output),
              label: output.kind === 'table' ? output.name : `${output.name} (${output.kind})`,
            }))}
            onChange={choose}
          />
        </div>
      )}
      <p className="panel-sub">
        {chosen.description} <span className="quiet">{replaces}</span>
      </p>
      <OutputRows key={nameOf(chosen)} job={job} output={chosen} />
    </Panel>
  )
})

type Mode = 'results' | 'table'

function OutputRows({ job, output }: { job: string; output: JobOutput }) {
  const { params } = usePlace()
  const patch = usePatch()
  const stored = output.kind === 'table'
  const mode: Mode = stored && params.get('rows') === 'table' ? 'table' : 'results'
  const show = (next: Mode) =>
    patch({ rows: next === 'table' ? 'table' : null, sort: null, cols: null }, { replace: true })
  const lead = stored ? (
    <Segments
      label="Rows"
      value={mode}
      choices={[
        { value: 'results', label: 'As published' },
        { value: 'table', label: 'As it stands' },
      ]}
      onChange={show}
    />
  ) : (
    <span className="quiet pad">as published</span>
  )
  return mode === 'table' ? (
    <Standing output={output} lead={lead} />
  ) : (
    <Published job={job} output={output} lead={lead} />
  )
}

interface RowsProps {
  output: JobOutput
  lead: React.ReactNode
}

/** One row per key, renewed by SQL. */
function Standing({ output, lead }: RowsProps) {
  const sql = tableSql(output)
  const { data, error, dataUpdatedAt, refetch } = useAnswer(sql)
  return (
    <>
      <Statement sql={sql} />
      {error && data && <Stale since={dataUpdatedAt}>{error.message}</Stale>}
      {data ? (
        <AnswerGrid output={output} answer={data} lead={lead} />
      ) : error ? (
        <Failure what="The table could not be read" error={error} onRetry={() => void refetch()} />
      ) : (
        <Wait />
      )}
    </>
  )
}

/** Every result as it is committed: what the table has, once, then what comes. Without the stream, SQL is asked again and again. */
function Published({ job, output, lead }: RowsProps & { job: string }) {
  const live = useLive()
  const following = useResults(job, output, !live)
  const sql = output.kind === 'table' ? resultsSql(output) : null
  const { data, error, refetch } = useAnswer(sql, following.phase === 'lost' || following.gap)
  const { results, phase } = following
  const answer = useMemo(() => answerOf(output, results, data, LIMIT), [output, results, data])
  const waits = sql !== null && !data && !error && results.length === 0
  return (
    <>
      {sql && <Statement sql={sql} />}
      {phase === 'lost' && <p className="panel-sub quiet">The live stream was cut; connecting again.</p>}
      {error && answer.rows.length === 0 ? (
        <Failure what="The results could not be read" error={error} onRetry={() => void refetch()} />
      ) : waits ? (
        <Wait />
      ) : (
        <AnswerGrid output={output} answer={answer} lead={lead} />
      )}
    </>
  )
}

function Wait() {
  return (
    <div className="job-rows">
      <div className="waiting">
        <Skeleton lines={8} />
      </div>
    </div>
  )
}

/** The query behind the rows. */
function Statement({ sql }: { sql: string }) {
  return (
    <div className="job-sql">
      <code className="clip" title={sql}>
        {sql.replaceAll('\n', ' ')}
      </code>
      <CopyButton text={sql} what="query" />
      <Link href={sqlHref(sql)} className="button plain">
        <Icon name="sql" />
        Open in SQL
      </Link>
    </div>
  )
}
