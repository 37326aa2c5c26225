import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../../api/client.ts'
import type { ActKind, DryRun, HeldFilter, HeldQuery, RunRequest } from '../../api/types.ts'
import { count } from '../../format.ts'
import { usePatch, usePlace } from '../../router.ts'
import { Button, Segments } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { DryRunResult } from './dryrun.tsx'
import { PatchEditor } from './editor.tsx'
import { Files } from './files.tsx'
import { patchOf, type Step } from './steps.ts'
import { ACTS, type Act, actor, filterOf, setActor } from './view.ts'

function stepsOf(text: string | null): Step[] {
  try {
    const steps: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(steps) ? (steps as Step[]) : []
  } catch {
    return []
  }
}

/** Changes the events that are picked: by a patch, or by a decision. A dry run comes first. */
export function Repair({ query, total }: { query: HeldQuery; total: number }) {
  const { params } = usePlace()
  const patch = usePatch()
  const act = ACTS.find(one => one.kind === params.get('act')) ?? (ACTS[0] as Act)
  const steps = stepsOf(params.get('steps'))
  const name = params.get('patch') ?? 'repair'
  const fields = useFields(query)
  const filter = filterOf(query)
  const request = {
    kind: act.kind,
    filter,
    ...(act.kind === 'redrive' && steps.length > 0 ? { patch: patchOf(name, steps) } : {}),
  }
  const asked = JSON.stringify(request)
  const dryRun = useMutation({ mutationFn: () => api.dryRun({ ...request, samples: 8 }) })
  const [answered, setAnswered] = useState('')
  const result = answered === asked ? dryRun.data : undefined
  return (
    <div className="repair">
      <Segments<ActKind>
        label="What to do"
        value={act.kind}
        choices={ACTS.map(({ kind, label }) => ({ value: kind, label }))}
        onChange={kind => patch({ act: kind === 'redrive' ? null : kind })}
      />
      <p className="quiet">{act.says}</p>
      {act.kind === 'redrive' && (
        <PatchEditor
          steps={steps}
          name={name}
          fields={fields}
          onChange={(next, called) =>
            patch(
              {
                steps: next.length > 0 ? JSON.stringify(next) : null,
                ...(called === undefined ? {} : { patch: called === 'repair' ? null : called }),
              },
              { replace: true },
            )
          }
        />
      )}
      <p className="repair-try">
        <Button
          tone={result ? 'plain' : 'primary'}
          disabled={dryRun.isPending}
          onClick={() => dryRun.mutate(undefined, { onSuccess: () => setAnswered(asked) })}
        >
          {dryRun.isPending ? 'Trying …' : 'Dry run'}
        </Button>
        <span className="quiet">on {count(total)} events, without any effect</span>
      </p>
      {dryRun.error && !dryRun.isPending && <Problem what="The dry run failed" error={dryRun.error} />}
      {result && <DryRunResult result={result} />}
      {result && <Start key={asked} act={act} request={request} result={result} />}
      <Files query={query} />
    </div>
  )
}

export function Problem({ what, error }: { what: string; error: Error }) {
  return (
    <p className="error-text pre" role="alert">
      <Icon name="quarantine" size={14} /> {what}: {error.message}
    </p>
  )
}

/** The fields of the first event, to suggest. */
function useFields(query: HeldQuery): string[] {
  const { data } = useQuery({
    queryKey: ['held', 'fields', query],
    queryFn: async ({ signal }) => {
      const page = await api.heldItems({ ...query, limit: 1 }, signal)
      const first = page.items[0]
      if (!first) return []
      const detail = await api.heldItem(first.partition, first.offset, signal)
      return detail.columns.length > 0 ? detail.columns.map(column => column.name) : pathsOf(first.payload)
    },
    staleTime: 60_000,
  })
  return data ?? []
}

/** Paths of the values of a JSON document. */
export function pathsOf(payload: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return []
  }
  const paths: string[] = []
  const walk = (at: unknown, path: string) => {
    if (paths.length >= 200) return
    if (Array.isArray(at)) {
      if (at.length > 0) walk(at[0], `${path}[*]`)
    } else if (at !== null && typeof at === 'object') {
      for (const [key, below] of Object.entries(at)) {
        const plain = /^[^.[\]"$]+$/.test(key)
        walk(below, plain ? (path === '' ? key : `${path}.${key}`) : `${path}[${JSON.stringify(key)}]`)
      }
    } else paths.push(path)
  }
  walk(value, '')
  return paths
}

interface StartProps {
  act: Act
  request: { kind: ActKind; filter: HeldFilter; patch?: Record<string, unknown> }
  result: DryRun
}

/** Starts the run that was tried. What cannot be taken back asks for its number. */
function Start({ act, request, result }: StartProps) {
  const patch = usePatch()
  const client = useQueryClient()
  const [by, setBy] = useState(actor)
  const [reason, setReason] = useState('')
  const [rate, setRate] = useState('')
  const [typed, setTyped] = useState('')
  useEffect(() => setActor(by), [by])
  const start = useMutation({
    mutationFn: () =>
      api.startRun({
        ...request,
        confirm: result.confirm,
        ...(by ? { by } : {}),
        ...(reason ? { reason } : {}),
        ...(Number(rate) > 0 ? { rate: Number(rate) } : {}),
      } as RunRequest),
    onSuccess: run => {
      void client.invalidateQueries({ queryKey: ['held', 'runs'] })
      patch({ run: run.id })
    },
  })
  const final = act.kind === 'purge'
  const ready = (!act.reason || reason.trim() !== '') && (!final || typed === String(result.total)) && result.total > 0
  return (
    <form
      className="repair-start"
      aria-label={`${act.label} the events`}
      onSubmit={event => {
        event.preventDefault()
        if (ready && !start.isPending && !start.isSuccess) start.mutate()
      }}
    >
      {result.must_confirm && <p className="quiet">This run is confirmed by its dry run: {result.must_confirm}.</p>}
      <label>
        <span>Who</span>
        <input value={by} placeholder="your name" onChange={event => setBy(event.target.value)} />
      </label>
      <label>
        <span>{act.reason ? 'Reason' : 'Reason, if any'}</span>
        <input value={reason} required={act.reason} onChange={event => setReason(event.target.value)} />
      </label>
      {act.kind === 'redrive' && (
        <label>
          <span>Events per second</span>
          <input
            value={rate}
            inputMode="numeric"
            placeholder="as configured"
            onChange={event => setRate(event.target.value.replace(/\D/g, ''))}
          />
        </label>
      )}
      {final && (
        <label>
          <span>Type {result.total} to confirm</span>
          <input value={typed} inputMode="numeric" onChange={event => setTyped(event.target.value)} />
        </label>
      )}
      {start.isSuccess ? (
        <p role="status">The run has been started; its progress is above.</p>
      ) : (
        <Button type="submit" tone="primary" disabled={!ready || start.isPending}>
          {act.label} {count(result.total)} events
        </Button>
      )}
      {start.error && !start.isPending && <Problem what="The run was not started" error={start.error} />}
    </form>
  )
}
