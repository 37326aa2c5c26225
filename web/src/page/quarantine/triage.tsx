import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import type { HeldGroupDetail, Triage } from '../../api/types.ts'
import { count } from '../../format.ts'
import { Button, CopyButton } from '../../ui/control.tsx'
import { Failure, Loading, Skeleton, Time } from '../../ui/state.tsx'
import { Problem } from './repair.tsx'
import { actor, setActor } from './view.ts'

/** Who sees to a group, what was said about it, and its most frequent values. */
export function TriageTab({ group }: { group: string }) {
  const query = useQuery({
    queryKey: ['held', 'group', group],
    queryFn: ({ signal }) => api.heldGroup(group, signal),
    refetchInterval: 5000,
  })
  if (query.error && !query.data) {
    return <Failure what="The group could not be read" error={query.error} onRetry={() => void query.refetch()} />
  }
  if (!query.data) {
    return (
      <div className="waiting">
        <Loading what="the group" />
        <Skeleton lines={5} />
      </div>
    )
  }
  return (
    <div className="triage">
      <TriageForm key={group} group={group} triage={query.data.triage} />
      <p className="triage-link">
        <span className="quiet">Link for a ticket</span>
        <code className="clip">{window.location.href}</code>
        <CopyButton text={window.location.href} what="link" />
      </p>
      <Values title="Most frequent values" values={query.data.values} />
      <Values title="Came by" values={query.data.streams} />
      <Notes history={query.data.history} />
    </div>
  )
}

function TriageForm({ group, triage }: { group: string; triage: Triage }) {
  const client = useQueryClient()
  const [form, setForm] = useState({
    assignee: triage.assignee ?? '',
    ticket: triage.ticket ?? '',
    note: triage.note ?? '',
    by: actor(),
  })
  const save = useMutation({
    mutationFn: (state: Triage['state']) => {
      const { by, ...said } = form
      setActor(by)
      return api.triage(group, { ...said, state, ...(by ? { by } : {}) })
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['held'] }),
  })
  const field = (name: keyof typeof form, label: string, placeholder = '') => (
    <label>
      <span>{label}</span>
      <input
        value={form[name]}
        placeholder={placeholder}
        onChange={event => setForm({ ...form, [name]: event.target.value })}
      />
    </label>
  )
  return (
    <form
      className="repair-start"
      aria-label="Triage"
      onSubmit={event => {
        event.preventDefault()
        save.mutate('triaged')
      }}
    >
      {field('assignee', 'Sees to it', 'nobody yet')}
      {field('ticket', 'Ticket', 'https://…')}
      {field('note', 'Note')}
      {field('by', 'Who says so', 'your name')}
      <Button type="submit" tone="primary" disabled={save.isPending}>
        {triage.state === 'new' ? 'Mark as triaged' : 'Save'}
      </Button>
      {triage.state === 'triaged' && (
        <Button disabled={save.isPending} onClick={() => save.mutate('new')}>
          Back to new
        </Button>
      )}
      {triage.ticket && /^https?:\/\//.test(triage.ticket) && (
        <a className="link" href={triage.ticket} rel="noreferrer">
          Open the ticket
        </a>
      )}
      {save.error && !save.isPending && <Problem what="It could not be saved" error={save.error} />}
    </form>
  )
}

function Values({ title, values }: { title: string; values: HeldGroupDetail['values'] }) {
  const top = Math.max(...values.map(v => v.count), 1)
  if (values.length === 0) return null
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul className="held-values">
        {values.map(value => (
          <li key={value.value}>
            <code className="clip">{value.value || 'empty'}</code>
            <span className="num">{count(value.count)}</span>
            <span className="group-bar plain">
              <span style={{ width: `${(value.count / top) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Notes({ history }: { history: HeldGroupDetail['history'] }) {
  if (history.length === 0) return null
  return (
    <section aria-label="What was said">
      <h3>What was said</h3>
      <ul className="notes">
        {history.toReversed().map(note => (
          <li key={note.at}>
            <span className="small quiet">
              {note.by}, <Time at={note.at} />
            </span>
            <p>
              {[note.state, note.assignee && `for ${note.assignee}`, note.ticket, note.note].filter(Boolean).join('; ')}
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
