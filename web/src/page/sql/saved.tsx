import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  type Parameter,
  type ParameterType,
  parametersOf,
  type QueryDefinition,
  queries,
  type SavedQuery,
  type Schedule,
} from '../../api/queries.ts'
import { count, duration } from '../../format.ts'
import { Button, Popover } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Failure, Skeleton, Time } from '../../ui/state.tsx'

/** The saved queries; one is opened by its address. */
export function SavedList({ onOpen }: { onOpen: (id: string) => void }) {
  return (
    <Popover
      triggerClass="button ghost"
      title="Saved queries"
      align="end"
      className="history-pop"
      trigger={
        <>
          <Icon name="table" />
          Saved
        </>
      }
    >
      {close => (
        <SavedItems
          onOpen={id => {
            close()
            onOpen(id)
          }}
        />
      )}
    </Popover>
  )
}

function SavedItems({ onOpen }: { onOpen: (id: string) => void }) {
  const list = useQuery({ queryKey: ['queries'], queryFn: ({ signal }) => queries.list(signal), retry: false })
  if (list.isPending) return <Skeleton lines={4} />
  if (list.isError) return <Failure what="The saved queries" error={list.error} onRetry={() => void list.refetch()} />
  if (list.data.queries.length === 0) {
    return <p className="quiet">No query is saved yet. Write one, and press Save.</p>
  }
  return (
    <ul className="history">
      {list.data.queries.map(query => (
        <li key={query.id}>
          <button type="button" onClick={() => onOpen(query.id)}>
            <span className="clip">{query.title}</span>
            <span className="faint small clip">
              {[query.owner, query.schedule && `${query.schedule} ${query.zone ?? 'UTC'}`].filter(Boolean).join(', ')}
            </span>
            {query.last_run?.outcome === 'failed' && <span className="error-text small">failed</span>}
          </button>
        </li>
      ))}
    </ul>
  )
}

export function SlowList({ onPick }: { onPick: (query: string) => void }) {
  return (
    <Popover triggerClass="button ghost" title="Slow queries" align="end" className="history-pop" trigger="Slow">
      {close => (
        <SlowItems
          onPick={query => {
            close()
            onPick(query)
          }}
        />
      )}
    </Popover>
  )
}

