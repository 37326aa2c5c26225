import { useQuery } from '@tanstack/react-query'
import { type FormEvent, memo, useState } from 'react'
import { ApiError, api } from '../../api/client.ts'
import type { KeyState } from '../../api/types.ts'
import { count } from '../../format.ts'
import { usePatch, usePlace } from '../../router.ts'
import { Button, CopyButton, Panel } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/state.tsx'
import { useLive } from './query.ts'

const EACH_MS = 2000

/** What a job keeps of a key, and the positions of the log that it is of. The key is in the address. */
export const KeyStatePanel = memo(function KeyStatePanel({ job }: { job: string }) {
  const { params } = usePlace()
  const asked = params.get('key') ?? ''
  const live = useLive()
  const query = useQuery({
    queryKey: ['state', job, asked],
    enabled: asked !== '',
    queryFn: ({ signal }) => api.state(job, asked, signal),
    retry: false,
    refetchInterval: live ? EACH_MS : false,
  })
  return (
    <Panel title="State of a key" note="as of the newest commit">
      <div className="key-state">
        <KeyForm key={asked} asked={asked} />
        {asked === '' ? (
          <p className="quiet">
            A job keeps its state by key: a customer, a product, a cart, a card. A key is JSON; what is no JSON is taken
            as a text.
          </p>
        ) : query.error instanceof ApiError && query.error.status === 404 ? (
          <p role="status">
            {query.error.message} <span className="quiet">It may have ended, or be written otherwise.</span>
          </p>
        ) : query.error && !query.data ? (
          <p className="error-text" role="alert">
            The state could not be read: {query.error.message}
          </p>
        ) : query.data ? (
          <Found state={query.data} />
        ) : (
          <Skeleton lines={3} />
        )}
      </div>
    </Panel>
  )
})

function KeyForm({ asked }: { asked: string }) {
  const patch = usePatch()
  const [text, setText] = useState(asked)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    patch({ key: text.trim() || null })
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: the search element is not known to all browsers yet
    <form role="search" className="key-form" onSubmit={submit}>
      <span className="searchbox">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Key"
          placeholder={'17850, or {"product":"p12","location":"wh-1"}'}
          value={text}
          onChange={event => setText(event.target.value)}
          spellCheck={false}
        />
      </span>
      <Button type="submit">Look up</Button>
    </form>
  )
}

function Found({ state }: { state: KeyState }) {
  const positions = Object.entries(state.positions).sort(([a], [b]) => Number(a) - Number(b))
  return (
    <>
      <p className="small quiet">
        Reflects everything before {positions.map(([p, next]) => `${p}/${count(next)}`).join(', ')} (partition/offset).
      </p>
      <ul className="key-entries">
        {state.entries.map(entry => {
          const key = JSON.stringify(entry.key)
          const value = JSON.stringify(entry.value, null, 2)
          return (
            <li key={`${entry.operator}/${entry.table}/${key}`}>
              <p className="key-entry-head">
                <b>{entry.operator}</b> <span className="quiet">{entry.table}</span>
                <code className="clip" title={key}>
                  {key}
                </code>
              </p>
              <div className="sample-payload">
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
                <pre tabIndex={0}>{value}</pre>
                <CopyButton text={value} what={`state of ${entry.operator}`} />
              </div>
            </li>
          )
        })}
      </ul>
    </>
  )
}
