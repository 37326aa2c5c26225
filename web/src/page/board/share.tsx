import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type BoardDefinition, type BoardView, boards } from '../../api/boards.ts'
import { dayOf } from '../../format.ts'
import { Button, Command, Popover } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { viewLabel } from './toolbar.tsx'

const DAY_MS = 86_400_000
const EXPIRIES = [
  { days: 1, label: 'a day' },
  { days: 7, label: 'a week' },
  { days: 90, label: 'three months' },
  { days: 0, label: 'until it is withdrawn' },
] as const

interface ShareProps {
  definition: BoardDefinition
  view: BoardView
}

export function ShareButton(props: ShareProps) {
  return (
    <Popover
      trigger={<Icon name="link" />}
      triggerClass="button ghost only"
      triggerLabel="Share"
      title="Share"
      align="end"
      className="share-pop"
    >
      <ShareForm {...props} />
    </Popover>
  )
}

function ShareForm({ definition, view }: ShareProps) {
  const client = useQueryClient()
  const [days, setDays] = useState(7)
  const [embed, setEmbed] = useState(false)
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const make = async (event: FormEvent) => {
    event.preventDefault()
    try {
      const made = await boards.share({
        dashboard: definition.id,
        ...(view.range ? { range: view.range } : {}),
        ...(view.filters ? { filters: view.filters } : {}),
        ...(days > 0 ? { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() } : {}),
        embed,
        by: 'console',
      })
      setUrl(new URL(made.url, window.location.origin).href)
      setError('')
      await client.invalidateQueries({ queryKey: ['shares'] })
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : 'The link could not be made.')
    }
  }
  return (
    <>
      <form className="form" onSubmit={make}>
        <p className="pop-title">A link that shows this dashboard and nothing else</p>
        <p className="quiet small">
          {viewLabel(view)}
          {view.filters ? ', with the filters that are set now' : ''}. Whoever has the link can read it.
        </p>
        <label>
          <span>It works for</span>
          <select className="select" value={days} onChange={e => setDays(Number(e.target.value))}>
            {EXPIRIES.map(each => (
              <option key={each.days} value={each.days}>
                {each.label}
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" checked={embed} onChange={() => setEmbed(!embed)} />
          It may be shown inside other pages
        </label>
        {error && <p className="error-text small">{error}</p>}
        <Button type="submit" tone="primary">
          Make the link
        </Button>
      </form>
      {url && (
        <div className="share-made">
          <Command text={url} />
          {embed && (
            <Command
              text={`<iframe src="${url}" title="${definition.title}" width="100%" height="720" loading="lazy"></iframe>`}
            />
          )}
          <p className="small faint">The link is shown only now; copy it.</p>
        </div>
      )}
      <Shares dashboard={definition.id} />
    </>
  )
}

function Shares({ dashboard }: { dashboard: string }) {
  const client = useQueryClient()
  const { data } = useQuery({ queryKey: ['shares'], queryFn: ({ signal }) => boards.shares(signal), retry: false })
  const mine = (data?.shares ?? []).filter(s => s.dashboard === dashboard)
  if (mine.length === 0) return null
  const withdraw = async (id: string) => {
    await boards.unshare(id)
    await client.invalidateQueries({ queryKey: ['shares'] })
  }
  return (
    <ul className="bnotes">
      {mine.map(share => (
        <li key={share.id}>
          <span className="note-text">
            {share.by}
            {share.embed ? ', embeddable' : ''}
            <span className="small faint">
              {share.expires_at ? `until ${dayOf(share.expires_at)}` : 'without an end'}
            </span>
          </span>
          <Button tone="ghost" onClick={() => void withdraw(share.id)}>
            Withdraw
          </Button>
        </li>
      ))}
    </ul>
  )
}
