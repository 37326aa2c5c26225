import { useEffect } from 'react'
import type { BoardDefinition } from '../../api/boards.ts'
import { navigate, usePatch, usePlace } from '../../router.ts'
import { Time } from '../../ui/state.tsx'
import type { ChartContext } from './chart.tsx'
import { BoardGrid } from './grid.tsx'
import type { BoardLive } from './live.ts'
import { viewLabel } from './toolbar.tsx'
import { viewOf } from './view.ts'

const EVERY_S = 30
const SOONEST_S = 5

/** The next dashboard of the round, and the address that shows it. */
export function nextOf(id: string, params: URLSearchParams): string | null {
  const round = (params.get('rotate') ?? '').split(',').filter(each => each !== '')
  const others = round.filter(each => each !== id)
  if (others.length === 0) return null
  const next = round[(round.indexOf(id) + 1) % round.length]
  const kept = new URLSearchParams({ tv: '1', rotate: round.join(',') })
  const every = params.get('every')
  if (every) kept.set('every', every)
  return `/dashboards/${encodeURIComponent(next ?? id)}?${kept}`
}

/** For a screen on the wall: no chrome, large type, one dashboard after the other. Escape leaves it. */
export function Television({
  definition,
  live,
  context,
}: {
  definition: BoardDefinition
  live: BoardLive
  context: ChartContext
}) {
  const { params } = usePlace()
  const patch = usePatch()
  const every = Math.max(Number(params.get('every')) || EVERY_S, SOONEST_S)
  const next = nextOf(definition.id, params)
  useEffect(() => {
    document.title = `${definition.title} · Millrace`
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape') patch({ tv: null, rotate: null, every: null })
    }
    window.addEventListener('keydown', leave)
    return () => window.removeEventListener('keydown', leave)
  }, [definition.title, patch])
  useEffect(() => {
    if (!next) return
    const timer = setTimeout(() => navigate(next, { replace: true }), every * 1000)
    return () => clearTimeout(timer)
  }, [next, every])
  return (
    <div className="tv">
      <header className="tv-head">
        <h1>{definition.title}</h1>
        <span className="quiet">{viewLabel(viewOf(definition, params))}</span>
        <span className="spacer" />
        <span className={`tv-phase${live.phase === 'lost' ? ' cut' : ''}`}>
          {live.phase === 'live' ? 'Live' : live.phase === 'paused' ? 'Paused' : 'Reconnecting'}
          {live.asOf && (
            <>
              , as of <Time at={live.asOf} />
            </>
          )}
        </span>
      </header>
      <BoardGrid definition={definition} context={context} />
    </div>
  )
}
