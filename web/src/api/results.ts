import { useEffect, useRef, useState } from 'react'
import { api } from './client.ts'
import type { LivePhase } from './live.ts'
import type { ResultEvent } from './types.ts'

export interface Following {
  /** The newest results, the newest first. */
  results: readonly ResultEvent[]
  phase: LivePhase
  /** True when some may be missing between those that are here. */
  gap: boolean
}

const KEEP = 200
const LAST = 100
/** Results are shown together this often, however many come. */
const FLUSH_MS = 1000
const RETRY_MS = 5000

/** Adds results to those that are there; each is there once, by its number. */
export function withResults(old: readonly ResultEvent[], more: readonly ResultEvent[]): ResultEvent[] {
  const known = new Map(old.map(result => [result.number, result]))
  for (const result of more) known.set(result.number, result)
  return [...known.values()].sort((a, b) => b.number - a.number).slice(0, KEEP)
}

/** Follows what a job publishes to one of its outputs, by /api/v1/jobs/{name}/results. Paused, it keeps what it has. */
export function useResults(job: string, output: { kind: string; name: string }, paused: boolean): Following {
  const [results, setResults] = useState<readonly ResultEvent[]>([])
  const [phase, setPhase] = useState<LivePhase>('connecting')
  const [gap, setGap] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const waiting = useRef<ResultEvent[]>([])
  const { kind, name } = output

  // biome-ignore lint/correctness/useExhaustiveDependencies: attempt connects again
  useEffect(() => {
    if (paused) {
      setPhase('paused')
      return
    }
    setPhase('connecting')
    const stream = new EventSource(api.resultsUrl(job, name, LAST))
    let retry: ReturnType<typeof setTimeout> | undefined
    stream.onopen = () => setPhase('live')
    stream.addEventListener('result', event => {
      const result = JSON.parse(event.data) as ResultEvent
      // A table, a topic and a feed of one job may have one name.
      if (result.kind === kind) waiting.current.push(result)
      if (waiting.current.length > 2 * KEEP) waiting.current = waiting.current.slice(-KEEP)
    })
    stream.addEventListener('gap', () => setGap(true))
    stream.onerror = () => {
      setPhase('lost')
      // The browser connects again by itself, unless the answer was no stream.
      if (stream.readyState === EventSource.CLOSED) retry = setTimeout(() => setAttempt(n => n + 1), RETRY_MS)
    }
    const flush = setInterval(() => {
      if (waiting.current.length === 0) return
      const more = waiting.current
      waiting.current = []
      setResults(old => withResults(old, more))
    }, FLUSH_MS)
    return () => {
      stream.close()
      clearInterval(flush)
      clearTimeout(retry)
    }
  }, [job, kind, name, paused, attempt])

  return { results, phase, gap }
}
