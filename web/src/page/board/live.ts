import { useEffect, useMemo, useRef, useState } from 'react'
import type { BoardAnswer, BoardDefinition, BoardSource, BoardView } from '../../api/boards.ts'
import { ApiError } from '../../api/client.ts'
import type { LivePhase } from '../../api/live.ts'
import type { Problem } from '../../api/types.ts'
import { ChartStore } from './store.ts'

export interface BoardLive {
  store: ChartStore
  phase: LivePhase
  receivedAt: number | null
  error: ApiError | null
  asOf: string | null
  /** Where the range ends, when the data are history; else null. */
  ends: string | null
  /** How many charts are still being computed. */
  pending: number
  retry: () => void
}

const RETRY_MS = [500, 1000, 2000, 4000, 8000]
/** The server speaks at least this often, if only to say that it lives. */
const SILENCE_MS = 20_000
/** So long the editor waits for another key before it asks for a preview. */
const PREVIEW_MS = 300

/**
 * Follows a dashboard. Paused, it shows one answer; with a draft, that of the unsaved definition.
 * Answers go to the store, so that a second of fifty charts renders the charts and nothing else.
 */
export function useBoardLive(
  source: BoardSource,
  view: BoardView | null,
  paused: boolean,
  draft: BoardDefinition | null,
): BoardLive {
  // biome-ignore lint/correctness/useExhaustiveDependencies: each dashboard has a store of its own
  const store = useMemo(() => new ChartStore(), [source.key])
  const [phase, setPhase] = useState<LivePhase>('connecting')
  const [receivedAt, setReceivedAt] = useState<number | null>(null)
  const [asOf, setAsOf] = useState<string | null>(null)
  const [ends, setEnds] = useState<string | null>(null)
  const [pending, setPending] = useState(0)
  const [error, setError] = useState<ApiError | null>(null)
  const [attempt, setAttempt] = useState(0)
  const failures = useRef(0)
  const latest = useRef({ source, draft })
  latest.current = { source, draft }
  const key = JSON.stringify(view)
  const draftKey = draft ? JSON.stringify(draft.rows) : ''

  useEffect(() => {
    const print = () => store.drawAll()
    window.addEventListener('beforeprint', print)
    return () => {
      window.removeEventListener('beforeprint', print)
      store.stop()
    }
  }, [store])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the keys stand for view, source and draft; attempt starts again
  useEffect(() => {
    const asked = JSON.parse(key) as BoardView | null
    if (!asked) return
    const { source: from, draft: unsaved } = latest.current
    const abort = new AbortController()
    let stream: EventSource | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    const take = (answer: BoardAnswer) => {
      if (abort.signal.aborted) return
      failures.current = 0
      store.put(answer.charts ?? [])
      setReceivedAt(Date.now())
      if (answer.as_of) setAsOf(answer.as_of)
      setEnds(answer.anchored && answer.to ? answer.to : null)
      setPending(answer.pending?.length ?? 0)
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
    const ask = () => from.query(asked, unsaved ?? undefined, abort.signal).then(take)
    const done = () => {
      abort.abort()
      clearTimeout(timer)
      stream?.close()
    }
    if (unsaved || paused) {
      setPhase('paused')
      timer = setTimeout(() => void ask().catch(fail), unsaved ? PREVIEW_MS : 0)
      return done
    }
    // An EventSource does not tell why it failed; a plain request does.
    const explain = () => {
      stream?.close()
      void ask().then(() => fail(null), fail)
    }
    const watch = () => {
      clearTimeout(timer)
      timer = setTimeout(explain, SILENCE_MS)
    }
    const heard = (event: MessageEvent<string>) => {
      take(JSON.parse(event.data) as BoardAnswer)
      setPhase('live')
      watch()
    }
    setPhase('connecting')
    stream = new EventSource(from.liveUrl(asked))
    stream.addEventListener('snapshot', heard)
    stream.addEventListener('charts', heard)
    stream.addEventListener('heartbeat', () => {
      setReceivedAt(Date.now())
      watch()
    })
    stream.addEventListener('problem', event => {
      setError(new ApiError(503, JSON.parse(event.data) as Problem))
      watch()
    })
    stream.addEventListener('gone', () => {
      fail(new ApiError(404, { title: 'Gone', detail: 'The dashboard was removed, or the link has ended.' }))
    })
    stream.onerror = () => {
      clearTimeout(timer)
      explain()
    }
    watch()
    return done
  }, [key, source.key, draftKey, paused, attempt, store])

  return { store, phase, receivedAt, error, asOf, ends, pending, retry: () => setAttempt(n => n + 1) }
}
