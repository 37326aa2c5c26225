import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, type RunControl } from '../../api/client.ts'
import type { HeldRun } from '../../api/types.ts'
import { count } from '../../format.ts'
import { patched, usePlace } from '../../router.ts'
import { Button, Link, Panel } from '../../ui/control.tsx'
import { Time } from '../../ui/state.tsx'
import { Problem } from './repair.tsx'
import { ACTS, actor } from './view.ts'

const WORKING: readonly HeldRun['state'][] = ['queued', 'running', 'paused']
const SHOWN = 5

/** Runs at work and those that ended last; the one in the address is open. */
export function Runs() {
  const place = usePlace()
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: ['held', 'runs'],
    queryFn: async ({ signal }) => {
      const before = client.getQueryData<{ runs: HeldRun[] }>(['held', 'runs'])
      const after = await api.runs(signal)
      const ended = before?.runs.some(
        run => WORKING.includes(run.state) && after.runs.some(r => r.id === run.id && !WORKING.includes(r.state)),
      )
      // What ended has changed what is in quarantine.
      if (ended) void client.invalidateQueries({ queryKey: ['held'], predicate: query => query.queryKey[1] !== 'runs' })
      return after
    },
    refetchInterval: query => (query.state.data?.runs.some(run => WORKING.includes(run.state)) ? 700 : 5000),
  })
  const runs = data?.runs ?? []
  if (runs.length === 0) return null
  const chosen = place.params.get('run')
  const working = runs.filter(run => WORKING.includes(run.state)).length
  const listed = runs.filter((run, i) => i < SHOWN || run.id === chosen || WORKING.includes(run.state))
  return (
    <Panel title="Runs" note={working > 0 ? `${count(working)} at work` : `${count(runs.length)} ended`}>
      <ul className="runs">
        {listed.map(run => (
          <li key={run.id} className="run" aria-label={`Run ${run.id}`} aria-current={run.id === chosen || undefined}>
            <Run run={run} href={patched(place, { run: run.id === chosen ? null : run.id })} open={run.id === chosen} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Run({ run, href, open }: { run: HeldRun; href: string; open: boolean }) {
  const client = useQueryClient()
  const control = useMutation({
    mutationFn: (what: RunControl) => api.controlRun(run.id, what, actor() || 'console'),
    onSettled: () => client.invalidateQueries({ queryKey: ['held', 'runs'] }),
  })
  const { progress } = run
  const share = progress.total > 0 ? Math.min(progress.done / progress.total, 1) : 1
  const label = ACTS.find(act => act.kind === run.kind)?.label ?? run.kind
  const working = WORKING.includes(run.state)
  return (
    <>
      <div className="run-head">
        <Link href={href} className="link">
          <b>{label}</b>
        </Link>
        <span className={run.state === 'paused' ? 'balance bad' : 'quiet'}>{run.state}</span>
        {run.patch && <code className="clip">{run.patch}</code>}
        {run.import && <span className="quiet">edited file</span>}
        <span className="spacer" />
        <span className="small quiet">
          {run.by}, <Time at={run.created} />
        </span>
        {working && run.state !== 'paused' && (
          <Button icon="pause" label="Pause the run" onClick={() => control.mutate('pause')} />
        )}
        {run.state === 'paused' && (
          <Button icon="play" label="Resume the run" onClick={() => control.mutate('resume')} />
        )}
        {working && <Button icon="stop" label="Cancel the run" onClick={() => control.mutate('cancel')} />}
      </div>
      <div
        className="run-bar"
        role="progressbar"
        aria-label={`${label}, ${run.state}`}
        aria-valuemin={0}
        aria-valuemax={progress.total}
        aria-valuenow={progress.done}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <p className="small quiet">
        {count(progress.done)} of {count(progress.total)}
        {outcomes(run)}
        {run.rate > 0 ? `; at most ${count(run.rate)} per second` : ''}
      </p>
      {run.error && <p className="error-text">{run.error}</p>}
      {control.error && !control.isPending && <Problem what="That could not be done" error={control.error} />}
      {open && <Details run={run} />}
    </>
  )
}

function outcomes({ progress }: HeldRun): string {
  const parts = [
    [progress.recovered, 'recovered'],
    [progress.duplicate, 'known already'],
    [progress.requarantined, 'broken again'],
    [progress.applied, 'changed'],
    [progress.failed, 'could not be tried'],
    [progress.void + progress.elsewhere, 'settled otherwise'],
  ] as const
  const told = parts.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`)
  return told.length > 0 ? `: ${told.join(', ')}` : ''
}

function Details({ run }: { run: HeldRun }) {
  return (
    <div className="run-details">
      {run.reason && <p>{run.reason}</p>}
      <ul className="dry-reasons">
        {run.broken.map(broken => (
          <li key={`${broken.rule} ${broken.field}`}>
            {count(broken.count)} broke <code>{broken.rule}</code>{' '}
            {broken.message && <span className="quiet">{broken.message}</span>}
          </li>
        ))}
        {run.failures.map(failure => (
          <li key={failure.item}>
            {failure.item} <span className="quiet">{failure.reason}</span>
          </li>
        ))}
      </ul>
      {run.patch_text && (
        <div className="sample-payload">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
          <pre tabIndex={0}>{run.patch_text}</pre>
        </div>
      )}
    </div>
  )
}
