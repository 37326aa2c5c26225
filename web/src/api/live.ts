import { useEffect, useRef, useState } from 'react'
import { ApiError, api } from './client.ts'
import type { Overview, OverviewQuery, Platform } from './types.ts'

export type LivePhase = 'connecting' | 'live' | 'lost' | 'paused'

export interface Live {
  data: Overview | null
  phase: LivePhase
  /** When the newest message came, in milliseconds of this browser's clock. */
  receivedAt: number | null
  error: ApiError | null
  retry: () => void
}

const RETRY_MS = [500, 1000, 2000, 4000, 8000]
/** The server speaks each second; this long a silence counts as a lost stream. */
const SILENCE_MS = 6000

/** Follows /api/v1/overview/stream; waits while the query is null. While paused it shows one answer and asks no more. */
export function useOverviewStream(query: OverviewQuery | null, paused: boolean): Live {
  const [data, setData] = useState<Overview | null>(null)
  const [phase, setPhase] = useState<LivePhase>('connecting')
  const [receivedAt, setReceivedAt] = useState<number | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const [attempt, setAttempt] = useState(0)
  const failures = useRef(0)
  const key = JSON.stringify(query)

  // biome-ignore lint/correctness/useExhaustiveDependencies: key stands for query; attempt restarts the stream
  useEffect(() => {
    const asked = JSON.parse(key) as OverviewQuery | null
    if (!asked) return
    const abort = new AbortController()
    let stream: EventSource | null = null
    let timer: ReturnType<typeof setTimeout> | undefined

    const take = (overview: Overview) => {
      failures.current = 0
      setData(overview)
      setReceivedAt(Date.now())
      setError(null)
    }
    const fail = (cause: unknown) => {
      if (abort.signal.aborted) return
      stream?.close()
      const known = cause instanceof ApiError ? cause : null
      setError(known)
      setPhase('lost')
      if (known && !known.retryable) return
      const wait = RETRY_MS[Math.min(failures.current, RETRY_MS.length - 1)]
      failures.current += 1
      timer = setTimeout(() => setAttempt(n => n + 1), wait)
    }
    // An EventSource does not tell why it failed; a plain request does.
    const explain = () =>
      api
        .overview(asked, abort.signal)
        .then(take)
        .then(() => fail(null), fail)

    if (paused) {
      setPhase('paused')
      api.overview(asked, abort.signal).then(take, fail)
      return () => {
        abort.abort()
        clearTimeout(timer)
      }
    }

    const watch = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        stream?.close()
        explain()
      }, SILENCE_MS)
    }
    stream = new EventSource(api.overviewStreamUrl(asked))
    stream.addEventListener('overview', event => {
      take(JSON.parse(event.data) as Overview)
      setPhase('live')
      watch()
    })
    stream.addEventListener('platform', event => {
      const platform = JSON.parse(event.data) as Platform
      setData(old => (old ? { ...old, platform } : old))
      setReceivedAt(Date.now())
      watch()
    })
    stream.onerror = () => {
      clearTimeout(timer)
      stream?.close()
      explain()
    }
    watch()
    return () => {
      abort.abort()
      clearTimeout(timer)
      stream?.close()
    }
  }, [key, paused, attempt])

  return { data, phase, receivedAt, error, retry: () => setAttempt(n => n + 1) }
}
