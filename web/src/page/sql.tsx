import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ApiError, api, type ExportFormat } from '../api/client.ts'
import { lake, versionOf } from '../api/lake.ts'
import { parametersOf, queries, type SavedQuery } from '../api/queries.ts'
import type { SchemaTable } from '../api/types.ts'
import { age, count, duration } from '../format.ts'
import { usePatch, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Button, Popover } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Skeleton, Time } from '../ui/state.tsx'
import { Editor, type EditorHandle } from './sql/editor.tsx'
import { readerText } from './sql/reader.ts'
import { Result, type Save } from './sql/result.tsx'
import { type Run, readHistory, remember, useRun } from './sql/run.ts'
import { SaveButton, SavedBar, SavedList, SlowList } from './sql/saved.tsx'

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
  const asOf = params.get('as_of') ?? ''
  const ran = useRef<string | null>(null)
  const client = useQueryClient()
  const open = useSaved(params.get('saved') ?? '')
  const [values, setValues] = useState<Record<string, string>>({})
  const [save, setSave] = useState<Save | undefined>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: fills the editor when another query is opened
  useEffect(() => {
    if (!open.data) return
    ran.current = asked
    editor.current?.set(open.data.definition.sql)
    setValues({})
  }, [open.data?.definition.id])

  const start = (query: string, offset = 0) => {
    if (query.trim() === '') return
    remember(query)
    editor.current?.mark([], 0)
    setSave(undefined)
    if (asOf !== '') return void execute(query, offset, signal => lake.sql(query, asOf, signal))
    const definition = open.data?.definition
    if (definition && query === definition.sql && (definition.parameters ?? []).length > 0) {
      setSave(() => (format: ExportFormat) => queries.export(definition.id, values, format))
      void execute(query, offset, signal => queries.run(definition.id, values, signal))
      return
    }
    void execute(query, offset)
  }
  const runAll = () => {
    const text = editor.current?.text() ?? ''
    const selected = editor.current?.selection()
    if (selected && selected.text.trim() !== '') return start(selected.text, selected.start)
    if (text === open.data?.definition.sql) return start(text)
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
  const explain = () => {
    const text = editor.current?.selection()?.text || editor.current?.text() || ''
    if (text.trim() === '') return
    setSave(undefined)
    void execute(/^\s*explain\b/i.test(text) ? text : `EXPLAIN ${text}`)
  }
  const saved = async (answer: SavedQuery) => {
    client.setQueryData(['query', answer.definition.id], answer)
    patch({ saved: answer.definition.id, q: null, run: null })
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
          {schema.isError && (
            <p className="schema-note small error-text" role="alert">
              The tables could not be listed. {schema.error.message}
            </p>
          )}
          {schema.data && <p className="schema-note small faint">{readerText(schema.data.reader).join(' ')}</p>}
        </aside>
        <div className="sql-main">
          <section className="panel sql-editor" aria-label="Query">
            {open.data && (
              <SavedBar saved={open.data} values={values} onChange={setValues} onClose={() => patch({ saved: null })} />
            )}
            {open.isError && (
              <p className="error-text small" role="alert">
                {open.error.message}
              </p>
            )}
            {asOf !== '' && (
              <AsOf at={asOf} made={params.get('made')} onNow={() => patch({ as_of: null, made: null, run: null })} />
            )}
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
              <Button
                tone="ghost"
                onClick={explain}
                disabled={run.state === 'running' || asOf !== ''}
                title="Show how the query would be run"
              >
                Explain
              </Button>
              <RunState run={run} />
              <span className="spacer" />
              <SaveButton
                text={() => editor.current?.text() ?? ''}
                saved={open.data}
                onSaved={answer => void saved(answer)}
              />
              <SavedList onOpen={id => patch({ saved: id, q: null, run: null })} />
              <SlowList onPick={load} />
              <History onPick={load} />
            </div>
          </section>
          <Outcome run={run} onExample={example} save={save} past={asOf !== ''} />
        </div>
      </div>
    </>
  )
}

/** Says that queries are asked of the lake as it was. */
function AsOf({ at, made, onNow }: { at: string; made: string | null; onNow: () => void }) {
  const { snapshot, ref } = versionOf(at)
  return (
    <div className="as-of" role="note">
      <Icon name="history" />
      <span>
        The lake as of {snapshot ? `snapshot ${snapshot}` : (ref ?? <Time at={at} />)}
        {made && snapshot && (
          <>
            , <Time at={made} />
          </>
        )}
        . Other tables are as they were at that time.
      </span>
      <Button tone="ghost" icon="close" onClick={onNow}>
        Back to now
      </Button>
    </div>
  )
}

/** The open saved query; none without an id. */
function useSaved(id: string) {
  return useQuery({
    queryKey: ['query', id],
    queryFn: ({ signal }) => queries.get(id, signal),
    enabled: id !== '',
    retry: false,
    staleTime: 60_000,
  })
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

function Outcome({
  run,
  onExample,
  save,
  past,
}: {
  run: Run
  onExample: (query: string) => void
  save: Save | undefined
  past: boolean
}) {
  if (run.state === 'done') {
    if (run.answer.row_count > 0) return <Result query={run.query} answer={run.answer} save={save} past={past} />
    return (
      <Empty title="No rows">
        <p>The query is right and finds nothing.</p>
      </Empty>
    )
  }
  if (run.state === 'failed') return <SqlFailure error={run.error} unbound={parametersOf(run.query)} />
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

function SqlFailure({ error, unbound }: { error: Error; unbound: string[] }) {
  const problems = error instanceof ApiError ? (error.problem.errors ?? []) : []
  const title = (error instanceof ApiError && TITLES[error.status]) || 'The query failed'
  return (
    <div className="failure" role="alert">
      <Icon name="quarantine" />
      <div>
        <h3>{title}</h3>
        {problems.length === 0 && <p>{error.message}</p>}
        {unbound.length > 0 && (
          <p className="quiet small">
            Parameters (${unbound.join(', $')}) have values once the query is saved; then they are fields above it.
          </p>
        )}
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
