import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError, api } from '../../api/client.ts'
import type { SqlAnswer } from '../../api/types.ts'

export type Run =
  | { state: 'idle' }
  | { state: 'running'; query: string; since: number }
  | { state: 'done'; query: string; answer: SqlAnswer; at: number }
  | { state: 'failed'; query: string; error: Error; elapsed: number; start: number }
  | { state: 'cancelled'; query: string; elapsed: number }

/** Runs one query at a time; a new one, or leaving the page, cancels the one before. */
export function useRun() {
  const [run, setRun] = useState<Run>({ state: 'idle' })
  const abort = useRef<AbortController | null>(null)

  const execute = useCallback(
    async (query: string, start = 0, ask = (signal: AbortSignal) => api.sql(query, signal)) => {
      abort.current?.abort()
      const mine = new AbortController()
      abort.current = mine
      const since = performance.now()
      setRun({ state: 'running', query, since })
      try {
        const answer = await ask(mine.signal)
        if (abort.current !== mine) return
        setRun({ state: 'done', query, answer, at: Date.now() })
      } catch (cause) {
        if (abort.current !== mine) return
        const elapsed = performance.now() - since
        if (mine.signal.aborted) setRun({ state: 'cancelled', query, elapsed })
        else {
          const error = cause instanceof Error ? cause : new ApiError(0, { detail: String(cause) })
          setRun({ state: 'failed', query, error, elapsed, start })
        }
      }
    },
    [],
  )

  const cancel = useCallback(() => abort.current?.abort(), [])
  useEffect(
    () => () => {
      const last = abort.current
      abort.current = null
      last?.abort()
    },
    [],
  )
  return { run, execute, cancel }
}

const KEY = 'millrace.sql.history'
const KEEP = 50

export interface Past {
  query: string
  at: number
}

export function readHistory(): Past[] {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(parsed) ? (parsed as Past[]) : []
  } catch {
    return []
  }
}

export function remember(query: string): void {
  const past = readHistory().filter(entry => entry.query !== query)
  localStorage.setItem(KEY, JSON.stringify([{ query, at: Date.now() }, ...past].slice(0, KEEP)))
}
