import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Escalations, type Incident, reconcile } from '../api/reconcile.ts'
import { age, count } from '../format.ts'
import { patched, usePatch, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Button, Command, Link, Panel, Segments } from '../ui/control.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Failure, Loading, Skeleton, Stale, Time, useNow } from '../ui/state.tsx'
import { actor } from './quarantine/view.ts'

const EXAMPLE = `escalation:
  rules:
    - {name: ledger, signal: "ledger.*", severity: error, targets: [ops]}
    - {name: broken-web, source: "web*", condition: share, threshold: 0.05, at_least: 20, window: 10m, targets: [ops]}
  targets:
    - {name: ops, slack: {webhook_url: "\${SLACK_URL}"}}`

/** What fires, who was told, and what could not be delivered. */
export default function AlertsPage() {
  const query = useQuery({
    queryKey: ['escalations'],
    queryFn: ({ signal }) => reconcile.escalations(signal),
    refetchInterval: 3000,
  })
  const { data, error } = query
  return (
    <>
      <TopBar title="Alerts" />
      <div className="page">
        {data ? (
          <>
            {error && <Stale since={query.dataUpdatedAt}>{error.message} Trying again.</Stale>}
            <Incidents data={data} />
            <div className="halves">
              <Outbox data={data} />
              <Targets data={data} />
            </div>
          </>
        ) : error ? (
          <Failure
            what="The alerts could not be read"
            error={error}
            holds="Messages that wait are on disk, and are sent all the same."
            onRetry={() => void query.refetch()}
          />
        ) : (
          <div className="panel waiting">
            <Loading what="the alerts" />
            <Skeleton lines={8} />
          </div>
        )}
      </div>
    </>
  )
}

