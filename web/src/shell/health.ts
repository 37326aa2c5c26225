import { useQuery } from '@tanstack/react-query'
import { ApiError, api } from '../api/client.ts'
import type { Status } from '../api/types.ts'
import { count, duration } from '../format.ts'

export function useStatus() {
  return useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => api.status(signal),
    refetchInterval: 2000,
    retry: false,
  })
}

export interface Health {
  level: 'good' | 'warn' | 'bad' | 'unknown'
  label: string
  detail: string
}

const SLOW_MS = 5000

export function healthOf(status: Status | undefined, error: unknown): Health {
  if (error) {
    const answer = error instanceof ApiError && error.status > 0 ? error.message : 'The console gets no answer.'
    return { level: 'bad', label: 'Unreachable', detail: answer }
  }
  if (!status) return { level: 'unknown', label: 'Connecting', detail: 'Asking for the state of the platform.' }
  if (!status.ledger.balanced)
    return { level: 'bad', label: 'Ledger off', detail: 'The ledger does not balance. Someone should look at once.' }
  if (!status.ready) {
    return {
      level: 'bad',
      label: 'Not ready',
      detail: (status.reasons ?? []).join('; ') || 'The platform is not ready.',
    }
  }
  if (status.freshness_ms.p99 > SLOW_MS) {
    return {
      level: 'warn',
      label: 'Behind',
      detail: `Events take up to ${duration(status.freshness_ms.p99)} to show; ${count(status.lag)} wait.`,
    }
  }
  return { level: 'good', label: 'Healthy', detail: 'Every event received has its verdict or is on its way to it.' }
}
