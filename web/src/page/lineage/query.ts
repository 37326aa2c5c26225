// What the page asks the server, and how often.
import { useQuery } from '@tanstack/react-query'
import { lineage } from '../../api/lineage.ts'

const EACH_MS = 5000
const RETRY_MS = 5000

/** The graph of datasets, with how each stands. */
export function useGraph(live: boolean) {
  return useQuery({
    queryKey: ['lineage'],
    queryFn: ({ signal }) => lineage.graph(signal),
    refetchInterval: query => (query.state.error ? RETRY_MS : live ? EACH_MS : false),
    retry: false,
  })
}

export function useTrace(focus: string, direction: 'up' | 'down') {
  return useQuery({
    queryKey: ['lineage', 'trace', direction, focus],
    queryFn: ({ signal }) => lineage.trace(focus, direction, signal),
    enabled: focus !== '',
    staleTime: 60_000,
  })
}

export function useImpact(column: string) {
  return useQuery({
    queryKey: ['lineage', 'impact', column],
    queryFn: ({ signal }) => lineage.impact(column, signal),
    enabled: column !== '',
    staleTime: 60_000,
  })
}

export function usePath(from: string, to: string) {
  return useQuery({
    queryKey: ['lineage', 'path', from, to],
    queryFn: ({ signal }) => lineage.path(from, to, signal),
    enabled: from !== '' && to !== '',
    staleTime: 60_000,
  })
}
