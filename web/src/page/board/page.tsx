import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { type Board, type BoardDefinition, boardSource, boards } from '../../api/boards.ts'
import { ApiError } from '../../api/client.ts'
import { count, dayOf } from '../../format.ts'
import { usePatch, usePlace } from '../../router.ts'
import { LiveSwitch, TopBar } from '../../shell/topbar.tsx'
import { Button, Link } from '../../ui/control.tsx'
import { Empty, Failure, Loading, Stale } from '../../ui/state.tsx'
import { Notes, useNotes } from './annotations.tsx'
import type { ChartContext } from './chart.tsx'
import { BoardGrid } from './grid.tsx'
import { type BoardLive, useBoardLive } from './live.ts'
import { ShareButton } from './share.tsx'
import { BoardRange, FilterChips, viewLabel } from './toolbar.tsx'
import { Television } from './tv.tsx'
import { beforeLabel, compareOf, viewOf } from './view.ts'

const Editor = lazy(() => import('./editor/editor.tsx'))

const STALE_MS = 10_000

function blank(id: string, title: string): Board {
  const definition: BoardDefinition = { version: 1, id, title, range: '28d', compare: 'previous', rows: [] }
  return { definition, origin: 'saved', version: '', yaml: '' }
}

export function useBoard(id: string) {
  return useQuery({
    queryKey: ['dashboard', id],
    queryFn: ({ signal }) => boards.get(id, signal),
    staleTime: 30_000,
  })
}

const Trail = () => (
  <Link href="/dashboards" className="trail">
    Dashboards <span aria-hidden="true">/</span>
  </Link>
)

export function BoardPage({ id }: { id: string }) {
  const { params } = usePlace()
  const { data, error, refetch } = useBoard(id)
  const missing = error instanceof ApiError && error.status === 404
  const title = params.get('title')
  const made = useMemo(() => (missing && title ? blank(id, title) : undefined), [missing, title, id])
  const board = data ?? made
  if (board) return <Shown board={board} reload={() => void refetch()} />
  return (
    <>
      <TopBar title={title ?? id} trail={<Trail />} />
      <div className="page">
        {missing ? (
          <Empty title={`There is no dashboard “${id}”`}>
            <p>
              <Link href="/dashboards" className="link">
                All dashboards
              </Link>
            </p>
          </Empty>
        ) : error ? (
          <Failure what="The dashboard could not be opened" error={error} onRetry={() => void refetch()} />
        ) : (
          <BoardWait />
        )}
      </div>
    </>
  )
}

/** Keeps the places of a usual dashboard. */
function BoardWait() {
  return (
    <>
      <Loading what="the dashboard" />
      <div className="board-grid" aria-hidden="true">
        {[3, 3, 3, 3, 6, 6, 4, 4, 4].map((width, i) => (
          <section
            // biome-ignore lint/suspicious/noArrayIndexKey: the places do not change
            key={i}
            className={`chart panel w-${width} k-${width === 3 ? 'number' : 'line'}`}
          />
        ))}
      </div>
    </>
  )
}

/** What every chart of the page has in common; the same object until something of it changes. */
export function useChartContext(live: BoardLive, definition: BoardDefinition, token?: string): ChartContext {
  const opens = token === undefined
  const { params } = usePlace()
  const view = viewOf(definition, params)
  const notes = useNotes(view, token)
  const tables = params.get('table') ?? ''
  const { store } = live
  const before = beforeLabel(view)
  const compared = compareOf(definition, params) !== 'none'
  const note = `${definition.title} · ${viewLabel(view)}`
  return useMemo(
    () => ({
      store,
      annotations: notes,
      beforeLabel: before,
      compared,
      note,
      opens,
      tables: tables === '' ? [] : tables.split(','),
    }),
    [store, notes, before, compared, note, opens, tables],
  )
}

