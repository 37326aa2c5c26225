import type { ReactNode } from 'react'
import { Failure, Loading, Skeleton } from '../../ui/state.tsx'

interface Answer {
  data: unknown
  error: unknown
  refetch: () => unknown
}

/** The part of a page that waits for an answer: it says that it waits, or what failed. */
export function Await({ query, what, children }: { query: Answer; what: string; children: ReactNode }) {
  if (query.data) return children
  if (query.error) {
    return (
      <Failure
        what={`The ${what} could not be read`}
        error={query.error}
        holds="Events are judged without this page, and what failed is kept."
        onRetry={() => void query.refetch()}
      />
    )
  }
  return (
    <div className="panel waiting">
      <Loading what={`the ${what}`} />
      <Skeleton lines={8} />
    </div>
  )
}
