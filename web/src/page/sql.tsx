import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import type { SchemaTable } from '../api/types.ts'
import { age, count, duration } from '../format.ts'
import { usePatch, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Button, Popover } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Skeleton } from '../ui/state.tsx'
import { Editor, type EditorHandle } from './sql/editor.tsx'
import { Result } from './sql/result.tsx'
import { type Run, readHistory, remember, useRun } from './sql/run.ts'

const EXAMPLES: readonly { title: string; query: string }[] = [
  {
    title: 'Revenue by month',
    query: `SELECT date_trunc('month', event_time) AS month, sum(amount) AS revenue\nFROM order_lines\nGROUP BY ALL\nORDER BY month`,
  },
  {
    title: 'Countries by revenue',
    query: `SELECT country, sum(amount) AS revenue, count(DISTINCT order_id) AS orders\nFROM order_lines\nGROUP BY ALL\nORDER BY revenue DESC`,
  },
  {
    title: 'Most cancelled products',
    query: `SELECT product_id, any_value(product_name) AS name, sum(amount) AS cancelled\nFROM order_lines\nWHERE kind = 'cancellation'\nGROUP BY product_id\nORDER BY cancelled\nLIMIT 20`,
  },
  {
    title: 'What was corrected',
    query: `SELECT rule, field, count(*) AS events\nFROM corrections\nGROUP BY ALL\nORDER BY events DESC`,
  },
]

export default function SqlPage() {
  const { params } = usePlace()
  const patch = usePatch()
  const editor = useRef<EditorHandle | null>(null)
  const schema = useQuery({ queryKey: ['schema'], queryFn: ({ signal }) => api.schema(signal), staleTime: 60_000 })
  const tables = schema.data?.tables ?? NO_TABLES
  const { run, execute, cancel } = useRun()
  const asked = params.get('q') ?? ''
  const runNow = params.get('run') === '1'
  const ran = useRef<string | null>(null)

  const start = (query: string, offset = 0) => {
    if (query.trim() === '') return
    remember(query)
    editor.current?.mark([], 0)
    void execute(query, offset)
  }
  const runAll = () => {
    const text = editor.current?.text() ?? ''
    const selected = editor.current?.selection()
    if (selected && selected.text.trim() !== '') return start(selected.text, selected.start)
    ran.current = text
    patch({ q: text, run: '1', sort: null, cols: null }, { replace: text === asked })
    start(text)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the address brings another query
  useEffect(() => {
    if (asked === ran.current) return
    ran.current = asked
    editor.current?.set(asked)
    if (runNow) start(asked)
  }, [asked, runNow])
  useEffect(() => {
    if (run.state === 'failed' && run.error instanceof ApiError) {
      editor.current?.mark(
        (run.error.problem.errors ?? []).map(e => ({
          message: e.message ?? '',
          ...(e.location ? { location: e.location } : {}),
        })),
        run.start,
      )
    }
  }, [run])
  const load = (query: string) => {
    editor.current?.set(query)
    editor.current?.focus()
  }
  const example = (query: string) => {
    load(query)
    runAll()
  }
  return (
    <>
      <TopBar title="SQL" />
      <div className="page full sql">
        <aside className="panel schema" aria-label="Tables">
          <SchemaTree tables={tables} waiting={schema.isPending} onPick={name => editor.current?.insert(name)} />
        </aside>
        <div className="sql-main">
          <section className="panel sql-editor" aria-label="Query">
            <Editor handle={editor} initial={asked} tables={tables} onRun={runAll} />
            <div className="sql-bar">
              {run.state === 'running' ? (
                <Button icon="stop" onClick={cancel}>
                  Cancel
                </Button>
              ) : (
                <Button
                  tone="primary"
                  icon="play"
                  onClick={runAll}
                  title="Run the selection, or all of it (Ctrl Enter)"
                >
                  Run
                </Button>
              )}
              <RunState run={run} />
              <span className="spacer" />
              <History onPick={load} />
            </div>
          </section>
          <Outcome run={run} onExample={example} />
        </div>
      </div>
    </>
  )
}

const NO_TABLES: SchemaTable[] = []

function Ticking({ since }: { since: number }) {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100)
    return () => clearInterval(timer)
  }, [])
  return <>{duration(Math.max(now - since, 1))}</>
}

