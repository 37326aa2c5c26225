import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { reconcile, type Statement, type StatementDetail } from '../../api/reconcile.ts'
import { count } from '../../format.ts'
import { patched, usePlace } from '../../router.ts'
import { Button, CopyButton, Frame, Link, Panel } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Balance } from '../../ui/ledger.tsx'
import { Empty, Failure, Skeleton, Time } from '../../ui/state.tsx'
import { actor, setActor } from '../quarantine/view.ts'

/** Days that are closed, what has changed since, and who stands by them. */
export function Statements() {
  const place = usePlace()
  const query = useQuery({
    queryKey: ['statements'],
    queryFn: ({ signal }) => reconcile.statements(signal),
    refetchInterval: 10_000,
  })
  if (!query.data) {
    return query.error ? (
      <Failure what="The statements could not be listed" error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <div className="panel waiting">
        <Skeleton lines={8} />
      </div>
    )
  }
  const { statements, intact, problem } = query.data
  if (statements.length === 0) {
    return (
      <Empty title="No day is closed yet">
        <p>
          The first statement is made when the first day with events (UTC) is over and <code>reconcile.grace</code> has
          passed.
        </p>
      </Empty>
    )
  }
  const asked = place.params.get('day')
  const day = statements.find(s => s.day === asked)?.day ?? statements[0]?.day ?? ''
  return (
    <div className="split">
      <Panel
        title="Daily statements"
        note={
          intact ? (
            <span className="balance good">
              <Icon name="check" size={14} /> The chain is intact
            </span>
          ) : (
            <span className="balance bad">
              <Icon name="quarantine" size={14} /> The chain is broken
            </span>
          )
        }
      >
        {problem && (
          <p className="error-text ledger-note" role="alert">
            {problem}
          </p>
        )}
        <ul className="ledger-list">
          {statements.map(s => (
            <li key={s.day}>
              <Link
                href={patched(place, { day: s.day })}
                className="ledger-head"
                aria-current={s.day === day ? 'true' : undefined}
              >
                <b>{s.day}</b>
                <Balance ledger={s.total} />
                <span className="spacer" />
                <span className="small quiet">{s.signed.length > 0 ? `${count(s.signed.length)} signed` : 'open'}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
      <Day key={day} day={day} />
    </div>
  )
}

function Day({ day }: { day: string }) {
  const query = useQuery({
    queryKey: ['statements', day],
    queryFn: ({ signal }) => reconcile.statement(day, signal),
    refetchInterval: 10_000,
  })
  const s = query.data
  return (
    <Panel title={`Statement of ${day}`} note="days are in UTC, by receipt">
      {s ? (
        <div className="ledger-pad">
          <Figures statement={s} />
          <Changes changes={s.changes} />
          <p className="small quiet">
            Closed <Time at={s.closed} />, digest <code>{s.digest.slice(0, 16)}</code>
            <CopyButton text={s.digest} what="digest" />
          </p>
          {s.signed.map(signature => (
            <p key={signature.by + signature.at} className="small">
              <Icon name="check" size={14} /> {signature.by}, <Time at={signature.at} />
              {signature.note && `: ${signature.note}`}
              {signature.changes.length > 0 && `, with ${count(signature.changes.length)} changes in view`}
            </p>
          ))}
          <Sign statement={s} />
        </div>
      ) : query.error ? (
        <Failure what="The statement could not be read" error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <div className="ledger-pad">
          <Skeleton lines={6} />
        </div>
      )}
    </Panel>
  )
}

const FIGURES = ['received', 'accepted', 'duplicate', 'quarantined', 'rejected', 'open'] as const

function Figures({ statement }: { statement: Statement }) {
  return (
    <Frame label="What became of the events of each source">
      <table className="table">
        <thead>
          <tr>
            <th>Source</th>
            {FIGURES.map(name => (
              <th key={name} className="num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...statement.sources, { source: 'all', ...statement.total }].map(row => (
            <tr key={row.source}>
              <td>{row.source}</td>
              {FIGURES.map(name => (
                <td key={name} className="num">
                  {count(row[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  )
}

function Changes({ changes }: { changes: readonly string[] }) {
  if (changes.length === 0) return <p className="quiet">Nothing has changed since it was closed.</p>
  return (
    <div>
      <h3>Changed since</h3>
      <ul>
        {changes.map(change => (
          <li key={change}>{change}</li>
        ))}
      </ul>
    </div>
  )
}

function Sign({ statement }: { statement: StatementDetail }) {
  const client = useQueryClient()
  const [by, setBy] = useState(actor())
  const [note, setNote] = useState('')
  const sign = useMutation({
    mutationFn: () => reconcile.sign(statement.day, by.trim(), note.trim()),
    onSuccess: () => {
      setActor(by.trim())
      setNote('')
      return client.invalidateQueries({ queryKey: ['statements'] })
    },
  })
  const needsNote = !statement.total.balanced
  return (
    <form
      className="ledger-form"
      onSubmit={event => {
        event.preventDefault()
        sign.mutate()
      }}
    >
      <label>
        <span>Signed by</span>
        <input type="text" value={by} maxLength={200} onChange={event => setBy(event.target.value)} />
      </label>
      <label className="wide">
        <span>{needsNote ? 'Note, as the day does not balance' : 'Note'}</span>
        <input type="text" value={note} maxLength={2000} onChange={event => setNote(event.target.value)} />
      </label>
      <Button
        type="submit"
        tone="primary"
        disabled={by.trim() === '' || (needsNote && note.trim() === '') || sign.isPending}
      >
        Sign off
      </Button>
      {sign.error && (
        <p className="error-text" role="alert">
          {sign.error.message}
        </p>
      )}
    </form>
  )
}
