import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { api } from '../api/client.ts'
import type { Overview } from '../api/types.ts'
import { DAY_MS } from './range.ts'

const REFRESH_MS = 3000
const MANY_DAYS = 800 * DAY_MS

export interface Extent {
  oldest: number | null
  newest: number | null
  overview: Overview | undefined
  error: Error | null
  retry: () => void
}

const instant = (text: string | null | undefined) => (text ? Date.parse(text) : null)

/** The ends of all data, and its whole course in little. */
export function useExtent(paused = false): Extent {
  const span = useRef(0)
  const { data, error, refetch } = useQuery({
    queryKey: ['extent'],
    queryFn: ({ signal }) => api.overview({ grain: span.current > MANY_DAYS ? 'week' : 'day' }, signal),
    refetchInterval: paused ? false : REFRESH_MS,
  })
  const oldest = instant(data?.data_from)
  const newest = instant(data?.data_to)
  if (oldest !== null && newest !== null) span.current = newest - oldest
  return { oldest, newest, overview: data, error, retry: () => void refetch() }
}