function RunState({ run }: { run: Run }) {
  if (run.state === 'running') {
    return (
      <span className="quiet" role="status">
        Running, <Ticking since={run.since} />
      </span>
    )
  }
  if (run.state === 'done') {
    return (
      <span className="quiet" role="status">
        {count(run.answer.row_count)} {run.answer.row_count === 1 ? 'row' : 'rows'} in {duration(run.answer.elapsed_ms)}
        {run.answer.truncated && ', cut off at the limit'}
      </span>
    )
  }
  if (run.state === 'cancelled') return <span className="quiet">Cancelled after {duration(run.elapsed)}</span>
  if (run.state === 'failed') return <span className="quiet">Failed after {duration(run.elapsed)}</span>
  return <span className="faint wide-only">Read only. A selection runs alone.</span>
}

function Outcome({ run, onExample }: { run: Run; onExample: (query: string) => void }) {
  if (run.state === 'done') {
    if (run.answer.row_count > 0) return <Result query={run.query} answer={run.answer} />
    return (
      <Empty title="No rows">
        <p>The query is right and finds nothing.</p>
      </Empty>
    )
  }
  if (run.state === 'failed') return <SqlFailure error={run.error} />
  if (run.state === 'running') {
    return (
      <div className="panel waiting">
        <Skeleton lines={8} />
      </div>
    )
  }
  return (
    <div className="examples">
      <h2 className="quiet">Start from an example</h2>
      <ul>
        {EXAMPLES.map(example => (
          <li key={example.title}>
            <button type="button" onClick={() => onExample(example.query)}>
              <b>{example.title}</b>
              <code className="clip">{example.query.replaceAll('\n', ' ')}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

const TITLES: Record<number, string> = {
  0: 'No answer',
  400: 'The query is not right',
  403: 'Only queries may run here',
  408: 'The query took too long',
  422: 'The query is not right',
  429: 'Too many queries at once',
}

function SqlFailure({ error }: { error: Error }) {
  const problems = error instanceof ApiError ? (error.problem.errors ?? []) : []
  const title = (error instanceof ApiError && TITLES[error.status]) || 'The query failed'
  return (
    <div className="failure" role="alert">
      <Icon name="quarantine" />
      <div>
        <h3>{title}</h3>
        {problems.length === 0 && <p>{error.message}</p>}
        {problems.map(problem => (
          <p key={problem.message}>
            {problem.location && <b>{problem.location}: </b>}
            <span className="pre">{problem.message}</span>
          </p>
        ))}
      </div>
    </div>
  )
}

function History({ onPick }: { onPick: (query: string) => void }) {
  return (
    <Popover
      triggerClass="button ghost"
      title="History"
      align="end"
      className="history-pop"
      trigger={
        <>
          <Icon name="history" />
          History
        </>
      }
    >
      {close => {
        const past = readHistory()
        return past.length === 0 ? (
          <p className="quiet">Queries that you run are kept here, in this browser.</p>
        ) : (
          <ul className="history">
            {past.map(entry => (
              <li key={entry.at}>
                <button
                  type="button"
                  onClick={() => {
                    close()
                    onPick(entry.query)
                  }}
                >
                  <code className="clip">{entry.query.replaceAll(/\s+/g, ' ')}</code>
                  <span className="faint small">{age(Date.now() - entry.at)} ago</span>
                </button>
              </li>
            ))}
          </ul>
        )
      }}
    </Popover>
  )
}

function SchemaTree({
  tables,
  waiting,
  onPick,
}: {
  tables: readonly SchemaTable[]
  waiting: boolean
  onPick: (name: string) => void
}) {
  return (
    <>
      <h2 className="schema-head">Tables</h2>
      {waiting && <Skeleton lines={8} />}
      {tables.map((table, i) => (
        <details key={table.name} open={i === 1 || tables.length === 1} name="schema">
          <summary title={table.comment}>
            <Icon name="right" size={12} />
            {table.name}
          </summary>
          <ul>
            {table.columns.map(column => (
              <li key={column.name}>
                <button
                  type="button"
                  title={column.comment || `Insert ${column.name}`}
                  onClick={() => onPick(column.name)}
                >
                  <span className="clip">{column.name}</span>
                  <span className="faint small">{column.type.toLowerCase()}</span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </>
  )
}
