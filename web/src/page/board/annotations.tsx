import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type Annotation, type AnnotationKind, type BoardView, boards } from '../../api/boards.ts'
import { Button, Popover } from '../../ui/control.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Time } from '../../ui/state.tsx'

const NONE: readonly Annotation[] = []
const REFRESH_MS = 15_000

/** What happened in the range: releases, campaigns, incidents, notes. */
export function useNotes(view: BoardView, token?: string): readonly Annotation[] {
  const { data } = useQuery({
    queryKey: ['annotations', view.from, view.to, token],
    retry: false,
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => boards.annotations(view.from, view.to, token, signal),
  })
  return data?.annotations ?? NONE
}

const KINDS: readonly AnnotationKind[] = ['deploy', 'campaign', 'incident', 'note']

export function Notes({ view }: { view: BoardView }) {
  const notes = useNotes(view)
  return (
    <Popover
      trigger={<Icon name="flag" />}
      triggerClass="button ghost only"
      triggerLabel={`Annotations: ${notes.length}`}
      title="Annotations"
      align="end"
      className="notes-pop"
    >
      <NoteList notes={notes} />
      <NoteForm />
    </Popover>
  )
}

function NoteList({ notes }: { notes: readonly Annotation[] }) {
  const client = useQueryClient()
  const remove = async (id: string) => {
    await boards.unannotate(id)
    await client.invalidateQueries({ queryKey: ['annotations'] })
  }
  if (notes.length === 0) return <p className="quiet">Nothing is noted. Notes are drawn in every chart over time.</p>
  return (
    <ul className="bnotes">
      {notes.map(note => (
        <li key={note.id}>
          <span className={`note-kind ${note.kind}`}>{note.kind}</span>
          <span className="note-text">
            {note.link ? (
              <a className="link" href={note.link}>
                {note.text}
              </a>
            ) : (
              note.text
            )}
            <span className="small faint">
              <Time at={note.time} />
            </span>
          </span>
          {!note.fixed && (
            <Button tone="ghost" icon="close" label={`Remove ${note.text}`} onClick={() => void remove(note.id)} />
          )}
        </li>
      ))}
    </ul>
  )
}

function NoteForm() {
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [time, setTime] = useState('')
  const [kind, setKind] = useState<AnnotationKind>('note')
  const [error, setError] = useState('')
  const add = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await boards.annotate({ time: new Date(`${time}Z`).toISOString(), kind, text: text.trim(), by: 'console' })
      setText('')
      setError('')
      await client.invalidateQueries({ queryKey: ['annotations'] })
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : 'The note could not be kept.')
    }
  }
  return (
    <form className="form note-form" onSubmit={add}>
      <label>
        <span>What happened</span>
        <input className="field-in" value={text} onChange={e => setText(e.target.value)} maxLength={200} />
      </label>
      <label>
        <span>When, UTC</span>
        <input className="field-in" type="datetime-local" value={time} onChange={e => setTime(e.target.value)} />
      </label>
      <label>
        <span>Kind</span>
        <select className="select" value={kind} onChange={e => setKind(e.target.value as AnnotationKind)}>
          {KINDS.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {error && <p className="error-text small">{error}</p>}
      <Button type="submit" disabled={text.trim() === '' || time === ''}>
        Add
      </Button>
    </form>
  )
}
