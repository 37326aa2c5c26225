import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type BoardSummary, boards } from '../api/boards.ts'
import { count } from '../format.ts'
import { navigate, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Button, Command, Link, Popover } from '../ui/control.tsx'
import { Empty, Failure, Loading, Skeleton } from '../ui/state.tsx'
import { BoardPage } from './board/page.tsx'

const ORIGIN: Record<BoardSummary['origin'], string> = {
  platform: 'comes with Millrace',
  file: 'from a file',
  saved: 'saved here',
}

/** The list of dashboards, and each of them. */
export default function DashboardsPage({ id }: { id: string }) {
  return id === '' ? <List /> : <BoardPage key={id} id={id} />
}

function List() {
  const { data, error, refetch } = useQuery({
    queryKey: ['dashboards'],
    queryFn: ({ signal }) => boards.list(signal),
    staleTime: 10_000,
  })
  return (
    <>
      <TopBar title="Dashboards">
        <NewBoard />
      </TopBar>
      <div className="page">
        {error && !data && (
          <Failure what="The dashboards could not be listed" error={error} onRetry={() => void refetch()} />
        )}
        {!data && !error && <Waiting />}
        {data && data.dashboards.length === 0 && (
          <Empty title="There are no dashboards">
            <p>Make one here, or put files into the folder that the configuration names:</p>
            <Command text={'dashboards:\n  dir: dashboards'} />
          </Empty>
        )}
        {data && data.dashboards.length > 0 && (
          <ul className="board-list">
            {data.dashboards.map(board => (
              <li key={board.id} className="panel board-card">
                <h2>
                  <Link href={`/dashboards/${encodeURIComponent(board.id)}`} className="stretched">
                    {board.title}
                  </Link>
                </h2>
                <p className="quiet">{board.description}</p>
                <p className="small faint">
                  {count(board.charts)} {board.charts === 1 ? 'chart' : 'charts'}, {ORIGIN[board.origin]}
                </p>
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  )
}

function Waiting() {
  return (
    <>
      <Loading what="the dashboards" />
      <ul className="board-list" aria-hidden="true">
        {Array.from({ length: 10 }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the places are all alike
          <li key={i} className="panel board-card">
            <Skeleton lines={3} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** "Weekly review" becomes weekly-review. */
export function idOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 64)
}

function NewBoard() {
  const { params } = usePlace()
  const [title, setTitle] = useState(params.get('title') ?? '')
  const id = idOf(title)
  const make = (event: FormEvent) => {
    event.preventDefault()
    if (id !== '') navigate(`/dashboards/${id}?edit=1&title=${encodeURIComponent(title.trim())}`)
  }
  return (
    <Popover trigger="New dashboard" triggerClass="button plain" title="New dashboard" align="end" className="chip-pop">
      <form className="form" onSubmit={make}>
        <label>
          <span>Title</span>
          <input className="field-in" value={title} onChange={event => setTitle(event.target.value)} maxLength={80} />
        </label>
        {id !== '' && (
          <p className="small faint">
            Its address will be <code>/dashboards/{id}</code>
          </p>
        )}
        <Button type="submit" tone="primary" disabled={id === ''}>
          Choose its charts
        </Button>
      </form>
    </Popover>
  )
}
