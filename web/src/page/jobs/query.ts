// What the page asks the server, and how often.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ApiError, api } from '../../api/client.ts'
import type { Job, Row, SqlAnswer } from '../../api/types.ts'
import { usePlace } from '../../router.ts'
import { addSamples, type Samples } from './rate.ts'
import { inTurn } from './turn.ts'

const EACH_MS = 1000
const ROWS_EACH_MS = 2000
const RETRY_MS = 5000
/** A query may take this share of the time, so that a slow one is asked seldom. */
const SHARE = 0.1

/** False while the reader has paused the page. */
export function useLive(): boolean {
  return usePlace().params.get('live') !== 'off'
}

const again = (error: Error | null) => (error instanceof ApiError && !error.retryable ? false : RETRY_MS)

/** Asks again at a pace, slower after a failure, and while paused only after one. */
const pace = (live: boolean, ms: number) => (query: { state: { error: Error | null } }) =>
  query.state.error ? again(query.state.error) : live ? ms : false

export function useJobs() {
  const live = useLive()
  return useQuery({
    queryKey: ['jobs'],
    queryFn: ({ signal }) => api.jobs(signal),
    refetchInterval: pace(live, EACH_MS),
    retry: false,
  })
}

export function useWatermarks() {
  const live = useLive()
  return useQuery({
    queryKey: ['watermarks'],
    queryFn: ({ signal }) => api.watermarks(signal),
    refetchInterval: pace(live, EACH_MS),
    retry: false,
  })
}

/** Samples of the jobs' counts, for as long as the page is open. */
export function useSamples(jobs: readonly Job[] | undefined, at: number): Samples {
  const [samples, setSamples] = useState<Samples>(new Map())
  useEffect(() => {
    if (jobs && at > 0) setSamples(old => addSamples(old, jobs, at))
  }, [jobs, at])
  return samples
}

function useSql<T>(sql: string | null, select: (answer: SqlAnswer) => T, eachMs: number) {
  const live = useLive()
  return useQuery({
    queryKey: ['rows', sql],
    enabled: sql !== null,
    queryFn: ({ signal }) => inTurn(() => api.sql(sql ?? '', signal)),
    select,
    placeholderData: keepPreviousData,
    // The statement changes with event time; answers to the ones before are of no use.
    gcTime: 30_000,
    refetchInterval: query =>
      query.state.error
        ? again(query.state.error)
        : live && Number.isFinite(eachMs)
          ? Math.max(eachMs, (query.state.data?.elapsed_ms ?? 0) / SHARE)
          : false,
    retry: false,
  })
}

const whole = (answer: SqlAnswer) => answer

/** An answer of the SQL endpoint, renewed while the page is live, or asked once. */
export function useAnswer(sql: string | null, renewed = true) {
  return useSql(sql, whole, renewed ? ROWS_EACH_MS : Number.POSITIVE_INFINITY)
}

function rowsOf<T>(answer: SqlAnswer, read: (row: Row) => T): T[] {
  return answer.rows.map(values =>
    read(Object.fromEntries(answer.columns.map((column, i) => [column.name, values[i]]))),
  )
}

export interface Rows<T> {
  items: T[] | undefined
  error: Error | null
  /** When the newest answer came, in milliseconds of this browser's clock. */
  at: number
  retry: () => void
}

/** Rows by SQL, renewed while the page is live; eachMs is Infinity for what does not change. read must not change. */
export function useRows<T>(sql: string | null, read: (row: Row) => T, eachMs = ROWS_EACH_MS): Rows<T> {
  const [select] = useState(() => (answer: SqlAnswer) => rowsOf(answer, read))
  const query = useSql(sql, select, eachMs)
  return {
    items: query.data,
    error: query.error,
    // Read only where rows are old: who reads it is rendered with each answer, equal or not.
    get at() {
      return query.dataUpdatedAt
    },
    retry: () => void query.refetch(),
  }
}
