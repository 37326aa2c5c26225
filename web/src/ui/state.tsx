import { type ReactNode, useEffect, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { age, timeOf } from '../format.ts'
import { Button } from './control.tsx'
import { Icon } from './icon.tsx'

/** The time now, renewed every period, for ages on the screen. */
export function useNow(periodMs = 1000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), periodMs)
    return () => clearInterval(timer)
  }, [periodMs])
  return now
}

/** Keeps a place of the right size while its content is on the way. */
export function Skeleton({ height, width, lines = 1 }: { height?: number; width?: number | string; lines?: number }) {
  return (
    <span className="skeletons" aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
          key={i}
          className="skeleton"
          style={{ height: height ?? 12, width: width ?? `${92 - ((i * 17) % 40)}%` }}
        />
      ))}
    </span>
  )
}

export function Loading({ what }: { what: string }) {
  return (
    <p className="sr" role="status">
      Loading {what}
    </p>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h3>{title}</h3>
      {children}
    </div>
  )
}

/** What failed, what still holds, and what happens next. */
export function Failure({
  what,
  error,
  holds,
  onRetry,
}: {
  what: string
  error: unknown
  holds?: string
  onRetry: () => void
}) {
  const retrying = !(error instanceof ApiError) || error.retryable
  const problems = error instanceof ApiError ? (error.problem.errors ?? []) : []
  return (
    <div className="failure" role="alert">
      <Icon name="quarantine" />
      <div>
        <h3>{what}</h3>
        <p>{error instanceof Error ? error.message : 'The stream was cut.'}</p>
        {problems.map(problem => (
          <p key={problem.message} className="quiet">
            {problem.location ? `${problem.location}: ` : ''}
            {problem.message}
          </p>
        ))}
        {holds && <p className="quiet">{holds}</p>}
        <p className="failure-foot">
          <Button icon="retry" onClick={onRetry}>
            Try again now
          </Button>
          {retrying && <span className="quiet small">It tries again by itself every few seconds.</span>}
        </p>
      </div>
    </div>
  )
}

/** Says that what is on the screen is old, and how old. */
export function Stale({ since, children }: { since: number; children: ReactNode }) {
  const now = useNow()
  return (
    <div className="stale" role="status">
      <Icon name="history" />
      <span>
        {children} What you see is <strong>{age(now - since)}</strong> old.
      </span>
    </div>
  )
}

/** A time in UTC, with its age on hover. */
export function Time({ at, clip = false }: { at: string | null | undefined; clip?: boolean }) {
  if (!at) return <span className="faint">no time</span>
  return (
    <time dateTime={at} title={`${at}, ${age(Date.now() - Date.parse(at))} ago`} className={clip ? 'clip' : undefined}>
      {timeOf(at)}
    </time>
  )
}