function SlowItems({ onPick }: { onPick: (query: string) => void }) {
  const slow = useQuery({ queryKey: ['slow'], queryFn: ({ signal }) => queries.slow(signal), retry: false })
  if (slow.isPending) return <Skeleton lines={4} />
  if (slow.isError) return <Failure what="The slow queries" error={slow.error} onRetry={() => void slow.refetch()} />
  if (slow.data.queries.length === 0) {
    return <p className="quiet">No query took longer than olap.sql.slow_query since the process started.</p>
  }
  return (
    <ul className="history">
      {slow.data.queries.map(query => (
        <li key={`${query.at} ${query.sql}`}>
          <button type="button" onClick={() => onPick(query.sql)}>
            <code className="clip">{query.sql.replaceAll(/\s+/g, ' ')}</code>
            <span className="faint small">
              {duration(query.elapsed_ms)}, {query.user}
              {query.error ? ', failed' : ''}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

const INPUTS: Record<ParameterType, string> = {
  text: 'text',
  integer: 'number',
  decimal: 'text',
  boolean: 'text',
  date: 'text',
  timestamp: 'text',
}

/** The open query: its parameters as fields, its runs, and what can be done with it. */
export function SavedBar({
  saved,
  values,
  onChange,
  onClose,
}: {
  saved: SavedQuery
  values: Record<string, string>
  onChange: (values: Record<string, string>) => void
  onClose: () => void
}) {
  const { definition } = saved
  return (
    <div className="saved-bar">
      <span className="saved-title clip" title={definition.description}>
        <b>{definition.title}</b>
        <span className="faint small">
          {[definition.owner, saved.number && `version ${saved.number}`, saved.origin === 'file' && 'of a file']
            .filter(Boolean)
            .join(', ')}
        </span>
      </span>
      {(definition.parameters ?? []).map(parameter => (
        <div key={parameter.name} className="saved-field">
          <label htmlFor={`parameter-${parameter.name}`}>{parameter.title || parameter.name}</label>
          <Field
            parameter={parameter}
            value={values[parameter.name] ?? ''}
            onChange={value => onChange({ ...values, [parameter.name]: value })}
          />
        </div>
      ))}
      <span className="spacer" />
      {definition.schedule && <Runs id={definition.id} schedule={definition.schedule} />}
      <Button tone="ghost" icon="close" label={`Close ${definition.title}`} onClick={onClose} />
    </div>
  )
}

function Field({
  parameter,
  value,
  onChange,
}: {
  parameter: Parameter
  value: string
  onChange: (value: string) => void
}) {
  const options = parameter.type === 'boolean' ? ['true', 'false'] : (parameter.options ?? [])
  if (options.length > 0) {
    return (
      <select
        id={`parameter-${parameter.name}`}
        className="select"
        value={value}
        onChange={e => onChange(e.target.value)}
      >
        <option value="">{parameter.default || (parameter.optional ? 'none' : 'choose')}</option>
        {options.map(option => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    )
  }
  return (
    <input
      id={`parameter-${parameter.name}`}
      className="field-in"
      type={INPUTS[parameter.type]}
      value={value}
      required={!parameter.default && !parameter.optional}
      placeholder={parameter.default || (parameter.optional ? 'none' : parameter.type)}
      onChange={e => onChange(e.target.value)}
    />
  )
}

function Runs({ id, schedule }: { id: string; schedule: Schedule }) {
  return (
    <Popover
      triggerClass="button ghost"
      title="Schedule"
      align="end"
      className="history-pop"
      trigger={
        <>
          <Icon name="history" />
          Schedule
        </>
      }
    >
      <RunList id={id} schedule={schedule} />
    </Popover>
  )
}

function RunList({ id, schedule }: { id: string; schedule: Schedule }) {
  const client = useQueryClient()
  const [problem, setProblem] = useState('')
  const runs = useQuery({ queryKey: ['runs', id], queryFn: ({ signal }) => queries.runs(id, signal), retry: false })
  const sendNow = async () => {
    try {
      await queries.send(id)
      setProblem('')
      await client.invalidateQueries({ queryKey: ['runs', id] })
    } catch (cause) {
      setProblem(cause instanceof Error ? cause.message : String(cause))
    }
  }
  return (
    <>
      <p className="pop-title">
        <code>{schedule.cron}</code> {schedule.zone ?? 'UTC'}, to {schedule.to.join(', ')}
      </p>
      {runs.data?.next && (
        <p className="quiet small">
          Due next: <Time at={runs.data.next} />
        </p>
      )}
      {runs.isPending && <Skeleton lines={3} />}
      {runs.isError && <Failure what="The runs" error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data?.runs.length === 0 && <p className="quiet">It has not run yet.</p>}
      <ul className="bnotes">
        {(runs.data?.runs ?? []).slice(0, 20).map(run => (
          <li key={`${run.started} ${run.by ?? ''}`}>
            <span className="note-text">
              <Time at={run.due} />
              <span className={run.outcome === 'failed' ? 'error-text small' : 'small faint'}>
                {run.outcome}, {count(run.rows)} rows{run.missed ? `, ${count(run.missed)} times were missed` : ''}
                {run.error ? `: ${run.error}` : ''}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {problem && (
        <p className="error-text small" role="alert">
          {problem}
        </p>
      )}
      <Button onClick={() => void sendNow()}>Send now</Button>
    </>
  )
}

/** Saves what is in the editor, as a new query or as the next version of the open one. */
export function SaveButton({
  text,
  saved,
  onSaved,
}: {
  text: () => string
  saved: SavedQuery | undefined
  onSaved: (saved: SavedQuery) => void
}) {
  return (
    <Popover triggerClass="button ghost" title="Save the query" align="end" className="save-pop" trigger="Save">
      {close => (
        <SaveForm
          sql={text()}
          saved={saved}
          onSaved={answer => {
            close()
            onSaved(answer)
          }}
        />
      )}
    </Popover>
  )
}

const TYPES: readonly ParameterType[] = ['text', 'integer', 'decimal', 'boolean', 'date', 'timestamp']
const NO_SCHEDULE: Schedule = { cron: '', zone: 'UTC', when: 'always', to: [], format: 'table' }

function idOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 64)
}

function SaveForm({
  sql,
  saved,
  onSaved,
}: {
  sql: string
  saved: SavedQuery | undefined
  onSaved: (saved: SavedQuery) => void
}) {
  const before = saved?.definition
  const [title, setTitle] = useState(before?.title ?? '')
  const [description, setDescription] = useState(before?.description ?? '')
  const [parameters, setParameters] = useState<Parameter[]>(() =>
    parametersOf(sql).map(name => before?.parameters?.find(p => p.name === name) ?? { name, type: 'text' }),
  )
  const [schedule, setSchedule] = useState<Schedule>(before?.schedule ?? NO_SCHEDULE)
  const [error, setError] = useState('')
  const client = useQueryClient()
  const id = before?.id ?? idOf(title)
  const change = (i: number, part: Partial<Parameter>) =>
    setParameters(parameters.map((p, at) => (at === i ? { ...p, ...part } : p)))
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const definition: QueryDefinition = { version: 1, id, title, sql, parameters }
    if (description) definition.description = description
    if (schedule.cron.trim()) definition.schedule = schedule
    try {
      const answer = await queries.save(definition, saved?.version)
      await client.invalidateQueries({ queryKey: ['queries'] })
      onSaved(answer)
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause))
    }
  }
  return (
    <form className="form" onSubmit={save}>
      <p className="pop-title">{before ? `Save the next version of ${before.title}` : 'Save this query'}</p>
      <label>
        <span>Title</span>
        <input className="field-in" required maxLength={200} value={title} onChange={e => setTitle(e.target.value)} />
      </label>
      <label>
        <span>What it is for</span>
        <input
          className="field-in"
          maxLength={4000}
          value={description}
          onChange={e => setDescription(e.target.value)}
        />
      </label>
      {parameters.length === 0 && <p className="quiet small">Write $name in the statement for a parameter.</p>}
      {parameters.map((parameter, i) => (
        <fieldset key={parameter.name} className="save-parameter">
          <legend>
            <code>${parameter.name}</code>
          </legend>
          <select
            className="select"
            aria-label={`Type of ${parameter.name}`}
            value={parameter.type}
            onChange={e => change(i, { type: e.target.value as ParameterType })}
          >
            {TYPES.map(type => (
              <option key={type} value={type}>
                {type}
              </option>
            ))}
          </select>
          <input
            className="field-in"
            aria-label={`Default of ${parameter.name}`}
            placeholder={parameter.type === 'date' ? 'default, such as today-7d' : 'default'}
            value={parameter.default ?? ''}
            onChange={e => change(i, { default: e.target.value })}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={parameter.optional === true}
              onChange={() => change(i, { optional: !parameter.optional })}
            />
            optional
          </label>
        </fieldset>
      ))}
      <ScheduleFields schedule={schedule} onChange={setSchedule} />
      {error && (
        <p className="error-text small" role="alert">
          {error}
        </p>
      )}
      <Button type="submit" tone="primary" disabled={id === '' || sql.trim() === ''}>
        Save
      </Button>
    </form>
  )
}

const CRONS = [
  { cron: '', label: 'never' },
  { cron: '0 * * * *', label: 'every hour' },
  { cron: '0 8 * * *', label: 'every day at 8' },
  { cron: '0 8 * * 1', label: 'on Mondays at 8' },
  { cron: '0 8 1 * *', label: 'on the first of a month at 8' },
] as const

function ScheduleFields({ schedule, onChange }: { schedule: Schedule; onChange: (schedule: Schedule) => void }) {
  const list = useQuery({ queryKey: ['queries'], queryFn: ({ signal }) => queries.list(signal), retry: false })
  const targets = list.data?.targets ?? []
  if (list.data && targets.length === 0) {
    return (
      <p className="quiet small">
        Results can be sent on a schedule once escalation.targets has mail, Slack or a webhook.
      </p>
    )
  }
  const toggle = (name: string) =>
    onChange({
      ...schedule,
      to: schedule.to.includes(name) ? schedule.to.filter(t => t !== name) : [...schedule.to, name],
    })
  const known = CRONS.some(c => c.cron === schedule.cron)
  return (
    <>
      <label>
        <span>It runs by itself</span>
        <select
          className="select"
          value={schedule.cron}
          onChange={e => onChange({ ...schedule, cron: e.target.value })}
        >
          {CRONS.map(each => (
            <option key={each.cron} value={each.cron}>
              {each.label}
            </option>
          ))}
          {!known && <option value={schedule.cron}>{schedule.cron}</option>}
        </select>
      </label>
      {schedule.cron !== '' && (
        <>
          <label>
            <span>Time zone</span>
            <input
              className="field-in"
              value={schedule.zone ?? ''}
              placeholder="UTC"
              onChange={e => onChange({ ...schedule, zone: e.target.value })}
            />
          </label>
          <label>
            <span>The result is sent</span>
            <select
              className="select"
              value={schedule.when ?? 'always'}
              onChange={e => onChange({ ...schedule, when: e.target.value as NonNullable<Schedule['when']> })}
            >
              <option value="always">always</option>
              <option value="rows">when it has rows</option>
              <option value="changed">when it has changed</option>
            </select>
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={schedule.format === 'csv'}
              onChange={() => onChange({ ...schedule, format: schedule.format === 'csv' ? 'table' : 'csv' })}
            />
            with all rows as a CSV file
          </label>
          <fieldset className="save-targets">
            <legend>To</legend>
            {targets.map(name => (
              <label key={name} className="check">
                <input type="checkbox" checked={schedule.to.includes(name)} onChange={() => toggle(name)} />
                {name}
              </label>
            ))}
          </fieldset>
        </>
      )}
    </>
  )
}
