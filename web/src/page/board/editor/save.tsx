import { type FormEvent, useState } from 'react'
import { type Board, type BoardDefinition, boards } from '../../../api/boards.ts'
import { ApiError } from '../../../api/client.ts'
import { navigate, usePatch } from '../../../router.ts'
import { Button, Command } from '../../../ui/control.tsx'
import { yamlOf } from './yaml.ts'

interface SaveProps {
  board: Board
  draft: BoardDefinition
  dirty: boolean
  setDraft: (draft: BoardDefinition | null) => void
  onSaved: (board: Board) => void
  reload: () => void
}

/** Saving says who and why. What somebody else saved meanwhile is not overwritten unasked. */
export function SaveBar({ board, draft, dirty, setDraft, onSaved, reload }: SaveProps) {
  const patch = usePatch()
  const [reason, setReason] = useState('')
  const [error, setError] = useState<ApiError | null>(null)
  const [shown, setShown] = useState(false)
  const conflict = error?.status === 409
  const save = async (version: string) => {
    try {
      const definition = draft
      const answer = await boards.save(draft.id, {
        definition,
        by: 'console',
        reason: reason.trim(),
        ...(version ? { if_version: version } : {}),
      })
      setError(null)
      onSaved(answer)
      patch({ edit: null, title: null }, { replace: true })
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError(0, { title: 'Not saved', detail: String(cause) }))
    }
  }
  const remove = async () => {
    try {
      const { restored } = await boards.remove(draft.id, reason.trim(), board.version)
      setDraft(null)
      if (!restored) return navigate('/dashboards')
      patch({ edit: null, title: null }, { replace: true })
      reload()
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError(0, { title: 'Not removed', detail: String(cause) }))
    }
  }
  const over = async () => save((await boards.get(draft.id)).version)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void save(board.version)
  }
  return (
    <section className="side-part form" aria-label="Save">
      <form className="form" onSubmit={submit}>
        <label>
          <span>Why it changes</span>
          <input
            className="field-in"
            value={reason}
            maxLength={300}
            onChange={event => setReason(event.target.value)}
          />
        </label>
        <div className="side-buttons">
          <Button type="submit" tone="primary" disabled={!dirty || reason.trim() === '' || draft.rows.length === 0}>
            Save
          </Button>
          <Button
            onClick={() => {
              setDraft(null)
              patch({ edit: null, title: null })
            }}
          >
            {dirty ? 'Discard' : 'Close'}
          </Button>
          <Button tone="ghost" onClick={() => setShown(!shown)} aria-expanded={shown}>
            YAML
          </Button>
          {board.origin === 'saved' && board.version !== '' && (
            <Button
              tone="ghost"
              disabled={reason.trim() === ''}
              title={
                reason.trim() === '' ? 'Say first why' : 'One that comes with Millrace, or of a file, counts again'
              }
              onClick={() => void remove()}
            >
              Remove
            </Button>
          )}
        </div>
      </form>
      {error && (
        <div className="editor-error" role="alert">
          <p className="error-text">
            {conflict ? 'Somebody saved this dashboard while you were editing it.' : error.message}
          </p>
          {(error.problem.errors ?? []).map(each => (
            <p key={each.message} className="small quiet">
              {each.location ? `${each.location}: ` : ''}
              {each.message}
            </p>
          ))}
          {conflict && (
            <div className="side-buttons">
              <Button
                onClick={() => {
                  setDraft(null)
                  setError(null)
                  reload()
                }}
              >
                Take theirs
              </Button>
              <Button onClick={() => void over()}>Save over it</Button>
            </div>
          )}
        </div>
      )}
      {shown && <Command text={yamlOf(draft)} />}
    </section>
  )
}
