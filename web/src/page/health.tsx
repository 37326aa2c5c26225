import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { HealthAction, Source, SourceHealth } from '../api/types.ts'
import { age, count } from '../format.ts'
import { Button, Link, Popover } from '../ui/control.tsx'
import { useNow } from '../ui/state.tsx'

const TONES: Record<string, string> = {
  active: 'balance good',
  throttled: 'quiet',
  probing: 'balance bad',
  suspended: 'balance bad',
}

/** The share of a source's newest events with errors, as the server counts it. */
function share(health: SourceHealth): string {
  return health.events === 0 ? 'no events yet' : `${((100 * health.errors) / health.events).toFixed(1)} %`
}

/** How good the events of a source are; a click shows why, and what can be done. */
export function Health({ source }: { source: Source }) {
  const health = source.health
  if (!health) return <span className="faint">–</span>
  const held = health.override ? ' · held' : ''
  const errors = health.errors > 0 ? ` · ${share(health)}` : ''
  return (
    <Popover
      title={`Health of ${source.name}`}
      triggerClass="link health"
      triggerLabel={`Health of ${source.name}: ${health.state}${held}${errors}`}
      className="health-card"
      trigger={
        <>
          <span className={TONES[health.state] ?? 'quiet'}>{health.state}</span>
          {held && <span className="faint">{held}</span>}
          {errors && <span className="faint">{errors}</span>}
        </>
      }
    >
      {close => <Card name={source.name} health={health} done={close} />}
    </Popover>
  )
}

function Card({ name, health, done }: { name: string; health: SourceHealth; done: () => void }) {
  const now = useNow(5000)
  const history = useQuery({ queryKey: ['health', name], queryFn: ({ signal }) => api.sourceHealth(name, signal) })
  return (
    <>
      <h3>
        {name} is {health.state}
      </h3>
      <dl className="health-facts">
        <dt>Since</dt>
        <dd>{age(now - Date.parse(health.since))} ago</dd>
        <dt>Why</dt>
        <dd>{health.reason}</dd>
        <dt>By</dt>
        <dd>{health.override ? `${health.override.by}, until it is taken back` : health.by}</dd>
        <dt>Errors</dt>
        <dd>
          {share(health)}
          {health.events > 0 && ` of ${count(health.events)} events`}
          {health.category && `, most of category ${health.category}`}
        </dd>
        {health.held_since && (
          <>
            <dt>Held</dt>
            <dd>
              <Link href={`/quarantine?source=${encodeURIComponent(name)}`} className="link">
                events since {age(now - Date.parse(health.held_since))} ago
              </Link>
            </dd>
          </>
        )}
        {health.redrive_run && (
          <>
            <dt>Redriven</dt>
            <dd>by run {health.redrive_run}</dd>
          </>
        )}
      </dl>
      {health.pending && <p className="quiet">The log has not been told yet; it is tried again.</p>}
      <Act name={name} health={health} done={done} />
      {history.data && history.data.history.length > 0 && (
        <ol className="health-history">
          {history.data.history.slice(0, 5).map(turn => (
            <li key={turn.at} className="quiet">
              <time dateTime={turn.at}>{age(now - Date.parse(turn.at))} ago</time> {turn.from} → {turn.to}, {turn.by}:{' '}
              {turn.reason}
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

const ACTIONS: Record<HealthAction, string> = {
  suspend: 'Suspend',
  probe: 'Probe',
  activate: 'Keep active',
  resume: 'Resume',
  release: 'Release',
}

/** What makes sense in a state. */
function actions(health: SourceHealth): HealthAction[] {
  const out: HealthAction[] = []
  if (health.state !== 'suspended' || !health.override) out.push('suspend')
  if (health.state === 'suspended') out.push('probe')
  if (health.override) out.push('release')
  if (health.state !== 'active' || health.override) out.push('resume')
  if (!(health.state === 'active' && health.override)) out.push('activate')
  return out
}

function Act({ name, health, done }: { name: string; health: SourceHealth; done: () => void }) {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const act = useMutation({
    mutationFn: (action: HealthAction) => api.changeHealth(name, { action, reason: reason.trim(), by: 'console' }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['sources'] })
      void client.invalidateQueries({ queryKey: ['health', name] })
      done()
    },
  })
  return (
    <form className="health-act" onSubmit={event => event.preventDefault()}>
      <label>
        Reason
        <input
          type="text"
          value={reason}
          maxLength={1000}
          placeholder="for the history and the audit trail"
          onChange={event => setReason(event.target.value)}
        />
      </label>
      <div className="health-buttons">
        {actions(health).map(action => (
          <Button key={action} disabled={reason.trim() === '' || act.isPending} onClick={() => act.mutate(action)}>
            {ACTIONS[action]}
          </Button>
        ))}
      </div>
      {act.error && (
        <p className="balance bad" role="alert">
          {act.error.message}
        </p>
      )}
    </form>
  )
}
