import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { type BoardDefinition, boards, sharedSource } from '../api/boards.ts'
import { usePlace } from '../router.ts'
import { LiveSwitch } from '../shell/topbar.tsx'
import { Empty, Failure, Loading } from '../ui/state.tsx'
import { BoardGrid } from './board/grid.tsx'
import { useBoardLive } from './board/live.ts'
import { BoardHead, useChartContext } from './board/page.tsx'
import { viewLabel } from './board/toolbar.tsx'
import { viewOf } from './board/view.ts'

/** A dashboard under a link: nothing of the console around it, nothing behind its numbers. */
export default function SharedPage({ token }: { token: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['shared', token],
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => boards.shared(token, signal),
  })
  if (data) {
    const { definition, range } = data
    return <SharedBoard token={token} definition={range ? { ...definition, range } : definition} />
  }
  return (
    <main id="main" className="shared page">
      {error ? (
        error.message.includes('does not answer') ? (
          <Failure what="The dashboard could not be opened" error={error} onRetry={() => void refetch()} />
        ) : (
          <Empty title="This link shows nothing">
            <p>{error.message}</p>
            <p>It may have ended, or been withdrawn. Ask whoever sent it for another.</p>
          </Empty>
        )
      ) : (
        <Loading what="the dashboard" />
      )}
    </main>
  )
}

function SharedBoard({ token, definition }: { token: string; definition: BoardDefinition }) {
  const { params } = usePlace()
  const source = useMemo(() => sharedSource(token), [token])
  const live = useBoardLive(source, viewOf(definition, params), params.get('live') === 'off', null)
  const context = useChartContext(live, definition, token)
  useEffect(() => {
    document.title = definition.title
  }, [definition.title])
  return (
    <main id="main" className="shared">
      <header className="shared-head">
        <h1>{definition.title}</h1>
        <span className="quiet">{viewLabel(viewOf(definition, params))}</span>
        <span className="spacer" />
        <LiveSwitch phase={live.phase} receivedAt={live.receivedAt} />
      </header>
      <div className="page board-page">
        <BoardHead definition={definition} live={live} shared />
        <BoardGrid definition={definition} context={context} />
      </div>
    </main>
  )
}