function Incidents({ data }: { data: Escalations }) {
  const { params } = usePlace()
  const patch = usePatch()
  const all = params.get('state') === 'all'
  const shown = data.incidents.filter(i => all || i.state !== 'closed')
  if (data.incidents.length === 0) {
    return (
      <Empty title="Nothing fires">
        <p>
          {data.targets.length > 0
            ? 'No rule has found anything. Incidents will be listed here until they are over.'
            : 'Nobody is told of anything yet. Say in the settings what is watched, and who is told:'}
        </p>
        {data.targets.length === 0 && <Command text={EXAMPLE} />}
      </Empty>
    )
  }
  return (
    <Panel
      title="Incidents"
      note={`${count(data.incidents.filter(i => i.state !== 'closed').length)} not over`}
      actions={
        <Segments
          label="Which"
          value={all ? 'all' : 'now'}
          choices={[
            { value: 'now', label: 'Not over' },
            { value: 'all', label: 'All' },
          ]}
          onChange={value => patch({ state: value === 'all' ? 'all' : null })}
        />
      }
    >
      {shown.length === 0 ? (
        <p className="panel-empty">All incidents are over.</p>
      ) : (
        <ul className="ledger-list">
          {shown.map(incident => (
            <Row key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

const BAD = new Set(['error', 'critical'])

function Row({ incident }: { incident: Incident }) {
  const place = usePlace()
  const now = useNow(5000)
  const open = place.params.get('incident') === incident.id
  const state = incident.state === 'open' && !incident.firing ? 'cooling down' : incident.state
  return (
    <li aria-label={incident.title}>
      <div className="ledger-head">
        <span
          className={incident.state === 'closed' ? 'quiet' : BAD.has(incident.severity) ? 'balance bad' : 'balance'}
        >
          <Icon name={incident.state === 'closed' ? 'check' : 'quarantine'} size={14} /> {incident.severity}
        </span>
        <Link href={patched(place, { incident: open ? null : incident.id })} className="link" aria-expanded={open}>
          {incident.title}
        </Link>
        <span className="spacer" />
        <span className="small quiet">
          {state}, {incident.rule}, {age(now - Date.parse(incident.opened))} ago
          {incident.muted_until && Date.parse(incident.muted_until) > now && ', muted'}
        </span>
      </div>
      {open && <Details incident={incident} />}
    </li>
  )
}

function Details({ incident }: { incident: Incident }) {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const by = actor() || 'console'
  const change = useMutation({
    mutationFn: (hours: number | null) =>
      hours === null
        ? reconcile.acknowledge(incident.id, by, reason.trim())
        : reconcile.mute(incident.id, new Date(Date.now() + hours * 3_600_000).toISOString(), by, reason.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: ['escalations'] }),
  })
  return (
    <div className="ledger-pad">
      {incident.text && <p className="pre">{incident.text}</p>}
      {incident.link && (
        <p>
          <Link href={new URL(incident.link, location.origin).href.replace(location.origin, '')} className="link">
            Open the page it is about
          </Link>
        </p>
      )}
      {incident.state !== 'closed' && (
        <form className="ledger-form" onSubmit={event => event.preventDefault()}>
          <label className="wide">
            <span>Reason</span>
            <input type="text" value={reason} maxLength={1000} onChange={event => setReason(event.target.value)} />
          </label>
          {incident.state === 'open' && (
            <Button tone="primary" icon="check" disabled={change.isPending} onClick={() => change.mutate(null)}>
              Acknowledge
            </Button>
          )}
          <Button disabled={change.isPending} onClick={() => change.mutate(1)}>
            Mute 1 hour
          </Button>
          <Button disabled={change.isPending} onClick={() => change.mutate(24)}>
            Mute 24 hours
          </Button>
        </form>
      )}
      {change.error && (
        <p className="error-text" role="alert">
          {change.error.message}
        </p>
      )}
      <ol className="small quiet">
        {incident.history.map(event => (
          <li key={event.at + event.what}>
            <Time at={event.at} /> {event.what}
            {event.by && ` by ${event.by}`}
            {event.reason && `: ${event.reason}`}
          </li>
        ))}
      </ol>
    </div>
  )
}

function Outbox({ data }: { data: Escalations }) {
  const client = useQueryClient()
  const retry = useMutation({
    mutationFn: () => reconcile.retryMessages(actor() || 'console'),
    onSuccess: () => client.invalidateQueries({ queryKey: ['escalations'] }),
  })
  const lost = data.outbox.filter(message => message.state === 'given_up').length
  return (
    <Panel
      title="Messages that wait"
      note={lost > 0 ? `${count(lost)} given up` : undefined}
      actions={
        lost > 0 && (
          <Button icon="retry" disabled={retry.isPending} onClick={() => retry.mutate()}>
            Try again
          </Button>
        )
      }
    >
      {retry.error && <p className="error-text ledger-note">{retry.error.message}</p>}
      {data.outbox.length === 0 ? (
        <p className="panel-empty">Every message was delivered.</p>
      ) : (
        <ul className="ledger-list">
          {data.outbox.map(message => (
            <li key={message.id}>
              <div className="ledger-head">
                <span className={message.state === 'given_up' ? 'balance bad' : 'quiet'}>
                  {message.state === 'given_up' ? 'given up' : 'waiting'}
                </span>
                {message.title}
              </div>
              <p className="small quiet">
                {message.kind} to {message.target}, {count(message.attempts)} attempts
                {message.state === 'waiting' && (
                  <>
                    , next <Time at={message.next} />
                  </>
                )}
                {message.last_error && `: ${message.last_error}`}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Targets({ data }: { data: Escalations }) {
  return (
    <Panel title="Who is told" note="messages since the start">
      {data.targets.length === 0 ? (
        <p className="panel-empty">No target is configured (escalation.targets).</p>
      ) : (
        <ul className="ledger-list">
          {data.targets.map(target => (
            <Target key={target.name} target={target} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Target({ target }: { target: Escalations['targets'][number] }) {
  const trial = useMutation({ mutationFn: () => reconcile.testTarget(target.name, actor() || 'console') })
  return (
    <li aria-label={target.name}>
      <div className="ledger-head">
        <b>{target.name}</b>
        <span className="small quiet">
          {count(target.delivered)} delivered, {count(target.failed)} failed attempts, {count(target.given_up)} given up
        </span>
        <span className="spacer" />
        <Button disabled={trial.isPending} onClick={() => trial.mutate()}>
          Test
        </Button>
      </div>
      {trial.isSuccess && (
        <p className="small balance good" role="status">
          <Icon name="check" size={14} /> It has the test message.
        </p>
      )}
      {trial.error && (
        <p className="error-text" role="alert">
          {trial.error.message}
        </p>
      )}
    </li>
  )
}