function Shown({ board, reload }: { board: Board; reload: () => void }) {
  const { params } = usePlace()
  const client = useQueryClient()
  const editing = params.get('edit') === '1'
  const [draft, setDraft] = useState<BoardDefinition | null>(null)
  const definition = (editing && draft) || board.definition
  const source = useMemo(() => boardSource(board.definition.id), [board.definition.id])
  const paused = params.get('live') === 'off'
  const preview = editing ? definition : null
  const live = useBoardLive(source, viewOf(definition, params), paused, preview)
  const context = useChartContext(live, definition)
  if (params.get('tv') === '1') return <Television definition={definition} live={live} context={context} />
  const saved = (next: Board) => {
    client.setQueryData(['dashboard', next.definition.id], next)
    void client.invalidateQueries({ queryKey: ['dashboards'] })
    setDraft(null)
  }
  return (
    <>
      <BoardBar definition={definition} live={live} editing={editing} />
      <div className={`page board-page${editing ? ' editing' : ''}`}>
        <BoardHead definition={definition} live={live} />
        {editing ? (
          <Suspense fallback={<Loading what="the editor" />}>
            <Editor
              board={board}
              draft={definition}
              setDraft={setDraft}
              context={context}
              onSaved={saved}
              reload={reload}
            />
          </Suspense>
        ) : definition.rows.length === 0 ? (
          <Nothing />
        ) : (
          <BoardGrid definition={definition} context={context} />
        )}
      </div>
    </>
  )
}

function Nothing() {
  const patch = usePatch()
  return (
    <Empty title="This dashboard has no charts yet">
      <p>
        <Button icon="chart" onClick={() => patch({ edit: '1' })}>
          Choose charts
        </Button>
      </p>
    </Empty>
  )
}

/** Under the title: filters, and whatever is wrong with all charts at once. */
export function BoardHead({
  definition,
  live,
  shared = false,
}: {
  definition: BoardDefinition
  live: BoardLive
  shared?: boolean
}) {
  const old = live.phase === 'lost' && live.receivedAt !== null && Date.now() - live.receivedAt > STALE_MS
  return (
    <>
      <p className="print-only">{`${definition.title}. ${definition.description ?? ''}`}</p>
      <div className="board-top">
        <FilterChips definition={definition} shared={shared} />
        {(live.ends || live.pending > 0) && (
          <p className="board-state small quiet" role="status">
            {live.ends && `The newest event is of ${dayOf(Date.parse(live.ends) - 1)}: the range ends there.`}
            {live.pending > 0 &&
              ` ${count(live.pending)} ${live.pending === 1 ? 'chart is' : 'charts are'} still being computed.`}
          </p>
        )}
      </div>
      {live.error && live.receivedAt === null && (
        <Failure
          what="The numbers could not be computed"
          error={live.error}
          holds="The dashboard itself is as it was saved."
          onRetry={live.retry}
        />
      )}
      {old && live.receivedAt !== null && <Stale since={live.receivedAt}>The stream was cut; trying again.</Stale>}
    </>
  )
}

function BoardBar({ definition, live, editing }: { definition: BoardDefinition; live: BoardLive; editing: boolean }) {
  const { params } = usePlace()
  const patch = usePatch()
  const view = viewOf(definition, params)
  return (
    <TopBar title={definition.title} trail={<Trail />}>
      <BoardRange definition={definition} view={view} />
      {!editing && <LiveSwitch phase={live.phase} receivedAt={live.receivedAt} />}
      {!editing && (
        <span className="tools">
          <span className="wide-only tools">
            <Notes view={view} />
            <Button tone="ghost" icon="download" label="Print, or save as PDF" onClick={() => window.print()} />
            <Button tone="ghost" icon="screen" label="Television mode" onClick={() => patch({ tv: '1' })} />
          </span>
          <ShareButton definition={definition} view={view} />
          <Button tone="ghost" icon="edit" label="Edit" onClick={() => patch({ edit: '1', live: null })} />
        </span>
      )}
    </TopBar>
  )
}
